"""The codes of a data set's pictures: made by a model, or out of a file of codes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lookalike.datasets import Subset
from lookalike.datasets.reading import pixel_digests, refusal
from lookalike.encoders import registry
from lookalike.encoders.fits import SAMPLE
from lookalike.encoders.fitted import FittedEncoder
from lookalike.errors import LookalikeError, PictureError, UsageError
from lookalike.evaluation.kept_codes import directions, read_codes
from lookalike.road import Picture, Road, draw
from lookalike.types import Codes, Encoder

__all__ = ["CodeMaker", "Embeddings", "PartCodes", "fit_maker", "open_maker"]

Embeddings = npt.NDArray[np.int8] | npt.NDArray[np.floating[Any]]
"""Real features, (n, d); only their direction means something."""

_KEY = "model"


@dataclass(frozen=True, slots=True, eq=False)
class PartCodes:
    """What a model makes of a subset, row by row.

    Attributes:
        codes: packed, uint8 (n, ceil(bits / 8)).
        embeddings: (n, d), or ``None`` where there are none.
    """

    codes: Codes
    embeddings: Embeddings | None


class CodeMaker(Protocol):
    """Where codes come from."""

    @property
    def name(self) -> str:
        """Of the model, or of the file."""

    @property
    def bits(self) -> int:
        """Width of the codes."""

    def of(self, subset: Subset, progress: Callable[[int], object] | None = None) -> PartCodes:
        """The codes of all pictures of a subset.

        Args:
            subset: whose pictures.
            progress: called with a number of pictures that are done.

        Raises:
            LookalikeError: a picture can't be read, or the file has no code of it.
        """


def open_maker(model: str, *, threads: int | None = None, shipped: bool = False) -> CodeMaker:
    """A model by its name or path, or a file of codes.

    Args:
        model: as of :func:`lookalike.encoders.registry.load`, or the path of an ``.npz`` file that
            ``lookalike encode`` wrote. Such a file's rows are found by the path of the picture
            (``paths``), or by the SHA-256 of its pixels (``digests``, uint8 (n, 32)).
        threads: of a neural model.
        shipped: take the codes that are shipped with a model, as far as there are some.

    Raises:
        UsageError: no model has this name, or the file holds no codes.
        ModelError: the model's file is missing or damaged.
        OSError: the file of codes can't be read.
    """
    if model.lower().endswith(".npz"):
        return _Kept(Path(model))
    features = registry.features_path(model) if shipped else None
    if features is not None:
        return _Shipped(model, features, threads)
    return _Encoding(registry.load(model, threads=threads), threads)


def fit_maker(maker: CodeMaker, subset: Subset) -> None:
    """Let a maker learn what it has to from the pictures of a subset, without their labels.

    Only third-party models have to: their codes are fitted on up to
    :data:`~lookalike.encoders.fits.SAMPLE` of the pictures.

    Raises:
        LookalikeError: a picture can't be read.
    """
    if isinstance(maker, _Encoding):
        maker.fit(subset)


class _Encoding:
    """Codes that are made now."""

    def __init__(self, encoder: Encoder, threads: int | None) -> None:
        self._encoder = encoder
        self._threads = threads

    @property
    def name(self) -> str:
        return self._encoder.name

    @property
    def bits(self) -> int:
        return self._encoder.bits

    def fit(self, subset: Subset) -> None:
        """Fit a model that needs it on pictures of a subset, the same ones each time."""
        encoder = self._encoder
        if not isinstance(encoder, FittedEncoder):
            return
        rows, count = draw(range(len(subset)), SAMPLE)
        sample = subset.take(sorted(rows))

        def failed(name: str, error: PictureError) -> None:
            raise refusal(name, error) from error

        with Road({_KEY: encoder}, workers=self._threads) as road:
            features = road.features(_KEY, _named(sample), failed=failed)
        if features is not None:
            self._encoder = encoder.fitted(features, drawn_from=count)

    def of(self, subset: Subset, progress: Callable[[int], object] | None = None) -> PartCodes:
        if not len(subset):
            raise LookalikeError("there are no pictures to make codes of")
        codes, embeddings = [], []
        with Road({_KEY: self._encoder}, workers=self._threads) as road:
            for name, made in road.codes(_named(subset)):
                if isinstance(made, PictureError):
                    raise refusal(name, made) from made
                found = made.codes[_KEY]
                codes.append(found.code)
                if found.embedding is not None:
                    embeddings.append(found.embedding)
                if progress is not None:
                    progress(1)
        return PartCodes(np.stack(codes), np.stack(embeddings) if embeddings else None)


def _named(subset: Subset) -> Iterator[tuple[str, Picture]]:
    """Each picture with what messages call it: its path, where it is a file."""
    pictures = subset.pictures
    names = pictures if isinstance(pictures, tuple) else subset.names
    return zip(names, pictures, strict=True)


class _Shipped:
    """Codes that are shipped with a model; of pictures that they aren't of, codes made now."""

    def __init__(self, model: str, features: Path, threads: int | None) -> None:
        self._model = model
        self._threads = threads
        self._card = registry.card(model)
        self._kept = read_codes(features)

    @property
    def name(self) -> str:
        return self._card.name

    @property
    def bits(self) -> int:
        return self._card.bits

    def of(self, subset: Subset, progress: Callable[[int], object] | None = None) -> PartCodes:
        rows = self._kept.rows(pixel_digests(subset, workers=self._threads))
        missing, there = np.flatnonzero(rows < 0), rows >= 0
        if progress is not None:
            progress(int(there.sum()))
        codes = np.empty((len(rows), self._kept.codes.shape[1]), np.uint8)
        codes[there] = self._kept.codes[rows[there]]
        known = self._kept.embeddings
        embeddings = None if known is None else np.empty((len(rows), known.shape[1]), known.dtype)
        if embeddings is not None and known is not None:
            embeddings[there] = known[rows[there]]
        if len(missing) or not len(subset):
            model = registry.load(self._model, threads=self._threads)
            made = _Encoding(model, self._threads).of(subset.take(missing), progress)
            codes[missing] = made.codes
            if embeddings is not None and made.embeddings is not None:
                embeddings[missing] = directions(made.embeddings)
        return PartCodes(codes, embeddings)


class _Kept:
    """Codes out of a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._kept = read_codes(file)

    @property
    def name(self) -> str:
        return self._kept.name

    @property
    def bits(self) -> int:
        return self._kept.bits

    def of(self, subset: Subset, progress: Callable[[int], object] | None = None) -> PartCodes:
        rows = self._rows(subset)
        missing = np.flatnonzero(rows < 0)
        if len(missing):
            raise LookalikeError(
                f"{self._file} has no code of {len(missing):,} of {len(subset):,} pictures, such "
                f"as {subset.names[missing[0]]}: encode this data set"
            )
        if progress is not None:
            progress(len(subset))
        embeddings = self._kept.embeddings
        return PartCodes(
            np.ascontiguousarray(self._kept.codes[rows]),
            None if embeddings is None else embeddings[rows],
        )

    def _rows(self, subset: Subset) -> npt.NDArray[np.int64]:
        """Of each picture of the subset its row in the file, -1 where there is none."""
        if self._kept.digests is not None:
            return self._kept.rows(pixel_digests(subset))
        if self._kept.paths is None or not isinstance(subset.pictures, tuple):
            raise UsageError(
                f"{self._file} names files, and this data set has none: give the model itself, or "
                "a file with digests"
            )
        places = {os.path.realpath(str(path)): row for row, path in enumerate(self._kept.paths)}
        found = [places.get(os.path.realpath(path), -1) for path in subset.pictures]
        return np.asarray(found, np.int64)
