"""One look through folders that may be, or lead to, the same place: each place is found once."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from lookalike.sources.folders import Folder, is_under
from lookalike.sources.ground import Ground, Identity, identity
from lookalike.sources.leaving import Leaving
from lookalike.sources.rules import Rules
from lookalike.sources.source import Found, LeftOut, Unreadable
from lookalike.sources.walk import Walk
from lookalike.system.mounts import mount_point

__all__ = ["Away", "Tour"]


class Away(Protocol):
    """A place of pictures that is no folder of this machine."""

    @property
    def name(self) -> str:
        """What the library remembers it by; the paths of its files begin with it and a slash."""

    def rules(self) -> Rules:
        """What is left out of it."""

    def walk(self) -> Iterator[Found | Unreadable]:
        """Its files, those that are left out included, in the same order each time."""


class Tour:
    """One look through folders, each place once, whichever of them lead there.

    - A folder that lies in another is walked by itself, by its own patterns, and the outer walk
      leaves it alone.
    - A folder that is a link to another one, or to a place in it, isn't walked: the other walk
      finds its files, unless it leaves them out by a pattern.
    - Of two folders that are one place without any link (a bind mount, other letter case), the one
      whose path comes first is walked.
    - Any other folder that two walks come by (by links, or by mounts) is entered by the first.
    - A link to a file is passed over if the file is found at its own place. Hard links are files.

    Folders are compared by device and inode, only within one tour: these change at a reboot.

    Args:
        folders: to walk, by absolute paths, none twice.
        away: places that are no folders of this machine, walked behind these.
        others: all further folders that the library knows. They aren't walked, but what is theirs
            is left to them, so that each file has the same path whatever part is walked. One is
            walked after all where one of ``folders`` is the same place.

    Attributes:
        walked: the folders that are walked, in order of their paths.
        same_place: the names of those of ``folders`` that aren't, each with that of the folder that
            their files are found by.
        left_out: what patterns left out.
        mounts: by name of a walked folder, the place at or above it where its file system begins,
            and those below it that the walk came by without following links, sorted.
        files: by name of a walked folder, the pictures in it, whether they can be read or not,
            those that patterns leave out included. Folders of programs, and folders that are walked
            by themselves, count as one: 0 means that there is nothing at all.

        behind: links to folders that were entered, with the number of pictures there, counted in
            the same way.

    ``left_out``, ``mounts``, ``files`` and ``behind`` are complete once the iteration has ended.

    Raises:
        UsageError: a pattern that can't be worked with.
    """

    def __init__(
        self, folders: Sequence[Folder], *, others: Sequence[Folder] = (), away: Sequence[Away] = ()
    ) -> None:
        known = {folder.name: folder for folder in [*others, *folders]}
        self._rules = {name: folder.rules() for name, folder in known.items()}
        self._rules |= {place.name: place.rules() for place in away}
        self._away = away
        self._spots = [spot for name in sorted(known, key=os.fsencode) if (spot := _look(name))]
        owners = self._owners()
        self.same_place = {f.name: owners[f.name] for f in folders if f.name in owners}
        self._given = [folder.name for folder in (*folders, *away)]
        names = {owners.get(folder.name, folder.name) for folder in folders}
        self.walked = [known[name] for name in sorted(names, key=os.fsencode)]
        self._apart = {os.path.normcase(name) for name in known if name not in owners}
        self._aliases = frozenset(owners)
        self.left_out: list[LeftOut] = []
        self.mounts: dict[str, tuple[str, ...]] = {}
        self.files: dict[str, int] = {}
        self.behind: dict[str, int] = {}

    def __iter__(self) -> Iterator[Found | Unreadable]:
        """All files of the folders, and what can't be read: folder by folder, then behind links."""
        self.left_out, self.mounts, self.files, self.behind = [], {}, {}, {}
        ground = Ground()
        ground.names = self._apart
        for spot in self._spots:
            if spot.name not in self._aliases:
                ground.claim(spot.real, self._rules[spot.name])
                if not spot.is_folder:
                    ground.lone.add(os.path.normcase(spot.name))
                if isinstance(spot.place, tuple):
                    ground.roots[spot.place] = spot.name
        walks = {folder.name: Walk(self._rules[folder.name], ground) for folder in self.walked}
        for name, one in walks.items():
            # Asked before the walk: what is mounted meanwhile is not what was walked.
            above = mount_point(name)
            yield from one.plain()
            self.mounts[name] = tuple(sorted({above, *one.mounts}))
        for name, one in walks.items():
            yield from one.linked()
            self.files[name] = one.files
            self.behind |= one.behind
            self.left_out += one.leaving.records()
        for place in self._away:
            yield from self._all_of(place)

    def _all_of(self, place: Away) -> Iterator[Found | Unreadable]:
        """What a place away has, but for what patterns leave out."""
        rules, self.files[place.name] = self._rules[place.name], 0
        leaving = Leaving(rules, ())
        for entry in place.walk():
            self.files[place.name] += 1
            pattern = None
            if isinstance(entry, Found) and rules.have_patterns:
                pattern = rules.first_that_leaves_out(entry.relative)
            if pattern is None:
                yield entry
            else:
                leaving.out(pattern, entry.path, "", is_folder=False)
        self.left_out += leaving.records()

    def leaves_out(self, path: str) -> bool:
        """Whether patterns, or the list of programs' own folders, leave a path out, by text alone.

        Those of the innermost of the tour's folders count. Be there a file or not.
        """
        around = [name for name in self._given if is_under(path, name)]
        if not around or (name := max(around, key=len)) in self.same_place:
            return False
        relative = path[len(name.rstrip(os.sep)) + 1 :].replace(os.sep, "/")
        return self._rules[name].leaves_out_on_the_way(relative, is_folder=False)

    def _owners(self) -> dict[str, str]:
        """The folders that aren't walked by themselves, and who finds their files."""
        owners: dict[str, str] = {}
        first: dict[Identity | str, _Spot] = {}
        for spot in sorted(self._spots, key=lambda spot: spot.is_link):  # else by path, as they are
            if first.setdefault(spot.place, spot) is not spot:
                owners[spot.name] = first[spot.place].name
        # Outer places first: whether they are walked is known before what lies in them is asked.
        ground = Ground()
        for spot in sorted(first.values(), key=lambda spot: (spot.depth, spot.is_link)):
            rules = ground.finder(spot.real, is_folder=True) if spot.is_link else None
            if rules is not None and not self._lies_in(spot, rules.name):
                owners[spot.name] = rules.name
            else:
                ground.claim(spot.real, self._rules[spot.name])
        return {name: owners.get(owner, owner) for name, owner in owners.items()}

    def _lies_in(self, spot: _Spot, outer: str) -> bool:
        """Whether a folder lies in another, with no link between them, be there one above both."""
        around = next(other for other in self._spots if other.name == outer)
        below = spot.name[len(outer) :]
        return is_under(spot.name, outer) and spot.real == around.real.rstrip(os.sep) + below


@dataclass(frozen=True, slots=True)
class _Spot:
    """A folder that can be reached: its path, that without links, and what it is."""

    name: str
    real: str
    place: Identity | str
    is_folder: bool

    @property
    def is_link(self) -> bool:
        return os.path.normcase(self.name) != os.path.normcase(self.real)

    @property
    def depth(self) -> int:
        return self.real.rstrip(os.sep).count(os.sep)


def _look(name: str) -> _Spot | None:
    try:
        real = os.path.realpath(name)
        status = os.stat(name)
    except (OSError, ValueError):
        return None
    return _Spot(
        name, real, identity(status) or os.path.normcase(real), stat.S_ISDIR(status.st_mode)
    )
