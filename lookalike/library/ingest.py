"""Folders to ledger: which files are new, changed, moved or gone, and the codes that they get.

The road of one file: walk -> (known by size and time? by content?) -> decode -> encode -> commit.
Decoding and encoding run side by side, picture by picture, so that no processor waits for a batch
to fill up; files are kept in the order of the walk, so that the same folder gives the same ids. At
most ``WINDOW`` pictures are between decoding and the commit, which bounds the memory and is all
that a killed process loses. What changes of known files is settled at the end, all at once.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache, partial
from itertools import islice
from typing import TypeVar

from lookalike.errors import LookalikeError, PictureError, PictureFailed
from lookalike.images.reasons import one_line
from lookalike.library.judging import Judging
from lookalike.library.keeping import Job, Keeping
from lookalike.library.looking import Looking
from lookalike.library.loose import Loose
from lookalike.library.offline import Offline
from lookalike.library.options import Options
from lookalike.library.previews import Previews
from lookalike.library.records import ContentKey, Folder
from lookalike.library.reports import IndexReport, OnProgress
from lookalike.library.retrying import context_of
from lookalike.library.run_records import Refusal
from lookalike.library.seen import Seen
from lookalike.library.settling import Settling
from lookalike.library.store import Store
from lookalike.library.tally import Tally
from lookalike.road import Made, Road
from lookalike.road.road import THREADS_A_WORKER
from lookalike.sources.contents import item_of
from lookalike.sources.source import Found, Unreadable
from lookalike.sources.tour import Tour
from lookalike.types import Decoded, EncoderId

__all__ = ["Ingest"]

_log = logging.getLogger(__name__)
T = TypeVar("T")
BATCH = 32
WINDOW = 64
# Files that the store is asked about at a time.
LOOKED_UP = 64
# Files in a row that end with errors nobody foresaw, after which it is no fault of theirs.
STRANGE = 20


class Ingest:
    """One run over the folders of a library. The caller holds the store's run.

    Args:
        store: to write to.
        road: with the encoders by their ids, loaded when the first picture needs them.
        options: of this run.
        previews: keeps the previews that the road makes.
        progress: called after every batch.
        stop: set it to end after the batch in hand.
        tally: counts what is done.
    """

    def __init__(
        self,
        store: Store,
        road: Road[EncoderId],
        options: Options,
        *,
        previews: Previews | None = None,
        progress: OnProgress | None = None,
        stop: threading.Event | None = None,
        tally: Tally | None = None,
    ) -> None:
        self._store = store
        self._road = road
        self._options = options
        self._stop = stop or threading.Event()
        self._seen, self._tally, self._loose = Seen(), tally or Tally(), Loose(store)
        # Asked only where something failed: it looks up what is installed.
        context = cache(partial(context_of, options.limits))
        self._keeping = Keeping(
            store,
            self._seen,
            self._tally,
            self._loose,
            context,
            previews,
            progress,
            settles=options.shard is None,
        )
        self._judging = Judging(store, self._keeping, road.keys, options, context, self._stop)
        self._unread: list[str] = []
        self._strange = 0

    def run(self, chosen: Sequence[Folder], known: Sequence[Folder]) -> IndexReport:
        """Index folders, and say what was done.

        Args:
            chosen: of the library, to look through.
            known: all folders of the library.
        """
        started = time.monotonic()
        settles = self._options.shard is None
        if settles:
            self._store.drop_waiting()  # of a run that didn't end
        looking = Looking(self._store, chosen, known, self._options, self._stop)
        if self._keeping.wants_total:
            # Beside the work, so that a time left can be shown without waiting for a walk.
            threading.Thread(target=self._count, args=(looking,), daemon=True).start()
        tour, offline = looking.tour, looking.offline
        self._keeping.same_place = tour.same_place
        complete = self._walk(looking)
        self._unread += self._judging.waiting
        self._keeping.commit()
        if complete and settles:
            offline.judge(tour, self._unread, self._seen)
            self._settle(looking)
        elif complete and not self._tally.waiting:
            looking.remember()
        lossy = {loss.path for name in looking.names for loss in self._store.losses(name)}
        seconds = time.monotonic() - started
        return self._report(seconds, tour, offline, complete=complete, lossy=len(lossy))

    def _settle(self, looking: Looking) -> None:
        tour, offline = looking.tour, looking.offline
        settling = Settling(
            self._store,
            self._seen,
            self._tally,
            self._loose,
            tour,
            offline,
            self._unread,
            looking.looked,
            looking.elsewhere,
        )
        with self._store.writing():
            settling.run()
            settling.clear_ledger(self._keeping.refused)
            # What failed in a folder whose disk went away failed for that.
            self._store.unrefuse([p for p in self._keeping.newly_refused if offline.covers(p)])
            offline.remember(tour, self._seen)
            looking.remember()
            if self._tally.events:
                self._store.put_changes(self._tally.changes, self._tally.events)

    def _walk(self, looking: Looking) -> bool:
        """Deal with every file; false if that was stopped."""
        most = THREADS_A_WORKER * self._road.workers
        with ThreadPoolExecutor(most, "lookalike-index") as threads:
            pending: deque[Job] = deque()
            complete = True
            for found in _portions(iter(looking), LOOKED_UP):
                self._note_unreadable([e for e in found if isinstance(e, Unreadable)])
                files = [entry for entry in found if isinstance(entry, Found)]
                for job in self._judging.decide(files):
                    if self._stop.is_set():
                        complete = False
                        break
                    if job.members is None:
                        job.made = threads.submit(self._make, job.found)
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

    def _note_unreadable(self, found: Sequence[Unreadable]) -> None:
        if not found:
            return
        now = int(time.time())
        known = self._store.known([entry.path for entry in found])
        for entry in found:
            refusal = Refusal(entry.path, 0, 0, entry.status, entry.reason, entry.cause, "", now)
            self._keeping.refuse(refusal, known.get(entry.path))
            if entry.is_folder:
                self._unread.append(entry.path)

    def _count(self, looking: Looking) -> None:
        self._keeping.total = looking.count()

    # Pictures

    def _make(self, found: Found) -> list[Made[EncoderId]]:
        """A file's pictures with the codes that they lack, in a thread of its own.

        Pictures behind one that can't be read are left: the file counts as ending before it, or it
        would be tried at every run.
        """
        made: list[Made[EncoderId]] = []
        path = found.path
        try:
            item = item_of(found, self._options.limits.file_bytes)
            for picture in self._road.pictures(item, self._options.members):
                made.append(self._road.coded(picture, self._wanted))  # noqa: PERF401 - kept if one fails
        except PictureError as error:
            if not made:
                raise
            _log.warning("%s: its picture %d can't be read: %s", path, len(made) + 1, error)
            first = made[0]
            lost = f"its picture {len(made) + 1} can't be read: {error}"
            lost = first.picture.loss or one_line(lost)
            made[0] = replace(first, picture=replace(first.picture, members=len(made), loss=lost))
        return made

    def _wanted(self, picture: Decoded) -> list[EncoderId]:
        """The encoders whose codes a picture lacks; a reindex finds the old codes in place."""
        key = ContentKey(picture.content_digest, picture.member)
        (content,) = self._store.contents([key])
        return self._road.keys if content is None else self._judging.lacking([content])[0]

    def _take(self, pending: deque[Job], most: int) -> None:
        """Keep the oldest jobs: those of one batch."""
        batch: list[tuple[Job, list[Made[EncoderId]]]] = []
        for _ in range(min(most, len(pending))):
            job = pending.popleft()
            if job.made is None:
                self._keeping.ready(job)
                continue
            try:
                batch.append((job, job.made.result()))
                self._strange = 0
            except PictureError as error:
                self._keeping.fail(job, error)
            except (LookalikeError, ImportError):
                raise  # of the library or of a model: no fault of this file
            except Exception as error:  # whatever one file brings up is that file's line
                self._fence(job, error)
        if batch:
            self._keeping.keep(batch, self._judging.lacking)
        self._keeping.pace(force=bool(batch))

    def _fence(self, job: Job, error: Exception) -> None:
        """Put an error that nobody foresaw into the ledger, unless it comes with every file."""
        self._strange += 1
        if self._strange > STRANGE:
            raise error
        _log.error("%s: an unexpected error", job.found.path, exc_info=error)
        said = " ".join(str(error).split())[:200]
        reason = f"unexpected {type(error).__name__}{said and ': '}{said}"
        # Nobody knows whose fault it is: it is tried again.
        self._keeping.fail(job, PictureFailed(reason, cause="access"))

    def _report(
        self, seconds: float, tour: Tour, offline: Offline, *, complete: bool, lossy: int
    ) -> IndexReport:
        tally = self._tally
        return IndexReport(
            added=tally.added,
            updated=tally.updated,
            moved=tally.moved,
            unchanged=tally.unchanged,
            missing=tally.missing,
            skipped=tally.skipped,
            failed=tally.failed,
            seconds=seconds,
            pictures_per_second=tally.encoded / seconds if seconds > 0 else 0.0,
            offline=tuple(offline.places),
            interrupted=not complete,
            reread=tally.reread,
            replaced=tally.replaced,
            left_out=tally.left_out,
            unconfirmed=tuple(p for p in offline.places if os.path.isdir(p)),
            same_place=tuple(sorted(tour.same_place.items())),
            patterns=tuple(tour.left_out) if complete else (),
            changes=tuple(tally.changes),
            changes_count=tally.events,
            lossy=lossy,
            shard=None if self._options.shard is None else str(self._options.shard),
            waiting=tally.waiting,
        )


def _portions(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while portion := list(islice(items, size)):
        yield portion
