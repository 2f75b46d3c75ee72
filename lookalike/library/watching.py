"""A library that follows its folders: files that come are indexed, and copies are told.

What the system says of folders only tells when to look: what came, moved or went is found out by
the same run that :meth:`lookalike.library.library.Library.index` does. So an event that is missed,
or told twice, changes nothing.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lookalike.errors import LibraryLockedError, PictureError, UsageError
from lookalike.images.formats.registry import is_candidate
from lookalike.library.containing import SearchMany
from lookalike.library.disk import is_network
from lookalike.library.offline import covers
from lookalike.library.options import Options
from lookalike.library.places import absolute
from lookalike.library.records import PictureInfo
from lookalike.library.repeating import through
from lookalike.library.reports import IndexReport
from lookalike.library.run_records import Refusal
from lookalike.library.store import Store
from lookalike.library.updating import Updating
from lookalike.library.watched import Watched
from lookalike.match import Kind, Match
from lookalike.sources.folders import Folder as Source
from lookalike.sources.folders import is_under
from lookalike.sources.naming import is_away
from lookalike.sources.resting import Resting
from lookalike.sources.source import Found
from lookalike.sources.watching import Watcher
from lookalike.types import PictureId

__all__ = ["POLL_SECONDS", "Watching", "watch"]

POLL_SECONDS = 10.0
"""Between two looks where the system tells nothing of a folder: on a network drive."""

_COPIES: tuple[Kind, ...] = ("same-bytes", "same-pixels", "edited", "part")
# Seconds that files which are at rest wait for others that aren't, at most.
_TOGETHER = 5.0
# How many times as long as a run took nothing is looked at: a fifth of the time is work, at most.
_PAUSE = 4.0
# Seconds after which all folders are looked through, whatever was told of them.
_AGAIN = 3600.0
_LOCKED = 1.0  # seconds between two tries to be the only writer
_FIRST, _MORE, _MOST = 10, 8, 1000  # hits that are asked for
_PAGE = 1000


class Watching:
    """Follows some folders of one library.

    Args:
        store: of the library.
        index: brings the library up to date with folders.
        search_many: asks it.
        folders: absolute paths.
        rest: seconds for which a file has to stay as it is before it is read.
        poll: seconds between two looks, in place of events from the system; ``None`` for events
            where the system tells them.
        stop: set it to end.

    Raises:
        MissingExtraError: watchfiles isn't installed.
        UsageError: a folder can't be watched, or is none.
    """

    def __init__(
        self,
        store: Store,
        index: Callable[[Sequence[str], Options], IndexReport],
        search_many: SearchMany,
        folders: Sequence[str],
        *,
        rest: float,
        poll: float | None,
        stop: threading.Event,
    ) -> None:
        self._store, self._index, self._search_many = store, index, search_many
        self._folders, self._rest, self._stop = folders, rest, stop
        self._why = "" if poll is None else "as asked"
        remote = [folder for folder in folders if is_network(Path(folder))]
        if poll is None and remote:
            poll = POLL_SECONDS
            self._why = f"{remote[0]} is on a network drive, which tells nothing of what happens"
        self._watcher = Watcher(folders, stop, poll=poll)
        self._resting = Resting(rest)
        self._rules = [Source(*folder[:3]).rules() for folder in store.folders()]
        self._taken: set[str] = set()
        self._late: set[str] = set()
        self._refused: set[Refusal] = set()
        self._last = PictureId(0)

    def run(self) -> Iterator[Watched]:
        """What happens, as it happens, until it is stopped. The first run over all comes first.

        Raises:
            LibraryError: the library can't be written to, or the disk is full.
            UsageError: the system refuses to watch.
        """
        told = False
        busy_until, last_look = 0.0, None
        everything = False
        for happened in self._watcher:
            if self._stop.is_set():
                return
            if self._watcher.polls and not told:
                told = True
                yield Watched("polling", reason=self._watcher.why or self._why)
            now = time.monotonic()
            if last_look is None:
                # Listening has begun: what comes from here on is told.
                yield from self._look(self._folders, first=True)
                last_look = time.monotonic()
                continue
            everything |= happened.lost or now - last_look > _AGAIN
            self._resting.note(filter(self._matters, happened.paths), now)
            self._resting.look(now)
            ready = everything or self._resting.rested
            together = self._resting.moving and self._resting.waited(now) < _TOGETHER
            if not ready or (together and not everything) or now < busy_until:
                continue
            folders = self._folders
            self._taken = self._resting.take()
            if not everything:
                folders = [f for f in folders if any(_holds(f, path) for path in self._taken)]
                # macOS names places without links: then nobody knows whose they are.
                folders = folders or self._folders
            everything = False
            yield from self._look(folders)
            last_look = time.monotonic()
            busy_until = last_look + _PAUSE * (last_look - now)

    def _matters(self, path: str) -> bool:
        """Whether what happened to a path can change anything: what indexing leaves out can't."""
        around = [rules for rules in self._rules if is_under(path, rules.name)]
        is_folder = os.path.isdir(path)
        if around:
            innermost = max(around, key=lambda rules: len(rules.name))
            if innermost.passes_over(path, is_folder=is_folder):
                return False
        if is_folder or (is_candidate(os.path.basename(path)) and os.path.lexists(path)):
            return True
        if os.path.lexists(path):
            return False
        # It went. The library's own files come and go, too, when it lies among the pictures.
        known = self._store.known([path]) or self._store.refused([path])
        return bool(known) or any(True for _ in self._store.files_under(path))

    def _waits(self, found: Found) -> bool:
        """Whether a file is still being written."""
        if found.path in self._taken:
            return False
        if not self._resting.moves(found.path):
            # Of a folder that was moved here nobody tells the files.
            if not 0 <= time.time() - found.mtime_ns / 1e9 < self._rest:
                return False
            self._late.add(found.path)
        return True

    def _look(self, folders: Sequence[str], *, first: bool = False) -> Iterator[Watched]:
        """Index folders, and say what that found."""
        started = int(time.time())
        report = None
        told = False
        while report is None:
            try:
                report = self._index(folders, Options(waits=self._waits))
            except LibraryLockedError as error:
                if not told:
                    yield Watched("busy", reason=str(error))
                told = True
                if self._stop.wait(_LOCKED):
                    return
        self._resting.note(self._late, time.monotonic())
        self._late.clear()
        self._rules = [Source(*folder[:3]).rules() for folder in self._store.folders()]
        refused = {r for f in folders for r in self._store.ledger(f) if r.tried >= started}
        unread, self._refused = refused - self._refused, refused
        if first:
            self._last = self._newest()
            yield Watched("indexed", report=report)
        if first or report.interrupted:
            return
        for change in report.changes:
            if change.what not in ("updated", "unreadable"):  # the ledger says why
                yield Watched(change.what, change.path, change.source)
        for refusal in sorted(unread, key=lambda refusal: refusal.path):
            yield Watched("unread", refusal.path, reason=refusal.reason)
        changed = [c.path for c in report.changes if c.what in ("updated", "changed silently")]
        yield from self._tell([*self._come(), *self._pictures_at(changed)])

    def _newest(self) -> PictureId:
        """The last picture that the library came to know."""
        page = self._store.page(1, after=None, newest=True, only=None)
        return page[0].id if page else PictureId(0)

    def _come(self) -> list[PictureInfo]:
        """The first pictures of the files that came, by id."""
        found: list[PictureInfo] = []
        while page := self._store.page(_PAGE, after=self._last, newest=False, only=None):
            self._last = page[-1].id
            found += [p for p in page if not p.member and covers(self._folders, p.path)]
        return found

    def _pictures_at(self, paths: Sequence[str]) -> list[PictureInfo]:
        """The first pictures of these files."""
        known = self._store.known(paths)
        contents = {file.members[0].content for file in known.values() if file.present}
        shown = self._store.pictures_of(sorted(contents))
        return [p for some in shown.values() for p in some if p.path in known and not p.member]

    def _tell(self, pictures: Sequence[PictureInfo]) -> Iterator[Watched]:
        """Say of pictures that came what they are copies of."""
        new = {picture.id for picture in pictures}
        answers = self._search_many([picture.path for picture in pictures], _FIRST)
        for own, found in zip(pictures, answers, strict=True):
            if self._stop.is_set():
                return
            k = _FIRST
            while not isinstance(found, PictureError):
                match = next((hit for hit in found.hits if _is_older(hit, own, new)), None)
                full = len(found.hits) >= k and found.hits[-1].kind in _COPIES
                if match is not None or not full or k >= _MOST:
                    yield Watched("new" if match is None else "copy", own.path, match=match)
                    break
                k *= _MORE
                (found,) = self._search_many([own.path], k)


def watch(
    store: Store,
    updating: Updating,
    search_many: SearchMany,
    folders: Sequence[str | os.PathLike[str]],
    *,
    rest: float,
    poll: float | None,
    stop: threading.Event,
) -> Iterator[Watched]:
    """As :meth:`lookalike.library.library.Library.watch` says."""
    rest = _seconds("rest", rest, 0.0)
    poll = None if poll is None else _seconds("poll", poll, 0.1)
    paths = [absolute(folder) for folder in folders]
    if away := next(filter(is_away, paths), None):
        raise UsageError(f"{away.rstrip('#')} can't be watched: index it now and then")
    paths = paths or [f.path for f in store.folders() if not is_away(f.path)]
    if not paths:
        raise UsageError("this library has no folders yet: name one to watch")

    def index(some: Sequence[str], options: Options) -> IndexReport:
        return through(
            store,
            updating,
            lambda: updating.index(some, None, None, None, None, None, options),
        )

    watching = Watching(store, index, search_many, paths, rest=rest, poll=poll, stop=stop)
    return watching.run()


def _is_older(hit: Match, own: PictureInfo, new: set[PictureId]) -> bool:
    """Whether a hit is a copy that was there before; of two that came at once the first was."""
    if hit.kind not in _COPIES or hit.path == own.path:
        return False
    return hit.id not in new or hit.id < own.id


def _holds(folder: str, path: str) -> bool:
    return path == folder or is_under(path, folder)


def _seconds(what: str, value: Any, least: float) -> float:
    """Seconds, as many as a day has at most.

    Raises:
        UsageError: no number, or out of range.
    """
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not least <= value <= 86_400:
        raise UsageError(f"{what} is {least:g} to 86400 seconds, not {value!r}")
    return float(value)
