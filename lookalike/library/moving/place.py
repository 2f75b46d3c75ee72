"""A library in any place as what rows are read from and written to."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence

from lookalike.errors import LibraryError, UsageError
from lookalike.library.look_store import Look
from lookalike.library.moving.declared import Declared
from lookalike.library.moving.ends import Origin
from lookalike.library.moving.place_rows import CALIBRATION, PlaceRows
from lookalike.library.moving.rows import Row, Sum, Table
from lookalike.library.records import (
    ContentKey,
    FileEntry,
    Folder,
    Member,
    Mount,
    Place,
    StoredCode,
)
from lookalike.library.run_records import Change, Refusal, Waiting
from lookalike.library.store import Store
from lookalike.library.verdict_store import Rejection, Settlement
from lookalike.shot import Shot
from lookalike.types import ContentId, Decoded, FileId

__all__ = ["PlaceEnd"]

_STATE = "moving"
_DIGEST = 32  # bytes of a content's key; the rest of it is the member
_SETTLE = 20  # portions between two times that what was written is brought into its final form


class PlaceEnd:
    """Reads and writes one store; see :mod:`lookalike.library.moving.ends`.

    Args:
        store: open; to be written to inside of its run.
    """

    def __init__(self, store: Store) -> None:
        self._store, self._rows = store, PlaceRows(store)
        self._tables: list[str] = []
        self._state: dict[str, object] = {}
        self._portions = 0
        self._write: dict[str, Callable[[Sequence[Row]], None]] = {
            "settings": self._put_settings,
            "encoders": self._put_encoders,
            "contents": self._put_contents,
            "files": self._put_files,
            "folders": self._put_folders,
            "ledger": self._put_ledger,
            "waiting": self._put_waiting,
            "changes": self._put_changes,
            "rejected": self._put_rejected,
            "settled": self._put_settled,
            "looks": self._put_looks,
            "calibrations": self._put_calibrations,
        }

    @property
    def told(self) -> str:
        """See :class:`~lookalike.library.moving.ends.Target`, as for all that follow."""
        return self._store.location

    @property
    def origin(self) -> Origin:
        """The library as it is now."""
        return Origin(*self._store.stamp())

    def tables(self) -> list[Table]:
        """In the order in which they are to be written."""
        return self._rows.tables()

    def count(self, table: Table) -> int:
        """About how many rows it has."""
        return self._rows.count(table)

    def read(self, table: Table, skip: int = 0) -> Iterator[Row]:
        """The rows, without the first ones."""
        return self._rows.read(table, skip)

    def noted(self) -> Mapping[str, Mapping[str, int | str]]:
        """Nothing: a library changes."""
        return {}

    def begin(self, origin: Origin, tables: Sequence[Table]) -> Mapping[str, int]:
        """What is there from a run that was ended.

        Raises:
            UsageError: it holds something else, or what was begun is of another state.
        """
        self._tables = [table.name for table in tables]
        text = self._store.setting(_STATE)
        if text is None:
            counts = self._store.counts()
            if self._store.encoders() or self._store.folders() or counts.pictures or counts.missing:
                raise UsageError(
                    f"{self.told} holds {counts.pictures:,} pictures of its own: name a place where"
                    " nothing is"
                )
            self._state = {"from": list(origin), "table": 0, "done": 0, "turned": False}
            self._store.put_setting(_STATE, json.dumps(self._state))
        self._state = json.loads(text) if text is not None else self._state
        if self._state["from"] != list(origin):
            raise UsageError(
                f"{self.told} was filled from another library, or from this one before it changed:"
                " name a place where nothing is, or delete that one first"
            )
        at = self._state["table"]
        if not isinstance(at, int) or not 0 <= at <= len(self._tables):
            raise LibraryError(f"{self.told} was filled by another version: delete it first")
        done = dict.fromkeys(self._tables[:at], 1 << 62)
        if at < len(self._tables):
            done[self._tables[at]] = int(str(self._state["done"]))
        return done

    def write(self, table: Table, rows: Sequence[Row], before: int) -> None:
        """Add rows behind others; all of them or none where the place can do that."""
        self._state["table"] = self._tables.index(table.name)
        self._state["done"] = before + len(rows)
        with self._store.writing():
            self._put_codes(table, rows) if table.slot else self._write[table.name](rows)
            # Last: where it isn't written, the same rows are written again.
            self._store.put_setting(_STATE, json.dumps(self._state))
        self._portions += 1
        if self._portions % _SETTLE == 0:
            self._store.settle()

    def finish(self, sums: Mapping[str, Sum]) -> None:
        """Note that all is there; what is read now is what was written."""
        self._state |= {"table": len(self._tables), "done": 0}
        self._state["sums"] = {name: one.to_json() for name, one in sums.items()}
        self._store.put_setting(_STATE, json.dumps(self._state))
        self._store.settle()

    @property
    def turned(self) -> bool:
        """Whether some were."""
        return bool(self._state.get("turned"))

    def _put_settings(self, rows: Sequence[Row]) -> None:
        for key, value in rows:
            self._store.put_setting(str(key), str(value))

    def _put_calibrations(self, rows: Sequence[Row]) -> None:
        ids = {(row.slot, row.fingerprint): row.id for row in self._store.encoders()}
        for slot, fingerprint, value in rows:
            self._store.put_setting(f"{CALIBRATION}{ids[slot, fingerprint]}", str(value))  # type: ignore[index]

    def _put_encoders(self, rows: Sequence[Row]) -> None:
        for slot, fingerprint, name, origin, bits, size, current, card, data in rows:
            made = Declared(str(name), str(fingerprint), _int(bits), _int(size))
            self._store.put_encoder(
                "pdq" if slot == "pdq" else "photo",
                str(origin),
                made,
                current=bool(current),
                card=card if isinstance(card, str) else None,
                data=data if isinstance(data, bytes) else None,
            )

    def _put_contents(self, rows: Sequence[Row]) -> None:
        self._store.put_contents([_decoded(row) for row in rows])

    def _put_codes(self, table: Table, rows: Sequence[Row]) -> None:
        encoder = self._rows.encoder(table).id
        ids = self._ids([ContentKey(row[0], row[1]) for row in rows])  # type: ignore[arg-type]
        codes = [
            StoredCode(encoder, content, *row[2:])  # type: ignore[arg-type]
            for content, row in zip(ids, rows, strict=True)
        ]
        self._store.put_codes(sorted(codes, key=lambda code: code.content))

    def _ids(self, keys: Sequence[ContentKey]) -> list[ContentId]:
        found = self._store.contents(keys)
        there = [content for content in found if content is not None]
        if len(there) < len(found):
            raise LibraryError(
                f"{self.told} lacks pictures that others refer to: delete it, and begin anew"
            )
        return there

    def _members(self, told: Sequence[object]) -> list[tuple[Member, ...]]:
        """The members of several files, all looked up at once."""
        named = [json.loads(str(text)) for text in told]
        wanted = iter(self._ids([_key(bytes.fromhex(key)) for one in named for _, key in one]))
        return [tuple(Member(name, next(wanted)) for name, _ in one) for one in named]

    def _put_files(self, rows: Sequence[Row]) -> None:
        held = self._members([row[4] for row in rows])
        entries = [
            FileEntry(_path(row[0]), _int(row[1]), _int(row[2]), members)
            for row, members in zip(rows, held, strict=True)
        ]
        ids = self._store.put_files(entries)
        self._store.set_present([i for i, row in zip(ids, rows, strict=True) if not row[3]], False)

    def _put_folders(self, rows: Sequence[Row]) -> None:
        for path, exclude, everything, mounts, offline in rows:
            places = json.loads(str(offline))
            known = self._store.known([last for _, _, last in places if last])
            self._store.put_folder(
                Folder(
                    _path(path),
                    tuple(json.loads(str(exclude))),
                    bool(everything),
                    tuple(Mount(*one) for one in json.loads(str(mounts))),
                    tuple(
                        Place(p, why, known[last].id if last in known else FileId(0))
                        for p, why, last in places
                    ),
                )
            )

    def _put_ledger(self, rows: Sequence[Row]) -> None:
        self._store.refuse([Refusal(_path(row[0]), *row[1:]) for row in rows])  # type: ignore[arg-type]

    def _put_waiting(self, rows: Sequence[Row]) -> None:
        held = self._members([row[3] for row in rows])
        self._store.wait_for(
            [
                Waiting(_path(row[0]), _int(row[1]), _int(row[2]), members, bool(row[4]))
                for row, members in zip(rows, held, strict=True)
            ]
        )

    def _put_changes(self, rows: Sequence[Row]) -> None:
        for told, count in rows:
            self._store.put_changes([Change(*one) for one in json.loads(str(told))], _int(count))

    def _put_rejected(self, rows: Sequence[Row]) -> None:
        self._store.put_rejections(
            [Rejection(_key(first), _key(second), str(made)) for first, second, made in rows]
        )

    def _put_settled(self, rows: Sequence[Row]) -> None:
        groups = []
        for name, told, made in rows:
            members = {_key(bytes.fromhex(k)): n for k, n in json.loads(str(told))}
            groups.append(Settlement(str(name), members, str(made)))
        self._store.put_settlements(groups)

    def _put_looks(self, rows: Sequence[Row]) -> None:
        ids = self._ids([_key(key) for row in rows for key in row[:2]])
        kept, anew = [], []
        for row, first, second in zip(rows, ids[::2], ids[1::2], strict=True):
            if first < second:
                kept.append(Look(first, second, *row[2:]))  # type: ignore[arg-type]
            else:
                # What was seen is told from the second to the first: it is looked at again.
                anew.append(Look(second, first, *row[2:5]))  # type: ignore[arg-type]
        self._store.put_looks(kept)
        self._store.put_pairs(anew)
        self._state["turned"] = self.turned or bool(anew)


def _decoded(row: Row) -> Decoded:
    digest, member, kind, size, width, height, members, pixels, loss, *shot = row
    # An orientation is said of every picture that says anything.
    taken = None if shot[5] is None else Shot(*shot)  # type: ignore[arg-type]
    return Decoded({}, digest, pixels, width, height, kind, size, member, members, loss, taken)  # type: ignore[arg-type]


def _key(packed: object) -> ContentKey:
    kept = packed if isinstance(packed, bytes) else b""
    return ContentKey(kept[:_DIGEST], kept[_DIGEST:].decode())


def _path(value: object) -> str:
    return os.fsdecode(value) if isinstance(value, bytes) else str(value)


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0
