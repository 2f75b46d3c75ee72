"""Folders as a source of pictures: their files, and how paths lie in them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from lookalike.sources.walk import Found, Unreadable, walk

__all__ = ["Folders", "bounds", "is_under", "walk_folders"]

Folders: TypeAlias = Sequence[tuple[str, tuple[str, ...]]]
"""Folders, each with the patterns that leave files out."""


def bounds(folder: str) -> list[bytes]:
    """What the paths below a folder sort between, as bytes: at or after the first, before the last.

    They begin with ``folder/``, whose successor is ``folder0``.
    """
    raw = os.fsencode(folder).rstrip(os.fsencode(os.sep))
    return [raw + os.fsencode(os.sep), raw + os.fsencode(chr(ord(os.sep) + 1))]


def is_under(path: str, folder: str) -> bool:
    """Whether ``path`` lies in ``folder`` or below."""
    low, high = bounds(folder)
    return low <= os.fsencode(path) < high


def walk_folders(folders: Folders) -> Iterator[Found | Unreadable]:
    """All files of the folders, each once though folders may lie in one another."""
    names = [folder for folder, _ in folders]
    for folder, exclude in folders:
        for found in walk(folder, exclude=exclude):
            inner = [n for n in names if len(n) > len(folder) and is_under(found.path, n)]
            if not inner:
                yield found
