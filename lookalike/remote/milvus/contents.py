"""What contents are and how they look: of a library in Milvus."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lookalike.library.filters import Filter
from lookalike.library.records import Appearance, ContentKey
from lookalike.remote.milvus.connection import Row, quoted
from lookalike.remote.milvus.forms import CONTENTS, bare
from lookalike.remote.milvus.settings import Settings
from lookalike.shot import Shot
from lookalike.types import ContentId, Decoded

__all__ = ["Contents", "candidate", "loss_of"]

_BITS: Final = 59  # of a content's id, so that 16 pieces of each have ids of 63 bits
_TRIES: Final = 4
_FIELDS: Final = ["id", *bare(CONTENTS)]


def candidate(key: ContentKey, attempt: int = 0) -> ContentId:
    """The id of a content: every writer comes to the same one, without asking another.

    Two contents that meet in one id are told apart by their keys: the later one takes the id of
    its next attempt. Of a hundred million contents some two or three in a thousand libraries do.
    """
    digest = hashlib.sha256(
        b"%d\0%s\0%s" % (attempt, key.digest, key.member.encode("utf-8", "surrogatepass"))
    ).digest()
    return ContentId((int.from_bytes(digest[:8], "big") >> (64 - _BITS)) or 1)


class Contents(Settings):
    """A part of :class:`~lookalike.remote.milvus.store.MilvusStore`."""

    def contents(self, keys: Sequence[ContentKey]) -> list[ContentId | None]:
        """See :class:`~lookalike.library.store.Store`, as for all that follow."""
        found, _ = self._find(keys)
        return [found.get(key) for key in keys]

    def _find(
        self, keys: Iterable[ContentKey]
    ) -> tuple[dict[ContentKey, ContentId], dict[ContentId, Row]]:
        """The contents of keys, and the rows at all ids that they could have."""
        wanted = list(dict.fromkeys(keys))
        found: dict[ContentKey, ContentId] = {}
        rows: dict[ContentId, Row] = {}
        for attempt in range(_TRIES):
            ids = {key: candidate(key, attempt) for key in wanted}
            there = {row["id"]: row for row in self._content_rows(ids.values())}
            rows.update(there)
            further = []
            for key, content in ids.items():
                if content in there and _key(there[content]) == key:
                    found[key] = content
                elif content in there:
                    further.append(key)
            wanted = further
            if not wanted:
                break
        return found, rows

    def _content_rows(self, contents: Iterable[int], field: str = "id") -> Iterator[Row]:
        return self._connection.of(self._of("contents"), field, contents, _FIELDS)

    def contents_with_pixels(self, pixel_digests: Sequence[bytes]) -> list[list[ContentId]]:
        wanted = [digest.hex() for digest in pixel_digests]
        found: dict[str, list[ContentId]] = {digest: [] for digest in wanted}
        for row in self._connection.of(self._of("contents"), "pixels", wanted, ["id", "pixels"]):
            found[row["pixels"]].append(row["id"])
        return [sorted(found[digest]) for digest in wanted]

    def appearances(self, contents: Sequence[ContentId]) -> dict[ContentId, Appearance]:
        found = {}
        for row in self._content_rows(contents):
            told = _told(row)
            pixels = bytes.fromhex(row["pixels"]) or None
            found[ContentId(row["id"])] = Appearance(
                _key(row),
                told["width"],
                told["height"],
                pixels,
                told["loss"],
                row["format"],
                row["bytes"],
            )
        return {content: found[content] for content in contents if content in found}

    def put_pixel_digests(self, digests: Mapping[ContentId, bytes]) -> None:
        with self.writing():
            rows = list(self._content_rows(digests))
            for row in rows:
                row["pixels"] = digests[ContentId(row["id"])].hex()
            self._put("contents", rows)

    def members(
        self, digests: Sequence[bytes]
    ) -> dict[bytes, tuple[int | None, dict[str, ContentId]]]:
        found: dict[bytes, tuple[int | None, dict[str, ContentId]]] = {}
        for row in self._content_rows((d.hex() for d in digests), "digest"):  # type: ignore[misc]
            key, number = _key(row), _told(row)["members"]
            before = found.get(key.digest, (None, {}))
            number = before[0] if number is None else number
            found[key.digest] = (number, {**before[1], key.member: ContentId(row["id"])})
        return found

    def held(self, contents: Sequence[ContentId]) -> list[int | None]:
        digests = {row["id"]: bytes.fromhex(row["digest"]) for row in self._content_rows(contents)}
        known = self.members(list(set(digests.values())))
        return [known[digests[content]][0] for content in contents]

    def sizes(self, sizes: Iterable[int]) -> set[int]:
        rows = self._connection.of(self._of("contents"), "bytes", sizes, ["bytes"])
        return {row["bytes"] for row in rows}

    def put_contents(self, pictures: Sequence[Decoded]) -> list[ContentId]:
        if not pictures:
            return []
        with self.writing():
            keys = [ContentKey(one.content_digest, one.member) for one in pictures]
            found, rows = self._find(keys)
            changed: dict[ContentId, Row] = {}
            for key, one in zip(keys, pictures, strict=True):
                if key not in found:
                    found[key] = next(
                        c for n in range(1_000) if (c := candidate(key, n)) not in rows
                    )
                content = found[key]
                before = rows.get(content)
                row = _row(content, one, before)
                if row != before:
                    rows[content] = changed[content] = row
            self._put("contents", changed.values())
            return [found[key] for key in keys]

    def shots(self, contents: Sequence[ContentId]) -> dict[ContentId, Shot]:
        told = {ContentId(row["id"]): _told(row)["shot"] for row in self._content_rows(contents)}
        return {content: Shot(**shot) for content, shot in told.items() if shot is not None}

    # What all contents say, for filters and orders

    def _fitting(self, only: Filter) -> npt.NDArray[np.int64] | None:
        """The contents that fit what a filter asks of them, ascending; ``None`` if it is nothing.

        What it asks of files is another matter.
        """
        parts = []
        if only.taken is not None:
            first, behind = only.taken
            parts.append('taken > ""')
            parts += [f'taken >= "{first}"'] if first is not None else []
            parts += [f'taken < "{behind}"'] if behind is not None else []
        if only.pixels:
            parts.append(f"area >= {only.pixels}")
        if any(only.sides):
            parts.append(f"longer >= {only.sides[0]} and shorter >= {only.sides[1]}")
        if only.formats:
            parts.append(f"format in {quoted(only.formats)}")
        if not parts:
            return None
        rows = self._connection.scan(self._of("contents"), "id", [], " and ".join(parts))
        return np.fromiter((row["id"] for row in rows), np.int64)

    def _taken(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.str_]]:
        """The contents of which it is known when they were taken, ascending, and when."""
        rows = list(self._connection.scan(self._of("contents"), "id", ["taken"], 'taken > ""'))
        times = np.array([row["taken"] for row in rows], np.str_)
        return np.array([row["id"] for row in rows], np.int64), times


def _told(row: Row) -> dict[str, Any]:
    """What a row holds that nothing is looked for by."""
    found: dict[str, Any] = json.loads(row["text"])
    return found


def _key(row: Row) -> ContentKey:
    return ContentKey(bytes.fromhex(row["digest"]), _told(row)["member"])


def _row(content: ContentId, one: Decoded, before: Row | None) -> Row:
    """A content as it is kept; what is known of it already and not said anew stays."""
    known = None if before is None else _told(before)
    shot = None if one.shot is None or not one.shot else one.shot.pack()
    members, pixels = one.members, one.pixel_digest
    width, height, format_, size = one.width, one.height, one.format, one.file_bytes
    if known is not None and before is not None:
        shot = shot or known["shot"]
        members = known["members"] if members is None else members
        if pixels is None and not one.loss:
            pixels = bytes.fromhex(before["pixels"]) or None
        width, height = known["width"], known["height"]
        format_, size = before["format"], before["bytes"]
    told = {
        "member": one.member,
        "width": width,
        "height": height,
        "members": members,
        "loss": one.loss,
        "shot": shot,
    }
    return {
        "id": content,
        "bytes": size,
        "area": width * height,
        "longer": max(width, height),
        "shorter": min(width, height),
        "digest": one.content_digest.hex(),
        "pixels": (pixels or b"").hex(),
        "format": format_,
        "taken": (shot or {}).get("taken") or "",
        "text": json.dumps(told, separators=(",", ":")),
        "lossy": bool(one.loss),
    }


def loss_of(row: Row) -> str:
    """What of a content's file is lost."""
    return str(_told(row)["loss"])
