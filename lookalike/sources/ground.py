"""What several walks share, so that each place is found once: where they have been, and will be."""

from __future__ import annotations

import os
from typing import TypeAlias

from lookalike.images.formats.registry import is_candidate
from lookalike.sources.rules import Rules

__all__ = ["Ground", "Identity", "identity"]

Identity: TypeAlias = tuple[int, int]
"""What a folder is, whatever leads there: device and inode. They may change at a reboot."""


def identity(status: os.stat_result) -> Identity | None:
    """What a folder is; ``None`` where the file system doesn't say."""
    return (status.st_dev, status.st_ino) if status.st_ino else None


class Ground:
    """Where walks have been, and which places are somebody's.

    Attributes:
        entered: the folders that were listed.
        roots: the folders that are walked by themselves, with their paths; no other walk enters
            them.
        names: the paths of all that are to be, or would be if they could be reached, as
            ``os.path.normcase`` has them.
        lone: those of ``names`` that are files by now.
        targets: real paths of the files that were found by a link.
    """

    def __init__(self) -> None:
        self.entered: set[Identity] = set()
        self.roots: dict[Identity, str] = {}
        self.names: set[str] = set()
        self.lone: set[str] = set()
        self.targets: set[str] = set()
        self._places: dict[str, tuple[Rules, str]] = {}

    def claim(self, real: str, rules: Rules, relative: str = "") -> None:
        """Note that what lies at and below a real path is found by a walk.

        Args:
            real: without links.
            rules: of the walk.
            relative: what the walk calls the place.
        """
        self._places.setdefault(os.path.normcase(real), (rules, relative))

    def finder(self, real: str, *, is_folder: bool) -> Rules | None:
        """Whose walk finds what lies at a real path, at its own place; by text alone.

        The innermost place decides: it may leave the path out, and then nobody finds it there.
        """
        place, below = real, list[str]()
        while (claim := self._places.get(os.path.normcase(place))) is None:
            place, name = os.path.split(place)
            if not name:
                return None
            below.append(name)
        rules, relative = claim
        if not below:
            return rules
        below.reverse()
        if any(name.startswith(".") for name in below):
            return None
        if not is_folder and not is_candidate(below[-1]):
            return None
        begin = len(relative) + 1 if relative else 0
        path = "/".join([relative, *below] if relative else below)
        out = rules.leaves_out_on_the_way(path, begin, is_folder=is_folder)
        return None if out else rules
