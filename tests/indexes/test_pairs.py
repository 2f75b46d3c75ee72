"""all_pairs against its NumPy twin."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookalike.codes.bits import hamming, pack, to_words
from lookalike.errors import UsageError
from lookalike.indexes import pairs_scan
from lookalike.indexes.pairs import PairsJoin, all_pairs

pytestmark = pytest.mark.slow


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
    monkeypatch.setattr(pairs_scan, "STRIP_ROWS", 100)
    monkeypatch.setattr(pairs_scan, "_SPACE", 40_000)
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


@pytest.mark.parametrize("radius", [9, 40])
def test_a_mapped_file_with_rows_left_out(tmp_path: Path, radius: int) -> None:
    codes = near_copies(9000, 256)
    np.save(tmp_path / "codes.npy", to_words(codes))
    mapped = np.load(tmp_path / "codes.npy", mmap_mode="r")
    allowed = np.random.default_rng(1).random(9000) < 0.7
    ways = set()
    for kept in (None, allowed, np.ones(9000, bool), np.zeros(9000, bool)):
        join = PairsJoin(mapped, 256, radius, 2, allowed=kept)
        ways.add(join.plan.way)
        triples = []
        done: list[tuple[int, ...]] = []

        def progress(*units: int, done: list[tuple[int, ...]] = done) -> None:
            done.append(units)

        for pairs in all_pairs(mapped, 256, radius, 2, allowed=kept, progress=progress):
            triples += list(zip(*(column.tolist() for column in pairs), strict=True))
        some = np.ones(9000, bool) if kept is None else kept
        rows = np.flatnonzero(some)
        expected = [(int(rows[i]), int(rows[j]), d) for i, j, d in twin(codes[rows], radius)]
        assert sorted(triples) == expected
        assert done == [(unit + 1, join.units) for unit in range(join.units)]
    assert "join" in ways or radius > 9


@pytest.mark.parametrize("radius", [0, 31])
def test_what_crowds_is_handed_over_little_by_little(radius: int) -> None:
    """A thousand screenshots among others, and all-zero codes: half a million pairs each."""
    rng = np.random.default_rng(7)
    codes = rng.integers(0, 256, (20_000, 32), np.uint8)
    codes[:1000] = codes[0]
    codes[5000:6000] = 0
    codes[5000:5500, 0] ^= rng.integers(0, 4, 500).astype(np.uint8) * np.uint8(radius > 0)
    counts = np.zeros(20_000, np.int64)
    sizes = []
    for first, second, _ in all_pairs(codes, 256, radius):
        sizes.append(len(first))
        for rows in (first, second):
            counts += np.bincount(rows, minlength=20_000)
    assert max(sizes) <= 1 << 17
    assert sum(sizes) == 2 * 1000 * 999 // 2
    assert (counts[:1000] == 999).all()
    assert (counts[5000:6000] == 999).all()
    assert counts.sum() == 2 * sum(sizes)


def test_a_mask_may_be_every_other_of_another() -> None:
    codes = near_copies(9000, 256)
    wide = np.random.default_rng(1).random(18_000) < 0.5
    triples = [
        triple
        for pairs in all_pairs(codes, 256, 9, allowed=wide[::2])
        for triple in zip(*(column.tolist() for column in pairs), strict=True)
    ]
    kept = np.flatnonzero(wide[::2])
    expected = [(int(kept[i]), int(kept[j]), d) for i, j, d in twin(codes[kept], 9)]
    assert sorted(triples) == expected != []


def test_memory_is_bounded() -> None:
    """At most as much again as the codes, the buffers of two threads included."""
    codes = np.random.default_rng(0).integers(0, 256, (400_000, 32), np.uint8)
    codes[1000:2000] = codes[:1000]
    join = PairsJoin(codes, 256, 31, 2)
    assert join.plan.way == "join"
    tracemalloc.start()
    try:
        total = sum(len(pairs[0]) for pairs in all_pairs(codes, 256, 31, 2))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == 1000
    assert peak < codes.nbytes


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
