"""The one class that composes a library's parts: index folders, search by a picture."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from lookalike.encoders import registry
from lookalike.errors import EncoderMismatchError, LibraryReadOnlyError, UsageError
from lookalike.images.exclude import Exclusion
from lookalike.images.pool import DecodePool
from lookalike.library import cache, schema
from lookalike.library.catalog import Catalog
from lookalike.library.connection import writer_lock
from lookalike.library.ingest import Ingest
from lookalike.library.models import Models
from lookalike.library.pictures import Pictures
from lookalike.library.reports import (
    CodeStatus,
    FolderStatus,
    IndexReport,
    LedgerEntry,
    OnProgress,
    SearchResult,
    Status,
)
from lookalike.library.rows import EncoderRow, is_under
from lookalike.types import Limits

if TYPE_CHECKING:
    from lookalike.library.search import CodeChoice
    from lookalike.library.searcher import Picture, Searcher

__all__ = ["Library"]

DEFAULT_PHOTO = "photo-256"
TYPICAL_HITS = 10  # what a search asks for if nothing else is said


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
        progress: OnProgress | None = None,
        stop: threading.Event | None = None,
    ) -> IndexReport:
        """Bring the library up to date with folders; without any, with all that it knows.

        Args:
            folders: to look through, with everything below; they stay known to the library.
            exclude: patterns that leave files out, see :func:`lookalike.images.walk.walk`; they are
                kept for these folders. ``None`` keeps the patterns that a folder has.
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
                for path in paths:
                    patterns = known.get(path, ()) if exclude is None else tuple(exclude)
                    self._catalog.put_folder(path, patterns)
            chosen = [
                (path, patterns)
                for path, patterns in self._catalog.folders()
                if not paths or path in paths or any(is_under(path, p) for p in paths)
            ]
            current = self._models.current()
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
                that the library has.
            progress: as for :meth:`index`.
            stop: as for :meth:`index`.
        """
        with self._writing():
            current = self._models.current()
            sources = {"pdq": None, "photo": photo}
            with self._catalog.writing():
                new = {s: self._models.renewed(row, sources[s]) for s, row in current.items()}
            # Old codes go on being made, so that pictures that are new to the library have them
            # if this run is interrupted.
            old = [row for row in current.values() if self._models.can_make(row)]
            rows = {row.id: row for row in [*old, *new.values()]}
            folders = self._catalog.folders()
            report = self._ingest(list(rows.values()), folders, progress, stop)
            if not report.interrupted and not report.offline:
                with self._catalog.writing():
                    for row in new.values():
                        if not row.current:
                            self._catalog.make_current(row)
            return report

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

    def check_photo(self, photo: str) -> None:
        """Make sure that the library's photo codes are those of an encoder.

        Args:
            photo: name or path of the encoder.

        Raises:
            EncoderMismatchError: they are another encoder's.
            UsageError: there is no such encoder.
            ModelError: the encoder's file can't be read.
        """
        wanted = registry.card(photo)
        row = self._models.current()["photo"]
        if row.fingerprint != wanted.fingerprint:
            raise EncoderMismatchError(
                f"{self.path} holds codes of '{row.name}' ({row.fingerprint}), not of {photo}"
                f" ({wanted.fingerprint}): 'lookalike reindex --model {photo}' makes them anew"
            )

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Be the library's only writer, and leave a merged file and a fresh cache."""
        if self._catalog.read_only:
            raise LibraryReadOnlyError(f"{self.path} is open for reading only")
        with writer_lock(self.path):
            yield
            self._catalog.merge()
            for row in self._models.current().values():
                cache.load(self._catalog, row)

    def _ingest(
        self,
        rows: Sequence[EncoderRow],
        folders: Sequence[tuple[str, tuple[str, ...]]],
        progress: OnProgress | None,
        stop: threading.Event | None,
    ) -> IndexReport:
        for row in rows:
            if not self._models.can_make(row):
                self._models.encoder(row)  # says why not
        by_id = {row.id: row for row in rows}
        inputs = {str(row.id): self._models.input(row) for row in rows}
        with DecodePool(inputs, limits=self._limits, workers=self._workers) as pool:
            ingest = Ingest(
                self._catalog,
                list(by_id),
                lambda key: self._models.encoder(by_id[key]),
                pool,
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
            Hits, best first, by kind, then by similarity or distance, then by id.

        Raises:
            PictureError: the picture can't be read.
            UsageError: ``k`` or ``code`` is out of range.
            EncoderMismatchError: the codes are of a version that this lookalike can't make.
        """
        return self._searcher().search(picture, k, code)

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
        catalog = self._catalog
        present = "SELECT count(DISTINCT content) FROM files WHERE present = 1"
        rows = self._models.current()
        return Status(
            path=str(self.path),
            version=len(schema.MIGRATIONS),
            read_only=catalog.read_only,
            pictures=catalog.count_present(),
            distinct=catalog.count(present),
            missing=catalog.count("SELECT count(*) FROM files WHERE present = 0"),
            library_bytes=self.path.stat().st_size,
            cache_bytes=cache.size(self.path),
            codes=tuple(self._code_status(row, measure) for row in rows.values()),
            folders=tuple(
                FolderStatus(path, os.path.isdir(path), catalog.count_present(path), patterns)
                for path, patterns in catalog.folders()
            ),
            ledger=tuple(LedgerEntry(*entry) for entry in catalog.ledger()),
        )

    def _code_status(self, row: EncoderRow, measure: bool) -> CodeStatus:
        pictures = self._catalog.count("SELECT count(*) FROM codes WHERE encoder = ?", [row.id])
        stale = pictures if self._models.is_stale(row) else 0
        return CodeStatus(
            name=row.name,
            bits=row.bits,
            fingerprint=row.fingerprint,
            pictures=pictures,
            stale=stale,
            index=_explain(pictures, row.bits, measure),
        )


def _explain(codes: int, bits: int, measure: bool) -> str:
    """Which index answers, and what it costs beside the other: measured, not guessed."""
    # Here, not above: they bring in compiled kernels, and indexing needs none of them.
    from lookalike.indexes.choose import choose
    from lookalike.indexes.costs import kept_costs, machine_costs

    costs = machine_costs() if measure else kept_costs()
    if costs is None:
        return "exact scan"
    return f"exact scan; {choose(codes, bits, k=TYPICAL_HITS, costs=costs).reason}"


def _absolute(folder: str | os.PathLike[str]) -> str:
    """Absolute without following links: a folder keeps the name that the user knows."""
    return os.path.abspath(os.path.expanduser(os.fspath(folder)))
