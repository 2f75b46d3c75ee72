"""The codes of a library as mapped files beside it, so that opening takes no pass over its rows.

The store is the truth, a file or a server; everything here can be deleted at any time and is made
again. For each
code there are arrays in the order of content ids, which only ever grow while the library's *epoch*
stays, and a small manifest that says how many rows are valid and for which *generation*. A refresh
appends what is new, writes the rows' visibility anew and replaces the manifest last, so that a
reader with the older manifest goes on undisturbed.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.library.arrays import (
    Fields,
    TellsChanges,
    blocks,
    fields_of,
    in_memory,
    visible_mask,
)
from lookalike.library.records import EncoderInfo, Stamp
from lookalike.library.store import Store
from lookalike.library.tables import ArrayTable
from lookalike.library.views import unpack
from lookalike.system.locks import locked
from lookalike.system.replacing import replacing
from lookalike.types import ContentId

__all__ = [
    "arrays",
    "cache_folder",
    "delete",
    "load",
    "manifest",
    "matches",
    "size",
    "table_folder",
    "visible",
]

_log = logging.getLogger(__name__)

LOCK_SECONDS = 60.0
_MANY = 0.25  # of the rows, from which on all are asked for


def cache_folder(library: Path) -> Path:
    """The folder of a library's cache."""
    return library.with_name(library.name + "-cache")


def table_folder(cache: Path, encoder: EncoderInfo) -> Path:
    """Where, in a library's cache, the index over an encoder's codes keeps its tables."""
    return cache / f"tables-{encoder.slot}"


def size(folder: Path) -> int:
    """Bytes that a cache takes on disk."""
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())


def delete(library: Path) -> None:
    """Delete a library's cache."""
    shutil.rmtree(cache_folder(library), ignore_errors=True)


def load(store: Store, encoder: EncoderInfo, folder: Path, *, writable: bool) -> ArrayTable:
    """The codes of one encoder: mapped where the cache is fresh, else after refreshing it.

    Args:
        store: that has them.
        encoder: which.
        folder: of the cache; it may be missing.
        writable: whether it can be written to. If not, a stale cache is left alone and the codes
            are read into memory.
    """
    stamp, fields = store.stamp(), fields_of(store, encoder)
    found = _open(folder, store, encoder, stamp, fields)
    if found is not None:
        return found
    if not writable:
        _log.info("the code cache in %s is stale and can't be written: reading the codes", folder)
        return in_memory(store, encoder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / "lock", seconds=LOCK_SECONDS):
            stamp, fields = store.stamp(), fields_of(store, encoder)
            # Somebody else may have been faster.
            found = _open(folder, store, encoder, stamp, fields)
            if found is None:
                _refresh(folder, store, encoder, stamp, fields)
                found = _open(folder, store, encoder, stamp, fields)
    except OSError as error:  # also filelock's Timeout
        _log.warning("can't write the code cache %s (%s): reading the codes", folder, error)
        found = None
    return found or in_memory(store, encoder)


def _stem(encoder: EncoderInfo, stamp: Stamp) -> str:
    return f"{encoder.slot}-{stamp[1]}"


def manifest(folder: Path, encoder: EncoderInfo) -> dict[str, Any]:
    """What the cache says of an encoder's files; nothing where it can't be read."""
    try:
        found = json.loads((folder / f"{encoder.slot}.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def matches(told: dict[str, Any], encoder: EncoderInfo, stamp: Stamp) -> bool:
    """Whether the files only lack what was appended since the manifest was written."""
    return (
        told.get("uuid") == stamp[0]
        and told.get("epoch") == stamp[1]
        and told.get("fingerprint") == encoder.fingerprint
        and isinstance(told.get("rows"), int)
        and isinstance(told.get("generation"), int)
        and told["generation"] <= stamp.generation  # else an older backup took its place
    )


def _open(
    folder: Path, store: Store, encoder: EncoderInfo, stamp: Stamp, fields: Fields
) -> ArrayTable | None:
    """Map the files if they are fresh and whole."""
    told = manifest(folder, encoder)
    if not matches(told, encoder, stamp) or told["generation"] != stamp[2]:
        return None
    rows: int = told["rows"]
    try:
        found = arrays(folder, encoder, stamp, fields, rows)
        mask = visible(folder, encoder, stamp, rows)
    except (OSError, ValueError):
        return None
    found.setdefault("parts", np.empty((rows, 0), np.uint64))
    tables = table_folder(folder, encoder)
    # They are few, and have an index of their own in the file: no copy of them is kept beside it.
    views = unpack(store.views(encoder.id), encoder.bits)
    return ArrayTable(encoder, visible=mask, stamp=stamp, views=views, folder=tables, **found)


def arrays(
    folder: Path, encoder: EncoderInfo, stamp: Stamp, fields: Fields, rows: int
) -> dict[str, npt.NDArray[Any]]:
    """Map so many rows of the arrays that only grow.

    Raises:
        OSError, ValueError: a file is missing, or too short.
    """
    stem = _stem(encoder, stamp)
    found = {}
    for ending, (dtype, columns) in fields.items():
        shape = (rows,) if ending in ("contents", "quality") else (rows, columns)
        found[ending] = _map(folder / f"{stem}.{ending}", dtype, shape)
    return found


def visible(folder: Path, encoder: EncoderInfo, stamp: Stamp, rows: int) -> npt.NDArray[np.bool_]:
    """Map which of the rows were visible at a stamp; raises as :func:`arrays` does."""
    return _map(folder / f"{_stem(encoder, stamp)}-{stamp[2]}.visible", np.bool_, (rows,))


def _map(path: Path, dtype: type[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """Map the first rows of a file; a file that is too short is a ValueError."""
    if 0 in shape:  # an empty file can't be mapped
        return np.empty(shape, dtype)
    mapped = np.memmap(path, dtype, mode="r", shape=shape)
    return np.asarray(mapped)  # a plain view: no memmap overhead on every slice


def _refresh(
    folder: Path,
    store: Store,
    encoder: EncoderInfo,
    stamp: Stamp,
    fields: Fields,
) -> None:
    """Bring the files up to ``stamp``; the caller holds the cache's lock."""
    told = manifest(folder, encoder)
    stem = _stem(encoder, stamp)
    rows = told["rows"] if matches(told, encoder, stamp) else 0
    for ending, (dtype, columns) in fields.items():
        path = folder / f"{stem}.{ending}"
        wanted = rows * columns * np.dtype(dtype).itemsize
        if not path.exists() or path.stat().st_size < wanted:
            rows = 0  # somebody deleted or cut a file
    before = _before(folder, encoder, stamp, told, rows)
    last = _last_content(folder / f"{stem}.contents", rows)
    with ExitStack() as opened:  # closes all, also where a full disk lets none be closed in peace
        files = {
            ending: opened.enter_context(_cut(folder / f"{stem}.{ending}", rows, *fields[ending]))
            for ending in fields
        }
        for block in blocks(store, encoder, last, fields):
            rows += len(block["contents"])
            for ending, file in files.items():
                file.write(block[ending].tobytes())
    contents = _map(folder / f"{stem}.contents", np.int64, (rows,))
    mask = folder / f"{stem}-{stamp[2]}.visible"
    _shown(store, contents, before).tofile(mask)
    fresh = {
        "uuid": stamp[0],
        "epoch": stamp[1],
        "generation": stamp[2],
        "fingerprint": encoder.fingerprint,
        "rows": rows,
    }
    with replacing(folder / f"{encoder.slot}.json") as partial:
        partial.write_text(json.dumps(fresh))
    kept = {f"{stem}.{ending}" for ending in fields} | {mask.name, f"{encoder.slot}.json"}
    for path in folder.iterdir():
        if path.name.startswith(f"{encoder.slot}-") and path.name not in kept:
            # On Windows a file that somebody still maps can't be deleted: the next refresh will.
            try:
                path.unlink()
            except OSError:
                _log.debug("%s is still in use", path)


def _before(
    folder: Path, encoder: EncoderInfo, stamp: Stamp, told: dict[str, Any], rows: int
) -> tuple[int, npt.NDArray[np.bool_]] | None:
    """The generation that the rows were visible at, and which were; ``None`` if that is lost."""
    if rows == 0:
        return None
    try:
        old = visible(folder, encoder, stamp._replace(generation=told["generation"]), rows)
    except (OSError, ValueError):
        return None
    return told["generation"], old


def _shown(
    store: Store,
    contents: npt.NDArray[np.int64],
    before: tuple[int, npt.NDArray[np.bool_]] | None,
) -> npt.NDArray[np.bool_]:
    """Which rows are visible: of those of before only what has changed is asked for."""
    if before is None or not isinstance(store, TellsChanges):
        return visible_mask(store, contents)
    generation, old = before
    changed = store.touched(generation)
    new = contents[len(old) :]
    if len(changed) + len(new) > len(contents) * _MANY:
        return visible_mask(store, contents)
    mask = np.zeros(len(contents), np.bool_)
    mask[: len(old)] = old
    # A new code may be of a content that has long been visible.
    asked = np.union1d(changed, new)
    rows = np.searchsorted(contents, asked)
    inside = rows < len(contents)
    rows, asked = rows[inside], asked[inside]
    rows, asked = rows[contents[rows] == asked], asked[contents[rows] == asked]
    mask[rows] = np.isin(asked, store.shown(asked))
    return mask


def _cut(path: Path, rows: int, dtype: type[Any], columns: int) -> Any:
    """Open a file for appending after its first ``rows`` rows."""
    file = path.open("r+b" if rows else "wb", buffering=1 << 20)
    if rows:
        file.truncate(rows * columns * np.dtype(dtype).itemsize)
        file.seek(0, os.SEEK_END)
    return file


def _last_content(path: Path, rows: int) -> ContentId:
    if rows == 0:
        return ContentId(0)
    with path.open("rb") as file:
        file.seek((rows - 1) * 8)
        return ContentId(int(np.frombuffer(file.read(8), np.int64)[0]))
