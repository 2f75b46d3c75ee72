"""The rows of a catalog, and how paths lie in folders."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

__all__ = ["UNDER", "EncoderRow", "FileRow", "PictureRow", "bounds", "file_row", "is_under"]


@dataclass(frozen=True, slots=True)
class EncoderRow:
    """An encoder as a library knows it; ``slot`` is ``pdq`` or ``photo``."""

    id: int
    slot: str
    name: str
    source: str
    fingerprint: str
    bits: int
    embedding_size: int
    current: bool


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file that has a code, as it was when last seen."""

    id: int
    path: str
    size: int
    mtime_ns: int
    content: int
    present: bool


@dataclass(frozen=True, slots=True)
class PictureRow:
    """A file of a search's answer."""

    id: int
    path: str
    content: int
    width: int
    height: int


# Paths below a folder sort between "folder/" and "folder0", the separator's successor.
UNDER = "path >= ? AND path < ?"
"""SQL that is true of files in a folder and below."""


def bounds(folder: str) -> list[bytes]:
    """The values for :data:`UNDER`."""
    raw = os.fsencode(folder).rstrip(os.fsencode(os.sep))
    return [raw + os.fsencode(os.sep), raw + os.fsencode(chr(ord(os.sep) + 1))]


def is_under(path: str, folder: str) -> bool:
    """Whether ``path`` lies in ``folder`` or below."""
    low, high = bounds(folder)
    return low <= os.fsencode(path) < high


def file_row(row: tuple[Any, ...]) -> FileRow:
    """A row of (id, path, size, mtime_ns, content, present)."""
    file, path, size, mtime_ns, content, present = row
    return FileRow(file, os.fsdecode(path), size, mtime_ns, content, bool(present))
