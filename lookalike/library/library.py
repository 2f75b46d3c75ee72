"""The one class that composes a library's parts: index folders, search by a picture."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from lookalike.errors import LibraryReadOnlyError, UsageError
from lookalike.images.parts.regions import regions as parts_of
from lookalike.images.pool.pool import DecodePool
from lookalike.library import cache
from lookalike.library.catalog import Catalog
from lookalike.library.connection import writer_lock
from lookalike.library.fitting import Fitting
from lookalike.library.ingest import Ingest
from lookalike.library.models import Models
from lookalike.library.pictures import Pictures
from lookalike.library.reports import IndexReport, OnProgress, SearchResult, Status
from lookalike.library.rows import EncoderRow
from lookalike.library.status import describe
from lookalike.sources.exclude import Exclusion
from lookalike.sources.folders import Folders, is_under
from lookalike.types import Limits

if TYPE_CHECKING:
    from lookalike.library.search import CodeChoice
    from lookalike.library.searcher import Picture, Searcher

__all__ = ["Library"]

DEFAULT_PHOTO = "photo-256"


class Library:
    """Pictures of some folders, their codes, and the search over them. One SQLite file.

    Threads may share a library: any number may search while one indexes. Other processes may
    search it too, and one process at a time may write.

    Example:
        >>> with Library.open("pictures.lookalike") as library:     # doctest: +SKIP
        ...     library.index("~/Pictures")
        ...     for match in library.search("cat.jpg", k=5).hits:
        ...         print(match.kind, match.path)
    """

    def __init__(
        self, catalog: Catalog, *, limits: Limits, workers: int | None, photo: str
    ) -> None:
        """For :meth:`open`."""
        self._catalog = catalog
        self._limits = limits
        self._workers = workers
        self._models = Models(catalog, photo)
        self._asked: Searcher | None = None
        self._lock = threading.Lock()
        self._closed = False

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        create: bool = True,
        read_only: bool = False,
        limits: Limits | None = None,
        workers: int | None = None,
        photo: str = DEFAULT_PHOTO,
    ) -> Self:
        """Open a library, or make one.

        Args:
            path: of its file.
            create: make it where it is missing.
            read_only: never write; assumed where the disk can't be written to.
            limits: for decoding a picture.
            workers: decoding processes; as many as there are cores by default.
            photo: the photo encoder of a *new* library; one that exists keeps its own.

        Raises:
            LibraryError: there is none and ``create`` is false; it is damaged, of a newer version,
                or read-only with an unmerged log.
            UsageError: no such encoder.
        """
        file = Path(path).expanduser().absolute()
        catalog = Catalog(file, create=create, read_only=read_only)
        try:
            return cls(catalog, limits=limits or Limits(), workers=workers, photo=photo)
        except BaseException:
            catalog.close()
            raise

    @staticmethod
    def delete(path: str | os.PathLike[str]) -> None:
        """Delete a library with everything beside it. The pictures stay.

        Raises:
            LibraryError: there is none, it is no library, or somebody is writing to it.
        """
        file = Path(path).expanduser().absolute()
        Catalog(file, create=False).close()  # never delete a file that isn't a library
        with writer_lock(file):
            cache.delete(file)
            for ending in ("-wal", "-shm", "-journal", ""):
                Path(f"{file}{ending}").unlink(missing_ok=True)
        Path(f"{file}.lock").unlink(missing_ok=True)

    @property
    def path(self) -> Path:
        """Of the library's file."""
        return self._catalog.path

    @property
    def pictures(self) -> Pictures:
        """Its pictures one by one, and page by page."""
        return Pictures(self._catalog)

    def close(self) -> None:
        """End the decoding processes, merge the write-ahead log and close the file."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            if self._asked is not None:
                self._asked.close()
            self._catalog.close()

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
        regions: bool | None = None,
        progress: OnProgress | None = None,
        stop: threading.Event | None = None,
    ) -> IndexReport:
        """Bring the library up to date with folders; without any, with all that it knows.

        Args:
            folders: to look through, with everything below; they stay known to the library.
            exclude: patterns that leave files out, see :func:`lookalike.sources.walk.walk`; they
                are kept for these folders. ``None`` keeps the patterns that a folder has.
            regions: whether pictures get photo codes of nine parts of them, too, so that a detail
                finds the whole and the whole its details; ``None`` keeps what the library has.
            progress: called after every batch, in this thread.
            stop: set it, from any thread, to end after the batch in hand.

        Raises:
            UsageError: something given is not a folder, or the library knows none.
            LibraryError: it can't be written to, somebody else is writing, or the disk is full.
        """
        paths = [_absolute(folder) for folder in folders]
        known = dict(self._catalog.folders())
        for path in paths:
            if not os.path.isdir(path) and path not in known:
                raise UsageError(f"{path} is not a folder that can be reached")
        Exclusion(exclude or ())  # says what is wrong with a pattern before it is kept
        if not paths and not known:
            raise UsageError("this library has no folders yet: name one to index")
        with self._writing():
            with self._catalog.writing():
                if regions is not None and regions != self._catalog.has_regions():
                    self._catalog.set_regions(regions)
                for path in paths:
                    patterns = known.get(path, ()) if exclude is None else tuple(exclude)
                    self._catalog.put_folder(path, patterns)
            chosen = [
                (path, patterns)
                for path, patterns in self._catalog.folders()
                if not paths or path in paths or any(is_under(path, p) for p in paths)
            ]
            photo = self._fitting(progress, stop).grown()
            current = self._models.current()
            if photo.id != current["photo"].id:
                return self._renew(current, {**current, "photo": photo}, progress, stop)
            return self._ingest(list(current.values()), chosen, progress, stop)

    def reindex(
        self,
        *,
        photo: str | None = None,
        progress: OnProgress | None = None,
        stop: threading.Event | None = None,
    ) -> IndexReport:
        """Make all codes anew with the encoders of this lookalike.

        The old codes answer until the new ones are complete. A reindex that was interrupted goes on
        where it stopped. While a folder is offline the new codes can't be complete, and the old
        ones stay: the report names the folder.

        Args:
            photo: the photo encoder to use from now on; by default the newest version of the one
                that the library has. A model that is fitted on the library's pictures is fitted
                anew if it is named, and is otherwise kept as it is.
            progress: as for :meth:`index`.
            stop: as for :meth:`index`.
        """
        with self._writing():
            current = self._models.current()
            with self._catalog.writing():
                pdq = self._models.renewed(current["pdq"])
            new = self._fitting(progress, stop).renewed(current["photo"], photo)
            return self._renew(self._models.current(), {"pdq": pdq, "photo": new}, progress, stop)

    def _renew(
        self,
        current: Mapping[str, EncoderRow],
        new: Mapping[str, EncoderRow],
        progress: OnProgress | None,
        stop: threading.Event | None,
    ) -> IndexReport:
        """Make the codes of new encoders, and let them answer once they are complete."""
        # Old codes go on being made, so that pictures that are new to the library have them if this
        # run is interrupted.
        old = [row for row in current.values() if self._models.can_make(row)]
        rows = {row.id: row for row in [*old, *new.values()]}
        folders = self._catalog.folders()
        report = self._ingest(list(rows.values()), folders, progress, stop)
        if not report.interrupted and not report.offline:
            with self._catalog.writing():
                for row in new.values():
                    if row.id != current[row.slot].id:
                        self._catalog.make_current(row)
        return report

    def _fitting(self, progress: OnProgress | None, stop: threading.Event | None) -> Fitting:
        return Fitting(self._catalog, self._models, self._limits, self._workers, progress, stop)

    def remove(self, folder: str | os.PathLike[str]) -> int:
        """Forget a folder and its pictures, but for those of other folders of the library.

        Returns:
            The number of files that were forgotten.

        Raises:
            UsageError: the library doesn't know the folder.
        """
        path = _absolute(folder)
        folders = [name for name, _ in self._catalog.folders()]
        if path not in folders:
            raise UsageError(
                f"{path} is not a folder of this library: 'lookalike status' lists them"
            )
        with self._writing(), self._catalog.writing():
            self._catalog.drop_folder(path)
            kept = [name for name in folders if name != path and is_under(name, path)]
            if any(is_under(path, name) for name in folders):
                return 0  # a folder around it still wants the files
            return self._catalog.drop_under(path, kept)

    def check_photo(
        self, photo: str, *, progress: Callable[[int, int], object] | None = None
    ) -> None:
        """Make sure that the library's photo codes are those of an encoder, and that it is here.

        Args:
            photo: name or path of the encoder.
            progress: called with the bytes that are there and the bytes in all, where a model has
                to be fetched.

        Raises:
            EncoderMismatchError: they are another encoder's.
            UsageError: there is no such encoder.
            ModelError: the encoder's file can't be read, or fetched.
        """
        self._models.check(self._models.current()["photo"], photo, progress)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Be the library's only writer, and leave a merged file and a fresh cache."""
        if self._catalog.read_only:
            raise LibraryReadOnlyError(f"{self.path} is open for reading only")
        with writer_lock(self.path):
            try:
                yield
            finally:
                self._models.forget()
            self._catalog.merge()
            for row in self._models.current().values():
                cache.load(self._catalog, row)

    def _ingest(
        self,
        rows: Sequence[EncoderRow],
        folders: Folders,
        progress: OnProgress | None,
        stop: threading.Event | None,
    ) -> IndexReport:
        for row in rows:
            if not self._models.can_make(row):
                self._models.encoder(row)  # says why not
        by_id = {row.id: row for row in rows}
        inputs = {str(row.id): self._models.input(row) for row in rows}
        parts: dict[int, Sequence[str]] = {}
        if self._catalog.has_regions():
            for row in rows:
                if row.slot == "photo":
                    of_row = parts_of(str(row.id), inputs[str(row.id)])
                    inputs |= of_row
                    parts[row.id] = list(of_row)
        with DecodePool(inputs, limits=self._limits, workers=self._workers) as pool:
            ingest = Ingest(
                self._catalog,
                list(by_id),
                lambda key: self._models.encoder(by_id[key]),
                pool,
                regions=parts,
                progress=progress,
                stop=stop,
            )
            return ingest.run(folders)

    # Reading

    def search(self, picture: Picture, k: int = 10, *, code: CodeChoice = "both") -> SearchResult:
        """The k pictures of the library that are the same, edited copies, or most alike.

        Args:
            picture: a path, the bytes of a file, a PIL image, or an array (height, width) or
                (height, width, 3 or 4) of uint8, or of floats from 0 to 1.
            k: pictures to find, 1 to 10,000.
            code: which code to ask: ``pdq`` for copies, ``photo`` for what looks alike, or both.

        Returns:
            Hits, best first: by kind, then by distance; ``alike`` ones by walks among the nearest.

        Raises:
            PictureError: the picture can't be read.
            UsageError: ``k`` or ``code`` is out of range.
            EncoderMismatchError: the codes are of a version that this lookalike can't make.
        """
        return self._searcher().search(picture, k, code)

    def search_text(
        self,
        text: str,
        k: int = 10,
        *,
        progress: Callable[[int, int], object] | None = None,
    ) -> SearchResult:
        """The k pictures of the library that show what a text says.

        Texts are compared with the embeddings, all of them: a text has no code. Their cosines are
        small even for the best pictures: only their order means something.

        Args:
            text: what to look for, best in the words of a caption, such as ``a red boat``.
            k: pictures to find, 1 to 10,000.
            progress: called with the bytes that are there and the bytes in all, where the model's
                text tower has yet to be fetched.

        Returns:
            Hits of kind ``alike``, best first, without a distance.

        Raises:
            UsageError: ``k`` is out of range, there is no text, or the library's photo model knows
                no texts.
            ModelError: the text tower can't be fetched or is damaged.
            MissingExtraError: the extra ``hub`` isn't installed.
        """
        return self._searcher().search_text(text, k, progress)

    def _searcher(self) -> Searcher:
        """What answers; made at the first question, since it brings in compiled kernels."""
        with self._lock:
            if self._asked is None:
                from lookalike.library.searcher import Searcher

                self._asked = Searcher(self._catalog, self._models, self._limits, self._workers)
            return self._asked

    def status(self, *, measure: bool = False) -> Status:
        """Counts, sizes, folders and the ledger.

        Args:
            measure: what searching costs on this machine, if that isn't known yet: some seconds.
        """
        return describe(self._catalog, self._models, measure=measure)


def _absolute(folder: str | os.PathLike[str]) -> str:
    """Absolute without following links: a folder keeps the name that the user knows."""
    return os.path.abspath(os.path.expanduser(os.fspath(folder)))
