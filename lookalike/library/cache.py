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
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from filelock import FileLock, Timeout

from lookalike.codes.bits import bytes_for, to_words, words_for
from lookalike.images.parts.regions import REGIONS
from lookalike.library.catalog import Catalog
from lookalike.library.disk import is_writable
from lookalike.library.rows import EncoderRow

__all__ = ["CodeTable", "cache_folder", "delete", "load", "size"]

_log = logging.getLogger(__name__)

LOCK_SECONDS = 60.0
PORTION = 10_000


@dataclass(frozen=True, slots=True)
class CodeTable:
    """All codes of one encoder, row by row.

    Attributes:
        encoder: that made them.
        contents: ids, ascending, int64 (n,).
        words: codes padded to 64-bit words, uint64 (n, words).
        quality: uint8 (n,).
        embeddings: int8 (n, d); d is 0 where the encoder has none.
        regions: the codes of each picture's parts, uint64 (n, parts * words); of no parts where the
            library has none. A picture whose parts have no codes yet has its own in their place.
        visible: whether some present file holds the content, bool (n,).
        stamp: of the library when the table was made, see :meth:`Catalog.stamp`.
    """

    encoder: EncoderRow
    contents: npt.NDArray[np.int64]
    words: npt.NDArray[np.uint64]
    quality: npt.NDArray[np.uint8]
    embeddings: npt.NDArray[np.int8]
    regions: npt.NDArray[np.uint64]
    visible: npt.NDArray[np.bool_]
    stamp: tuple[str, int, int]


def cache_folder(library: Path) -> Path:
    """The folder of a library's cache."""
    return library.with_name(library.name + "-cache")


def size(library: Path) -> int:
    """Bytes that the cache takes on disk."""
    folder = cache_folder(library)
    return sum(f.stat().st_size for f in folder.iterdir()) if folder.is_dir() else 0


def delete(library: Path) -> None:
    """Delete a library's cache."""
    shutil.rmtree(cache_folder(library), ignore_errors=True)


def load(catalog: Catalog, encoder: EncoderRow) -> CodeTable:
    """The codes of one encoder: mapped where the cache is fresh, else after refreshing it.

    On a disk that can't be written to, a stale cache is left alone and the codes are read into
    memory.
    """
    folder = cache_folder(catalog.path)
    stamp, fields = catalog.stamp(), _fields(catalog, encoder)
    found = _open(folder, encoder, stamp, fields)
    if found is not None:
        return found
    if catalog.read_only or not is_writable(catalog.path.parent):
        _log.info("the code cache in %s is stale and can't be written: reading the codes", folder)
        return _in_memory(catalog, encoder, stamp, fields)
    try:
        folder.mkdir(exist_ok=True)
        with FileLock(folder / "lock", timeout=LOCK_SECONDS):
            stamp, fields = catalog.stamp(), _fields(catalog, encoder)
            # Somebody else may have been faster.
            found = _open(folder, encoder, stamp, fields)
            if found is None:
                _refresh(folder, catalog, encoder, stamp, fields)
                found = _open(folder, encoder, stamp, fields)
    except (OSError, Timeout) as error:
        _log.warning("can't write the code cache %s (%s): reading the codes", folder, error)
        found = None
    return found or _in_memory(catalog, encoder, stamp, fields)


# File ending: (dtype, columns) of the arrays that only grow.
_Fields: TypeAlias = dict[str, tuple[type[Any], int]]


def _fields(catalog: Catalog, encoder: EncoderRow) -> _Fields:
    found: _Fields = {
        "contents": (np.int64, 1),
        "words": (np.uint64, words_for(encoder.bits)),
        "quality": (np.uint8, 1),
        "embeddings": (np.int8, encoder.embedding_size),
    }
    if encoder.slot == "photo" and catalog.has_regions():
        found["regions"] = (np.uint64, len(REGIONS) * words_for(encoder.bits))
    return found


def _stem(encoder: EncoderRow, stamp: tuple[str, int, int]) -> str:
    return f"{encoder.slot}-{stamp[1]}"


def _manifest(folder: Path, encoder: EncoderRow) -> dict[str, Any]:
    try:
        found = json.loads((folder / f"{encoder.slot}.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _matches(manifest: dict[str, Any], encoder: EncoderRow, stamp: tuple[str, int, int]) -> bool:
    """Whether the files only lack what was appended since the manifest was written."""
    return (
        manifest.get("uuid") == stamp[0]
        and manifest.get("epoch") == stamp[1]
        and manifest.get("fingerprint") == encoder.fingerprint
        and isinstance(manifest.get("rows"), int)
        and isinstance(manifest.get("generation"), int)
    )


def _open(
    folder: Path, encoder: EncoderRow, stamp: tuple[str, int, int], fields: _Fields
) -> CodeTable | None:
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
    arrays.setdefault("regions", np.empty((len(visible), 0), np.uint64))
    return CodeTable(encoder=encoder, visible=visible, stamp=stamp, **arrays)


def _map(path: Path, dtype: type[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """Map the first rows of a file; a file that is too short is a ValueError."""
    if 0 in shape:  # an empty file can't be mapped
        return np.empty(shape, dtype)
    mapped = np.memmap(path, dtype, mode="r", shape=shape)
    return np.asarray(mapped)  # a plain view: no memmap overhead on every slice


def _refresh(
    folder: Path,
    catalog: Catalog,
    encoder: EncoderRow,
    stamp: tuple[str, int, int],
    fields: _Fields,
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
        for block in _blocks(catalog, encoder, last, fields):
            rows += len(block["contents"])
            for ending, file in files.items():
                file.write(block[ending].tobytes())
    finally:
        for file in files.values():
            file.close()
    contents = _map(folder / f"{stem}.contents", np.int64, (rows,))
    mask = folder / f"{stem}-{stamp[2]}.visible"
    _visible(catalog, contents).tofile(mask)
    fresh = {
        "uuid": stamp[0],
        "epoch": stamp[1],
        "generation": stamp[2],
        "fingerprint": encoder.fingerprint,
        "rows": rows,
    }
    partial = folder / f"{encoder.slot}.json.new"
    partial.write_text(json.dumps(fresh))
    partial.replace(folder / f"{encoder.slot}.json")
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


def _last_content(path: Path, rows: int) -> int:
    if rows == 0:
        return 0
    with path.open("rb") as file:
        file.seek((rows - 1) * 8)
        return int(np.frombuffer(file.read(8), np.int64)[0])


def _blocks(
    catalog: Catalog, encoder: EncoderRow, last: int, fields: _Fields
) -> Iterator[dict[str, npt.NDArray[Any]]]:
    """The codes after content ``last`` in portions, as the arrays of :func:`_fields`."""
    width = bytes_for(encoder.bits)
    parts = len(REGIONS) if "regions" in fields else 0
    rows = catalog.rows(
        "SELECT content, code, quality, embedding, regions FROM codes"
        " WHERE encoder = ? AND content > ? ORDER BY content",
        [encoder.id, last],
    )
    while portion := list(islice(rows, PORTION)):
        n = len(portion)
        codes = np.frombuffer(b"".join(r[1] for r in portion), np.uint8).reshape(n, width)
        embeddings = np.empty((n, 0), np.int8)
        if encoder.embedding_size:
            joined = b"".join(r[3] for r in portion)
            embeddings = np.frombuffer(joined, np.int8).reshape(n, encoder.embedding_size)
        regions = np.empty((n, 0), np.uint64)
        if parts:
            joined = b"".join(r[4] or r[1] * parts for r in portion)
            flat = np.frombuffer(joined, np.uint8).reshape(n * parts, width)
            regions = to_words(flat).reshape(n, -1)
        yield {
            "contents": np.array([r[0] for r in portion], np.int64),
            "words": to_words(codes),
            "quality": np.array([100 if r[2] is None else r[2] for r in portion], np.uint8),
            "embeddings": embeddings,
            "regions": regions,
        }


def _visible(catalog: Catalog, contents: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which of the ascending ``contents`` some present file holds."""
    mask = np.zeros(len(contents), np.bool_)
    ids = catalog.visible_contents()
    while len(part := np.fromiter(islice(ids, 1_000_000), np.int64)):
        rows = np.searchsorted(contents, part)
        inside = rows < len(contents)
        rows, part = rows[inside], part[inside]
        mask[rows[contents[rows] == part]] = True
    return mask


def _in_memory(
    catalog: Catalog, encoder: EncoderRow, stamp: tuple[str, int, int], fields: _Fields
) -> CodeTable:
    blocks = list(_blocks(catalog, encoder, 0, fields))
    arrays = {}
    for ending, (dtype, columns) in fields.items():
        shape = (0,) if ending in ("contents", "quality") else (0, columns)
        parts = [np.empty(shape, dtype), *(block[ending] for block in blocks)]
        arrays[ending] = np.concatenate(parts)
    visible = _visible(catalog, arrays["contents"])
    arrays.setdefault("regions", np.empty((len(visible), 0), np.uint64))
    return CodeTable(encoder=encoder, visible=visible, stamp=stamp, **arrays)
