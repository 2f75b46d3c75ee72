"""A library, or what is of use of it to others, written to where somebody says."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args

from lookalike.errors import LibraryDamagedError, LibraryError, UsageError
from lookalike.library.moving.archive import Archive, is_archive
from lookalike.library.moving.flat import NAMES, encoder_of, flat_rows
from lookalike.library.moving.flat_files import READERS, WRITERS
from lookalike.library.moving.place import PlaceEnd
from lookalike.library.moving.rows import Row, Sum, portions
from lookalike.library.moving.whole import Moved, OnMove, move_all
from lookalike.library.opening import MEMORY, open_library, place_of, shown
from lookalike.library.store import Store
from lookalike.library.verdicts import Verdicts
from lookalike.system.replacing import replacing
from lookalike.types import Slot

__all__ = ["FORMS", "Exported", "Form", "export_library", "form_of"]

Form: TypeAlias = Literal["library", "archive", "parquet", "npz", "faiss", "csv", "json"]
"""A library in another place; a folder of Parquet files with all that a library knows; the codes of
one slot in one file; the pairs that ``lookalike duplicates`` looked at; decisions."""

FORMS: Final[tuple[Form, ...]] = get_args(Form)
"""All of them."""

_ENDINGS: Final[dict[str, Form]] = {
    ".parquet": "parquet",
    ".npz": "npz",
    ".faiss": "faiss",
    ".csv": "csv",
    ".json": "json",
}
_PAIRS = ("first", "second", "kind", "agreement", "code", "distance")


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes:
        form: of it.
        target: where it is.
        rows: pictures, pairs or decisions.
        encoder: whose codes these are; empty for other forms.
        moved: of a whole library; ``None`` for other forms.
    """

    form: Form
    target: str
    rows: int
    encoder: str = ""
    moved: Moved | None = None


def form_of(named: str) -> Form:
    """The form that a name stands for: by its ending, or by what is there."""
    if "://" in named or named == MEMORY:
        return "library"
    if named.endswith((os.sep, "/")) or os.path.isdir(named):
        return "archive"
    return _ENDINGS.get(os.path.splitext(named)[1].lower(), "library")


def export_library(
    location: str,
    target: str,
    *,
    form: Form | None = None,
    slot: Slot = "pdq",
    progress: OnMove | None = None,
) -> Exported:
    """Write a library to a place or a file, read it again, and compare.

    Args:
        location: of the library.
        target: where it is to be written.
        form: how; by default :func:`form_of` the target.
        slot: whose codes, of forms that take those of one.
        progress: called after every portion.

    Raises:
        UsageError: the target holds something else.
        LibraryError: there is no library, or it can't be read; or what was written is damaged.
        MissingExtraError: a package for this form isn't installed.
    """
    form = form_of(target) if form is None else form
    if form == "library":
        _check_other(location, target)
    store, engine = open_library(location, create=False, read_only=True)
    try:
        if form == "library":
            moved = _to_place(store, target, progress)
            return Exported(form, moved.target, moved.pictures, moved=moved)
        path = Path(target).absolute()
        if form == "archive":
            moved = move_all(PlaceEnd(store), Archive(path), progress)
            return Exported(form, moved.target, moved.pictures, moved=moved)
        if path.is_dir():
            raise UsageError(f"{path} is a folder: name a file")
        if form == "json":
            return _decisions(store, path)
        if form == "csv":
            return _pairs(store, path)
        return _codes(store, path, form, slot, progress)
    finally:
        engine.close()
        store.close()


def _check_other(location: str, target: str) -> None:
    if target == MEMORY:
        raise UsageError(f"{MEMORY} would be gone when this ends: name a file or an address")
    if shown(location) == shown(target):
        raise UsageError(f"{target} is the library itself: name another place")
    if place_of(target) is None and is_archive(Path(target)):
        raise UsageError(f"{target} is an archive: 'lookalike import' reads it")


def _to_place(source: Store, target: str, progress: OnMove | None) -> Moved:
    store, engine = open_library(target, create=True, read_only=False)
    try:
        if store.read_only:
            raise LibraryError(f"{store.location} can't be written to")
        with store.run():
            return move_all(PlaceEnd(source), PlaceEnd(store), progress)
    finally:
        engine.close()
        store.close()


def _decisions(store: Store, path: Path) -> Exported:
    verdicts = Verdicts(store)
    text = verdicts.export() + "\n"
    _write(path, text)
    return Exported("json", str(path), len(store.rejections()) + len(store.settlements()))


def _write(path: Path, text: str) -> None:
    """Write a file that isn't there yet, or is the same."""
    raw = text.encode("utf-8", "surrogateescape")
    if path.exists() and path.read_bytes() != raw:
        raise _taken(path)
    with replacing(path) as partial:
        partial.write_bytes(raw)


def _taken(path: Path) -> UsageError:
    return UsageError(f"{path} holds something else: name another file, or delete it first")


def _pairs(store: Store, path: Path) -> Exported:
    """Pairs that are more than alike, by the paths of all their files."""
    lines = list(_pair_lines(store))
    with replacing(path) as partial:
        with partial.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(_PAIRS)
            writer.writerows(lines)
        if path.exists() and path.read_bytes() != partial.read_bytes():
            raise _taken(path)
    return Exported("csv", str(path), len(lines))


def _pair_lines(store: Store) -> Iterator[tuple[object, ...]]:
    looks = (look for look in store.looks() if look.kind not in ("", "alike"))
    for some in portions(looks, 1_000):
        shown = store.pictures_of(list({c for look in some for c in look[:2]}))
        for look in some:
            if shown[look.first] and shown[look.second]:
                first, second = (shown[content][0].path for content in look[:2])
                yield first, second, look.kind, look.agreement, look.code, look.distance
    # Files of the same bytes are one content, and no pair of two.
    for contents in portions(store.repeated(), 1_000):
        for pictures in store.pictures_of(contents).values():
            for other in pictures[1:]:
                yield pictures[0].path, other.path, "same-bytes", 1.0, "", 0


def _codes(store: Store, path: Path, form: Form, slot: Slot, progress: OnMove | None) -> Exported:
    encoder = encoder_of(store, slot)
    told: dict[str, Any] = {
        "form": 1,
        "slot": slot,
        "encoder": encoder.name,
        "fingerprint": encoder.fingerprint,
        "bits": encoder.bits,
        "from": list(store.stamp()),
    }
    every = store.counts().pictures
    rows: list[Row] = []
    for some in portions(flat_rows(store, encoder), 5_000):
        rows += some
        if progress is not None:
            progress("reading", len(rows), max(every, len(rows)))
    if not path.exists():
        WRITERS[form](path, rows, told)
    elif not _same(path, form, rows, encoder.bits):
        raise _taken(path)
    if not _same(path, form, rows, encoder.bits):
        raise LibraryDamagedError(f"{path} isn't what was written: delete it, and run again")
    return Exported(form, str(path), len(rows), encoder.name)


def _same(path: Path, form: Form, rows: Sequence[Row], bits: int) -> bool:
    """Whether a file holds just these rows."""
    sums = Sum(), Sum()
    sums[0].add(map(_plain, rows))
    try:
        for some in portions(READERS[form](path, bits), 5_000):
            sums[1].add(map(_plain, some))
    except LibraryDamagedError:
        return False
    return sums[0] == sums[1]


def _plain(row: Row) -> Row:
    """A row with what no form can tell apart made the same."""
    return tuple(
        (value or None) if name == "camera" else value
        for name, value in zip(NAMES, row, strict=True)
    )
