"""What becomes of the files that a walk finds, as far as that shows without decoding them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from lookalike.errors import PictureError
from lookalike.library.keeping import Job, Keeping
from lookalike.library.options import Options
from lookalike.library.records import KnownFile, Member
from lookalike.library.retrying import is_due
from lookalike.library.store import Store
from lookalike.library.verifying import Verifying
from lookalike.sources.source import Found
from lookalike.sources.walk import digest
from lookalike.types import ContentId, EncoderId

__all__ = ["Judging"]


class Judging:
    """Tells files that are as they were from those that have to be looked at.

    Args:
        store: that knows files.
        keeping: told of those that are as they were, or failed before.
        encoders: whose codes are wanted.
        options: of this run.
        context: what failures may depend on besides the file.
        stop: ends waiting.
    """

    def __init__(
        self,
        store: Store,
        keeping: Keeping,
        encoders: Sequence[EncoderId],
        options: Options,
        context: Callable[[], str],
        stop: threading.Event,
    ) -> None:
        self._store, self._keeping = store, keeping
        self._encoders, self._options = encoders, options
        self._context = context
        self._now = int(time.time())
        self._verifying = Verifying(options.verify_rate, stop) if options.verify else None

    def decide(self, files: Sequence[Found]) -> Iterator[Job]:
        """Deal with files that are as they were, and say of the others what is to be done."""
        keeping = self._keeping
        known = self._store.known([found.path for found in files])
        complete = self._complete(known.values())
        unsure = [f for f in files if not _is_as_it_was(f, known.get(f.path))]
        refused = self._store.refused([found.path for found in unsure])
        sizes = self._store.sizes(found.size for found in unsure if found.path not in known)
        for found in files:
            file = known.get(found.path)
            tried = refused.get(found.path)
            if tried is not None and (tried.size, tried.mtime_ns) == (found.size, found.mtime_ns):
                if not is_due(tried, self._context(), self._now):
                    keeping.refused_before(tried, file)
                    continue
            elif file is not None and found.path in complete and _has_same_times(found, file):
                yield from self._as_it_was(found, file)
                continue
            # Hashing a file is much cheaper than decoding it; it pays where its content may be
            # known.
            members = None
            if file is not None or found.size in sizes:
                members = self._known_content(_digest(found.path))
            yield Job(found, file, members)

    def _as_it_was(self, found: Found, file: KnownFile) -> Iterator[Job]:
        """A file of the same size and time, that lacks nothing."""
        if self._verifying is not None:
            read = self._verifying.digest(found)
            held = {} if read is None else self._store.members([read]).get(read, (None, {}))[1]
            if file.members[0].content not in held.values():
                yield Job(found, file, self._known_content(read), silent=read is not None)
                return
        if file.present:
            self._keeping.stays(file)
        else:
            yield Job(found, file, file.members)

    def _complete(self, files: Iterable[KnownFile]) -> set[str]:
        """Paths of the files that lack no code, and of whose pictures as many as wanted are in."""
        files = list(files)
        contents = [member.content for file in files for member in file.members]
        lacking = {c for c, some in zip(contents, self.lacking(contents), strict=True) if some}
        held: list[int | None] = [1] * len(files)
        most = self._options.members
        if most > 1:
            held = self._store.held([file.members[0].content for file in files])
        return {
            file.path
            for file, count in zip(files, held, strict=True)
            if count is not None
            and len(file.members) == min(most, count)
            and not any(member.content in lacking for member in file.members)
        }

    def _known_content(self, bytes_: bytes | None) -> tuple[Member, ...] | None:
        """What a file of these bytes shows, if that is known and lacks nothing."""
        if bytes_ is None:
            return None
        held, contents = self._store.members([bytes_]).get(bytes_, (None, {}))
        if "" not in contents:
            return None
        most = self._options.members
        if most == 1:
            wanted = {"": contents[""]}
        elif held is None or len(contents) < min(most, held):
            return None
        else:
            wanted = dict(islice(contents.items(), most))
        if any(self.lacking(list(wanted.values()))):
            return None
        return tuple(Member(name, content) for name, content in wanted.items())

    def lacking(self, contents: Sequence[ContentId]) -> list[list[EncoderId]]:
        """Of each content the encoders whose codes it lacks."""
        return self._store.lacking(contents, self._encoders, self._options.parts)


def _has_same_times(found: Found, file: KnownFile) -> bool:
    return (file.size, file.mtime_ns) == (found.size, found.mtime_ns)


def _is_as_it_was(found: Found, file: KnownFile | None) -> bool:
    """Whether a file is present and has not changed, so that it is in no ledger."""
    return file is not None and file.present and _has_same_times(found, file)


def _digest(path: str) -> bytes | None:
    """SHA-256 of a file's bytes; ``None`` if it can't be read, of which decoding will say why."""
    try:
        return digest(path)
    except (OSError, PictureError):
        return None
