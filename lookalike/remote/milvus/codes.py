"""The codes of a library in Milvus, and whether what they are of can be found."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np

from lookalike.codes.bits import bytes_for
from lookalike.images.parts.nine import PARTS
from lookalike.library.records import EncoderInfo, StoredCode
from lookalike.library.views import fault_of_views
from lookalike.remote.milvus.connection import Row, as_bytes, quoted
from lookalike.remote.milvus.contents import Contents
from lookalike.remote.milvus.forms import codes_form, pieces_form
from lookalike.remote.milvus.settings import codes_name, pieces_names
from lookalike.types import ContentId, EncoderId

__all__ = ["PIECES", "Codes"]

PIECES: Final = 16
"""Ids that the pieces of one content have: more than it has parts or views."""

_FIELDS: Final = ["id", "code", "quality", "embedding", "parts", "views", "odd", "shown"]
_PIECE_FIELDS: Final = ["id", "code", "content", "quality", "box", "shown"]
_NONE: Final = "-"  # of a text: that there is nothing, which is not the same as nothing in it
_PORTION: Final = 1_000


class Codes(Contents):
    """A part of :class:`~lookalike.remote.milvus.store.MilvusStore`.

    Within a group of writes codes are held back until the files are written: then it is known
    which of them can be found, and none is written twice.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._held: dict[EncoderId, dict[ContentId, StoredCode]] = {}
        self._infos: dict[EncoderId, EncoderInfo] = {}

    def _encoder(self, encoder: EncoderId) -> EncoderInfo | None:
        found = self._infos.get(encoder)
        if found is None:
            self._infos = {one.id: one for one in self.encoders()}
            found = self._infos.get(encoder)
        return found

    def codes_of(self, encoder: EncoderInfo) -> str | None:
        """The collection of an encoder's codes; ``None`` while there are none."""
        what = codes_name(encoder)
        return self._of(what) if self._forms.has(what) else None

    def pieces_of(self, encoder: EncoderInfo, *, views: bool) -> str | None:
        """The collection of the codes of parts or of views; ``None`` while there are none."""
        what = pieces_names(encoder)[views]
        return self._of(what) if self._forms.has(what) else None

    def _collection(self, encoder: EncoderId) -> str | None:
        known = self._encoder(encoder)
        return None if known is None else self.codes_of(known)

    # Writing

    def put_codes(self, codes: Sequence[StoredCode]) -> None:
        """See :class:`~lookalike.library.store.Store`, as for all that follow."""
        with self.writing():
            for code in codes:
                self._held.setdefault(code.encoder, {})[code.content] = code

    def _flush(self, shown: Iterable[ContentId] = ()) -> None:
        """Write the codes that were held back; ``shown`` are contents that are just being shown."""
        held, self._held = self._held, {}
        contents = {content for codes in held.values() for content in codes}
        visible = contents & set(shown)
        visible |= self._present(contents - visible)
        for number, codes in held.items():
            encoder = self._encoder(number)
            if encoder is None:
                continue  # forgotten meanwhile
            # Made when it is needed: that takes seconds.
            form = codes_form(bytes_for(encoder.bits) * 8)
            collection = self._forms.ensure(codes_name(encoder), form)
            known = [r["id"] for r in self._connection.of(collection, "id", codes, ["id"])]
            rows = [_row(encoder, code, code.content in visible) for code in codes.values()]
            # The pieces first: a code that is there has all of its own.
            self._put_pieces(encoder, list(codes.values()), rows, known)
            self._connection.upsert(collection, "id", rows)
            self._touch(epoch=bool(known))

    def _put_pieces(
        self,
        encoder: EncoderInfo,
        codes: Sequence[StoredCode],
        rows: Sequence[Row],
        known: Sequence[int],
    ) -> None:
        for views in (False, True):
            found = [
                piece
                for code, row in zip(codes, rows, strict=True)
                for piece in _pieces(encoder, code, row["shown"], views=views)
            ]
            what, form = pieces_names(encoder)[views], pieces_form(bytes_for(encoder.bits) * 8)
            if known and self._forms.has(what):
                self._connection.delete(self._of(what), "content", known)
            if found:
                self._connection.upsert(self._forms.ensure(what, form), "id", found)

    def drop_parts(self) -> None:
        with self.writing():
            self._flush()
            for encoder in self.encoders():
                collection = self.codes_of(encoder)
                if collection is not None:
                    where = f'parts != "{_NONE}"'
                    for portion in self._portions(collection, where):
                        rows = [{**row, "parts": _NONE} for row in portion]
                        self._connection.upsert(collection, "id", rows)
                if self._forms.has(pieces_names(encoder)[0]):
                    self._forms.drop(pieces_names(encoder)[0])
            self._touch(epoch=True)

    def _portions(self, collection: str, where: str) -> Iterator[list[Row]]:
        portion: list[Row] = []
        for row in self._connection.scan(collection, "id", _FIELDS[1:], where, rows=_PORTION):
            portion.append({**row, "code": as_bytes(row["code"])})
            if len(portion) == _PORTION:
                yield portion
                portion = []
        if portion:
            yield portion

    def _drop_codes(self, contents: Sequence[ContentId]) -> None:
        """Forget all codes of contents."""
        for encoder in self.encoders():
            for what in (codes_name(encoder), *pieces_names(encoder)):
                if self._forms.has(what):
                    key = "id" if what == codes_name(encoder) else "content"
                    self._connection.delete(self._of(what), key, contents)

    def _mark(self, contents: Iterable[ContentId], shown: bool) -> None:
        """Let codes be found, or not: those that are marked otherwise are written anew."""
        wanted = sorted(set(contents))
        other = " and shown == false" if shown else " and shown == true"
        for encoder in self.encoders() if wanted else ():
            for what, fields in (
                (codes_name(encoder), _FIELDS),
                *((name, _PIECE_FIELDS) for name in pieces_names(encoder)),
            ):
                if not self._forms.has(what):
                    continue
                key = "id" if what == codes_name(encoder) else "content"
                for start in range(0, len(wanted), _PORTION):
                    where = f"{key} in {quoted(wanted[start : start + _PORTION])}{other}"
                    if what == codes_name(encoder):
                        where += ' and odd == ""'
                    found = self._connection.query(self._of(what), where, fields)
                    rows = [
                        {
                            **{f: row[f] for f in fields},
                            "code": as_bytes(row["code"]),
                            "shown": shown,
                        }
                        for row in found
                    ]
                    self._connection.upsert(self._of(what), "id", rows)

    def _present(self, contents: Iterable[ContentId]) -> set[ContentId]:
        """Those of the contents that some present file holds."""
        raise NotImplementedError

    # Reading

    def codes(self, encoder: EncoderId, after: ContentId | None = None) -> Iterator[StoredCode]:
        self._settle_held()
        collection = self._collection(encoder)
        if collection is None:
            return
        rows = self._connection.scan(collection, "id", _FIELDS[1:], "", after=after, rows=_PORTION)
        for row in rows:
            yield _stored(encoder, row)

    def _settle_held(self) -> None:
        """Write what is held back, before it is asked for."""
        if self._held:
            with self.writing():
                self._flush()

    def views(self, encoder: EncoderId) -> Iterator[tuple[ContentId, bytes]]:
        self._settle_held()
        collection = self._collection(encoder)
        if collection is None:
            return
        where = f'views != "{_NONE}" and views != ""'
        for row in self._connection.scan(collection, "id", ["views"], where, rows=_PORTION):
            yield ContentId(row["id"]), base64.b64decode(row["views"])

    def lacking(
        self,
        contents: Sequence[ContentId],
        encoders: Sequence[EncoderId],
        parts: Iterable[EncoderId] = (),
        views: Iterable[EncoderId] = (),
    ) -> list[list[EncoderId]]:
        self._settle_held()
        parted, viewed = set(parts), set(views)
        having: dict[EncoderId, set[int]] = {}
        for encoder in set(encoders):
            collection = self._collection(encoder)
            more = f' and parts != "{_NONE}"' if encoder in parted else ""
            more += f' and views != "{_NONE}"' if encoder in viewed else ""
            rows = (
                () if collection is None
                else self._connection.of(collection, "id", contents, ["id"], more)
            )  # fmt: skip
            having[encoder] = {row["id"] for row in rows}
        return [sorted(e for e in having if c not in having[e]) for c in contents]

    def count_codes(self, encoder: EncoderId) -> int:
        self._settle_held()
        collection = self._collection(encoder)
        return 0 if collection is None else self._connection.count(collection)


def _packed(value: bytes | None) -> str:
    return _NONE if value is None else base64.b64encode(value).decode("ascii")


def _unpacked(text: str) -> bytes | None:
    return None if text == _NONE else base64.b64decode(text)


def _row(encoder: EncoderInfo, code: StoredCode, shown: bool) -> Row:
    width = bytes_for(encoder.bits)
    # A code of another size fits no vector: it is kept for a check, and found by no search.
    odd = "" if len(code.code) == width else _packed(code.code) or _NONE
    return {
        "id": code.content,
        "code": bytes(width) if odd else code.code,
        "quality": -1 if code.quality is None else code.quality,
        "embedding": _packed(code.embedding),
        "parts": _packed(code.parts),
        "views": _packed(code.views),
        "odd": odd,
        "shown": shown and not odd,
    }


def _stored(encoder: EncoderId, row: Row) -> StoredCode:
    odd = row["odd"]
    return StoredCode(
        encoder,
        ContentId(row["id"]),
        base64.b64decode(odd) if odd else as_bytes(row["code"]),
        _unpacked(row["embedding"]),
        None if row["quality"] < 0 else row["quality"],
        _unpacked(row["parts"]),
        _unpacked(row["views"]),
    )


def _pieces(encoder: EncoderInfo, code: StoredCode, shown: bool, *, views: bool) -> Iterator[Row]:
    """The codes of what a content holds, each by itself."""
    width = bytes_for(encoder.bits)
    first = code.content * PIECES
    base = {"content": code.content, "shown": shown}
    if not views:
        if code.parts is not None and len(code.parts) == width * len(PARTS):
            for n in range(len(PARTS)):
                piece = code.parts[n * width : (n + 1) * width]
                yield {"id": first + n, "code": piece, "quality": -1, "box": "", **base}
    elif code.views and fault_of_views(code.views, encoder.bits) is None:
        flat = np.frombuffer(code.views, np.uint8).reshape(-1, 9 + width)
        for n, row in enumerate(flat):
            box = row[1:9].tobytes().hex()
            quality = -1 if row[0] == 255 else int(row[0])
            yield {
                "id": first + n,
                "code": row[9:].tobytes(),
                "quality": quality,
                "box": box,
                **base,
            }
