"""What the perceptual hashes have in common: codes of a picture and its turns from frequencies.

A perceptual hash answers for the slot ``pdq``: it finds the same picture, edited. Each one is a
class with a name and a fingerprint of its own, and with limits that were measured for it.

Source: see :mod:`lookalike.encoders.perceptual`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from lookalike.codes.loading import Loading
from lookalike.encoders.arguments import check_pictures
from lookalike.errors import UsageError
from lookalike.system.processors import processors
from lookalike.types import Codes, Encoded, InputSpec, Pixels

__all__ = [
    "DIHEDRAL",
    "FIRST_PICTURES",
    "SMALLEST",
    "CopyLimits",
    "Frequencies",
    "PerceptualHash",
    "codes_of",
    "eight",
]

DIHEDRAL = (
    "original",
    "rotate-90",
    "rotate-180",
    "rotate-270",
    "flip-top-bottom",
    "flip-left-right",
    "transpose",
    "transverse",
)
"""What each row of :func:`eight` is the code of: the picture turned counterclockwise by so many
degrees, flipped, or mirrored at its main or its other diagonal (the names that Pillow has)."""

SMALLEST = 5
"""Pixels a side; the published program of PDQ gives smaller pictures no code."""

FIRST_PICTURES = 16
"""That a process hashes before compiled kernels are loaded beside its work."""

_FEWEST_FOR_THREADS = 8  # pictures; below, starting threads costs more than it gains

_i, _j = np.indices((16, 16))
_VERTICAL = np.where(_i % 2, 1, -1).astype(np.int8)  # [i, j] is frequency i + 1 downwards, so
_HORIZONTAL = np.where(_j % 2, 1, -1).astype(np.int8)  # index 0 is odd and changes its sign

Frequencies = npt.NDArray[Any]
"""Numbers of any type that can be compared; the last two axes are 16 x 16, ``[i, j]`` is frequency
i + 1 from top to bottom and j + 1 from left to right."""


@dataclass(frozen=True, slots=True)
class CopyLimits:
    """What the distances of a perceptual hash mean.

    Attributes:
        edited: codes up to this many bits apart are of the same picture, edited.
        near: up to so many bits a picture that is no edited one may still come first among the
            alike: strong compression moves a copy that far, and photographs that are unrelated are
            hardly ever so near. Drawings in few strokes are, so that it doesn't outweigh a good
            likeness.
        quality: codes of pictures below this quality (flat ones) match by chance, and mean nothing.
    """

    edited: int
    near: int
    quality: int


class PerceptualHash(ABC):
    """An encoder of the slot ``pdq``: 256 bits from the 16 x 16 lowest frequencies of a picture.

    Args:
        threads: for batches; by default as many as the process may use processors.

    Raises:
        UsageError: ``threads`` below 1.
    """

    bits = 256
    embedding_size = 0
    input = InputSpec(512, "within", "bilinear")

    name: ClassVar[str]
    fingerprint: ClassVar[str]
    """To be changed with every change that could give the same picture another code. Libraries keep
    codes and no program: a class whose codes are in libraries stays, under its fingerprint."""
    limits: ClassVar[CopyLimits]

    def __init__(self, threads: int | None = None) -> None:
        if threads is not None and (type(threads) is not int or threads < 1):
            raise UsageError(f"threads must be at least 1, not {threads!r}")
        self._threads = threads if threads is not None else processors()

    def encode(self, pictures: Sequence[Pixels]) -> Encoded:
        """Hash pictures.

        Args:
            pictures: RGB, uint8 (height, width, 3), as :attr:`input` wants them; larger ones are
                hashed as they are. With a side below 5 pixels a picture has the code of zeros and
                quality 0; a flat picture has a code that means nothing and quality 0.

        Returns:
            Codes, uint8 (n, 32), and quality, uint8 (n,), 0 to 100. No embeddings.

        Raises:
            UsageError: a picture of another type or shape.
        """
        frequencies, quality = self._transform(pictures)
        return Encoded(codes_of(frequencies), quality=quality)

    @abstractmethod
    def turned(self, pixels: Pixels) -> tuple[Codes, int]:
        """The codes of the eight rotations and flips of a picture.

        Row ``r`` is what :meth:`encode` gives for the picture turned so: a copy that was turned
        without loss is at distance 0.

        Args:
            pixels: RGB, uint8 (height, width, 3), as for :meth:`encode`.

        Returns:
            Codes, uint8 (8, 32), in the order of :data:`DIHEDRAL`, the first being the picture's
            own; and its quality, 0 to 100.

        Raises:
            UsageError: a picture of another type or shape.
        """

    @abstractmethod
    def _frequencies(self, kernels: Any, pixels: Pixels) -> tuple[Frequencies, int]:
        """The frequencies (16, 16) of a picture and its quality; without ``kernels`` in NumPy."""

    @abstractmethod
    def _kernels(self) -> Loading[Any]:
        """The compiled kernels, which the first pictures of a process do without."""

    def _transform(self, pictures: Sequence[Pixels]) -> tuple[Frequencies, npt.NDArray[np.uint8]]:
        """Frequencies (n, 16, 16), zero for pictures too small, and quality (n,)."""
        check_pictures(pictures)
        n = len(pictures)
        made: list[tuple[Frequencies, int]] = [(np.empty(0), 0)] * n
        for picture in pictures:
            self._check(picture)
        # A few pictures need no compiler; many can wait for it.
        loading = self._kernels()
        kernels = loading.asked(n) if n <= _FEWEST_FOR_THREADS else loading.now()

        def transform(start: int, step: int) -> None:
            for row in range(start, n, step):
                made[row] = self._frequencies(kernels, pictures[row])

        threads = min(self._threads, n // (_FEWEST_FOR_THREADS // 2))
        if threads < 2:
            transform(0, 1)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(transform, range(threads), [threads] * threads))
        frequencies = np.array([found for found, _ in made]).reshape(n, 16, 16)
        return frequencies, np.array([quality for _, quality in made], np.uint8)

    def _check(self, picture: Pixels) -> None:
        if (
            not isinstance(picture, np.ndarray)
            or picture.dtype != np.uint8
            or picture.ndim != 3
            or picture.shape[2] != 3
            or 0 in picture.shape
        ):
            found = (
                f"{picture.dtype} {picture.shape}"
                if isinstance(picture, np.ndarray)
                else type(picture).__name__
            )
            raise UsageError(
                f"{self.name} takes RGB pictures, uint8 (height, width, 3), not {found}; "
                "prepare them with lookalike.images.decode"
            )


def eight(
    upright: Frequencies,
    left_right: Frequencies | None = None,
    top_bottom: Frequencies | None = None,
    both: Frequencies | None = None,
) -> Codes:
    """Codes in the order of DIHEDRAL from the frequencies of a picture and of its flips.

    Flips that aren't given are the picture's own frequencies, of which flipping changes the signs
    of the odd ones.
    """
    if left_right is None:
        left_right = upright * _HORIZONTAL
    if top_bottom is None:
        top_bottom = upright * _VERTICAL
    if both is None:
        both = upright * (_VERTICAL * _HORIZONTAL)
    turns = [
        upright,
        left_right.T,
        both,
        top_bottom.T,
        top_bottom,
        left_right,
        upright.T,
        both.T,
    ]
    return codes_of(np.stack(turns))


def codes_of(frequencies: Frequencies) -> Codes:
    """A bit for each frequency above the lower median: (n, 16, 16) to uint8 (n, 32).

    The first bit is the highest frequency and the last the lowest. All zeros (a picture too small
    to have frequencies) give the code of zeros.
    """
    flat = frequencies.reshape(-1, 256)
    median = np.partition(flat, 127, axis=1)[:, 127:128]
    return np.packbits((flat > median)[:, ::-1], axis=1)
