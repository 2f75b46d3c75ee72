"""all_pairs against its NumPy twin."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookalike.codes.bits import hamming, pack, to_words
from lookalike.errors import UsageError
from lookalike.indexes import pairs
from lookalike.indexes.pairs import all_pairs


def twin(codes: npt.NDArray[np.uint8], radius: int) -> list[tuple[int, int, int]]:
    distances = hamming(codes, codes)
    first, second = np.nonzero(np.triu(distances <= radius, 1))
    return list(
        zip(first.tolist(), second.tolist(), distances[first, second].tolist(), strict=True)
    )


def found(
    codes: npt.NDArray[np.uint8] | npt.NDArray[np.uint64], bits: int, radius: int, threads: int = 2
) -> list[tuple[int, int, int]]:
    result = []
    for i, j, distances in all_pairs(codes, bits, radius, threads):
        assert len(i) > 0
        assert (i.dtype, j.dtype, distances.dtype) == (np.int64, np.int64, np.int32)
        result += list(zip(i.tolist(), j.tolist(), distances.tolist(), strict=True))
    return sorted(result)


def near_copies(n: int, bits: int, seed: int = 0) -> npt.NDArray[np.uint8]:
    rng = np.random.default_rng([seed, n, bits])
    centres = rng.integers(0, 2, (max(1, n // 4), bits))[rng.integers(0, max(1, n // 4), n)]
    return pack(centres ^ (rng.random((n, bits)) < 0.04))


@pytest.mark.parametrize("bits", [7, 48, 64, 100, 256, 520])
def test_all_pairs_equal_twin(bits: int) -> None:
    codes = near_copies(1300, bits)
    for radius in (0, bits // 8):
        expected = twin(codes, radius)
        assert found(codes, bits, radius) == expected
        assert found(to_words(codes), bits, radius, threads=1) == expected


@settings(deadline=None, max_examples=30)
@given(
    bits=st.integers(1, 300),
    n=st.integers(0, 600),
    share=st.floats(0, 0.6),
    spread=st.sampled_from([0.0, 0.05, 0.5]),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_pairs_equal_twin(bits: int, n: int, share: float, spread: float, seed: int) -> None:
    codes = pack(np.random.default_rng(seed).random((n, bits)) < spread)
    radius = int(share * bits)
    assert found(codes, bits, radius) == twin(codes, radius)


def test_more_pairs_than_fit_and_more_codes_than_a_strip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "_ROWS", 100)
    monkeypatch.setattr(pairs, "_SPACE", 40_000)
    same = np.zeros((700, 8), np.uint8)
    assert len(found(same, 64, 0)) == 700 * 699 // 2
    codes = near_copies(1500, 64)
    for threads in (1, 2, 3):
        assert found(codes, 64, 12, threads) == twin(codes, 12)


def test_read_only_codes() -> None:
    codes = near_copies(600, 64)
    words = to_words(codes)
    words.setflags(write=False)
    assert found(words, 64, 8) == twin(codes, 8)


def test_no_pairs() -> None:
    for n in (0, 1):
        assert list(all_pairs(np.zeros((n, 8), np.uint8), 64, 64)) == []


def test_errors_come_at_once() -> None:
    codes = np.zeros((3, 8), np.uint8)
    for call, message in [
        (lambda: all_pairs(codes, 64, -1), "-1"),
        (lambda: all_pairs(codes, 64, 1.5), "1.5"),  # type: ignore[arg-type]
        (lambda: all_pairs(codes, 72, 1), r"\(n, 9\)"),
        (lambda: all_pairs(codes.astype(np.float32), 64, 1), "float32"),
        (lambda: all_pairs(codes, 64, 1, 0), "not 0"),
    ]:
        with pytest.raises(UsageError, match=message):
            call()
