"""What is left out of one folder: by its patterns, and by the list of programs' own folders."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from lookalike.sources.exclude import Exclusion
from lookalike.sources.programs import program_folder

__all__ = ["Pattern", "Rules"]


class Pattern(NamedTuple):
    """What leaves a path out.

    Attributes:
        text: as it was given, or as it stands in the list of programs' own folders.
        own: whether it stands there.
    """

    text: str
    own: bool


class Rules:
    """What is left out of one folder.

    Patterns come after the list: ``!@eaDir/`` takes up again what that leaves out.

    Args:
        name: the absolute path of the folder.
        exclude: patterns; see :class:`lookalike.sources.exclude.Exclusion`.
        everything: whether programs' own folders are looked through, too.
        shown: the patterns as people know them, where those are others.

    Raises:
        UsageError: a pattern that can't be worked with.
    """

    def __init__(
        self,
        name: str,
        exclude: Sequence[str] = (),
        *,
        everything: bool = False,
        shown: Sequence[str] | None = None,
    ) -> None:
        self.name = name
        self._excluded = Exclusion(exclude)
        self._shown = exclude if shown is None else shown
        self._everything = everything
        # The list knows places such as */resources/derivatives, of which the walked folder may be
        # a part: it is asked about whole paths.
        self._above = name.replace(os.sep, "/").rstrip("/") + "/"

    @property
    def have_patterns(self) -> bool:
        """Whether there are any; else no file is left out but by its folder."""
        return bool(self._shown)

    def leaves_out(self, relative: str, *, is_folder: bool) -> Pattern | None:
        """What leaves a file or folder out, itself, by its path from the walked folder on."""
        if self._shown:
            decided = self._excluded.decided(relative, is_folder=is_folder)
            if decided is not None:
                position, leaves_out = decided
                return Pattern(self._shown[position], own=False) if leaves_out else None
        if not is_folder or self._everything:
            return None
        own = program_folder(self._above + relative)
        return None if own is None else Pattern(own, own=True)

    def leaves_out_on_the_way(self, relative: str, begin: int = 0, *, is_folder: bool) -> bool:
        """Whether a path is left out itself, or lies in a folder that is.

        Args:
            relative: the path from the walked folder on.
            begin: its folders up to this place in the text are known to be looked through.
            is_folder: what it is.
        """
        at = relative.find("/", begin)
        while at >= 0:
            if self.leaves_out(relative[:at], is_folder=True):
                return True
            at = relative.find("/", at + 1)
        return self.leaves_out(relative, is_folder=is_folder) is not None

    def first_that_leaves_out(self, relative: str) -> Pattern | None:
        """What leaves a file out, or the first of the folders that it lies in."""
        at = relative.find("/")
        while at >= 0:
            if (pattern := self.leaves_out(relative[:at], is_folder=True)) is not None:
                return pattern
            at = relative.find("/", at + 1)
        return self.leaves_out(relative, is_folder=False)

    def passes_over(self, path: str, *, is_folder: bool) -> bool:
        """Whether a walk leaves out what lies at a path below the folder: by this, or as hidden.

        Args:
            path: absolute, below the folder; be there something or not.
            is_folder: what it is.
        """
        relative = path[len(self.name.rstrip(os.sep)) + 1 :].replace(os.sep, "/")
        if any(name.startswith(".") for name in relative.split("/")):
            return True
        return self.leaves_out_on_the_way(relative, is_folder=is_folder)
