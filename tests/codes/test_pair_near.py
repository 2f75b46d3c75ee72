"""What the join of pairs compares 64 codes with at once, against NumPy."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pytest

from lookalike.codes.memory import pointer
from lookalike.codes.pair_near import FEW, PIECES, any_near, some_near, which_near


@numba.njit
def found(pieces: Any, piece: Any, limit: Any) -> Any:
    start = pointer(pieces.ctypes.data)
    return (
        any_near(start, piece, limit),
        which_near(start, piece, limit),
        some_near(start, piece, limit),
    )


def twin(pieces: npt.NDArray[np.uint32], piece: int, limit: int) -> npt.NDArray[np.bool_]:
    return np.bitwise_count(pieces ^ np.uint32(piece)) < limit


@pytest.mark.parametrize("kind", ["random", "near", "zeros", "ones"])
def test_near_pieces_equal_twin(kind: str) -> None:
    rng = np.random.default_rng(0)
    pieces = {
        "random": lambda: rng.integers(0, 1 << 32, PIECES, dtype=np.uint32),
        "near": lambda: np.uint32(1) << rng.integers(0, 32, PIECES).astype(np.uint32),
        "zeros": lambda: np.zeros(PIECES, np.uint32),
        "ones": lambda: np.full(PIECES, 0xFFFFFFFF, np.uint32),
    }[kind]()
    for piece in (0, 0xFFFFFFFF, int(pieces[7]), 0x12345678):
        for limit in (1, 2, 3, 12, 17, 32, 33):
            near = twin(pieces, piece, limit)
            some, which, few = found(pieces, np.uint32(piece), limit)
            bits = np.flatnonzero(near)
            assert bool(some) == bool(near.any())
            assert int(which) == sum(1 << int(bit) for bit in bits)
            assert int(few) == sum(1 << int(bit) for bit in bits[bits < FEW])
