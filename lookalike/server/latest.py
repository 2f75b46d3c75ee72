"""What the jobs of this server found last, and what was decided and done about it since."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lookalike.library import Duplicates, PictureGroup
from lookalike.library.duplicates.telling import bytes_to_free
from lookalike.server.times import now_text

__all__ = ["FoundDuplicates", "FoundSelfTest", "Latest", "content_of"]


@dataclass(frozen=True, slots=True, eq=False)
class FoundDuplicates:
    """What a search for duplicates found.

    Attributes:
        found: all of it.
        kinds: that were asked for.
        under: the folder that was asked for; ``None`` for all.
        state: of the library, when it began.
        as_of: when it ended, ISO 8601, in UTC.
    """

    found: Duplicates
    kinds: tuple[str, ...]
    under: str | None
    state: str
    as_of: str = field(default_factory=now_text)


@dataclass(frozen=True, slots=True, eq=False)
class FoundSelfTest:
    """What a self-test found.

    Attributes:
        told: in the terms of JSON.
        state: of the library, when it began.
        as_of: when it ended, ISO 8601, in UTC.
    """

    told: Mapping[str, Any]
    state: str
    as_of: str = field(default_factory=now_text)


class Latest:
    """The last results; any number of threads may ask.

    Decisions and actions are applied to the groups at once, so that nobody has to search again to
    see what is left.
    """

    def __init__(self) -> None:
        self.selftest: FoundSelfTest | None = None
        self._duplicates: FoundDuplicates | None = None
        self._apart: set[frozenset[str]] = set()  # digests with members
        self._settled: set[str] = set()
        self._gone: set[str] = set()  # paths
        self._groups: list[PictureGroup] | None = None
        self._lock = threading.Lock()

    @property
    def duplicates(self) -> FoundDuplicates | None:
        """The last search for duplicates that ended; ``None`` for none."""
        return self._duplicates

    def put_duplicates(self, found: FoundDuplicates) -> None:
        """Keep what a search found, which knows all decisions of before."""
        with self._lock:
            self._duplicates, self._groups = found, None
            self._apart.clear()
            self._settled.clear()
            self._gone.clear()

    def groups(self) -> list[PictureGroup]:
        """The groups, without what was decided and done since."""
        with self._lock:
            if self._groups is None:
                found = self._duplicates
                self._groups = [] if found is None else list(self._left(found.found.groups))
            return self._groups

    def reject(self, first: str, second: str, *, undo: bool = False) -> None:
        """Two contents, as :func:`content_of` names them, are no duplicates of each other."""
        with self._lock:
            pair = frozenset((first, second))
            self._apart.discard(pair) if undo else self._apart.add(pair)
            self._groups = None

    def settle(self, group: str, *, undo: bool = False) -> None:
        """A group is fine as it is."""
        with self._lock:
            self._settled.discard(group) if undo else self._settled.add(group)
            self._groups = None

    def acted(self, paths: Collection[str], *, undo: bool = False) -> None:
        """Files were dealt with, or brought back."""
        with self._lock:
            if undo:
                self._gone.difference_update(paths)
            else:
                self._gone.update(paths)
            self._groups = None

    def _left(self, groups: Collection[PictureGroup]) -> Iterator[PictureGroup]:
        for group in groups:
            if group.id in self._settled or group.keep.path in self._gone:
                continue
            keep = content_of(group.keep.digest, group.keep.member)
            members = tuple(
                member
                for member in group.members
                if member.path not in self._gone
                and frozenset((keep, content_of(member.digest, member.member))) not in self._apart
            )
            if len(members) == len(group.members):
                yield group
            elif members:
                yield replace(group, members=members, bytes_to_free=bytes_to_free(members))


def content_of(digest: str, member: str | None) -> str:
    """What a picture shows, by its file's digest and which picture of it it is."""
    return f"{digest}:{member}" if member else digest
