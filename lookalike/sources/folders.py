"""Folders as a source of pictures: their files, and how paths lie in them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lookalike.sources.exclude import mended
from lookalike.sources.source import Found, Source, Unreadable
from lookalike.sources.walk import walk

__all__ = ["Folder", "Folders", "bounds", "is_under", "walk_folders", "walk_sources"]

Folders: TypeAlias = Sequence[tuple[str, tuple[str, ...]]]
"""Folders, each with the patterns that leave files out."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder and all folders below it: a :class:`~lookalike.sources.source.Source`.

    Attributes:
        name: its absolute path.
        exclude: patterns of what to leave out, as a library keeps them; see
            :class:`lookalike.sources.exclude.Exclusion`.
    """

    name: str
    exclude: tuple[str, ...] = ()

    def is_reachable(self) -> bool:
        """Whether it is there now: a drive may be unplugged."""
        return os.path.isdir(self.name)

    def walk(self) -> Iterator[Found | Unreadable]:
        """Its picture files, as :func:`lookalike.sources.walk.walk` finds them."""
        return walk(self.name, exclude=mended(self.exclude))

    def covers(self, path: str) -> bool:
        """Whether a path lies in it or below, be there a file or not."""
        return is_under(path, self.name)

    def has(self, path: str) -> bool:
        """Whether there is a file of this path now, be it a link to nothing."""
        return self.covers(path) and os.path.lexists(path)

    def content(self, path: str, most: int) -> str:
        """The path itself: child processes read it, and keep to the limit."""
        return path


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
    return walk_sources([Folder(name, exclude) for name, exclude in folders])


def walk_sources(sources: Sequence[Source]) -> Iterator[Found | Unreadable]:
    """All files of the sources, each once though sources may lie in one another.

    A file is found by the innermost source that covers it.
    """
    for source in sources:
        inner = [other for other in sources if source.covers(other.name)]
        for found in source.walk():
            if not any(other.covers(found.path) for other in inner):
                yield found
