"""The codes of a library as mapped files beside it, so that opening takes no pass over its rows.

The SQLite file is the truth; everything here can be deleted at any time and is made again. For each
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
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.library.arrays import Fields, blocks, fields_of, in_memory, visible_mask
from lookalike.library.disk import is_writable
from lookalike.library.local.store import LocalStore
from lookalike.library.records import EncoderInfo, Stamp
from lookalike.library.tables import ArrayTable
from lookalike.system.locks import locked
from lookalike.system.replacing import replacing
from lookalike.types import ContentId

__all__ = ["cache_folder", "delete", "load", "size", "table_folder"]

_log = logging.getLogger(__name__)

LOCK_SECONDS = 60.0


def cache_folder(library: Path) -> Path:
    """The folder of a library's cache."""
    return library.with_name(library.name + "-cache")


def table_folder(cache: Path, encoder: EncoderInfo) -> Path:
    """Where, in a library's cache, the index over an encoder's codes keeps its tables."""
    return cache / f"tables-{encoder.slot}"


def size(library: Path) -> int:
    """Bytes that the cache takes on disk."""
    folder = cache_folder(library)
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())


def delete(library: Path) -> None:
    """Delete a library's cache."""
    shutil.rmtree(cache_folder(library), ignore_errors=True)


def load(store: LocalStore, encoder: EncoderInfo) -> ArrayTable:
    """The codes of one encoder: mapped where the cache is fresh, else after refreshing it.

    On a disk that can't be written to, a stale cache is left alone and the codes are read into
    memory.
    """
    folder = cache_folder(store.path)
    stamp, fields = store.stamp(), fields_of(store, encoder)
    found = _open(folder, encoder, stamp, fields)
    if found is not None:
        return found
    if store.read_only or not is_writable(store.path.parent):
        _log.info("the code cache in %s is stale and can't be written: reading the codes", folder)
        return in_memory(store, encoder)
    try:
        folder.mkdir(exist_ok=True)
        with locked(folder / "lock", seconds=LOCK_SECONDS):
            stamp, fields = store.stamp(), fields_of(store, encoder)
            # Somebody else may have been faster.
            found = _open(folder, encoder, stamp, fields)
            if found is None:
                _refresh(folder, store, encoder, stamp, fields)
                found = _open(folder, encoder, stamp, fields)
    except OSError as error:  # also filelock's Timeout
        _log.warning("can't write the code cache %s (%s): reading the codes", folder, error)
        found = None
    return found or in_memory(store, encoder)


def _stem(encoder: EncoderInfo, stamp: Stamp) -> str:
    return f"{encoder.slot}-{stamp[1]}"


def _manifest(folder: Path, encoder: EncoderInfo) -> dict[str, Any]:
    try:
        found = json.loads((folder / f"{encoder.slot}.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _matches(manifest: dict[str, Any], encoder: EncoderInfo, stamp: Stamp) -> bool:
    """Whether the files only lack what was appended since the manifest was written."""
    return (
        manifest.get("uuid") == stamp[0]
        and manifest.get("epoch") == stamp[1]
        and manifest.get("fingerprint") == encoder.fingerprint
        and isinstance(manifest.get("rows"), int)
        and isinstance(manifest.get("generation"), int)
    )


def _open(folder: Path, encoder: EncoderInfo, stamp: Stamp, fields: Fields) -> ArrayTable | None:
    """Map the files if they are fresh and whole."""
    manifest = _manifest(folder, encoder)
    if not _matches(manifest, encoder, stamp) or manifest["generation"] != stamp[2]:
        return None
    rows: int = manifest["rows"]
    stem = _stem(encoder, stamp)
    arrays = {}
    try:
        for ending, (dtype, columns) in fields.items():
            shape = (rows,) if ending in ("contents", "quality") else (rows, columns)
            arrays[ending] = _map(folder / f"{stem}.{ending}", dtype, shape)
        visible = _map(folder / f"{stem}-{stamp[2]}.visible", np.bool_, (rows,))
    except (OSError, ValueError):
        return None
    arrays.setdefault("parts", np.empty((len(visible), 0), np.uint64))
    tables = table_folder(folder, encoder)
    return ArrayTable(encoder, visible=visible, stamp=stamp, folder=tables, **arrays)


def _map(path: Path, dtype: type[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """Map the first rows of a file; a file that is too short is a ValueError."""
    if 0 in shape:  # an empty file can't be mapped
        return np.empty(shape, dtype)
    mapped = np.memmap(path, dtype, mode="r", shape=shape)
    return np.asarray(mapped)  # a plain view: no memmap overhead on every slice


def _refresh(
    folder: Path,
    store: LocalStore,
    encoder: EncoderInfo,
    stamp: Stamp,
    fields: Fields,
) -> None:
    """Bring the files up to ``stamp``; the caller holds the cache's lock."""
    manifest = _manifest(folder, encoder)
    stem = _stem(encoder, stamp)
    rows = manifest["rows"] if _matches(manifest, encoder, stamp) else 0
    for ending, (dtype, columns) in fields.items():
        path = folder / f"{stem}.{ending}"
        wanted = rows * columns * np.dtype(dtype).itemsize
        if not path.exists() or path.stat().st_size < wanted:
            rows = 0  # somebody deleted or cut a file
    last = _last_content(folder / f"{stem}.contents", rows)
    files = {ending: _cut(folder / f"{stem}.{ending}", rows, *fields[ending]) for ending in fields}
    try:
        for block in blocks(store, encoder, last, fields):
            rows += len(block["contents"])
            for ending, file in files.items():
                file.write(block[ending].tobytes())
    finally:
        for file in files.values():
            file.close()
    contents = _map(folder / f"{stem}.contents", np.int64, (rows,))
    mask = folder / f"{stem}-{stamp[2]}.visible"
    visible_mask(store, contents).tofile(mask)
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
