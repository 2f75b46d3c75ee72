"""Windows and buckets of the join of pairs, against NumPy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookalike.codes.bits import bytes_for, hamming, pack, to_words
from lookalike.codes.pair_keys import (
    PIECE_BITS,
    count_keys,
    differing,
    near_codes,
    near_windows,
    place,
    windows,
)
from lookalike.indexes import pairs_costs


def twin(codes: npt.NDArray[np.uint8], first: int, length: int) -> list[int]:
    """Bits in the order of words: the least of the first byte is the first."""
    bits = np.unpackbits(codes, axis=1, bitorder="little")
    ring = np.concatenate([bits, bits], axis=1)[:, first : first + length]
    return [sum(int(bit) << place for place, bit in enumerate(row)) for row in ring]


def address(array: npt.NDArray[np.generic]) -> int:
    return int(array.__array_interface__["data"][0])


@settings(deadline=None, max_examples=60)
@given(bits=st.integers(1, 300), seed=st.integers(0, 1 << 30), data=st.data())
def test_windows_equal_twin(bits: int, seed: int, data: st.DataObject) -> None:
    codes = pack(np.random.default_rng(seed).random((5, bits)) < 0.5)
    length = 8 * bytes_for(bits)
    first = data.draw(st.integers(0, length - 1))
    long = data.draw(st.integers(1, min(63, length)))
    expected = twin(codes, first, long)
    assert windows(codes, length, first, long).tolist() == expected
    assert windows(to_words(codes), length, first, long).tolist() == expected


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(("bits", "first", "key"), [(256, 200, 9), (64, 60, 5), (100, 3, 7)])
def test_buckets_hold_their_rows_in_order(bits: int, first: int, key: int, masked: bool) -> None:
    rng = np.random.default_rng(bits)
    codes = pack(rng.random((900, bits)) < 0.5)
    allowed = rng.random(900) < 0.4 if masked else np.ones(900, bool)
    length = 8 * bytes_for(bits)
    long = min(key + PIECE_BITS, length)
    where = address(codes), codes.shape[1], length, 0, 900, address(allowed) if masked else 0
    counts = np.zeros(1 << key, np.uint32)
    count_keys(*where, first, key, counts)
    keys = np.array(twin(codes, first, key))
    rows = np.flatnonzero(allowed)
    assert counts.tolist() == np.bincount(keys[rows], minlength=1 << key).tolist()
    places = (np.cumsum(counts) - counts).astype(np.uint32)
    pieces, found = np.zeros(len(rows), np.uint32), np.zeros(len(rows), np.uint32)
    place(*where, first, key, long, places, pieces, found)
    order = rows[np.argsort(keys[rows], kind="stable")]
    assert found.tolist() == order.tolist()
    whole = np.array(twin(codes, first, long))
    assert pieces.tolist() == (whole[order] >> key).tolist()


def test_samples_are_counted_as_they_are() -> None:
    codes = pack(np.random.default_rng(3).random((60, 128)) < 0.2)
    keys = windows(codes, 128, 100, 40)
    distances = hamming(codes, codes)[np.triu_indices(60, 1)]
    pairs = [(a, b) for i, a in enumerate(keys.tolist()) for b in keys.tolist()[i + 1 :]]
    apart = np.array([(a ^ b).bit_count() for a, b in pairs])
    assert differing(keys).tolist() == np.bincount(apart, minlength=65).tolist()
    assert near_codes(to_words(codes), 35) == np.count_nonzero(distances <= 35) > 0
    mask = (1 << 12) - 1
    near = [(a ^ b).bit_count() < 12 and ((a ^ b) & mask).bit_count() < 3 for a, b in pairs]
    assert near_windows(keys, np.uint64(mask), 3, 12) == sum(near) > 0


def test_a_plan_knows_how_long_a_piece_is() -> None:
    assert pairs_costs.PIECE_BITS == PIECE_BITS
