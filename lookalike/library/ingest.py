"""Folders to ledger: which files are new, changed, moved or gone, and the codes that they get.

The road of one file: walk -> (known by size and time? by content?) -> decode -> encode -> commit.
Decoding and encoding run side by side, picture by picture, so that no processor waits for a batch
to fill up; files are kept in the order of the walk, so that the same folder gives the same ids. At
most ``WINDOW`` pictures are between decoding and the commit, which bounds the memory and is all
that a killed process loses.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from lookalike.errors import PictureError
from lookalike.library.keeping import Job, Keeping
from lookalike.library.records import ContentKey, KnownFile, Member, Refusal
from lookalike.library.reports import IndexReport, OnProgress
from lookalike.library.store import Store
from lookalike.road import Made, Road
from lookalike.road.road import THREADS_A_WORKER
from lookalike.sources.folders import Folder
from lookalike.sources.tour import Tour
from lookalike.sources.walk import Found, Unreadable, digest
from lookalike.types import ContentId, Decoded, EncoderId

__all__ = ["Ingest"]

_log = logging.getLogger(__name__)

T = TypeVar("T")

BATCH = 32
WINDOW = 64
# Files that the store is asked about at a time.
LOOKED_UP = 64


class Ingest:
    """One run over the folders of a library. The caller holds the store's run.

    Args:
        store: to write to.
        road: with the encoders by their ids. They are loaded when the first picture needs them: a
            run that finds nothing new loads none.
        parts: the encoders that make codes of a picture's parts, too.
        members: pictures of a file that get codes, at most.
        progress: called after every batch.
        stop: set it to end after the batch in hand.
    """

    def __init__(
        self,
        store: Store,
        road: Road[EncoderId],
        *,
        parts: Collection[EncoderId] = (),
        members: int = 1,
        progress: OnProgress | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        self._store = store
        self._road = road
        self._encoders = road.keys
        self._parts = parts
        self._members = members
        self._stop = stop or threading.Event()
        self._keeping = Keeping(store, progress)

    def run(self, folders: Sequence[Folder]) -> IndexReport:
        """Index folders, each with the patterns that leave files out, and say what was done."""
        started = time.monotonic()
        keeping = self._keeping
        reached = []
        for folder in folders:
            if folder.is_reachable():
                reached.append(folder)
            else:
                keeping.counts.offline.append(folder.name)
                _log.warning("%s can't be reached: its pictures stay as they are", folder.name)
        unread: list[str] = []
        if keeping.wants_total:
            # Beside the work, so that a time left can be shown without waiting for a walk.
            threading.Thread(target=self._count, args=(reached,), daemon=True).start()
        complete = self._walk(reached, unread)
        keeping.commit()
        if complete:
            keeping.settle([folder.name for folder in reached], unread)
        return keeping.report(time.monotonic() - started, interrupted=not complete)

    def _walk(self, reached: Sequence[Folder], unread: list[str]) -> bool:
        """Deal with every file; false if that was stopped."""
        most = THREADS_A_WORKER * self._road.workers
        with ThreadPoolExecutor(most, "lookalike-index") as threads:
            pending: deque[Job] = deque()
            complete = True
            for found in _portions(iter(Tour(reached)), LOOKED_UP):
                files = [entry for entry in found if isinstance(entry, Found)]
                for entry in found:
                    if isinstance(entry, Unreadable):
                        self._keeping.refuse(Refusal(entry.path, 0, 0, entry.status, entry.reason))
                        if entry.is_folder:
                            unread.append(entry.path)
                for job in self._decide(files):
                    if self._stop.is_set():
                        complete = False
                        break
                    if job.members is None:
                        job.made = threads.submit(self._make, job.found.path)
                    pending.append(job)
                    if len(pending) >= WINDOW:
                        self._take(pending, BATCH)
                self._keeping.pace()
                if self._stop.is_set():
                    complete = False
                if not complete:
                    break
            while pending and complete:
                complete = not self._stop.is_set()
                self._take(pending, BATCH if complete else 0)
            for job in pending:
                if job.made is not None:
                    job.made.cancel()
        return complete

    def _count(self, folders: Sequence[Folder]) -> None:
        total = 0
        for _ in Tour(folders):
            total += 1
            if self._stop.is_set():
                return
        self._keeping.total = total

    # What becomes of files

    def _decide(self, files: Sequence[Found]) -> Iterator[Job]:
        """Deal with files that are known, and say of the others what is to be done."""
        keeping, counts = self._keeping, self._keeping.counts
        known = self._store.known([found.path for found in files])
        complete = self._complete(known.values())
        unknown = [found.path for found in files if found.path not in known]
        refused = self._store.refused(unknown)
        sizes = self._store.sizes(found.size for found in files if found.path not in known)
        for found in files:
            file = known.get(found.path)
            if file is not None:
                keeping.see(file.id)
                same = (file.size, file.mtime_ns) == (found.size, found.mtime_ns)
                if same and file.path in complete:
                    counts.unchanged += 1
                    if not file.present:
                        keeping.wait(Job(found, file, file.members))
                    continue
            else:
                tried = refused.get(found.path)
                if tried is not None and (tried.size, tried.mtime_ns) == (
                    found.size,
                    found.mtime_ns,
                ):
                    keeping.refused_before(tried)
                    continue
            # Hashing a file is much cheaper than decoding it; it pays where its content may be
            # known.
            members = None
            if file is not None or found.size in sizes:
                members = self._known_content(found.path)
            yield Job(found, file, members)

    def _complete(self, files: Iterable[KnownFile]) -> set[str]:
        """Paths of the files that lack no code, and of whose pictures as many as wanted are in."""
        files = list(files)
        contents = [member.content for file in files for member in file.members]
        lacking = {c for c, some in zip(contents, self._lacking(contents), strict=True) if some}
        held: list[int | None] = [1] * len(files)
        if self._members > 1:
            held = self._store.held([file.members[0].content for file in files])
        return {
            file.path
            for file, count in zip(files, held, strict=True)
            if count is not None
            and len(file.members) == min(self._members, count)
            and not any(member.content in lacking for member in file.members)
        }

    def _known_content(self, path: str) -> tuple[Member, ...] | None:
        """What a file shows, if it is known by its bytes and lacks nothing."""
        try:
            bytes_ = digest(path)
        except OSError:
            return None  # decoding will say why
        held, contents = self._store.members([bytes_]).get(bytes_, (None, {}))
        if "" not in contents:
            return None
        if self._members == 1:
            wanted = {"": contents[""]}
        elif held is None or len(contents) < min(self._members, held):
            return None
        else:
            wanted = dict(islice(contents.items(), self._members))
        if any(self._lacking(list(wanted.values()))):
            return None
        return tuple(Member(name, content) for name, content in wanted.items())

    def _make(self, path: str) -> list[Made[EncoderId]]:
        """A file's pictures with the codes that they lack, in a thread of its own.

        Pictures behind one that can't be read are left: the file counts as ending before it, or it
        would be tried at every run.
        """
        made: list[Made[EncoderId]] = []
        try:
            for picture in self._road.pictures(path, self._members):
                made.append(self._road.coded(picture, self._wanted))  # noqa: PERF401 - kept if one fails
        except PictureError as error:
            if not made:
                raise
            _log.warning("%s: its picture %d can't be read: %s", path, len(made) + 1, error)
            first = made[0]
            made[0] = replace(first, picture=replace(first.picture, members=len(made)))
        return made

    def _wanted(self, picture: Decoded) -> list[EncoderId]:
        """The encoders whose codes a picture lacks; a reindex finds the old codes in place."""
        key = ContentKey(picture.content_digest, picture.member)
        (content,) = self._store.contents([key])
        return self._encoders if content is None else self._lacking([content])[0]

    def _lacking(self, contents: Sequence[ContentId]) -> list[list[EncoderId]]:
        """Of each content the encoders whose codes it lacks."""
        return self._store.lacking(contents, self._encoders, self._parts)

    def _take(self, pending: deque[Job], most: int) -> None:
        """Keep the oldest jobs: those of one batch."""
        batch: list[tuple[Job, list[Made[EncoderId]]]] = []
        for _ in range(min(most, len(pending))):
            job = pending.popleft()
            if job.made is None:
                self._keeping.wait(job)
                continue
            try:
                batch.append((job, job.made.result()))
            except PictureError as error:
                self._keeping.fail(job, error)
        if batch:
            self._keeping.keep(batch, lambda contents: self._lacking(contents))
        self._keeping.pace(force=bool(batch))


def _portions(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while portion := list(islice(items, size)):
        yield portion
