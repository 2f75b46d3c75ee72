"""What was exported, or made elsewhere, taken into a library."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lookalike.errors import LibraryDamagedError, LibraryError, LibraryNotFoundError, UsageError
from lookalike.library.moving.archive import Archive, is_archive
from lookalike.library.moving.ends import Source
from lookalike.library.moving.exporting import Form, export_library, form_of
from lookalike.library.moving.flat import NAMES, flat_rows
from lookalike.library.moving.flat_files import READERS, encoder_told
from lookalike.library.moving.place import PlaceEnd
from lookalike.library.moving.rows import Row
from lookalike.library.moving.taking import DECLARED, declared, take_codes
from lookalike.library.moving.whole import Moved, OnMove, move_all
from lookalike.library.opening import open_library
from lookalike.library.records import EncoderInfo
from lookalike.library.store import Store
from lookalike.library.verdicts import Verdicts

__all__ = ["Imported", "import_library"]

_MANY = 100_000_000  # bytes; decisions are never so many


@dataclass(frozen=True, slots=True)
class Imported:
    """What was taken.

    Attributes:
        form: of the source.
        source: where that is.
        target: the library.
        rows: pictures, or decisions that weren't known.
        encoder: whose codes these are; empty for other forms.
        moved: of a whole library; ``None`` for other forms.
    """

    form: Form
    source: str
    target: str
    rows: int
    encoder: str = ""
    moved: Moved | None = None


def import_library(
    location: str,
    source: str,
    *,
    form: Form | None = None,
    encoder: str | None = None,
    progress: OnMove | None = None,
) -> Imported:
    """Take what a source holds into a library, read it there, and compare.

    Args:
        location: of the library; made where there is none.
        source: a place, a folder or a file.
        form: how it was written; by default what its name says.
        encoder: whose codes they are, of codes alone; what the file says by default, else ``pdq``.
        progress: called after every portion.

    Raises:
        UsageError: the library holds something else, or these codes can't be taken.
        LibraryError: the source isn't there or is damaged, or the library can't be written to.
        MissingExtraError: a package for this form isn't installed.
    """
    form = form_of(source) if form is None else form
    if form == "library":
        done = export_library(source, location, form=form, progress=progress)
        told = source if done.moved is None else done.moved.source
        return Imported(form, told, done.target, done.rows, moved=done.moved)
    path = Path(source).absolute()
    if form == "csv":
        raise UsageError("pairs are found anew by 'lookalike duplicates': they aren't imported")
    if not path.exists():
        raise LibraryNotFoundError(f"there is nothing at {path}")
    if form == "archive" and not is_archive(path):
        raise LibraryNotFoundError(f"{path} is no archive of a library: manifest.json is missing")
    origin: Source | None = Archive(path) if form == "archive" else None
    if origin is not None:
        _ = origin.origin  # says if it isn't whole, before a library is made
    name = _named(path, form, encoder)
    store, engine = open_library(location, create=form != "json", read_only=False)
    try:
        if store.read_only:
            raise LibraryError(f"{store.location} can't be written to")
        if form == "json":
            return _decisions(store, path)
        with store.run():
            if origin is not None:
                moved = move_all(origin, PlaceEnd(store), progress)
                return Imported(form, moved.source, moved.target, moved.pictures, moved=moved)
            row = declared(store, name)
            read = READERS[form]
            count = take_codes(store, row, read(path, row.bits), progress)
            _compare(store, row, read(path, row.bits))
            return Imported(form, str(path), store.location, count, row.name)
    finally:
        engine.close()
        store.close()


def _named(path: Path, form: Form, encoder: str | None) -> str:
    """The encoder whose codes a file of codes holds; it is known before a library is made."""
    if form not in READERS:
        return ""
    told = encoder_told(path, form)
    if told is not None and encoder not in (None, told):
        raise UsageError(f"{path} says that it holds codes of {told}, not of {encoder}")
    name = told or encoder or DECLARED[0]
    if name not in DECLARED:
        raise UsageError(
            f"codes of {name} can't be taken, only of {' and '.join(DECLARED)}: an archive"
            " ('lookalike export FOLDER/') holds the codes of all encoders"
        )
    return name


def _decisions(store: Store, path: Path) -> Imported:
    if path.stat().st_size > _MANY:
        raise UsageError(f"{path} is larger than {_MANY:,} bytes: these are no decisions")
    taken = Verdicts(store).take(path.read_text(encoding="utf-8"))
    return Imported("json", str(path), store.location, taken.rejected + taken.settled)


def _compare(store: Store, encoder: EncoderInfo, rows: Iterator[Row]) -> None:
    """Make sure that the library has the codes that were given."""
    wanted = dict(map(_code, rows))
    for row in flat_rows(store, encoder):
        key, code = _code(row)
        if wanted.get(key) == code:
            del wanted[key]
    for path, member in wanted:
        at = path.decode("utf-8", "replace") + (f", {member}" if member else "")
        raise LibraryDamagedError(
            f"{len(wanted):,} pictures have other codes in {store.location} than were given, such"
            f" as {at}: two files of one digest have to have one code"
        )


def _code(row: Row) -> tuple[tuple[bytes, str], bytes]:
    found = dict(zip(NAMES, row, strict=True))
    told = bytes(found["code"]) + repr(found["quality"]).encode()  # type: ignore[arg-type]
    key = bytes(found["path"]), str(found["member"] or "")  # type: ignore[arg-type]
    return key, hashlib.blake2b(told, digest_size=8).digest()
