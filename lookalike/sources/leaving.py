"""Counting what a walk leaves out, by the pattern that does so."""

from __future__ import annotations

import os
from collections.abc import Collection

from lookalike.images.formats.registry import is_candidate
from lookalike.sources.rules import Pattern, Rules
from lookalike.sources.source import LeftOut

__all__ = ["Leaving"]


class Leaving:
    """What one walk leaves out.

    Names are read, and nothing else. The folders of programs aren't looked into at all: a NAS has
    one for every folder, and over a network each takes its time.

    Args:
        rules: of the walk.
        apart: paths of folders that are walked by themselves, as ``os.path.normcase`` has them.
    """

    def __init__(self, rules: Rules, apart: Collection[str]) -> None:
        self._rules = rules
        self._apart = apart
        self._counts: dict[Pattern, list[int]] = {}

    def out(self, pattern: Pattern, path: str, relative: str, *, is_folder: bool) -> int:
        """Count a file or folder that is left out.

        Returns:
            How many pictures that are by their endings, 1 for a folder of a program.
        """
        counts = self._counts.setdefault(pattern, [0, 0])
        if not is_folder:
            counts[0] += 1
            return 1
        counts[1] += 1
        if pattern.own:
            return 1
        files = self._pictures(path, relative)
        counts[0] += files
        return files

    def link(self, pattern: Pattern, *, is_folder: bool) -> int:
        """Count a link that is left out; what it leads to isn't looked at."""
        self._counts.setdefault(pattern, [0, 0])[is_folder] += 1
        return 1

    def records(self) -> list[LeftOut]:
        """What was left out, in the order of the walk."""
        name = self._rules.name
        return [
            LeftOut(name, pattern.text, files, folders, pattern.own)
            for pattern, (files, folders) in self._counts.items()
        ]

    def _pictures(self, path: str, relative: str) -> int:
        """Pictures, by their endings, in a folder that is left out."""
        count, folders = 0, [(path, relative)]
        while folders:
            path, relative = folders.pop()
            try:
                with os.scandir(path) as entries:
                    listed = list(entries)
            except OSError:
                continue
            for entry in listed:
                if entry.name.startswith("."):
                    continue
                inner = f"{relative}/{entry.name}"
                try:
                    is_folder = entry.is_dir(follow_symlinks=False)
                except OSError:
                    continue
                if not is_folder:
                    count += is_candidate(entry.name)
                elif os.path.normcase(entry.path) not in self._apart and not self._is_own(inner):
                    folders.append((entry.path, inner))
        return count

    def _is_own(self, relative: str) -> bool:
        pattern = self._rules.leaves_out(relative, is_folder=True)
        return pattern is not None and pattern.own
