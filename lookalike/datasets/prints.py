"""What pictures are recognised by: digests of their pixels, and perceptual codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.datasets.reading import pixel_digests, refusal
from lookalike.datasets.subsets import Subset
from lookalike.encoders.learned_from import LearnedFrom
from lookalike.encoders.pdq_area import PDQArea
from lookalike.errors import PictureError
from lookalike.road import Road
from lookalike.types import Codes, Encoded, InputSpec, Pixels

__all__ = ["TURNS", "Prints", "learned_from", "perceptual_codes"]

TURNS = 8
"""Rotations and flips of a picture, itself among them."""

_KEY = "prints"


@dataclass(frozen=True, slots=True, eq=False)
class Prints:
    """Perceptual codes of a subset's pictures.

    Attributes:
        codes: uint8 (n, 8, 32) with all turns, else uint8 (n, 1, 32).
        usable: whether the codes mean something, bool (n,): those of a flat colour don't.
    """

    codes: Codes
    usable: npt.NDArray[np.bool_]


def perceptual_codes(
    subset: Subset,
    *,
    turned: bool = False,
    workers: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> Prints:
    """The perceptual codes (``pdq-area``) of all pictures of a subset.

    Args:
        subset: whose pictures.
        turned: also those of the seven rotations and flips, at four times the time.
        workers: decoding processes; by default one for each processor.
        progress: called with a number of pictures that are done.

    Raises:
        LookalikeError: a file can't be read.
    """
    encoder = _Turned() if turned else PDQArea()
    names = subset.pictures if isinstance(subset.pictures, tuple) else subset.names
    codes: list[npt.NDArray[np.uint8]] = []
    quality: list[int] = []
    with Road({_KEY: encoder}, workers=workers) as road:
        for name, made in road.codes(zip(names, subset.pictures, strict=True)):
            if isinstance(made, PictureError):
                raise refusal(name, made) from made
            found = made.codes[_KEY]
            codes.append(found.code.reshape(-1, 32))
            quality.append(found.quality or 0)
            if progress is not None:
                progress(1)
    rows = np.stack(codes) if codes else np.empty((0, TURNS if turned else 1, 32), np.uint8)
    return Prints(rows, np.asarray(quality, np.int64) >= PDQArea.limits.quality)


def learned_from(
    subset: Subset,
    *,
    workers: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> LearnedFrom:
    """The record of the pictures of a subset.

    Raises:
        LookalikeError: a file can't be read.
    """
    prints = perceptual_codes(subset, workers=workers, progress=progress)
    codes = prints.codes[prints.usable].reshape(-1, 32)
    return LearnedFrom.of(pixel_digests(subset, workers=workers), codes)


class _Turned:
    """All turns of a perceptual hash as one wide code, so that they go the road together."""

    name = f"{PDQArea.name}-turned"
    bits = TURNS * PDQArea.bits
    fingerprint = f"{PDQArea.fingerprint}:turned"
    embedding_size = 0
    input: InputSpec = PDQArea.input

    def __init__(self) -> None:
        self._hash = PDQArea(1)

    def encode(self, pictures: Sequence[Pixels]) -> Encoded:
        """As its parts do, one picture after the other."""
        made = [self._hash.turned(picture) for picture in pictures]
        codes = np.stack([codes.ravel() for codes, _ in made])
        return Encoded(codes, quality=np.array([quality for _, quality in made], np.uint8))
