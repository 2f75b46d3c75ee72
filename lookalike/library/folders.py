"""The files of a library's folders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from lookalike.images.walk import Found, Unreadable, walk
from lookalike.library.rows import is_under

__all__ = ["Folders", "walk_folders"]

Folders: TypeAlias = Sequence[tuple[str, tuple[str, ...]]]
"""Folders, each with the patterns that leave files out."""


def walk_folders(folders: Folders) -> Iterator[Found | Unreadable]:
    """All files of the folders, each once though folders may lie in one another."""
    names = [folder for folder, _ in folders]
    for folder, exclude in folders:
        for found in walk(folder, exclude=exclude):
            inner = [n for n in names if len(n) > len(folder) and is_under(found.path, n)]
            if not inner:
                yield found
