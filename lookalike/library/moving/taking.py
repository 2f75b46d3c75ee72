"""Codes that were made elsewhere become pictures of a library; nothing is decoded."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from lookalike.encoders import registry
from lookalike.errors import LibraryDamagedError, UsageError
from lookalike.library.moving.flat import NAMES
from lookalike.library.moving.rows import Row, portions
from lookalike.library.moving.whole import OnMove
from lookalike.library.records import EncoderInfo, FileEntry, Member, StoredCode
from lookalike.library.store import Store
from lookalike.shot import Shot
from lookalike.types import Decoded

__all__ = ["DECLARED", "declared", "take_codes"]

DECLARED = ("pdq", "pdq-area")
"""The encoders whose codes are taken from elsewhere: what they are is the same for everybody."""

_PORTION = 5_000
_ELSEWHERE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://")
_AT = {name: place for place, name in enumerate(NAMES)}


def declared(store: Store, name: str) -> EncoderInfo:
    """The encoder of that name, one of :data:`DECLARED`, made known to a library.

    Raises:
        UsageError: the library has codes of another hash.
    """
    encoder = registry.load(name)
    for row in store.encoders():
        if row.slot == "pdq" and row.current and row.fingerprint != encoder.fingerprint:
            raise UsageError(
                f"{store.location} has codes of {row.name}, not of {name}: import into a library of"
                " their own"
            )
    return store.put_encoder("pdq", name, encoder, current=True)


def take_codes(
    store: Store, encoder: EncoderInfo, rows: Iterable[Row], progress: OnMove | None = None
) -> int:
    """Add pictures with their codes, or write them anew; a run that was ended is run again.

    A picture without a digest gets one of its path and code; the next index of its folder reads it.

    Args:
        store: to write to, inside of its run.
        encoder: of the codes.
        rows: as :data:`lookalike.library.moving.flat.NAMES` lists them.
        progress: called after every portion.

    Returns:
        How many pictures.

    Raises:
        LibraryDamagedError: a row has no path or no code, or a path that isn't absolute.
    """
    done = 0
    # A file's pictures stay together: what a file holds is written at once.
    files = (list(held) for _, held in groupby(rows, key=lambda row: row[_AT["path"]]))
    for many in portions(files, _PORTION):
        some = [row for held in many for row in held]
        _take(store, encoder, some, done)
        done += len(some)
        store.settle()
        if progress is not None:
            progress("importing", done, done)
    return done


def _take(store: Store, encoder: EncoderInfo, rows: Sequence[Row], before: int) -> None:
    pictures = [_picture(row, before + n) for n, row in enumerate(rows)]
    with store.writing():
        ids = store.put_contents(pictures)
        codes = {}
        for content, row in zip(ids, rows, strict=True):
            code, quality = row[_AT["code"]], row[_AT["quality"]]
            codes[content] = StoredCode(encoder.id, content, code, None, quality)  # type: ignore[arg-type]
        store.put_codes([codes[content] for content in sorted(codes)])
        files: dict[str, FileEntry] = {}
        for content, row in zip(ids, rows, strict=True):
            path = os.fsdecode(row[_AT["path"]])  # type: ignore[arg-type]
            member = Member(str(row[_AT["member"]] or ""), content)
            known = files.get(path)
            held = (member,) if known is None else (*known.members, member)
            files[path] = FileEntry(
                path, int(row[_AT["size"]] or 0), int(row[_AT["mtime_ns"]] or 0), held
            )
        store.put_files(list(files.values()))


def _picture(row: Row, number: int) -> Decoded:
    path, code = row[_AT["path"]], row[_AT["code"]]
    if not isinstance(path, bytes) or not isinstance(code, bytes):
        lacks = "code" if isinstance(path, bytes) else "path"
        raise LibraryDamagedError(f"row {number:,} has no {lacks}: every picture needs both")
    if not os.path.isabs(path) and not _ELSEWHERE.match(path):
        raise LibraryDamagedError(
            f"row {number:,}: {os.fsdecode(path)} isn't absolute: write paths from the root on,"
            f" such as {os.path.join(os.sep, 'photos', 'a.jpg')}"
        )
    digest, member = row[_AT["digest"]], str(row[_AT["member"]] or "")
    if not isinstance(digest, bytes):
        digest = hashlib.sha256(b"lookalike import\0" + path + b"\0" + code).digest()
    taken, camera = row[_AT["taken"]], row[_AT["camera"]]
    shot = Shot(str(taken) if taken else None, camera=str(camera or ""))
    return Decoded(
        {},
        digest,
        None,
        int(row[_AT["width"]] or 0),
        int(row[_AT["height"]] or 0),
        str(row[_AT["format"]] or ""),
        int(row[_AT["size"]] or 0),
        member,
        shot=shot if shot else None,
    )
