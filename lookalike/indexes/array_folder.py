"""Arrays as a folder: ``.npy`` files that can be mapped, and a manifest.

``manifest.json`` holds a format version, the facts that aren't arrays, for each array its type,
shape, size and CRC-32, and a SHA-256 of all that. A folder is written beside its place, brought to
the disk, and put there when it is complete: after a power cut it is the old one or the new one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zlib
from dataclasses import dataclass
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

__all__ = ["ArrayFolder", "damaged"]

Array = npt.NDArray[Any]

_MANIFEST = "manifest.json"
_CHUNK = 1 << 24


@dataclass(frozen=True, slots=True)
class ArrayFolder:
    """What is in a folder of one kind.

    Attributes:
        kind: what the manifest calls it.
        version: that is written and read.
        arrays: by name, the type and the number of dimensions.
    """

    kind: str
    version: int
    arrays: dict[str, tuple[type[np.generic], int]]

    def save(self, folder: Path, facts: dict[str, int | None], arrays: dict[str, Array]) -> None:
        """Write an index, in the place of one that is there.

        Raises:
            UsageError: there is something else at this path.
            OSError: the disk is full or can't be written to.
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
            files = {name: _written(new / f"{name}.npy", array) for name, array in arrays.items()}
            manifest = {
                "format": self.kind,
                "version": self.version,
                "facts": facts,
                "arrays": files,
            }
            manifest["sha256"] = _digest(manifest)
            with (new / _MANIFEST).open("w", encoding="utf-8") as file:
                file.write(json.dumps(manifest, indent=1) + "\n")
                file.flush()
                os.fsync(file.fileno())
            if folder.exists():
                os.replace(folder, old)
            os.replace(new, folder)
        finally:
            shutil.rmtree(new, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)

    def load(self, folder: Path, verify: bool) -> tuple[dict[str, Any], dict[str, Array]]:
        """Map an index.

        Args:
            folder: that :meth:`save` wrote.
            verify: compare all contents with their checksums.

        Returns:
            Its facts, and its arrays, read-only.

        Raises:
            LibraryNotFoundError: there is no index here.
            LibraryDamagedError: something is missing or changed.
            LibraryVersionError: another version wrote it.
        """
        if not isinstance(verify, bool):
            raise UsageError(f"verify is True or False, not {verify!r}")
        manifest = self._manifest(folder)
        arrays = {
            name: _array(folder, name, kind, manifest["arrays"][name], verify)
            for name, kind in self.arrays.items()
        }
        return manifest["facts"], arrays

    def digest(self, folder: Path) -> str:
        """A hash of all that is in a folder.

        Raises:
            LibraryError: as for :meth:`load`.
        """
        return _digest(self._manifest(folder))

    def _manifest(self, folder: Path) -> dict[str, Any]:
        path = folder / _MANIFEST
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise LibraryNotFoundError(f"no index in {folder}: {_MANIFEST} is missing") from None
        except ValueError:
            raise damaged(folder, f"{_MANIFEST} can't be read") from None
        if not isinstance(manifest, dict) or manifest.get("format") != self.kind:
            raise damaged(folder, f"{_MANIFEST} isn't that of an index")
        if manifest.get("version") != self.version:
            raise LibraryVersionError(
                f"the index in {folder} has version {manifest.get('version')}, this lookalike "
                f"reads {self.version}; build it again or update lookalike"
            )
        if manifest.pop("sha256", None) != _digest(manifest):
            raise damaged(folder, f"{_MANIFEST} was changed")
        return manifest


def damaged(folder: Path, reason: str) -> LibraryDamagedError:
    """The error that says so."""
    return LibraryDamagedError(f"the index in {folder} is damaged: {reason}; build it again")


def _written(path: Path, array: Array) -> dict[str, Any]:
    with path.open("wb") as file:
        np.save(file, np.ascontiguousarray(array), allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    return {
        "dtype": array.dtype.name,
        "shape": list(array.shape),
        "bytes": path.stat().st_size,
        "crc32": _crc32(path),
    }


def _array(
    folder: Path, name: str, wanted: tuple[type[np.generic], int], stated: Any, verify: bool
) -> Array:
    path = folder / f"{name}.npy"
    try:
        size = path.stat().st_size
        if size != stated["bytes"]:
            raise damaged(folder, f"{path.name} has {size} bytes, not {stated['bytes']}")
        array = np.load(path, mmap_mode="r" if np.prod(stated["shape"]) else None)
    except FileNotFoundError:
        raise damaged(folder, f"{path.name} is missing") from None
    except (ValueError, EOFError):
        raise damaged(folder, f"{path.name} isn't an array") from None
    kind, dimensions = wanted
    found = array.dtype.name, list(array.shape)
    if found != (stated["dtype"], stated["shape"]) or array.dtype != kind:
        raise damaged(folder, f"{path.name} holds {found[0]} of shape {tuple(found[1])}")
    if array.ndim != dimensions or not array.flags.c_contiguous:
        raise damaged(folder, f"{path.name} isn't laid out by rows")
    if verify and _crc32(path) != stated["crc32"]:
        raise damaged(folder, f"{path.name} was changed: its CRC-32 differs")
    return np.asarray(array)


def _crc32(path: Path) -> int:
    sum_ = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sum_ = zlib.crc32(chunk, sum_)
    return sum_


def _digest(manifest: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
