"""PDQ, Meta's perceptual hash: 256 bits that survive recompression, scaling and small edits.

Source: Meta, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019
(``hashing.pdf`` in the ThreatExchange repository); compared with others by Dalins, Wilson and
Boudry, "PDQ & TMK + PDQF: A Test Drive of Facebook's Perceptual Hashing Algorithms", 2019.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes.loading import Loading
from lookalike.encoders import pdq_plain
from lookalike.encoders.arguments import check_pictures
from lookalike.errors import UsageError
from lookalike.system.processors import processors
from lookalike.types import Codes, Encoded, InputSpec, Pixels

__all__ = ["DIHEDRAL", "MATCH_DISTANCE", "PDQ", "USABLE_QUALITY"]

MATCH_DISTANCE = 31
"""Codes up to this many bits apart show the same picture, as PDQ's authors recommend."""

USABLE_QUALITY = 50
"""Codes of pictures below this quality (flat ones) match by chance; the authors discard them."""

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
"""What each row of :meth:`PDQ.dihedral` is the code of: the picture turned counterclockwise by so
many degrees, flipped, or mirrored at its main or its other diagonal (the names that Pillow has)."""

_SMALLEST = 5  # pixels a side; the published program gives smaller pictures no code
_FEWEST_FOR_THREADS = 8  # pictures; below, starting threads costs more than it gains
_FIRST_PICTURES = 16  # that a process hashes before the compiled kernels are loaded beside its work

_i, _j = np.indices((16, 16))
_VERTICAL = np.where(_i % 2, 1, -1).astype(np.float32)  # [i, j] is frequency i + 1 downwards, so
_HORIZONTAL = np.where(_j % 2, 1, -1).astype(np.float32)  # index 0 is odd and changes its sign


class PDQ:
    """The encoder of the code ``pdq``.

    Codes equal those of ThreatExchange's C++ program for the same pixels. The first bit (the most
    significant of byte 0) is the highest frequency and the last the lowest, so that
    ``code.tobytes().hex()`` is the hash as ThreatExchange writes it and ``bytes.fromhex`` reads it.
    Pictures are brought to 512 pixels first, which the specification allows.

    Args:
        threads: for batches; by default as many as the process may use processors.

    Raises:
        UsageError: ``threads`` below 1.
    """

    name = "pdq"
    bits = 256
    embedding_size = 0
    input = InputSpec(512, "within", "bilinear")
    fingerprint = "pdq:1:512-within-bilinear"
    """To be changed with every change that could give the same picture another code."""

    def __init__(self, threads: int | None = None) -> None:
        if threads is not None and (type(threads) is not int or threads < 1):
            raise UsageError(f"threads must be at least 1, not {threads!r}")
        self._threads = threads if threads is not None else processors()
        scale = float(np.float32(math.sqrt(2 / 64)))
        self._cosines: npt.NDArray[np.float32] = np.array(
            [
                [scale * math.cos(math.pi / 2 / 64 * i * (2 * j + 1)) for j in range(64)]
                for i in range(1, 17)
            ],
            dtype=np.float32,
        )

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
        return Encoded(_codes(frequencies), quality=quality)

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
        encoded = self._transform([pixels])
        a = encoded[0][0]
        both = _VERTICAL * _HORIZONTAL
        return _eight(a, a * _HORIZONTAL, a * _VERTICAL, a * both), int(encoded[1][0])

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
        _check(pixels)
        kernels = _KERNELS.asked()
        plane = _luma(kernels, pixels)
        flips = np.stack([plane, plane[:, ::-1], plane[::-1], plane[::-1, ::-1]])
        frequencies, quality = self._lowest(kernels, flips)
        return _eight(*frequencies), quality[0]

    def _transform(
        self, pictures: Sequence[Pixels]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
        """Frequencies (n, 16, 16), zero for pictures too small, and quality (n,)."""
        check_pictures(pictures)
        n = len(pictures)
        frequencies = np.zeros((n, 16, 16), dtype=np.float32)
        quality = np.zeros(n, dtype=np.uint8)
        for picture in pictures:
            _check(picture)
        # A few pictures need no compiler; many can wait for it.
        kernels = _KERNELS.asked(n) if n <= _FEWEST_FOR_THREADS else _KERNELS.now()

        def transform(start: int, step: int) -> None:
            for row in range(start, n, step):
                plane = _luma(kernels, pictures[row])
                made, found = self._lowest(kernels, plane[None])
                frequencies[row], quality[row] = made[0], found[0]

        threads = min(self._threads, n // (_FEWEST_FOR_THREADS // 2))
        if threads < 2:
            transform(0, 1)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(transform, range(threads), [threads] * threads))
        return frequencies, quality

    def _lowest(
        self, kernels: Any, planes: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.float32], list[int]]:
        """Frequencies (n, 16, 16) of planes of one size, and quality; the planes are used up."""
        frequencies = np.zeros((len(planes), 16, 16), np.float32)
        if min(planes.shape[1:]) < _SMALLEST:
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


_KERNELS = Loading(_kernels, _FIRST_PICTURES)


def _luma(kernels: Any, picture: Pixels) -> npt.NDArray[np.float32]:
    """Brightness of an RGB picture, float32 (height, width)."""
    if kernels is None:
        return pdq_plain.luma(picture)
    plane = np.empty(picture.shape[:2], dtype=np.float32)
    kernels.luma(np.ascontiguousarray(picture).reshape(-1), plane.reshape(-1))
    return plane


def _eight(
    upright: npt.NDArray[np.float32],
    left_right: npt.NDArray[np.float32],
    top_bottom: npt.NDArray[np.float32],
    both: npt.NDArray[np.float32],
) -> Codes:
    """Codes in the order of DIHEDRAL from the frequencies of a picture and of its flips."""
    return _codes(
        np.stack(
            [
                upright,
                left_right.T,
                both,
                top_bottom.T,
                top_bottom,
                left_right,
                upright.T,
                both.T,
            ]
        )
    )


def _codes(frequencies: npt.NDArray[np.float32]) -> Codes:
    """A bit for each frequency above the lower median: (n, 16, 16) to uint8 (n, 32).

    All zeros (a picture too small to have frequencies) give the code of zeros.
    """
    flat = frequencies.reshape(-1, 256)
    median = np.partition(flat, 127, axis=1)[:, 127:128]
    return np.packbits((flat > median)[:, ::-1], axis=1)


def _check(picture: Pixels) -> None:
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
            f"pdq takes RGB pictures, uint8 (height, width, 3), not {found}; "
            "prepare them with lookalike.images.decode"
        )
