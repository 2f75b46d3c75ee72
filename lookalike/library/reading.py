"""What can be asked of a library without changing it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from lookalike.errors import PictureError, UsageError
from lookalike.library.arguments import check_callback, check_flag, check_short_list
from lookalike.library.closing import closed
from lookalike.library.comparing import Comparing
from lookalike.library.containing import Containing
from lookalike.library.duplicating import Duplicating
from lookalike.library.engine import Engine
from lookalike.library.filters import Filter, check_filter
from lookalike.library.models import Models, Opened
from lookalike.library.opening import file_of, previews_of
from lookalike.library.pictures import Pictures
from lookalike.library.reports import SearchResult, Status
from lookalike.library.store import Store
from lookalike.types import Limits, Part

if TYPE_CHECKING:
    from lookalike.library.asked import Asked
    from lookalike.library.asking import Asking, Picture
    from lookalike.library.merging import CodeChoice

__all__ = ["Reading"]


class Reading(Containing, Comparing, Duplicating):
    """The half of :class:`~lookalike.library.library.Library` that never writes."""

    def __init__(
        self,
        store: Store,
        engine: Engine,
        *,
        limits: Limits,
        workers: int | None,
        photo: str,
        made: Sequence[Opened] | None = None,
        short_list: int | None = None,
    ) -> None:
        """For :meth:`open`."""
        self._store, self._engine = store, engine
        self._limits, self._workers = limits, workers
        check_short_list(short_list, store.encoders())
        self._short_list = short_list
        self._models = Models(store, photo, made)
        self._previews = previews_of(store)
        self._asked: Asking | None = None
        self._lock = threading.Lock()
        self._closed = False

    @property
    def location(self) -> str:
        """Where it is: the path of its file, its address without a password, or ``:memory:``."""
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

    def state(self) -> str:
        """Changes whenever a search could find something else, such as when pictures are added."""
        return "-".join(map(str, self._store.stamp()))

    @property
    def pictures(self) -> Pictures:
        """Its pictures one by one, and page by page."""
        return Pictures(self._store, self._previews)

    def close(self) -> None:
        """End the decoding processes, merge the write-ahead log and close the file."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            if self._asked is not None:
                self._asked.close()
            self._previews.close()
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
        check_callback("progress", progress)
        self._models.check(self._models.current()["photo"], photo, progress)

    def search(
        self,
        picture: Picture | Asked,
        k: int = 10,
        *,
        code: CodeChoice = "both",
        name: str | None = None,
        part: Part | None = None,
        only: Filter | None = None,
    ) -> SearchResult:
        """The k pictures of the library that are the same, edited copies, or most alike.

        Args:
            picture: a path, the bytes of a file, a PIL image, or an array (height, width) or
                (height, width, 3 or 4) of uint8, or of floats from 0 to 1; or an
                :class:`~lookalike.road.Item`, which says which picture of a file; or what
                :meth:`asked` made ready.
            k: pictures to find, 1 to 10,000.
            code: which code to ask: ``pdq`` for copies, ``photo`` for what looks alike, or both.
            name: of the file that bytes come from; its suffix tells some camera raw from TIFF.
            part: look for this part of the picture only: left, top, right and bottom as shares of
                its sides. A part is never ``same-bytes`` or ``same-pixels``.
            only: what hits have to be, see :class:`~lookalike.library.filters.Filter`.

        Returns:
            Hits, best first: by kind, then by distance; ``alike`` ones by walks among the nearest.

        Raises:
            PictureError: the picture can't be read.
            UsageError: ``k``, ``code`` or ``part`` is out of range.
            EncoderMismatchError: the codes are of a version that this lookalike can't make.
        """
        return self._asking().search(picture, k, code, name, part, check_filter(only))

    def search_many(
        self,
        pictures: Iterable[Picture | Asked],
        k: int = 10,
        *,
        code: CodeChoice = "both",
        only: Filter | None = None,
    ) -> Iterator[SearchResult | PictureError]:
        """Search for many pictures: the answers of :meth:`search`, and sooner than one by one.

        Args:
            pictures: as for :meth:`search`; advanced by the caller's own thread, up to some hundred
                ahead, so that memory is bounded. Don't change one after it was handed over.
            k: pictures to find for each, 1 to 10,000.
            code: which code to ask, as for :meth:`search`.
            only: likewise.

        Returns:
            For each picture, in their order, what was found, or the error of one that can't be
            read. Of the seconds, ``open`` and ``search`` are a share of what
            some took at once.

        Raises:
            UsageError: at once, if ``k`` or ``code`` is out of range, or ``pictures`` are none; in
                its turn for what is no picture.
            LibraryError: at once, if the library can't be asked; later, if it is closed.
        """
        return self._asking().search_many(pictures, k, code, check_filter(only))

    def search_together(
        self,
        pictures: Iterable[Picture | Asked],
        weights: Sequence[float] | None = None,
        k: int = 10,
        *,
        only: Filter | None = None,
    ) -> SearchResult:
        """The k pictures that are most like several pictures at once.

        The photo code's embeddings are compared, with those of every picture of the library. Hits
        are in the order of the weighted mean of the cosines to each of the pictures. The pictures
        themselves are found, too, where the library has them.

        Args:
            pictures: as for :meth:`search`, 1 to 1,000.
            weights: of each picture, in their order; less than 0 for what the hits shall not be
                like. 1 for each by default.
            k: pictures to find, 1 to 10,000.
            only: as for :meth:`search`.

        Returns:
            Hits of kind ``alike``, best first, without a distance; their ``similarity`` is that
            mean, -1 to 1.

        Raises:
            PictureError: a picture can't be read; the message says which.
            UsageError: no pictures, ``k`` is out of range, or the weights don't fit the pictures.
            EncoderMismatchError: as for :meth:`search`.
        """
        return self._asking().search_together(pictures, weights, k, check_filter(only))

    def search_text(
        self,
        text: str,
        k: int = 10,
        *,
        progress: Callable[[int, int], object] | None = None,
        only: Filter | None = None,
    ) -> SearchResult:
        """The k pictures of the library that show what a text says.

        Texts are compared with all embeddings: a text has no code. Their cosines are small even for
        the best pictures: only their order means something.

        Args:
            text: what to look for, best in the words of a caption, such as ``a red boat``.
            k: pictures to find, 1 to 10,000.
            progress: called with the bytes fetched and the bytes in all of the text tower.
            only: as for :meth:`search`.

        Returns:
            Hits of kind ``alike``, best first, without a distance.

        Raises:
            UsageError: ``k`` is out of range, or there is no text.
            NoTextError: the library's photo model knows no texts.
            ModelError: the text tower can't be fetched or is damaged.
            MissingExtraError: the extra ``hub`` isn't installed.
        """
        check_callback("progress", progress)
        return self._asking().search_text(text, k, progress, check_filter(only))

    def _asking(self) -> Asking:
        """What answers; made at the first question."""
        with self._lock:
            self._check_open()
            if self._asked is None:
                from lookalike.library.asking import Asking

                self._asked = Asking(
                    self._store,
                    self._engine,
                    self._models,
                    self._previews,
                    self._limits,
                    self._workers,
                    self._short_list,
                )
            return self._asked

    def _check_open(self) -> None:
        if self._closed:
            raise closed(self._store.location)

    def status(self, *, measure: bool = False) -> Status:
        """Counts, sizes, folders and the ledger.

        Args:
            measure: what searching costs on this machine, if that isn't known yet: some seconds.
        """
        measure = check_flag("measure", measure)
        # Here, not above: a search needs none of it.
        from lookalike.library.status import describe

        return describe(self._store, self._engine, self._models, self._previews, measure=measure)
