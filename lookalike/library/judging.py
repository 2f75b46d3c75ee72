"""What becomes of the files that a walk finds, as far as that shows without decoding them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from lookalike.errors import PictureError
from lookalike.library.keeping import Job, Keeping
from lookalike.library.options import Options
from lookalike.library.records import KnownFile, Member
from lookalike.library.retrying import is_due
from lookalike.library.store import Store
from lookalike.library.verifying import Verifying
from lookalike.sources.naming import is_away
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

    Attributes:
        waiting: paths of the files that somebody is writing: what they hold is unknown.
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
        self.waiting: list[str] = []
        self._store, self._keeping = store, keeping
        self._encoders, self._options = encoders, options
        self._context = context
        self._now = int(time.time())
        self._verifying = Verifying(options.verify_rate, stop) if options.verify else None

    def decide(self, files: Sequence[Found]) -> Iterator[Job]:
        """Deal with files that are as they were, and say of the others what is to be done."""
        looks = list(self._look_at(self._at_rest(files)))
        read = {look.digest for look in looks if look.digest is not None}
        held = self._store.members(list(read)) if read else {}
        whole = self._whole(held)
        for found, file, digest_, same in looks:
            members = None if digest_ is None else whole.get(digest_)
            if file is None or not same:
                yield Job(found, file, members)
            elif self._verifying and not _shows(file, held.get(digest_ or b"", (None, {}))[1]):
                yield Job(found, file, members, silent=digest_ is not None)
            elif file.present:
                self._keeping.stays(file)
            else:
                yield Job(found, file, file.members)

    def _at_rest(self, files: Sequence[Found]) -> Sequence[Found]:
        """Those that nobody is writing."""
        waits = self._options.waits
        if waits is None:
            return files
        waiting = {found.path for found in files if waits(found)}
        self.waiting += waiting
        return [found for found in files if found.path not in waiting]

    def _look_at(self, files: Sequence[Found]) -> Iterator[_Look]:
        """Tell files that seem to be as they were from others, and read what has to be read."""
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
                    self._keeping.refused_before(tried, file)
                    continue
            elif file is not None and found.path in complete and _has_same_times(found, file):
                read = None if self._verifying is None else self._verifying.digest(found)
                yield _Look(found, file, read, True)
                continue
            # Hashing a file is much cheaper than decoding it; it pays where its content may be
            # known. What has to be fetched isn't fetched twice.
            hashed = (file is not None or found.size in sizes) and not is_away(found.path)
            yield _Look(found, file, _digest(found.path) if hashed else None, False)

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

    def _whole(
        self, held: Mapping[bytes, tuple[int | None, dict[str, ContentId]]]
    ) -> dict[bytes, tuple[Member, ...]]:
        """What files of these bytes show, where that is known and lacks nothing."""
        if not held:
            return {}
        most = self._options.members
        found: dict[bytes, tuple[Member, ...]] = {}
        for digest_, (count, contents) in held.items():
            if "" not in contents:
                continue
            if most == 1:
                found[digest_] = (Member("", contents[""]),)
            elif count is not None and len(contents) >= min(most, count):
                found[digest_] = tuple(Member(*item) for item in islice(contents.items(), most))
        wanted = [member.content for members in found.values() for member in members]
        lacking = {c for c, some in zip(wanted, self.lacking(wanted), strict=True) if some}
        return {
            digest_: members
            for digest_, members in found.items()
            if not any(member.content in lacking for member in members)
        }

    def lacking(self, contents: Sequence[ContentId]) -> list[list[EncoderId]]:
        """Of each content the encoders whose codes it lacks."""
        options = self._options
        return self._store.lacking(contents, self._encoders, options.parts, options.views)


class _Look(NamedTuple):
    """A file, as found and as known, its digest if it was read, and whether it seems unchanged."""

    found: Found
    file: KnownFile | None
    digest: bytes | None
    same: bool


def _shows(file: KnownFile, contents: Mapping[str, ContentId]) -> bool:
    """Whether a file's first picture is one of these contents."""
    return file.members[0].content in contents.values()


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
