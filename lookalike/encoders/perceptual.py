"""PDQ, Meta's perceptual hash: 256 bits that survive recompression, scaling and small edits.

This is the published hash, to the bit: for exchanging codes with others, and for libraries that
were made with it. What a library gets today is :mod:`lookalike.encoders.pdq_area`.

Source: Meta, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019
(``hashing.pdf`` in the ThreatExchange repository); compared with others by Dalins, Wilson and
Boudry, "PDQ & TMK + PDQF: A Test Drive of Facebook's Perceptual Hashing Algorithms", 2019.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes.loading import Loading
from lookalike.encoders import pdq_plain
from lookalike.encoders.perceptual_hash import (
    DIHEDRAL,
    FIRST_PICTURES,
    SMALLEST,
    CopyLimits,
    Frequencies,
    PerceptualHash,
    eight,
)
from lookalike.types import Codes, Pixels

__all__ = ["DIHEDRAL", "MATCH_DISTANCE", "PDQ", "USABLE_QUALITY"]

MATCH_DISTANCE = 31
"""Codes up to this many bits apart show the same picture, as PDQ's authors recommend."""

USABLE_QUALITY = 50
"""Codes of pictures below this quality (flat ones) match by chance; the authors discard them."""


class PDQ(PerceptualHash):
    """The encoder of the code ``pdq``.

    Codes equal those of ThreatExchange's C++ program for the same pixels. The first bit (the most
    significant of byte 0) is the highest frequency and the last the lowest, so that
    ``code.tobytes().hex()`` is the hash as ThreatExchange writes it and ``bytes.fromhex`` reads it.
    Pictures are brought to 512 pixels first, which the specification allows. Smaller ones stay as
    they are, and the reduction to 64 x 64 depends on their size: the codes of a picture and of its
    copy of 127 pixels are a median of 20 bits apart.

    Args:
        threads: for batches; by default as many as the process may use processors.

    Raises:
        UsageError: ``threads`` below 1.
    """

    name = "pdq"
    fingerprint = "pdq:1:512-within-bilinear"
    limits = CopyLimits(edited=MATCH_DISTANCE, near=64, quality=USABLE_QUALITY)

    def __init__(self, threads: int | None = None) -> None:
        super().__init__(threads)
        scale = float(np.float32(math.sqrt(2 / 64)))
        self._cosines: npt.NDArray[np.float32] = np.array(
            [
                [scale * math.cos(math.pi / 2 / 64 * i * (2 * j + 1)) for j in range(64)]
                for i in range(1, 17)
            ],
            dtype=np.float32,
        )

    def dihedral(self, pixels: Pixels) -> tuple[Codes, int]:
        """Estimate the codes of the eight rotations and flips of a picture from one transform.

        As ThreatExchange does: turning or flipping a picture permutes its frequencies and changes
        their signs. The reduction to 64 x 64 isn't quite symmetric, so that the codes of pictures
        that were really flipped are some bits away (in small photographs up to 64, in the mean 8
        to 25). :meth:`turned` takes four times as long and is exact.

        Args:
            pixels: RGB, uint8 (height, width, 3), as for :meth:`encode`.

        Returns:
            Codes, uint8 (8, 32), in the order of :data:`DIHEDRAL`, the first being the picture's
            own; and its quality, 0 to 100.

        Raises:
            UsageError: a picture of another type or shape.
        """
        frequencies, quality = self._transform([pixels])
        return eight(frequencies[0]), int(quality[0])

    def turned(self, pixels: Pixels) -> tuple[Codes, int]:
        """The codes of the eight rotations and flips of a picture, its flips hashed by themselves.

        Row ``r`` is what :meth:`encode` gives for the picture turned so (up to rounding where that
        swaps the sides, rarely 2 bits): a copy that was turned without loss is at distance 0.

        Args:
            pixels: RGB, uint8 (height, width, 3), as for :meth:`encode`.

        Returns:
            Codes, uint8 (8, 32), in the order of :data:`DIHEDRAL`, the first being the picture's
            own; and its quality, 0 to 100.

        Raises:
            UsageError: a picture of another type or shape.
        """
        self._check(pixels)
        kernels = _KERNELS.asked()
        plane = _luma(kernels, pixels)
        flips = np.stack([plane, plane[:, ::-1], plane[::-1], plane[::-1, ::-1]])
        frequencies, quality = self._lowest(kernels, flips)
        return eight(*frequencies), quality[0]

    def _kernels(self) -> Loading[Any]:
        return _KERNELS

    def _frequencies(self, kernels: Any, pixels: Pixels) -> tuple[Frequencies, int]:
        frequencies, quality = self._lowest(kernels, _luma(kernels, pixels)[None])
        return frequencies[0], quality[0]

    def _lowest(
        self, kernels: Any, planes: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.float32], list[int]]:
        """Frequencies (n, 16, 16) of planes of one size, and quality; the planes are used up."""
        frequencies = np.zeros((len(planes), 16, 16), np.float32)
        if min(planes.shape[1:]) < SMALLEST:
            return frequencies, [0] * len(planes)
        if kernels is None:
            return pdq_plain.low_frequencies(planes, self._cosines)
        quality = [
            kernels.low_frequencies(plane, self._cosines, row)
            for plane, row in zip(planes, frequencies, strict=True)
        ]
        return frequencies, quality


def _kernels() -> Any:
    # Here, not above: Numba takes a third of a second to import, and a question or two, or asking
    # an encoder for its name or its input, needs none of it.
    from lookalike.encoders import pdq_kernels

    return pdq_kernels


_KERNELS = Loading(_kernels, FIRST_PICTURES)


def _luma(kernels: Any, picture: Pixels) -> npt.NDArray[np.float32]:
    """Brightness of an RGB picture, float32 (height, width)."""
    if kernels is None:
        return pdq_plain.luma(picture)
    plane = np.empty(picture.shape[:2], dtype=np.float32)
    kernels.luma(np.ascontiguousarray(picture).reshape(-1), plane.reshape(-1))
    return plane
