"""The one class that composes a library's parts: index folders, search by a picture."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from lookalike.errors import LibraryClosedError, UsageError
from lookalike.library.arguments import check_options
from lookalike.library.engine import Engine
from lookalike.library.models import Models
from lookalike.library.opening import Location, delete_library, file_of, open_library
from lookalike.library.pictures import Pictures
from lookalike.library.reports import IndexReport, OnProgress, SearchResult, Status
from lookalike.library.store import Store
from lookalike.types import Limits

if TYPE_CHECKING:
    from lookalike.library.asking import Asking, Picture
    from lookalike.library.merging import CodeChoice
    from lookalike.library.updating import Updating

__all__ = ["DEFAULT_PHOTO", "Library"]

DEFAULT_PHOTO = "photo-256"


class Library:
    """Pictures of some folders, their codes, and the search over them.

    Threads may share a library: any number may search while one indexes. Other processes may
    search its file too, and one process at a time may write. ``Library.open`` makes one.
    """

    def __init__(
        self, store: Store, engine: Engine, *, limits: Limits, workers: int | None, photo: str
    ) -> None:
        """For :meth:`open`."""
        self._store, self._engine = store, engine
        self._limits, self._workers = limits, workers
        self._models = Models(store, photo)
        self._asked: Asking | None = None
        self._lock = threading.Lock()
        self._closed = False

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
    ) -> Self:
        """Open a library, or make one.

        Args:
            location: the path of its file, or ``":memory:"`` for a library without a file, which is
                gone when it is closed.
            create: make it where it is missing.
            read_only: never write; assumed where the disk can't be written to.
            limits: for decoding a picture.
            workers: decoding processes; as many as there are processors for this process by
                default.
            photo: the photo encoder of a *new* library; one that exists keeps its own.

        Raises:
            LibraryError: there is none and ``create`` is false; it is damaged, of a newer version,
                or read-only with an unmerged log.
            UsageError: no such encoder, or a location that can't be understood.
        """
        limits = check_options(limits, workers, photo)
        store, engine = open_library(location, create=create, read_only=read_only)
        try:
            return cls(store, engine, limits=limits, workers=workers, photo=photo)
        except BaseException:
            store.close()
            raise

    @staticmethod
    def delete(location: Location) -> None:
        """Delete a library with everything beside it. The pictures stay.

        Raises:
            LibraryError: there is none, it is no library, or somebody is writing to it.
        """
        delete_library(location)

    @property
    def location(self) -> str:
        """Where it is: the path of its file, or ``:memory:``."""
        return self._store.location

    @property
    def path(self) -> Path:
        """Of the library's file.

        Raises:
            UsageError: it has none.
        """
        path = file_of(self._store.location)
        if path is None:
            raise UsageError(f"the library {self._store.location} has no file")
        return path

    def identity(self) -> object:
        """Tells this library from another that takes its place; LibraryNotFoundError if none is."""
        return self._store.identity()

    @property
    def pictures(self) -> Pictures:
        """Its pictures one by one, and page by page."""
        return Pictures(self._store)

    def close(self) -> None:
        """End the decoding processes, merge the write-ahead log and close the file."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            if self._asked is not None:
                self._asked.close()
            self._engine.close()
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # Writing

    def index(
        self,
        *folders: str | os.PathLike[str],
        exclude: Sequence[str] | None = None,
        everything: bool | None = None,
        parts: bool | None = None,
        members: int | None = None,
        gone: bool = False,
        verify: bool = False,
        verify_rate: float | None = None,
        progress: OnProgress | None = None,
        stop: threading.Event | None = None,
    ) -> IndexReport:
        """Bring the library up to date with folders; without any, with all that it knows.

        Args:
            folders: to look through, with everything below; they stay known to the library.
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
            gone: believe that pictures are gone which are missing from folders that look unplugged
                (not there, empty, on another disk); else they stay.
            verify: read also files whose size and time of change are as before, and tell which of
                them hold something else.
            verify_rate: bytes a second that this may read.
            progress: called after every batch, in this thread.
            stop: set it, from any thread, to end after the batch in hand.

        Raises:
            UsageError: something given is not a folder, or the library knows none.
            LibraryError: it can't be written to, somebody else is writing, or the disk is full.
        """
        from lookalike.library.options import index_options

        options = index_options(gone, verify, verify_rate)
        return self._updating(progress, stop).index(
            folders, exclude, everything, parts, members, options
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
        return self._updating(progress, stop).reindex(photo)

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

        return Updating(
            self._store, self._engine, self._models, self._limits, self._workers, progress, stop
        )

    def check_photo(
        self, photo: str, *, progress: Callable[[int, int], object] | None = None
    ) -> None:
        """Make sure that the library's photo codes are those of an encoder, and that it is here.

        Args:
            photo: name or path of the encoder.
            progress: called with the bytes fetched and the bytes in all.

        Raises:
            EncoderMismatchError: they are another encoder's.
            UsageError: there is no such encoder.
            ModelError: the encoder's file can't be read, or fetched.
        """
        self._models.check(self._models.current()["photo"], photo, progress)

    # Reading

    def search(
        self, picture: Picture, k: int = 10, *, code: CodeChoice = "both", name: str | None = None
    ) -> SearchResult:
        """The k pictures of the library that are the same, edited copies, or most alike.

        Args:
            picture: a path, the bytes of a file, a PIL image, or an array (height, width) or
                (height, width, 3 or 4) of uint8, or of floats from 0 to 1; or an
                :class:`~lookalike.road.Item`, which says which picture of a file.
            k: pictures to find, 1 to 10,000.
            code: which code to ask: ``pdq`` for copies, ``photo`` for what looks alike, or both.
            name: of the file that bytes come from; its suffix tells some camera raw from TIFF.

        Returns:
            Hits, best first: by kind, then by distance; ``alike`` ones by walks among the nearest.

        Raises:
            PictureError: the picture can't be read.
            UsageError: ``k`` or ``code`` is out of range.
            EncoderMismatchError: the codes are of a version that this lookalike can't make.
        """
        return self._asking().search(picture, k, code, name)

    def search_text(
        self, text: str, k: int = 10, *, progress: Callable[[int, int], object] | None = None
    ) -> SearchResult:
        """The k pictures of the library that show what a text says.

        Texts are compared with all embeddings: a text has no code. Their cosines are small even for
        the best pictures: only their order means something.

        Args:
            text: what to look for, best in the words of a caption, such as ``a red boat``.
            k: pictures to find, 1 to 10,000.
            progress: called with the bytes fetched and the bytes in all of the text tower.

        Returns:
            Hits of kind ``alike``, best first, without a distance.

        Raises:
            UsageError: ``k`` is out of range, there is no text, or the library's photo model knows
                no texts.
            ModelError: the text tower can't be fetched or is damaged.
            MissingExtraError: the extra ``hub`` isn't installed.
        """
        return self._asking().search_text(text, k, progress)

    def _asking(self) -> Asking:
        """What answers; made at the first question."""
        with self._lock:
            if self._closed:
                raise LibraryClosedError(f"{self._store.location} was closed: open it again")
            if self._asked is None:
                from lookalike.library.asking import Asking

                self._asked = Asking(
                    self._store, self._engine, self._models, self._limits, self._workers
                )
            return self._asked

    def status(self, *, measure: bool = False) -> Status:
        """Counts, sizes, folders and the ledger.

        Args:
            measure: what searching costs on this machine, if that isn't known yet: some seconds.
        """
        from lookalike.library.status import describe

        return describe(self._store, self._engine, self._models, measure=measure)
