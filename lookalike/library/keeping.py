"""What a run of indexing writes: batch by batch what was found, at the end what is gone."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from lookalike.errors import PictureError
from lookalike.library.records import FileEntry, KnownFile, Member, Refusal, StoredCode
from lookalike.library.reports import IndexReport, OnProgress, Progress
from lookalike.library.store import Store
from lookalike.road import Made, PictureCode
from lookalike.sources.folders import is_under
from lookalike.sources.walk import Found
from lookalike.types import ContentId, EncoderId, FileId

__all__ = ["Counts", "Job", "Keeping"]

COMMIT_SECONDS = 1.0
# Of files that need no decoding: their rows are small, and a commit costs more than they do.
COMMIT_FILES = 1000

# A setting: 1 while contents that no file holds may be left from a run that didn't end.
LOOSE = "loose"


@dataclass(slots=True)
class Counts:
    """Files by what became of them, and pictures that were encoded."""

    added: int = 0
    updated: int = 0
    moved: int = 0
    unchanged: int = 0
    reread: int = 0
    missing: int = 0
    skipped: int = 0
    failed: int = 0
    encoded: int = 0
    offline: list[str] = field(default_factory=list)

    @property
    def done(self) -> int:
        """Files that were dealt with."""
        return self.added + self.updated + self.moved + self.unchanged + self.skipped + self.failed


@dataclass(slots=True)
class Job:
    """A file on its way: as it was found, as it is known, and what it shows, once that is known."""

    found: Found
    file: KnownFile | None
    members: tuple[Member, ...] | None = None
    made: Future[list[Made[EncoderId]]] | None = None


class Keeping:
    """Writes what a run found. For one thread.

    Args:
        store: to write to.
        progress: called after every commit.
    """

    def __init__(self, store: Store, progress: OnProgress | None) -> None:
        self._store = store
        self._progress = progress
        self.counts = Counts()
        self.total: int | None = None
        self._refused: set[str] = set()
        self._seen = bytearray()  # by file id: 100 million files take 100 MB
        self._waiting: list[Job] = []  # decided, not yet committed
        self._refusals: list[Refusal] = []  # likewise
        self._loose: set[ContentId] = set()  # contents that a file let go of
        self._left_over = store.setting(LOOSE) == "1"
        self._last_commit = time.monotonic()

    @property
    def wants_total(self) -> bool:
        """Whether anybody is told how many files there are."""
        return self._progress is not None

    def see(self, file: FileId) -> None:
        """Note that a file is there."""
        if file >= len(self._seen):
            self._seen.extend(bytes(max(4096, file + 1 - len(self._seen))))
        self._seen[file] = 1

    def _is_seen(self, file: FileId) -> bool:
        return file < len(self._seen) and self._seen[file] == 1

    def wait(self, job: Job) -> None:
        """Take up a file whose contents are known, for the next commit."""
        self._waiting.append(job)

    def refuse(self, refusal: Refusal) -> None:
        """Take up a file that gave no code, for the next commit."""
        self._refusals.append(refusal)
        self.refused_before(refusal)

    def refused_before(self, refusal: Refusal) -> None:
        """Count a file that is in the ledger already."""
        self._refused.add(refusal.path)
        if refusal.status == "skipped":
            self.counts.skipped += 1
        else:
            self.counts.failed += 1

    def fail(self, job: Job, error: PictureError) -> None:
        """A file that gave no code: it leaves the results, and the ledger says why."""
        found = job.found
        if job.file is not None:
            with self._store.writing():
                self._let_go(job.file, ())
                self._store.drop_files([job.file.id])
        self.refuse(Refusal(found.path, found.size, found.mtime_ns, error.status, str(error)))

    def pace(self, *, force: bool = False) -> None:
        """Commit what waits and report, at least once a second or a thousand files."""
        now = time.monotonic()
        late = now - self._last_commit > COMMIT_SECONDS
        if force or late or len(self._waiting) >= COMMIT_FILES:
            self.commit()

    def commit(self) -> None:
        """Write what waits, and report."""
        if self._waiting or self._refusals:
            with self._store.writing():
                self._put(self._waiting)
                self._store.refuse(self._refusals)
            self._waiting.clear()
            self._refusals.clear()
        self._last_commit = time.monotonic()
        if self._progress is not None:
            counts = self.counts
            self._progress(
                Progress(self.total, counts.done, counts.encoded, counts.skipped, counts.failed)
            )

    def keep(
        self,
        batch: Sequence[tuple[Job, list[Made[EncoderId]]]],
        lacking: Callable[[Sequence[ContentId]], list[list[EncoderId]]],
    ) -> None:
        """Write files that were decoded, with their codes, in one transaction.

        Args:
            batch: files, and what was made of their pictures.
            lacking: of each content the encoders whose codes it lacks: another file of the batch
                may have brought them.
        """
        store = self._store
        made = [one for _, some in batch for one in some]
        with store.writing():
            contents = store.put_contents([one.picture for one in made])
            wanted = dict(zip(contents, map(set, lacking(contents)), strict=True))
            codes = []
            for content, one in zip(contents, made, strict=True):
                some = wanted[content] & one.codes.keys()
                codes += [_stored(encoder, content, one.codes[encoder]) for encoder in some]
                wanted[content] -= one.codes.keys()
            store.put_codes(sorted(codes, key=lambda code: code.content))
            rest = iter(zip(contents, made, strict=True))
            for job, some_made in batch:
                pairs = [next(rest) for _ in some_made]
                job.members = tuple(Member(one.picture.member, content) for content, one in pairs)
                self.counts.encoded += len(pairs)
            self._put([job for job, _ in batch])

    def _put(self, jobs: Sequence[Job]) -> None:
        """Write files whose contents are there; inside a transaction."""
        store, counts = self._store, self.counts
        new = [job.members[0].content for job in jobs if job.file is None and job.members]
        held = store.holding(new)
        entries = []
        for job in jobs:
            found, known, members = job.found, job.file, job.members
            if members is None:
                raise RuntimeError(f"{found.path} was kept before it had a content")
            entries.append(FileEntry(found.path, found.size, found.mtime_ns, members))
            if known is not None:
                if known.members[0].content != members[0].content:
                    counts.updated += 1
                elif (
                    (known.size, known.mtime_ns) != (found.size, found.mtime_ns)
                    or job.made
                    or known.members != members
                ):
                    counts.unchanged += 1  # touched, or it lacked a code or has pictures too many
                    counts.reread += job.made is not None
                self._let_go(known, members)
                continue
            old = self._moved_from(held[members[0].content])
            if old is None:
                counts.added += 1
                continue
            self.see(old.id)
            store.move_files([(old.id, entries[-1])])
            self._let_go(old, members)
            counts.moved += 1
        if entries:
            for file in store.put_files(entries):
                self.see(file)

    def _let_go(self, file: KnownFile, members: Sequence[Member]) -> None:
        """Note the contents that a file doesn't hold any more: they go when the run ends.

        Another file may turn out to hold them, whose name this one has now.
        """
        gone = {m.content for m in file.members} - {m.content for m in members}
        if gone and not self._loose:
            self._store.put_setting(LOOSE, "1")
        self._loose |= gone

    def _moved_from(self, files: Sequence[KnownFile]) -> KnownFile | None:
        """A file that held a content and is no longer where it was, in a folder that is."""
        for file in files:
            gone = not self._is_seen(file.id) and not os.path.lexists(file.path)
            if gone and not any(is_under(file.path, folder) for folder in self.counts.offline):
                return file
        return None

    def settle(self, folders: Sequence[str], unread: Sequence[str]) -> None:
        """Let files that are gone leave the results, and the ledger.

        What lies below a folder that couldn't be read is not known to be gone.
        """
        store = self._store
        outer = [f for f in folders if not any(is_under(f, other) for other in folders)]
        gone = [
            file.id
            for folder in outer
            for file in store.files_under(folder)
            if file.present
            and not self._is_seen(file.id)
            and not any(is_under(file.path, u) for u in unread)
        ]
        with store.writing():
            if gone:
                store.set_present(gone, False)
            for folder in folders:
                paths = [folder, *(refusal.path for refusal in store.ledger(folder))]
                store.unrefuse(
                    [
                        path
                        for path in paths
                        if path not in self._refused and not any(is_under(path, u) for u in unread)
                    ]
                )
            if self._left_over:
                store.drop_unused(list(store.unused()))
            elif self._loose:
                store.drop_unused(self._loose)
            if self._left_over or self._loose:
                store.put_setting(LOOSE, "0")
        self.counts.missing = len(gone)

    def report(self, seconds: float, *, interrupted: bool) -> IndexReport:
        """What was done."""
        counts = self.counts
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
            interrupted=interrupted,
            reread=counts.reread,
        )


def _stored(encoder: EncoderId, content: ContentId, made: PictureCode) -> StoredCode:
    """A code as a store takes it."""
    return StoredCode(
        encoder,
        content,
        made.code.tobytes(),
        None if made.embedding is None else made.embedding.tobytes(),
        made.quality,
        made.parts.tobytes() or None,
    )
