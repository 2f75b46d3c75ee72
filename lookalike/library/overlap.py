"""Which pictures of one folder are in another: as the same, edited, or a part.

That is asked before a model is trained on one of the two and tested on the other. Neither has to be
indexed: the second goes into a library of its own, in memory, which is gone afterwards, unless the
user's library knows all of it as it is now. The pictures of the first are then looked for there.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from lookalike.errors import PictureError, UsageError
from lookalike.library.arguments import check_callback, check_stop
from lookalike.library.containing import COPIES, check_kinds, held
from lookalike.library.filters import Filter
from lookalike.library.library import Library
from lookalike.library.places import absolute
from lookalike.library.reports import OnProgress
from lookalike.match import Kind, Match
from lookalike.sources.folders import is_under
from lookalike.sources.source import Unreadable
from lookalike.sources.walk import walk
from lookalike.types import Limits

__all__ = ["OVERLAPPING", "Overlap", "Shared", "counts_told", "overlap"]

OVERLAPPING: tuple[Kind, ...] = (*COPIES, "part")
"""The kinds that count by default."""

_IN_MEMORY = 100_000  # pictures of the second folder, at most; beyond, a file holds them
_PORTION = 10_000  # pictures that a library is asked for at a time


@dataclass(frozen=True, slots=True)
class Shared:
    """A picture of the first folder that is in the second.

    Attributes:
        path: of it.
        match: the best hit in the second folder.
    """

    path: str
    match: Match


@dataclass(frozen=True, slots=True)
class Overlap:
    """What two folders have in common.

    Attributes:
        first: absolute path of the first folder.
        second: of the second.
        pictures: of the first that could be read.
        among: pictures of the second that they were compared with.
        counts: pictures of the first that are in the second, by the kind of the best hit.
        found: these pictures.
        bursts: further pictures of the first whose nearest hit is a frame of one burst with it:
            they aren't counted, since neither was made from the other.
        unread: files of the first that can't be read, and why.
        unread_second: the same of the second.
        from_library: whether the second folder's codes came from the user's library.
        seconds: wall clock.
        interrupted: stopped; what was found until then is here.
    """

    first: str
    second: str
    pictures: int
    among: int
    counts: Mapping[Kind, int]
    found: tuple[Shared, ...]
    bursts: int
    unread: Mapping[str, str]
    unread_second: Mapping[str, str]
    from_library: bool
    seconds: float
    interrupted: bool = False


def overlap(
    first: str | os.PathLike[str],
    second: str | os.PathLike[str],
    *,
    kinds: Iterable[Kind] = OVERLAPPING,
    library: Library | None = None,
    limits: Limits | None = None,
    indexing: OnProgress | None = None,
    searching: Callable[[int, int], object] | None = None,
    found: Callable[[Shared], object] | None = None,
    stop: threading.Event | None = None,
) -> Overlap:
    """Look for the pictures of one folder in another.

    Neither has to be indexed before. The second one's pictures are read into a library that is gone
    afterwards, and those of the first are looked for there.

    Args:
        first: whose pictures are looked for; with all folders below it.
        second: where they are looked for, likewise.
        kinds: of a hit that count, some of ``same-bytes``, ``same-pixels``, ``edited``, ``part``.
        library: the user's, whose codes are taken where it knows the second folder as it is.
        limits: for decoding a picture.
        indexing: called after every batch of the second folder.
        searching: called with the pictures of the first that were looked for, and of all.
        found: called with each picture that is in the second folder, as it is found.
        stop: set it to end after the pictures in hand.

    Raises:
        UsageError: one is no folder, one lies in the other, no such kinds, or an argument of
            another type.
        LibraryError: the user's library can't be asked.
    """
    started = time.monotonic()
    wanted = check_kinds(kinds)
    if library is not None and not isinstance(library, Library):
        raise UsageError(f"library is an open Library, not {library!r}")
    if limits is not None and not isinstance(limits, Limits):
        raise UsageError(f"limits are a lookalike.types.Limits, not {limits!r}")
    for name, called in (("indexing", indexing), ("searching", searching), ("found", found)):
        check_callback(name, called)
    check_stop(stop)
    one, other = absolute(first), absolute(second)
    _check(one, other)
    stop = stop or threading.Event()
    asked, unread = _files(one)
    tally = _Tally(found)
    with _holding(other, library, limits, indexing, stop) as (holder, only, among):
        search = partial(holder.search_many, only=only)
        paths = (path for path in asked if not stop.is_set())
        answers = held(search, paths, list(wanted))
        for done, (path, answer) in enumerate(zip(asked, answers, strict=False), 1):
            if isinstance(answer, PictureError):
                unread[path] = str(answer)
            else:
                tally.note(path, answer.match, answer.best)
            if searching is not None:
                searching(done, len(asked))
        ledger = holder.status().ledger
    return Overlap(
        one,
        other,
        tally.pictures,
        among,
        dict(Counter(shared.match.kind for shared in tally.found)),
        tuple(tally.found),
        tally.bursts,
        unread,
        {entry.path: entry.reason for entry in ledger if _holds(other, entry.path)},
        only is not None,
        time.monotonic() - started,
        stop.is_set(),
    )


@dataclass(slots=True)
class _Tally:
    """What was found so far."""

    said: Callable[[Shared], object] | None
    pictures: int = 0
    bursts: int = 0
    found: list[Shared] = field(default_factory=list)

    def note(self, path: str, match: Match | None, best: Match | None) -> None:
        self.pictures += 1
        if match is not None:
            shared = Shared(path, match)
            self.found.append(shared)
            if self.said is not None:
                self.said(shared)
        elif best is not None and best.relation == "burst":
            self.bursts += 1


def _check(one: str, other: str) -> None:
    """Refuse what is no two folders."""
    for folder in (one, other):
        if not os.path.isdir(folder):
            raise UsageError(f"{folder} is not a folder that can be reached")
    real = [os.path.realpath(folder) for folder in (one, other)]
    if real[0] == real[1]:
        raise UsageError(f"{one} and {other} are one folder: name two")
    if is_under(real[0], real[1]) or is_under(real[1], real[0]):
        raise UsageError(
            f"one of {one} and {other} lies in the other, so that its pictures are in both: name"
            " two folders beside each other"
        )


def _files(folder: str) -> tuple[list[str], dict[str, str]]:
    """The picture files of a folder, and what of it can't be read."""
    files, unread = [], {}
    for entry in walk(folder):
        if isinstance(entry, Unreadable):
            unread[entry.path] = entry.reason
        else:
            files.append(entry.path)
    return files, unread


@contextmanager
def _holding(
    folder: str,
    library: Library | None,
    limits: Limits | None,
    progress: OnProgress | None,
    stop: threading.Event,
) -> Iterator[tuple[Library, Filter | None, int]]:
    """A library with a folder's pictures, which of its are meant (``None``: all), and how many."""
    if library is not None and (count := _current(library, folder)):
        yield library, Filter(under=(folder,)), count
        return
    size = sum(1 for _ in islice(walk(folder), _IN_MEMORY + 1))
    with TemporaryDirectory(prefix="lookalike-") as place:
        location = ":memory:" if size <= _IN_MEMORY else Path(place) / "overlap.lookalike"
        with Library.open(location, limits=limits) as made:
            made.index(folder, progress=progress, stop=stop)
            yield made, None, made.pictures.count()


def _current(library: Library, folder: str) -> int:
    """How many files of a folder a library knows, if these are all as they are now; else 0."""
    known: dict[str, tuple[int, int]] = {}
    last: int | None = None
    only = Filter(under=(folder,))
    while page := library.pictures.page(_PORTION, after=last, only=only):
        known |= {picture.path: (picture.file_bytes, picture.mtime_ns) for picture in page}
        last = page[-1].id
    count = len(known)
    if count:
        for entry in walk(folder):
            if isinstance(entry, Unreadable):
                return 0
            if known.pop(entry.path, None) != (entry.size, entry.mtime_ns):
                return 0
    return 0 if known else count


def _holds(folder: str, path: str) -> bool:
    return path == folder or is_under(path, folder)


def counts_told(counts: Mapping[Kind, int], kinds: Collection[Kind]) -> str:
    """Counts for people, such as ``5 same, 6 edited, 1 part``; of the kinds that were wanted."""
    same = sum(counts.get(kind, 0) for kind in COPIES[:2])
    told = [f"{same:,} same"] if set(kinds) & set(COPIES[:2]) else []
    told += [f"{counts.get(k, 0):,} {k}" for k in OVERLAPPING[2:] if k in kinds]
    return ", ".join(told)
