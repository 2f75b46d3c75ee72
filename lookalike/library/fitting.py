"""Fitting a third-party photo encoder on a library's own pictures.

A new library has a fit on no pictures. Before anything is encoded, the first indexing draws up to
``SAMPLE`` files from its folders, fits on them and stores the fit: all that follows, pictures and
queries, goes through it. A fit on few pictures is made anew when there are twice as many files, as
long as there are fewer than ``ENOUGH``; the codes of those few pictures are then made again, while
the old ones answer. A killed process leaves either no new fit or a whole one.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from lookalike.encoders.fits import ENOUGH, SAMPLE
from lookalike.encoders.fitted import FittedEncoder
from lookalike.encoders.towers import Floats
from lookalike.errors import PictureError
from lookalike.library.models import Models
from lookalike.library.records import EncoderInfo
from lookalike.library.reports import OnProgress, Progress
from lookalike.library.store import Store
from lookalike.road import Road, draw
from lookalike.sources.folders import Folder
from lookalike.sources.tour import Tour
from lookalike.sources.walk import Found
from lookalike.types import Limits

__all__ = ["Fitting", "draw_files"]

_GROWTH = 2
_BATCH = 16


class Fitting:
    """Decides whether a fit is due, and makes it. The caller holds the writer's lock.

    Args:
        store: of the library.
        models: its encoders.
        limits: for decoding a picture.
        workers: decoding processes.
        progress: called after every batch.
        stop: set it to end without a fit.
    """

    def __init__(
        self,
        store: Store,
        models: Models,
        limits: Limits,
        workers: int | None,
        progress: OnProgress | None,
        stop: threading.Event | None,
    ) -> None:
        self._store = store
        self._models = models
        self._limits = limits
        self._workers = workers
        self._progress = progress
        self._stop = stop or threading.Event()

    def grown(self) -> EncoderInfo:
        """The photo encoder that indexing should make codes of: the current one, or a better fit.

        Where the current one has no codes yet, the better one takes its place at once.
        """
        row = self._models.current()["photo"]
        stored = self._models.recipe(row)
        if stored is None or stored.pictures >= ENOUGH:
            return row
        unfinished = self._models.unfinished(row.slot, stored.recipe)
        if unfinished is not None:
            return unfinished
        folders = self._folders()
        if self._has_codes(row) and not all(folder.is_reachable() for folder in folders):
            return row  # the codes of what is offline can't be made again
        paths, files = draw_files(folders, SAMPLE, self._stop)
        if self._stop.is_set() or files < max(1, _GROWTH * stored.drawn_from):
            return row
        encoder = self._models.encoder(row)
        if not isinstance(encoder, FittedEncoder):
            raise RuntimeError(f"{row.name} has a fit and can't be fitted")
        return self._fit(row, row.origin, encoder, paths, files)

    def renewed(self, row: EncoderInfo, photo: str | None) -> EncoderInfo:
        """The photo encoder that a reindex replaces ``row`` by, made known.

        Args:
            row: the current one.
            photo: what the user asks for; a model with a fit is fitted anew.
        """
        if photo is None and self._models.recipe(row) is not None:
            return self.grown()
        if photo is None:
            with self._store.writing():
                return self._models.renewed(row)
        origin, encoder = self._models.open(photo)
        if isinstance(encoder, FittedEncoder):
            unfinished = self._models.unfinished(row.slot, encoder.recipe)
            if unfinished is not None:
                return unfinished
            paths, files = draw_files(self._folders(), SAMPLE, self._stop)
            return self._fit(row, origin, encoder, paths, files)
        with self._store.writing():
            return self._models.add(row.slot, origin, encoder, current=False)

    def _folders(self) -> list[Folder]:
        return [
            Folder(folder.path, folder.exclude, folder.everything)
            for folder in self._store.folders()
        ]

    def _fit(
        self,
        row: EncoderInfo,
        origin: str,
        encoder: FittedEncoder,
        paths: Sequence[str],
        files: int,
    ) -> EncoderInfo:
        """The encoder fitted on these of the files, made known; ``row`` if it was stopped."""
        features = self._features(encoder, paths)
        if features is None:
            return row
        fitted = encoder.fitted(features, drawn_from=files)
        with self._store.writing():
            made = self._models.add(row.slot, origin, fitted, current=False)
            if not self._has_codes(row):
                self._store.make_current(made)
        return made

    def _features(self, encoder: FittedEncoder, paths: Sequence[str]) -> Floats | None:
        """The features of the files that can be read, in order; ``None`` if it was stopped."""
        done = failed = 0

        def fail(_number: int, _error: PictureError) -> None:
            nonlocal failed
            failed += 1

        def tell(count: int) -> None:
            nonlocal done
            done += count
            if self._progress is not None and (done % _BATCH == 0 or done == len(paths)):
                self._progress(Progress(len(paths), done, done - failed, 0, failed, "fitting"))

        with Road({0: encoder}, limits=self._limits, workers=self._workers) as road:
            return road.features(0, enumerate(paths), failed=fail, progress=tell, stop=self._stop)

    def _has_codes(self, row: EncoderInfo) -> bool:
        return self._store.count_codes(row.id) > 0


def draw_files(
    folders: Sequence[Folder], most: int, stop: threading.Event | None = None
) -> tuple[list[str], int]:
    """Files of folders, drawn at random but each time the same, and how many there are."""
    reached = [folder for folder in folders if folder.is_reachable()]
    found = (entry.path for entry in Tour(reached) if isinstance(entry, Found))
    return draw(found, most, stop)
