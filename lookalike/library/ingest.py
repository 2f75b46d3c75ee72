"""Folders to ledger: which files are new, changed, moved or gone, and the codes that they get.

The road of one file: walk -> (known by size and time? by content?) -> decode -> encode -> commit.
Decoding and encoding run side by side, picture by picture, so that no processor waits for a batch
to fill up; files are kept in the order of the walk, so that the same folder gives the same ids. At
most ``WINDOW`` pictures are between decoding and the commit, which bounds the memory and is all
that a killed process loses.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from lookalike.errors import PictureError
from lookalike.images.pool.pool import DecodePool
from lookalike.library.catalog import Catalog
from lookalike.library.reports import IndexReport, OnProgress, Progress
from lookalike.library.rows import FileRow
from lookalike.sources.folders import Folders, is_under, walk_folders
from lookalike.sources.walk import Found, Unreadable, digest
from lookalike.types import Decoded, Encoded, Encoder

__all__ = ["Ingest"]

_log = logging.getLogger(__name__)

BATCH = 32
WINDOW = 64
# For each decoding process a thread that waits for it, and another that encodes meanwhile.
THREADS_A_WORKER = 2
COMMIT_SECONDS = 1.0
# Of files that need no decoding: their rows are small, and a commit costs more than they do.
COMMIT_FILES = 1000


@dataclass(slots=True)
class _Counts:
    added: int = 0
    updated: int = 0
    moved: int = 0
    unchanged: int = 0
    missing: int = 0
    skipped: int = 0
    failed: int = 0
    encoded: int = 0
    offline: list[str] = field(default_factory=list)

    @property
    def done(self) -> int:
        return self.added + self.updated + self.moved + self.unchanged + self.skipped + self.failed


# What the catalog keeps of one picture by one encoder: code, embedding, quality, codes of parts.
_Code: TypeAlias = tuple[bytes, bytes | None, int | None, bytes | None]


@dataclass(frozen=True, slots=True)
class _Made:
    """A picture with the codes that it lacked, by the encoder's id; its inputs are spent."""

    picture: Decoded
    codes: dict[int, _Code]


@dataclass(slots=True)
class _Job:
    """A file on its way to a code."""

    found: Found
    row: FileRow | None
    made: Future[_Made] | None = None
    content: int | None = None


class Ingest:
    """One run over the folders of a library. The caller holds the writer's lock.

    Args:
        catalog: to write to.
        encoders: ids of their rows in the catalog; the keys of what ``pool`` decodes are the ids as
            text.
        load: gives the encoder of an id; called from several threads, when the first picture
            needs it: a run that finds nothing new loads none.
        pool: decodes for these encoders.
        regions: for ids of encoders that make codes of a picture's parts, too, the keys of the
            parts in what ``pool`` decodes.
        progress: called after every batch.
        stop: set it to end after the batch in hand.
    """

    def __init__(
        self,
        catalog: Catalog,
        encoders: Sequence[int],
        load: Callable[[int], Encoder],
        pool: DecodePool,
        *,
        regions: Mapping[int, Sequence[str]] | None = None,
        progress: OnProgress | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        self._catalog = catalog
        self._encoders = list(encoders)
        self._load = load
        self._pool = pool
        self._regions = dict(regions or {})
        self._progress = progress
        self._stop = stop or threading.Event()
        self._counts = _Counts()
        self._total: int | None = None
        self._refused: set[str] = set()
        self._seen = bytearray()  # by file id: 100 million files take 100 MB
        self._waiting: list[_Job] = []  # decided, not yet committed
        self._last_commit = time.monotonic()

    def run(self, folders: Folders) -> IndexReport:
        """Index folders, each with the patterns that leave files out, and say what was done."""
        started = time.monotonic()
        reached = []
        for folder, exclude in folders:
            if os.path.isdir(folder):
                reached.append((folder, exclude))
            else:
                self._counts.offline.append(folder)
                _log.warning("%s can't be reached: its pictures stay as they are", folder)
        unread: list[str] = []
        complete = True
        if self._progress is not None:
            # Beside the work, so that a time left can be shown without waiting for a walk.
            threading.Thread(target=self._count, args=(reached,), daemon=True).start()
        most = THREADS_A_WORKER * self._pool.workers
        with ThreadPoolExecutor(most, "lookalike-index") as threads:
            pending: deque[_Job] = deque()
            for found in walk_folders(reached):
                if self._stop.is_set():
                    complete = False
                    break
                if isinstance(found, Unreadable):
                    self._refuse(found.path, 0, 0, found.status, found.reason)
                    if found.is_folder:
                        unread.append(found.path)
                    continue
                job = self._decide(found)
                if job is None:
                    continue
                if job.content is None:
                    job.made = threads.submit(self._make, found.path)
                pending.append(job)
                if len(pending) >= WINDOW:
                    self._take(pending, BATCH)
            while pending and complete:
                complete = not self._stop.is_set()
                self._take(pending, BATCH if complete else 0)
            for job in pending:
                if job.made is not None:
                    job.made.cancel()
        self._commit()
        if complete:
            self._settle([folder for folder, _ in reached], unread)
        seconds = time.monotonic() - started
        counts = self._counts
        return IndexReport(
            added=counts.added,
            updated=counts.updated,
            moved=counts.moved,
            unchanged=counts.unchanged,
            missing=counts.missing,
            skipped=counts.skipped,
            failed=counts.failed,
            seconds=seconds,
            pictures_per_second=counts.encoded / seconds if seconds > 0 else 0.0,
            offline=tuple(counts.offline),
            interrupted=not complete,
        )

    def _count(self, folders: Folders) -> None:
        total = 0
        for _ in walk_folders(folders):
            total += 1
            if self._stop.is_set():
                return
        self._total = total

    # What becomes of one file

    def _decide(self, found: Found) -> _Job | None:
        """Deal with a file that is known, or say what is to be done with it."""
        catalog, counts = self._catalog, self._counts
        row = catalog.file(found.path)
        if row is not None:
            self._see(row.id)
            same = (row.size, row.mtime_ns) == (found.size, found.mtime_ns)
            if same and not self._lacking(row.content):
                counts.unchanged += 1
                if not row.present:
                    self._waiting.append(_Job(found, row, content=row.content))
                self._pace()
                return None
        else:
            refused = catalog.refused(found.path)
            if refused is not None and refused[:2] == (found.size, found.mtime_ns):
                self._refused.add(found.path)
                if refused[2] == "skipped":
                    counts.skipped += 1
                else:
                    counts.failed += 1
                self._pace()
                return None
        # Hashing a file is much cheaper than decoding it; it pays where its content may be known.
        if row is not None or catalog.has_size(found.size):
            try:
                content = catalog.content_of(digest(found.path))
            except OSError:
                content = None  # decoding will say why
            if content is not None and not self._lacking(content):
                return _Job(found, row, content=content)
        return _Job(found, row)

    def _make(self, path: str) -> _Made:
        """Decode a file and give it the codes that it lacks; in a thread of its own."""
        picture = self._pool.decode(path)
        content = self._catalog.content_of(picture.content_digest)
        lacking = self._encoders
        if content is not None:  # a reindex finds the old codes in place
            lacking = self._lacking(content)
        codes = {}
        for key in lacking:
            names = [str(key), *self._regions.get(key, ())]
            codes[key] = _code(self._load(key).encode([picture.inputs[name] for name in names]))
        return _Made(replace(picture, inputs={}), codes)

    def _lacking(self, content: int, keys: Iterable[int] | None = None) -> list[int]:
        """The encoders, of all or of some, whose codes a content lacks."""
        wanted = self._encoders if keys is None else keys
        return self._catalog.lacks_code(content, wanted, self._regions)

    def _take(self, pending: deque[_Job], most: int) -> None:
        """Keep the oldest jobs: those of one batch."""
        batch: list[tuple[_Job, _Made]] = []
        for _ in range(min(most, len(pending))):
            job = pending.popleft()
            if job.made is None:
                self._waiting.append(job)
                continue
            try:
                batch.append((job, job.made.result()))
            except PictureError as error:
                self._fail(job, error)
        if batch:
            self._keep_made(batch)
        self._pace(force=bool(batch))

    def _keep_made(self, batch: Sequence[tuple[_Job, _Made]]) -> None:
        catalog = self._catalog
        with catalog.writing():
            for job, made in batch:
                job.content = catalog.add_content(made.picture)
                for key in self._lacking(job.content, made.codes):
                    catalog.add_code(key, job.content, *made.codes[key])
                self._counts.encoded += 1
                self._keep(job)
            catalog.touch()

    def _fail(self, job: _Job, error: PictureError) -> None:
        """A file that gave no code: it leaves the results, and the ledger says why."""
        found = job.found
        if job.row is not None:
            with self._catalog.writing():
                self._catalog.drop_file(found.path)
                self._catalog.drop_unused([job.row.content])
                self._catalog.touch()
        self._refuse(found.path, found.size, found.mtime_ns, error.status, str(error))

    def _refuse(self, path: str, size: int, mtime_ns: int, status: str, reason: str) -> None:
        self._refused.add(path)
        with self._catalog.writing():
            self._catalog.refuse(path, size, mtime_ns, status, reason)
        if status == "skipped":
            self._counts.skipped += 1
        else:
            self._counts.failed += 1

    # Commits

    def _pace(self, *, force: bool = False) -> None:
        """Commit what waits and report, at least once a second or a thousand files."""
        now = time.monotonic()
        late = now - self._last_commit > COMMIT_SECONDS
        if force or late or len(self._waiting) >= COMMIT_FILES:
            self._commit()

    def _commit(self) -> None:
        if self._waiting:
            with self._catalog.writing():
                for job in self._waiting:
                    self._keep(job)
                self._catalog.touch()
            self._waiting.clear()
        self._last_commit = time.monotonic()
        if self._progress is not None:
            counts = self._counts
            self._progress(
                Progress(self._total, counts.done, counts.encoded, counts.skipped, counts.failed)
            )

    def _keep(self, job: _Job) -> None:
        """Write what is known of a file whose content has its codes; inside a transaction."""
        found, row, content, counts = job.found, job.row, job.content, self._counts
        if content is None:
            raise RuntimeError(f"{found.path} was kept before it had a content")
        if row is not None:
            self._catalog.put_file(found.path, found.size, found.mtime_ns, content)
            if row.content != content:
                self._catalog.drop_unused([row.content])
                counts.updated += 1
            elif (row.size, row.mtime_ns) != (found.size, found.mtime_ns) or job.made:
                counts.unchanged += 1  # touched, or only a code was lacking
            return
        old = self._moved_from(content)
        if old is not None:
            self._see(old.id)
            self._catalog.move_file(old.id, found.path, found.size, found.mtime_ns)
            counts.moved += 1
            return
        self._catalog.put_file(found.path, found.size, found.mtime_ns, content)
        new = self._catalog.file(found.path)
        if new is not None:
            self._see(new.id)
        counts.added += 1

    def _moved_from(self, content: int) -> FileRow | None:
        """A file that held this content and is no longer where it was, in a folder that is."""
        for row in self._catalog.files_of(content):
            gone = not self._is_seen(row.id) and not os.path.lexists(row.path)
            if gone and not any(is_under(row.path, folder) for folder in self._counts.offline):
                return row
        return None

    def _settle(self, folders: Sequence[str], unread: Sequence[str]) -> None:
        """Let files that are gone leave the results, and the ledger.

        What lies below a folder that couldn't be read is not known to be gone.
        """
        outer = [f for f in folders if not any(is_under(f, other) for other in folders)]
        gone = [
            row.id
            for folder in outer
            for row in self._catalog.files_under(folder)
            if row.present
            and not self._is_seen(row.id)
            and not any(is_under(row.path, u) for u in unread)
        ]
        with self._catalog.writing():
            if gone:
                self._catalog.set_present(gone, False)
                self._catalog.touch()
            for folder in folders:
                for path in [folder, *(entry[0] for entry in self._catalog.ledger(folder))]:
                    if path not in self._refused and not any(is_under(path, u) for u in unread):
                        self._catalog.unrefuse(path)
        self._counts.missing = len(gone)

    def _see(self, file: int) -> None:
        if file >= len(self._seen):
            self._seen.extend(bytes(max(4096, file + 1 - len(self._seen))))
        self._seen[file] = 1

    def _is_seen(self, file: int) -> bool:
        return file < len(self._seen) and self._seen[file] == 1


def _code(encoded: Encoded) -> _Code:
    """The first picture's code, embedding and quality; all others are parts of it."""
    embeddings, quality = encoded.embeddings, encoded.quality
    return (
        encoded.codes[0].tobytes(),
        None if embeddings is None else embeddings[0].tobytes(),
        None if quality is None else int(quality[0]),
        encoded.codes[1:].tobytes() or None,
    )
