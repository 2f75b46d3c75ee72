"""Packing, checking and the definition of Hamming distance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lookalike.codes import bits as codes_bits
from lookalike.codes.bits import (
    MAX_BITS,
    bytes_for,
    check,
    from_words,
    hamming,
    hamming_pairs,
    pack,
    to_words,
    unpack,
    words_for,
)
from lookalike.errors import UsageError

WIDTHS = st.one_of(st.integers(1, 300), st.sampled_from([511, 512, 513, 4095, 4096]))


@st.composite
def bit_rows(draw: st.DrawFn) -> np.ndarray:
    width, n = draw(WIDTHS), draw(st.integers(0, 5))
    return draw(arrays(np.uint8, (n, width), elements=st.integers(0, 1)))


@given(bit_rows())
def test_pack_and_unpack_are_inverse(rows: np.ndarray) -> None:
    width = rows.shape[1]
    packed = pack(rows)
    assert packed.dtype == np.uint8
    assert packed.shape == (len(rows), bytes_for(width))
    np.testing.assert_array_equal(unpack(packed, width), rows)
    np.testing.assert_array_equal(pack(rows.astype(bool)), packed)
    np.testing.assert_array_equal(pack(rows.astype(np.int64)), packed)


@given(bit_rows())
def test_padding_is_zero(rows: np.ndarray) -> None:
    assert np.unpackbits(pack(rows), axis=1)[:, rows.shape[1] :].sum() == 0
    check(pack(rows), rows.shape[1])


@given(bit_rows())
def test_words_and_codes_are_inverse(rows: np.ndarray) -> None:
    width = rows.shape[1]
    packed = pack(rows)
    words = to_words(packed)
    assert words.dtype == np.uint64
    assert words.dtype.isnative
    assert words.shape == (len(rows), words_for(width))
    assert words.flags.c_contiguous
    np.testing.assert_array_equal(from_words(words, width), packed)


@given(bit_rows())
def test_hamming_counts_differing_bits(rows: np.ndarray) -> None:
    other = rows[::-1] ^ (np.arange(rows.shape[1], dtype=np.uint8) % 2)
    expected = (rows[:, None, :] != other[None, :, :]).sum(2)
    a, b = pack(rows), pack(other)
    distances = hamming(a, b)
    assert distances.dtype == np.int32
    np.testing.assert_array_equal(distances, expected)
    np.testing.assert_array_equal(hamming_pairs(a, b), np.diagonal(expected))
    x = to_words(a)[:, None, :] ^ to_words(b)[None, :, :]
    by_words = np.unpackbits(x.view(np.uint8), axis=2).sum(2) if len(rows) else expected
    np.testing.assert_array_equal(by_words, expected)


def test_hamming_in_blocks_equals_hamming_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    a = rng.integers(0, 256, (23, 9), dtype=np.uint8)
    b = rng.integers(0, 256, (11, 9), dtype=np.uint8)
    whole = hamming(a, b)
    monkeypatch.setattr(codes_bits, "_BLOCK_BYTES", 4 * b.size)
    np.testing.assert_array_equal(hamming(a, b), whole)


def test_bit_order() -> None:
    assert pack([[1, 0, 0, 0, 0, 0, 0, 0, 1]]).tolist() == [[0x80, 0x80]]
    row = np.zeros((1, 16), dtype=np.uint8)
    row[0, 8] = 1
    assert to_words(row).tolist() == [[0, 1]]
    row[:] = 0
    row[0, 7] = 0x80
    assert to_words(row).tolist() == [[1 << 63, 0]]


def test_extremes() -> None:
    zeros, ones = pack(np.zeros((1, MAX_BITS), bool)), pack(np.ones((1, MAX_BITS), bool))
    assert hamming(zeros, ones).tolist() == [[MAX_BITS]]
    assert hamming(zeros, zeros).tolist() == [[0]]
    assert hamming(zeros[:0], ones).shape == (0, 1)
    assert hamming(zeros, ones[:0]).shape == (1, 0)


def test_check_returns_contiguous_codes() -> None:
    codes = np.zeros((4, 64), dtype=np.uint8)
    assert check(codes, 512) is codes
    assert check(codes[:, ::2], 256).flags.c_contiguous


@pytest.mark.parametrize(
    ("codes", "bits", "message"),
    [
        (np.zeros((2, 8), np.int8), 64, "uint8, not int8"),
        ([[1, 2]], 16, "not list"),
        (np.zeros((2, 8), np.uint8), 65, r"shape \(n, 9\), not \(2, 8\)"),
        (np.zeros(8, np.uint8), 64, r"not \(8,\)"),
        (np.array([[0], [1]], np.uint8), 7, "last byte of row 1 is 1"),
        (np.zeros((2, 8), np.uint8), 0, "1 to 4096 bits, not 0"),
        (np.zeros((2, 513), np.uint8), 4097, "not 4097"),
    ],
)
def test_check_refuses(codes: np.ndarray, bits: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check(codes, bits)


@pytest.mark.parametrize(
    ("bits", "message"),
    [
        ([0, 1], r"shape \(n, bits\), not \(2,\)"),
        ([[0.0, 1.0]], "not float64"),
        ([[0, 2]], "0 or 1, not 2"),
        ([[0, -1]], "0 or 1, not -1"),
        (np.zeros((1, MAX_BITS + 1), bool), "not 4097"),
        (np.zeros((1, 0), bool), "not 0"),
    ],
)
def test_pack_refuses(bits: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        pack(bits)


def test_words_refuse() -> None:
    with pytest.raises(UsageError, match="uint64"):
        from_words(np.zeros((1, 2), np.int64), 128)
    with pytest.raises(UsageError, match=r"\(n, 1\)"):
        from_words(np.zeros((1, 2), np.uint64), 64)
    with pytest.raises(UsageError, match="beyond byte 6"):
        from_words(np.full((1, 1), 1 << 63, np.uint64), 48)
    with pytest.raises(UsageError, match="padding bits"):
        from_words(np.full((1, 1), 1, np.uint64), 7)
    with pytest.raises(UsageError, match="uint8"):
        to_words(np.zeros((1, 2), np.int64))


def test_distances_refuse() -> None:
    a = np.zeros((2, 8), np.uint8)
    with pytest.raises(UsageError, match="8 and 9 bytes"):
        hamming(a, np.zeros((2, 9), np.uint8))
    with pytest.raises(UsageError, match="not 2 and 3"):
        hamming_pairs(a, np.zeros((3, 8), np.uint8))
    with pytest.raises(UsageError, match="uint8"):
        hamming(a, np.zeros((2, 8), np.uint64))
