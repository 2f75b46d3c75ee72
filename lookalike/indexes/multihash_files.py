"""An index as a folder: arrays as ``.npy`` files that can be mapped, and a manifest.

``manifest.json`` holds a format version, the facts that aren't arrays, for each array its type,
shape, size and CRC-32, and a SHA-256 of all that. A folder is written beside its place and put
there when it is complete.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.errors import (
    LibraryDamagedError,
    LibraryNotFoundError,
    LibraryVersionError,
    UsageError,
)
from lookalike.indexes.multihash_lanes import LANES

__all__ = ["load", "save"]

Array = npt.NDArray[Any]

_MANIFEST = "manifest.json"
_FORMAT = "lookalike multihash"
_VERSION = 1
_CHUNK = 1 << 24

_ARRAYS = {
    "order": (np.int64, 1),
    "codes": (np.uint64, 2),
    "offsets": (np.uint32, 2),
    "rows": (np.uint32, 1),
    "signatures": (np.uint16, 1),
    "ids": (np.int64, 1),
    "removed": (np.int64, 1),
    "tail": (np.uint64, 2),
    "tail_ids": (np.int64, 1),
}


def save(folder: Path, facts: dict[str, int | None], arrays: dict[str, Array]) -> None:
    """Write an index, in the place of one that is there.

    Raises:
        UsageError: there is something else at this path.
    """
    if folder.exists() and not (folder / _MANIFEST).is_file():
        free = folder.is_dir() and not any(folder.iterdir())
        if not free:
            raise UsageError(f"{folder} is no index and isn't empty; choose another folder")
    new = folder.with_name(f"{folder.name}.{os.getpid()}.new")
    old = folder.with_name(f"{folder.name}.{os.getpid()}.old")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        files = {}
        for name, array in arrays.items():
            path = new / f"{name}.npy"
            np.save(path, np.ascontiguousarray(array), allow_pickle=False)
            files[name] = {
                "dtype": array.dtype.name,
                "shape": list(array.shape),
                "bytes": path.stat().st_size,
                "crc32": _crc32(path),
            }
        manifest = {"format": _FORMAT, "version": _VERSION, "facts": facts, "arrays": files}
        manifest["sha256"] = _digest(manifest)
        (new / _MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        if folder.exists():
            os.replace(folder, old)
        os.replace(new, folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def load(folder: Path, verify: bool) -> tuple[dict[str, Any], dict[str, Array]]:
    """Map an index.

    Args:
        folder: that :func:`save` wrote.
        verify: compare all contents with their checksums.

    Returns:
        Its facts, and its arrays, read-only.

    Raises:
        LibraryNotFoundError: there is no index here.
        LibraryDamagedError: something is missing, changed or doesn't fit together.
        LibraryVersionError: another version wrote it.
    """
    path = folder / _MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise LibraryNotFoundError(f"no index in {folder}: {_MANIFEST} is missing") from None
    except ValueError:
        raise _damaged(folder, f"{_MANIFEST} can't be read") from None
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        raise _damaged(folder, f"{_MANIFEST} isn't that of an index")
    if manifest.get("version") != _VERSION:
        raise LibraryVersionError(
            f"the index in {folder} has version {manifest.get('version')}, this lookalike reads "
            f"{_VERSION}; build it again or update lookalike"
        )
    if manifest.pop("sha256", None) != _digest(manifest):
        raise _damaged(folder, f"{_MANIFEST} was changed")
    facts: dict[str, Any] = manifest["facts"]
    arrays = {name: _array(folder, name, manifest["arrays"][name], verify) for name in _ARRAYS}
    _fit(folder, facts, arrays)
    return facts, arrays


def _array(folder: Path, name: str, expected: dict[str, Any], verify: bool) -> Array:
    path = folder / f"{name}.npy"
    try:
        size = path.stat().st_size
        if size != expected["bytes"]:
            raise _damaged(folder, f"{path.name} has {size} bytes, not {expected['bytes']}")
        array = np.load(path, mmap_mode="r" if np.prod(expected["shape"]) else None)
    except FileNotFoundError:
        raise _damaged(folder, f"{path.name} is missing") from None
    except (ValueError, EOFError):
        raise _damaged(folder, f"{path.name} isn't an array") from None
    kind, dimensions = _ARRAYS[name]
    found = array.dtype.name, list(array.shape)
    if found != (expected["dtype"], expected["shape"]) or array.dtype != kind:
        raise _damaged(folder, f"{path.name} holds {found[0]} of shape {tuple(found[1])}")
    if array.ndim != dimensions or not array.flags.c_contiguous:
        raise _damaged(folder, f"{path.name} isn't laid out by rows")
    if verify and _crc32(path) != expected["crc32"]:
        raise _damaged(folder, f"{path.name} was changed: its CRC-32 differs")
    return np.asarray(array)


def _fit(folder: Path, facts: dict[str, Any], arrays: dict[str, Array]) -> None:
    """Sizes that belong together. What kernels read out of tables they check themselves."""
    n, words = arrays["codes"].shape
    tables, bits, prefix = facts["tables"], facts["bits"], facts["prefix"]
    fits = (
        words == -(-bits // 64)
        and len(arrays["order"]) == bits
        and arrays["offsets"].shape == (tables, 2**prefix + 1)
        and len(arrays["rows"]) == tables * n
        and len(arrays["signatures"]) == tables * (n + LANES)
        and len(arrays["ids"]) == n
        and arrays["tail"].shape == (len(arrays["tail_ids"]), words)
        and np.array_equal(np.sort(arrays["order"]), np.arange(bits))
        and np.all((arrays["removed"] >= 0) & (arrays["removed"] < n))
    )
    if not fits:
        raise _damaged(folder, "its arrays don't fit together")


def _crc32(path: Path) -> int:
    sum_ = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sum_ = zlib.crc32(chunk, sum_)
    return sum_


def _digest(manifest: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _damaged(folder: Path, reason: str) -> LibraryDamagedError:
    return LibraryDamagedError(f"the index in {folder} is damaged: {reason}; build it again")
