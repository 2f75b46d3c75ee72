"""What a store knows as rows."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple
from itertools import islice

import numpy as np
import numpy.typing as npt

from lookalike.errors import LibraryError
from lookalike.images.parts.nine import PARTS
from lookalike.library.moving.rows import FIXED, Row, Table, codes_table, portions
from lookalike.library.records import ContentKey, EncoderInfo, KnownFile, Member
from lookalike.library.store import Store
from lookalike.types import ContentId, FileId

__all__ = ["CALIBRATION", "SETTINGS", "PlaceRows"]

SETTINGS = ("forgotten", "loose", "members", "parts", "previews")
"""What a library is told, and notes for its next run: all other settings are of one place."""

CALIBRATION = "calibration-"
"""What the setting of a calibration begins with; the id of its encoder follows."""

_PORTION = 2_000
# What sources name files by that aren't of this machine.
_SCHEMES = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "http", "https", "ftp", "sftp")


class PlaceRows:
    """The rows of one store, in an order that stays while nobody writes.

    Args:
        store: to read.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ids: npt.NDArray[np.int64] | None = None
        self._fixed: dict[str, Callable[[], Iterator[Row]]] = {
            "settings": self._settings,
            "encoders": self._encoder_rows,
            "files": self._files,
            "folders": self._folders,
            "ledger": self._ledger,
            "waiting": self._waiting,
            "changes": self._changes,
            "rejected": self._rejected,
            "settled": self._settled,
            "looks": self._looks,
            "calibrations": self._calibrations,
        }

    def tables(self) -> list[Table]:
        """All tables, in the order in which they are to be written."""
        before, after = FIXED
        return [*before, *(codes_of(row) for row in self._encoders()), *after]

    def _encoders(self) -> list[EncoderInfo]:
        return sorted(self._store.encoders(), key=lambda row: row.id)

    def encoder(self, table: Table) -> EncoderInfo:
        """The encoder whose codes a table holds."""
        for row in self._encoders():
            if (row.slot, row.fingerprint) == (table.slot, table.fingerprint):
                return row
        raise LibraryError(f"{self._store.location} has no encoder for {table.name}: begin anew")

    def count(self, table: Table) -> int:
        """How many rows a table has, as far as that is known without reading them."""
        if table.slot:
            return self._store.count_codes(self.encoder(table).id)
        if table.name == "contents":
            return len(self._all_contents())
        return self._store.counts().pictures if table.name == "files" else 0

    def read(self, table: Table, skip: int = 0) -> Iterator[Row]:
        """The rows of a table, without the first ones."""
        if table.name == "contents":
            return self._contents(self._all_contents()[skip:])
        read = self._codes(table) if table.slot else self._fixed[table.name]()
        return islice(read, skip, None)

    def _settings(self) -> Iterator[Row]:
        for key in SETTINGS:
            value = self._store.setting(key)
            if value is not None:
                yield key, value

    def _calibrations(self) -> Iterator[Row]:
        for row in self._encoders():
            value = self._store.setting(f"{CALIBRATION}{row.id}")
            if value is not None:
                yield row.slot, row.fingerprint, value

    def _folders(self) -> Iterator[Row]:
        for one in self._store.folders():
            offline = [(p.path, p.why, self._last(p.path, p.since)) for p in one.offline]
            yield (
                os.fsencode(one.path),
                json.dumps(one.exclude),
                int(one.everything),
                json.dumps(one.mounts),
                json.dumps(offline),
            )

    def _last(self, folder: str, since: FileId) -> str:
        """The path of the last file there that was known at a time; empty without one."""
        files = self._store.files_under(folder)
        return max(((f.id, f.path) for f in files if f.id <= since), default=(0, ""))[1]

    def _encoder_rows(self) -> Iterator[Row]:
        for row in self._encoders():
            kept = self._store.encoder_data(row.id)
            card = self._store.encoder_card(row.id)
            yield (
                row.slot,
                row.fingerprint,
                row.name,
                row.origin,
                row.bits,
                row.embedding_size,
                int(row.current),
                card,
                None if kept is None else kept[1],
            )

    def _all_contents(self) -> npt.NDArray[np.int64]:
        """The ids of all contents, ascending: shown, of files that are missing, and of none."""
        if self._ids is None:
            ids = [np.fromiter(found, np.int64) for found in self._parts_of_contents()]
            self._ids = np.unique(np.concatenate(ids))
        return self._ids

    def _parts_of_contents(self) -> Iterator[Iterable[int]]:
        yield self._store.visible()
        yield self._store.unused()
        if self._store.counts().missing:
            yield (m.content for f in self.files() if not f.present for m in f.members)

    def _contents(self, ids: npt.NDArray[np.int64]) -> Iterator[Row]:
        for some in portions((ContentId(number) for number in ids.tolist()), _PORTION):
            looks, shots = self._store.appearances(some), self._store.shots(some)
            held = self._store.members([looks[c].key.digest for c in some if c in looks])
            # Of a place that doesn't tell it with the rest.
            plain = [c for c in some if c in looks and not looks[c].format]
            shown = self._store.pictures_of(plain) if plain else {}
            for content in some:
                if content not in looks:
                    raise LibraryError(
                        f"{self._store.location} changed while it was read: run again"
                    )
                look, shot = looks[content], shots.get(content)
                kind, size = look.format, look.file_bytes
                if not kind and shown.get(content):
                    kind, size = shown[content][0].format, shown[content][0].file_bytes
                yield (
                    look.key.digest,
                    look.key.member,
                    kind,
                    size,
                    look.width,
                    look.height,
                    held[look.key.digest][0],
                    look.pixel_digest,
                    look.loss,
                    *((None,) * 9 if shot is None else astuple(shot)),
                )

    def _codes(self, table: Table) -> Iterator[Row]:
        for some in portions(self._store.codes(self.encoder(table).id), _PORTION):
            keys = self._keys([code.content for code in some])
            for code in some:
                key = keys[code.content]
                yield (
                    key.digest, key.member, code.code, code.embedding, code.quality, code.parts,
                    code.views,
                )  # fmt: skip

    def _keys(self, contents: Sequence[ContentId]) -> dict[ContentId, ContentKey]:
        wanted = list(dict.fromkeys(contents))
        found = {c: look.key for c, look in self._store.appearances(wanted).items()}
        if len(found) < len(wanted):
            raise LibraryError(f"{self._store.location} changed while it was read: run again")
        return found

    def files(self) -> Iterator[KnownFile]:
        """All files, present or not: those of this machine, then those of other places, by id."""
        yield from self._store.files_under(os.sep)
        others = {
            f.path.partition("://")[0] for f in self._store.folders() if "://" in f.path
        } | set(_SCHEMES)
        for scheme in sorted(others):
            yield from self._store.files_under(f"{scheme}:")
        if os.sep != "/":
            drives = {os.path.splitdrive(f.path)[0] for f in self._store.folders()}
            for drive in sorted(drives - {""}):
                yield from self._store.files_under(drive)

    def _files(self) -> Iterator[Row]:
        for some in portions(self.files(), _PORTION):
            keys = self._keys([m.content for f in some for m in f.members])
            for f in some:
                path, members = os.fsencode(f.path), _told(f.members, keys)
                yield path, f.size, f.mtime_ns, int(f.present), members

    def _ledger(self) -> Iterator[Row]:
        for one in self._store.ledger():
            yield os.fsencode(one.path), *astuple(one)[1:]

    def _waiting(self) -> Iterator[Row]:
        for some in portions(self._store.waiting(), _PORTION):
            keys = self._keys([m.content for w in some for m in w.members])
            for w in some:
                path, members = os.fsencode(w.path), _told(w.members, keys)
                yield path, w.size, w.mtime_ns, members, int(w.silent)

    def _changes(self) -> Iterator[Row]:
        told, count = self._store.changes()
        if told or count:
            yield json.dumps([(c.what, c.path, c.source) for c in told]), count

    def _rejected(self) -> Iterator[Row]:
        for one in self._store.rejections():
            yield _packed(one.first), _packed(one.second), one.made

    def _settled(self) -> Iterator[Row]:
        for one in self._store.settlements():
            members = [(_packed(k).hex(), n) for k, n in sorted(one.members.items())]
            yield one.group, json.dumps(members), one.made

    def _looks(self) -> Iterator[Row]:
        for some in portions(self._store.looks(), _PORTION):
            keys = self._keys([c for look in some for c in look[:2]])
            for look in some:
                yield _packed(keys[look.first]), _packed(keys[look.second]), *look[2:]


def codes_of(row: EncoderInfo) -> Table:
    """The table of an encoder's codes."""
    return codes_table(row.slot, row.fingerprint, row.bits, row.embedding_size, len(PARTS))


def _told(members: Iterable[Member], keys: dict[ContentId, ContentKey]) -> str:
    return json.dumps([(m.name, _packed(keys[m.content]).hex()) for m in members])


def _packed(key: ContentKey) -> bytes:
    return key.digest + key.member.encode()
