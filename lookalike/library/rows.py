"""The rows of a catalog, and how paths lie in folders."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

__all__ = ["UNDER", "EncoderRow", "FileRow", "PictureRow", "file_row"]


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


UNDER = "path >= ? AND path < ?"
"""SQL that is true of files in a folder and below; ``sources.folders.bounds`` gives the values."""


def file_row(row: tuple[Any, ...]) -> FileRow:
    """A row of (id, path, size, mtime_ns, content, present)."""
    file, path, size, mtime_ns, content, present = row
    return FileRow(file, os.fsdecode(path), size, mtime_ns, content, bool(present))
