"""Folders as a source of pictures: their files, and how paths lie in them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from lookalike.sources.exclude import mended
from lookalike.sources.rules import Rules
from lookalike.sources.source import Found, Unreadable
from lookalike.sources.walk import walk

__all__ = ["Folder", "bounds", "is_under"]


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder and all folders below it: a :class:`~lookalike.sources.source.Source`.

    Attributes:
        name: its absolute path.
        exclude: patterns of what to leave out, as a library keeps them; see
            :class:`lookalike.sources.exclude.Exclusion`.
        everything: whether to look also through the folders that programs make for themselves.
    """

    name: str
    exclude: tuple[str, ...] = ()
    everything: bool = False

    def rules(self) -> Rules:
        """What is left out of it."""
        patterns = mended(self.exclude)
        return Rules(self.name, patterns, everything=self.everything, shown=self.exclude)

    def is_reachable(self) -> bool:
        """Whether it is there now: a drive may be unplugged."""
        return os.path.isdir(self.name)

    def walk(self) -> Iterator[Found | Unreadable]:
        """Its picture files, as :func:`lookalike.sources.walk.walk` finds them."""
        return walk(self.name, exclude=mended(self.exclude), everything=self.everything)

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
