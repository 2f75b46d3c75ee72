"""The one class that composes a library's parts: index folders, search by a picture."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.encoders.perceptual import PDQ
from lookalike.errors import LibraryNotFoundError, LibraryReadOnlyError, UsageError
from lookalike.images.borders import without_borders
from lookalike.images.decode import prepare
from lookalike.images.fitting import fit
from lookalike.images.pool import DecodePool
from lookalike.library import cache, schema
from lookalike.library.catalog import Catalog, EncoderRow, is_under
from lookalike.library.connection import writer_lock
from lookalike.library.ingest import Ingest
from lookalike.library.models import SLOTS, Models
from lookalike.library.reports import (
    CodeStatus,
    FolderStatus,
    IndexReport,
    LedgerEntry,
    OnProgress,
    SearchResult,
    Status,
)
from lookalike.library.search import CodeChoice, Question, Table, merge
from lookalike.types import Decoded, Encoder, InputSpec, Limits

__all__ = ["Library"]

Picture: TypeAlias = "str | os.PathLike[str] | bytes | Image.Image | npt.NDArray[np.generic]"

# A search that finds the library changed renews its tables only if that took less than this share
# of the time since; else a library that is being indexed would be read again for every search.
REFRESH_SHARE = 0.1


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
        self._tables: dict[str, Table] = {}
        self._refreshed = (0.0, 0.0)  # when the tables were made, and how long it took
        self._pools: dict[tuple[tuple[str, InputSpec], ...], DecodePool] = {}
        self._lock = threading.RLock()
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
        photo: str = "photo-256",
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

    def close(self) -> None:
        """End the decoding processes, merge the write-ahead log and close the file."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            for pool in self._pools.values():
                pool.close()
            self._tables.clear()
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
        encoders: dict[int, Encoder] = {row.id: self._models.encoder(row) for row in rows}
        inputs = {str(key): encoder.input for key, encoder in encoders.items()}
        with DecodePool(inputs, limits=self._limits, workers=self._workers) as pool:
            ingest = Ingest(self._catalog, encoders, pool, progress=progress, stop=stop)
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
        if not 1 <= k <= 10_000:
            raise UsageError(f"k is 1 to 10,000, not {k}")
        if code not in ("pdq", "photo", "both"):
            raise UsageError(f"code is 'pdq', 'photo' or 'both', not {code!r}")
        clock = _Clock()
        rows = self._rows(code)
        specs = {row.slot: self._models.encoder(row).input for row in rows}
        specs["pdq"] = PDQ.input  # large enough to look for borders in, whatever is asked
        decoded = self._decode(picture, specs)
        clock.lap("decode")
        question = self._question(decoded, rows)
        clock.lap("encode")
        tables = self._fresh_tables(rows)
        clock.lap("open")
        hits, exact = merge(self._catalog, tables, question, k)
        clock.lap("search")
        return SearchResult(_name(picture), exact, hits, clock.laps())

    def status(self) -> Status:
        """Counts, sizes, folders and the ledger."""
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
            codes=tuple(self._code_status(row) for row in rows.values()),
            folders=tuple(
                FolderStatus(path, os.path.isdir(path), catalog.count_present(path), patterns)
                for path, patterns in catalog.folders()
            ),
            ledger=tuple(LedgerEntry(*entry) for entry in catalog.ledger()),
        )

    def _code_status(self, row: EncoderRow) -> CodeStatus:
        pictures = self._catalog.count("SELECT count(*) FROM codes WHERE encoder = ?", [row.id])
        stale = pictures if self._models.is_stale(row) else 0
        return CodeStatus(
            name=row.name,
            bits=row.bits,
            fingerprint=row.fingerprint,
            pictures=pictures,
            stale=stale,
            index="exact scan",
        )

    def _rows(self, code: CodeChoice) -> list[EncoderRow]:
        current = self._models.current()
        slots = SLOTS if code == "both" else (code,)
        if not all(slot in current for slot in slots):
            raise LibraryNotFoundError(f"{self.path} holds no codes yet: index a folder first")
        return [current[slot] for slot in slots]

    def _question(self, decoded: Decoded, rows: Sequence[EncoderRow]) -> Question:
        """Encode a query by the road that indexed pictures take, and what is inside its borders."""
        pdq, quality, photo = None, 0, None
        inner = without_borders(decoded.inputs["pdq"])
        for row in rows:
            encoder = self._models.encoder(row)
            views = [decoded.inputs[row.slot]]
            if inner is not None:
                views.append(np.asarray(fit(Image.fromarray(inner), encoder.input)))
            if isinstance(encoder, PDQ):
                turned = [encoder.turned(view) for view in views]
                pdq = np.concatenate([codes for codes, _ in turned])
                quality = max(quality for _, quality in turned)
            else:
                photo = encoder.encode(views)
        return Question(decoded.content_digest, decoded.pixel_digest, pdq, quality, photo)

    def _decode(self, picture: Picture, specs: dict[str, InputSpec]) -> Decoded:
        if isinstance(picture, bytes):
            return self._pool(specs).decode(picture)
        if isinstance(picture, str | os.PathLike):
            return self._pool(specs).decode(os.path.expanduser(os.fspath(picture)))
        return prepare(picture, specs, self._limits)

    def _fresh_tables(self, rows: Sequence[EncoderRow]) -> dict[str, Table]:
        """The tables of these encoders, renewed if the library has changed since."""
        with self._lock:
            stamp = self._catalog.stamp()
            when, took = self._refreshed
            found = {r.slot: self._tables[r.slot] for r in rows if r.slot in self._tables}
            complete = all(r.slot in found and found[r.slot].codes.encoder.id == r.id for r in rows)
            fresh = complete and all(t.codes.stamp == stamp for t in found.values())
            if fresh or (complete and time.monotonic() - when < took / REFRESH_SHARE):
                return found
            started = time.monotonic()
            found = {row.slot: Table(cache.load(self._catalog, row)) for row in rows}
            self._tables.update(found)
            self._refreshed = (time.monotonic(), time.monotonic() - started)
            return found

    def _pool(self, specs: dict[str, InputSpec]) -> DecodePool:
        """The pool for these inputs; its processes start at its first picture and stay."""
        key = tuple(sorted(specs.items()))
        with self._lock:
            if key not in self._pools:
                self._pools[key] = DecodePool(specs, limits=self._limits, workers=self._workers)
            return self._pools[key]


class _Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self._laps[name] = now - self._last
        self._last = now

    def laps(self) -> dict[str, float]:
        return {**self._laps, "total": self._last - self._start}


def _absolute(folder: str | os.PathLike[str]) -> str:
    """Absolute without following links: a folder keeps the name that the user knows."""
    return os.path.abspath(os.path.expanduser(os.fspath(folder)))


def _name(picture: Picture) -> str:
    if isinstance(picture, str | os.PathLike):
        return os.fspath(picture)
    return f"<{len(picture)} bytes>" if isinstance(picture, bytes) else "<pixels>"
