"""What a run of indexing writes while it goes on: batch by batch what was found.

New files with new contents are there at once, and so are copies and files that show what they
showed. A file that shows something else now waits for the end of the run, and so does a new one
that may be a known file under another name: only then is it known who took whose place. Until then
the library says of them what it said before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from lookalike.errors import PictureError
from lookalike.library.loose import Loose
from lookalike.library.offline import covers
from lookalike.library.previews import Previews
from lookalike.library.records import ContentKey, FileEntry, KnownFile, Member, StoredCode
from lookalike.library.reports import OnProgress, Progress
from lookalike.library.retrying import context_after
from lookalike.library.run_records import Refusal, Waiting
from lookalike.library.seen import CHANGED, NEW, STAYS, Seen
from lookalike.library.store import Store
from lookalike.library.tally import Tally
from lookalike.library.views import pack
from lookalike.road import Made, PictureCode
from lookalike.sources.contents import stamp_of
from lookalike.sources.walk import Found
from lookalike.types import ContentId, EncoderId

__all__ = ["Job", "Keeping"]

COMMIT_SECONDS = 1.0
# Of files that need no decoding: their rows are small, and a commit costs more than they do.
COMMIT_FILES = 1000


@dataclass(slots=True)
class Job:
    """A file on its way: as it was found, as it is known, and what it shows, once that is known.

    Attributes:
        found: as it is.
        file: as the library knows it; ``None`` for a new one.
        members: what it shows.
        made: the codes to come, where it is being decoded.
        silent: whether it has other bytes with the same size and time of change.
    """

    found: Found
    file: KnownFile | None
    members: tuple[Member, ...] | None = None
    made: Future[list[Made[EncoderId]]] | None = None
    silent: bool = False


class Keeping:
    """Writes what a run finds. For one thread.

    Args:
        store: to write to.
        seen: what was met of known files; kept up here.
        tally: likewise.
        loose: likewise.
        context: what failures may depend on besides the file.
        previews: keeps the previews of what is decoded; ``None`` where nobody wants them.
        progress: called after every commit.
        settles: whether the run settles at its end what changed; else that is left for one that
            does, and until then known as it was.
    """

    def __init__(
        self,
        store: Store,
        seen: Seen,
        tally: Tally,
        loose: Loose,
        context: Callable[[], str],
        previews: Previews | None = None,
        progress: OnProgress | None = None,
        *,
        settles: bool = True,
    ) -> None:
        self._store = store
        self._settles = settles
        self._previews = previews
        self._seen = seen
        self._tally = tally
        self._loose = loose
        self._context = context
        self._progress = progress
        self.total: int | None = None
        self.same_place: Collection[str] = ()  # folders whose files are found by another's name
        self.refused: set[str] = set()
        self.newly_refused: list[str] = []
        self._ready: list[Job] = []  # whose contents are there, not yet committed
        self._later: list[Waiting] = []  # likewise, for the end of the run
        self._refusals: list[Refusal] = []  # likewise
        self._last_commit = time.monotonic()

    @property
    def wants_total(self) -> bool:
        """Whether anybody is told how many files there are."""
        return self._progress is not None

    def stays(self, file: KnownFile) -> None:
        """A file that is as it was."""
        self._seen.note(file.id, STAYS)
        self._tally.unchanged += 1

    def ready(self, job: Job) -> None:
        """Take up a file whose contents are known, for the next commit."""
        self._ready.append(job)

    # Files that give no code

    def fail(self, job: Job, error: PictureError) -> None:
        """A file that gave no code: the ledger says why, and it will leave the results."""
        found = job.found
        if job.silent:
            self._tally.tell("changed silently", found.path)
        before = self._store.refused([found.path]).get(found.path)
        if before is not None and (before.size, before.mtime_ns) != (found.size, found.mtime_ns):
            before = None  # of another file
        self.refuse(
            Refusal(
                found.path,
                found.size,
                found.mtime_ns,
                error.status,
                str(error),
                error.cause,
                context_after(before, error.cause, self._context()),
                int(time.time()),
            ),
            job.file,
            silent=job.silent,
        )

    def refuse(self, refusal: Refusal, file: KnownFile | None, *, silent: bool = False) -> None:
        """Take up a file that gave no code, for the next commit."""
        self._refusals.append(refusal)
        self.newly_refused.append(refusal.path)
        self.refused_before(refusal, file, silent=silent)

    def refused_before(
        self, refusal: Refusal, file: KnownFile | None, *, silent: bool = False
    ) -> None:
        """Count a file that is in the ledger already."""
        self.refused.add(refusal.path)
        if refusal.status == "skipped":
            self._tally.skipped += 1
        else:
            self._tally.failed += 1
        if file is not None:
            self._seen.note(file.id, CHANGED)
            if file.present:
                if not silent:  # else that was told
                    self._tally.tell("unreadable", file.path)
                self._later.append(Waiting(file.path, refusal.size, refusal.mtime_ns, (), silent))

    # Commits

    def pace(self, *, force: bool = False) -> None:
        """Commit what is there and report, at least once a second or a thousand files."""
        now = time.monotonic()
        late = now - self._last_commit > COMMIT_SECONDS
        if force or late or len(self._ready) + len(self._later) >= COMMIT_FILES:
            self.commit()

    def commit(self) -> None:
        """Write what is there, and report."""
        if self._ready or self._later or self._refusals:
            with self._store.writing():
                self._put(self._ready)
                self._put_later()
                self._store.refuse(self._refusals)
            self._ready.clear()
            self._later.clear()
            self._refusals.clear()
            self._tally.committed = self._tally.added
        self._last_commit = time.monotonic()
        if self._progress is not None:
            tally = self._tally
            self._progress(
                Progress(self.total, tally.done, tally.encoded, tally.skipped, tally.failed)
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
                self._tally.encoded += len(pairs)
            self._put([job for job, _ in batch])
            self._put_later()
        self._later.clear()
        self._tally.committed = self._tally.added
        if self._previews is not None:
            self._previews.put({_key(one): one.preview for one in made if one.preview})

    def _put(self, jobs: Sequence[Job]) -> None:
        """Write files whose contents are there, or leave them for later; in a transaction."""
        store, tally = self._store, self._tally
        new = [job.members[0].content for job in jobs if job.file is None and job.members]
        held = store.holding(new)
        entries: list[FileEntry] = []
        known_entries: list[FileEntry] = []
        for job in jobs:
            found, known, members = job.found, job.file, job.members
            if members is None:
                raise RuntimeError(f"{found.path} was kept before it had a content")
            content = members[0].content
            entry = FileEntry(found.path, found.size, found.mtime_ns, members)
            if known is None and not any(self._may_leave(file) for file in held[content]):
                tally.added += 1
                entries.append(entry)
            elif known is not None and known.members[0].content == content:
                tally.unchanged += 1  # touched, back, or it lacked a code or has pictures too many
                tally.reread += job.made is not None
                if not known.present:
                    tally.tell("returned", found.path)
                if known.members != members:
                    self._loose.note(m.content for m in known.members if m not in members)
                known_entries.append(entry)
            else:
                if known is not None:
                    self._seen.note(known.id, CHANGED)
                tally.waiting += 1
                self._later.append(
                    Waiting(found.path, found.size, found.mtime_ns, members, job.silent)
                )
        for file in store.put_files(entries):
            self._seen.note(file, NEW)
        for file in store.put_files(known_entries):
            self._seen.note(file, STAYS)

    def _put_later(self) -> None:
        """Write down what waits for the end; in a transaction."""
        if self._later:
            # Their contents may be held by nobody if this run doesn't end.
            self._loose.note()
            if self._settles:
                self._store.wait_for(self._later)

    def _may_leave(self, file: KnownFile) -> bool:
        """Whether a file that holds a content may turn out to hold it no more."""
        state = self._seen[file.id]
        if state in (STAYS, NEW):
            return False
        if state == CHANGED or covers(self.same_place, file.path):
            return True
        size, mtime_ns = stamp_of(file.path) or (None, None)
        return size not in (file.size, -1) or mtime_ns != file.mtime_ns


def _key(made: Made[EncoderId]) -> ContentKey:
    return ContentKey(made.picture.content_digest, made.picture.member)


def _stored(encoder: EncoderId, content: ContentId, made: PictureCode) -> StoredCode:
    """A code as a store takes it."""
    return StoredCode(
        encoder,
        content,
        made.code.tobytes(),
        None if made.embedding is None else made.embedding.tobytes(),
        made.quality,
        made.parts.tobytes() or None,
        None if made.views is None else pack(made.views),
    )
