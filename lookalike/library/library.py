"""The one class that composes a library's parts: what it is asked, and how it is kept."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from lookalike.errors import LibraryError
from lookalike.library.arguments import check_flag, check_options
from lookalike.library.checking import CheckReport, OnCheck, RepairReport, report_of
from lookalike.library.models import first
from lookalike.library.opening import Location, beside, makes_one, open_library
from lookalike.library.reading import Reading
from lookalike.library.repeating import through
from lookalike.library.reports import IndexReport, OnProgress
from lookalike.library.tending import delete_library, repair_library
from lookalike.types import Limits

if TYPE_CHECKING:
    from lookalike.library.updating import Updating
    from lookalike.library.watched import Watched

__all__ = ["DEFAULT_PHOTO", "Library"]

DEFAULT_PHOTO = "photo-256"


class Library(Reading):
    """Pictures of some folders, their codes, and the search over them.

    Threads may share a library: any number may search while one indexes. Other processes may
    search its file too, and one process at a time may write. ``Library.open`` makes one.
    """

    @classmethod
    def open(
        cls,
        location: Location,
        *,
        create: bool = True,
        read_only: bool = False,
        limits: Limits | None = None,
        workers: int | None = None,
        photo: str = DEFAULT_PHOTO,
        short_list: int | None = None,
    ) -> Self:
        """Open a library, or make one.

        Args:
            location: the path of its file; the address of a library on a server; or ``":memory:"``
                for a library without a file, which is gone when it is closed.
            create: make it where it is missing; its folder has to be there.
            read_only: never write; assumed where the disk can't be written to.
            limits: for decoding a picture.
            workers: decoding processes; as many as there are processors for this process by
                default.
            photo: the photo encoder of a *new* library; one that exists keeps its own.
            short_list: look for what is alike by so many first bits of the photo code, and put what
                they find in order by all of them: sooner, but ``exact`` no more. Meant for models
                with nested widths.

        Raises:
            LibraryError: there is none and ``create`` is false; there is no folder for it; it is
                damaged, of a newer version, or read-only with an unmerged log.
            UsageError: no such encoder, a location that can't be understood, or ``short_list`` is
                all bits of the code.
            ModelError: the file of the encoder of a new library is damaged, or can't be fetched.
        """
        limits = check_options(limits, workers, photo)
        create, read_only = check_flag("create", create), check_flag("read_only", read_only)
        is_new = makes_one(location, create=create, read_only=read_only)
        # Before the file: a model may be missing, or take long to be fetched.
        made = first(photo) if is_new else None
        store, engine = open_library(location, create=create, read_only=read_only)
        try:
            return cls(
                store,
                engine,
                limits=limits,
                workers=workers,
                photo=photo,
                made=made,
                short_list=short_list,
            )
        except BaseException:
            with suppress(LibraryError):
                is_new = is_new and beside(location) is not None and not store.encoders()
            store.close()
            if is_new:
                with suppress(LibraryError):
                    delete_library(location)
            raise

    @staticmethod
    def delete(location: Location) -> None:
        """Delete a library with everything beside it. The pictures stay.

        Raises:
            LibraryError: there is none, it is no library, or somebody is writing to it.
        """
        delete_library(location)

    @staticmethod
    def repair(location: Location, *, progress: OnCheck | None = None) -> RepairReport:
        """Make a damaged library anew from what is sound in it.

        A damaged file is made anew, whole or not at all; as it was, it stays beside the new one.
        What can't be saved is made anew by the next index. Of a damaged cache nothing is kept.

        Args:
            location: where it is.
            progress: called now and then with what is being done, and with steps.

        Raises:
            LibraryError: nothing can be saved, it can't be written to, or the disk is full.
        """
        return repair_library(location, progress)

    def check(self, *, progress: OnCheck | None = None) -> CheckReport:
        """Whether all that is kept is sound. It reads everything, and changes nothing.

        Args:
            progress: called now and then with what is being checked, and with steps.
        """
        report = report_of(self.location, self._store.check(progress))
        if report.sound:
            report = report_of(self.location, [*report.notes, *self._engine.check(progress)])
        return report

    # Writing

    def index(
        self,
        *folders: str | os.PathLike[str],
        exclude: Sequence[str] | None = None,
        everything: bool | None = None,
        parts: bool | None = None,
        members: int | None = None,
        previews: bool | None = None,
        gone: bool = False,
        verify: bool = False,
        verify_rate: float | None = None,
        shard: str | None = None,
        progress: OnProgress | None = None,
        stop: threading.Event | None = None,
    ) -> IndexReport:
        """Bring the library up to date with folders; without any, with all that it knows.

        Args:
            folders: to look through, with everything below; they stay known to the library. Also
                addresses (``s3://bucket/prefix``) and tar or Parquet files of pictures.
            exclude: patterns that leave files out, see :func:`lookalike.sources.walk.walk`; they
                are kept for these folders. ``None`` keeps the patterns that a folder has, an empty
                list drops them.
            everything: whether folders that programs make for themselves are looked through, too,
                see :mod:`lookalike.sources.programs`; it is kept for these folders. ``None`` keeps
                what a folder has.
            parts: whether pictures get photo codes of nine parts of them, too, so that a part finds
                the whole and the whole its parts; ``None`` keeps what the library has.
            members: how many pictures of a file get codes where it holds several (pages, frames), 1
                to 10,000; ``None`` keeps what the library has, at first 1. With more, the next run
                reads the files again of which nobody knows how many pictures they hold.
            previews: whether a small picture of each is kept beside the library, see
                :mod:`lookalike.library.previews`; without, all that are there are deleted. ``None``
                keeps what the library has, at first yes.
            gone: believe that pictures are gone which are missing from folders that look unplugged
                (not there, empty, on another disk); else they stay.
            verify: read also files whose size and time of change are as before, and tell which of
                them hold something else.
            verify_rate: bytes a second that this may read.
            shard: ``I/N`` for one of N workers: of all files those of its part are put in; what
                changed, moved or is gone stays as it was until a run without a shard settles it.
                Where only one process may write, it waits until others have ended.
            progress: called after every batch, in this thread.
            stop: set it, from any thread, to end after the batch in hand.

        Raises:
            UsageError: something given is not a folder, or the library knows none.
            LibraryError: it can't be written to, somebody else is writing, or the disk is full.
        """
        from lookalike.library.options import index_options

        options = index_options(gone, verify, verify_rate, shard)
        work = self._updating(progress, stop)
        return through(
            self._store,
            work,
            lambda: work.index(folders, exclude, everything, parts, members, previews, options),
        )

    def watch(
        self,
        *folders: str | os.PathLike[str],
        rest: float = 2.0,
        poll: float | None = None,
        progress: OnProgress | None = None,
        stop: threading.Event | None = None,
    ) -> Iterator[Watched]:
        """Index folders, then go on as files come, and say what came and of what it is a copy.

        Args:
            folders: as for :meth:`index`; without any, all that the library knows.
            rest: seconds for which a file has to stay as it is before it is read, 0 to 86,400.
            poll: seconds between two looks through the folders, 0.1 to 86,400, in place of events
                from the system. ``None`` takes events, and looks where there are none.
            progress: as for :meth:`index`.
            stop: set it, from any thread, to end.

        Returns:
            What happens, as it happens; the first run over all is ``indexed``.

        Raises:
            MissingExtraError: the extra ``watch`` isn't installed.
            UsageError, LibraryError: as for :meth:`index`; a folder that can't be watched. Another
                process that is writing is waited for.
        """
        from lookalike.library.watching import watch

        stop = stop or threading.Event()
        updating = self._updating(progress, stop)
        return watch(
            self._store, updating, self.search_many, folders, rest=rest, poll=poll, stop=stop
        )

    def reindex(
        self,
        *,
        photo: str | None = None,
        progress: OnProgress | None = None,
        stop: threading.Event | None = None,
    ) -> IndexReport:
        """Make all codes again with the encoders of this lookalike.

        The old codes answer until the new ones are complete. An interrupted reindex resumes where
        it stopped. While a folder is offline the old codes stay, and the report names the folder.

        Args:
            photo: the photo encoder to use from now on; by default the newest version of the one
                that the library has. A model that is fitted on the library's pictures is fitted
                again if it is named, and is otherwise kept as it is.
            progress: as for :meth:`index`.
            stop: likewise.
        """
        work = self._updating(progress, stop)
        return through(self._store, work, lambda: work.reindex(photo))

    def remove(self, folder: str | os.PathLike[str]) -> int:
        """Forget a folder and its pictures, but for those of other folders of the library.

        Returns:
            The number of files that were forgotten.

        Raises:
            UsageError: the library doesn't know the folder.
        """
        return self._updating(None, None).remove(folder)

    def _updating(self, progress: OnProgress | None, stop: threading.Event | None) -> Updating:
        # Here, not above: a search needs none of it.
        from lookalike.library.updating import Updating

        self._check_open()  # before a lock is made beside what may be gone
        return Updating(
            self._store,
            self._engine,
            self._models,
            self._limits,
            self._workers,
            self._previews,
            progress,
            stop,
        )
