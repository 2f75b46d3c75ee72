"""Scan against its NumPy twin."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookalike.codes.bits import bytes_for, hamming, pack, to_words
from lookalike.errors import UsageError
from lookalike.indexes.scan import Scan
from lookalike.types import Hits, Index, RadiusHits

WIDTHS = [
    1,
    5,
    7,
    8,
    9,
    48,
    63,
    64,
    65,
    100,
    127,
    128,
    130,
    192,
    256,
    257,
    511,
    512,
    576,
    1000,
    4096,
]
KINDS = ["random", "zeros", "ones", "ties", "clustered", "falling"]


def twin_search(
    codes: npt.NDArray[np.uint8],
    queries: npt.NDArray[np.uint8],
    k: int,
    allowed: npt.NDArray[np.bool_] | None = None,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    ids = np.full((len(queries), k), -1)
    distances = np.full((len(queries), k), -1, np.int32)
    rows = np.arange(len(codes)) if allowed is None else np.flatnonzero(allowed)
    for q, line in enumerate(hamming(queries, codes)):
        order = rows[np.argsort(line[rows], kind="stable")][:k]
        ids[q, : len(order)] = order
        distances[q, : len(order)] = line[order]
    return ids, distances


def make(kind: str, n: int, bits: int, seed: int = 0) -> npt.NDArray[np.uint8]:
    rng = np.random.default_rng([seed, n, bits])
    if kind == "zeros":
        return np.zeros((n, bytes_for(bits)), np.uint8)
    if kind == "ones":
        return pack(np.ones((n, bits), np.uint8))
    if kind == "ties":
        return pack(rng.integers(0, 2, (3, bits)))[rng.integers(0, 3, n)]
    if kind == "clustered":
        centres = rng.integers(0, 2, (5, bits))[rng.integers(0, 5, n)]
        return pack(centres ^ (rng.random((n, bits)) < 0.1))
    if kind == "falling":  # distances to zero fall with the row: every code displaces another
        ones = np.linspace(bits, 0, n).astype(int)
        return pack(np.arange(bits) < ones[:, None])
    return pack(rng.integers(0, 2, (n, bits)))


def same(hits: Hits, expected: tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]) -> None:
    np.testing.assert_array_equal(hits.distances, expected[1])
    np.testing.assert_array_equal(hits.ids, expected[0])
    assert hits.ids.dtype == np.int64
    assert hits.distances.dtype == np.int32
    assert hits.exact


def same_within(
    found: RadiusHits,
    codes: npt.NDArray[np.uint8],
    queries: npt.NDArray[np.uint8],
    radius: int,
    allowed: npt.NDArray[np.bool_] | None = None,
) -> None:
    assert len(found) == len(queries)
    ids, distances = twin_search(codes, queries, max(1, len(codes)), allowed)
    for q in range(len(queries)):
        inside = (distances[q] <= radius) & (ids[q] >= 0)
        low, high = found.offsets[q : q + 2]
        np.testing.assert_array_equal(found.ids[low:high], ids[q][inside])
        np.testing.assert_array_equal(found.distances[low:high], distances[q][inside])
    assert found.offsets[-1] == len(found.ids) == len(found.distances)
    assert (found.ids.dtype, found.distances.dtype) == (np.int64, np.int32)


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_search_equals_twin(bits: int, kind: str) -> None:
    codes = make(kind, 1100, bits)
    queries = np.concatenate([make("random", 3, bits, seed=1), make("zeros", 1, bits), codes[-1:]])
    for k in (1, 10, 300):
        expected = twin_search(codes, queries, k)
        same(Scan(codes, bits, threads=2).search(queries, k), expected)
        same(Scan(to_words(codes), bits, threads=2).search(queries, k), expected)


@pytest.mark.parametrize("bits", [48, 64, 100, 256])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("batch", [1, 2, 150])
def test_large_scan_equals_twin(bits: int, kind: str, batch: int) -> None:
    codes = make(kind, 9001, bits)
    queries = np.concatenate([make("random", batch - 1, bits, seed=1), make("zeros", 1, bits)])
    same(Scan(codes, bits, threads=2).search(queries, 10), twin_search(codes, queries, 10))


@pytest.mark.parametrize("bits", [3, 48, 64, 256, 300])
@pytest.mark.parametrize("kind", KINDS)
def test_within_equals_twin(bits: int, kind: str) -> None:
    codes = make(kind, 1100, bits)
    queries = np.concatenate([make("random", 70, bits, seed=1), make("zeros", 1, bits), codes[-1:]])
    for radius in (0, 1, bits // 4, bits // 2, bits, bits + 1):
        same_within(Scan(codes, bits, threads=2).within(queries, radius), codes, queries, radius)


@pytest.mark.parametrize("bits", [40, 64, 128, 256])
@pytest.mark.parametrize("kind", KINDS)
def test_filter_equals_twin(bits: int, kind: str) -> None:
    codes = make(kind, 3000, bits)
    rng = np.random.default_rng(2)
    some = rng.random(3000) < 0.3
    some[:600] = False
    none = np.zeros(3000, bool)
    one = none.copy()
    one[2047] = True
    queries = make("random", 80, bits, seed=1)
    scan = Scan(codes, bits, threads=2)
    for allowed in (some, none, one, ~none):
        for few in (queries, queries[:1]):
            same(scan.search(few, 10, allowed=allowed), twin_search(codes, few, 10, allowed))
            radius = bits // 2
            same_within(scan.within(few, radius, allowed=allowed), codes, few, radius, allowed)


@settings(deadline=None, max_examples=60)
@given(
    bits=st.integers(1, 200),
    n=st.integers(0, 700),
    batch=st.integers(0, 70),
    k=st.integers(1, 40),
    radius=st.integers(0, 200),
    spread=st.sampled_from([0.0, 0.02, 0.3, 0.5]),
    masked=st.booleans(),
    threads=st.integers(1, 3),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_scan_equals_twin(
    bits: int,
    n: int,
    batch: int,
    k: int,
    radius: int,
    spread: float,
    masked: bool,
    threads: int,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    codes = pack(rng.random((n, bits)) < spread)
    queries = pack(rng.random((batch, bits)) < spread)
    allowed = rng.random(n) < 0.5 if masked else None
    scan = Scan(codes, bits, threads=threads)
    same(scan.search(queries, k, allowed=allowed), twin_search(codes, queries, k, allowed))
    same_within(scan.within(queries, radius, allowed=allowed), codes, queries, radius, allowed)


@pytest.mark.parametrize("k", [1000, 9000, 20_000])
@pytest.mark.parametrize("bits", [16, 64])
def test_many_neighbours(k: int, bits: int) -> None:
    codes = make("random", 12_000, bits)
    queries = make("random", 3, bits, seed=1)
    allowed = np.random.default_rng(0).random(12_000) < 0.8
    scan = Scan(codes, bits, threads=2)
    same(scan.search(queries, k), twin_search(codes, queries, k))
    same(scan.search(queries, k, allowed=allowed), twin_search(codes, queries, k, allowed))


def test_threads_split_the_rows_of_one_query() -> None:
    codes = make("ties", 150_000, 64)
    queries = make("random", 1, 64, seed=1)
    for threads in (1, 2, 3):
        scan = Scan(codes, 64, threads=threads)
        same(scan.search(queries, 20), twin_search(codes, queries, 20))
        same_within(scan.within(queries, 30), codes, queries, 30)


def test_no_codes_and_no_queries() -> None:
    empty = Scan(np.empty((0, 8), np.uint8), 64)
    hits = empty.search(np.zeros((2, 8), np.uint8), 3)
    assert hits.ids.tolist() == hits.distances.tolist() == [[-1] * 3] * 2
    assert len(empty) == 0
    assert empty.within(np.zeros((2, 8), np.uint8), 3).offsets.tolist() == [0, 0, 0]
    full = Scan(np.zeros((3, 8), np.uint8), 64)
    assert full.search(np.empty((0, 8), np.uint8), 3).ids.shape == (0, 3)
    assert full.within(np.empty((0, 8), np.uint8), 3).offsets.tolist() == [0]


@pytest.mark.parametrize("bits", [48, 64, 256])
@pytest.mark.parametrize("batch", [1, 90])
def test_arrays_of_any_kind(bits: int, batch: int, tmp_path: Path) -> None:
    codes = make("random", 1500, bits)
    queries = make("random", batch, bits, seed=1)
    expected = twin_search(codes, queries, 10)
    words = to_words(codes)

    readonly = codes.copy()
    readonly.setflags(write=False)
    shifted = np.empty(words.nbytes + 3, np.uint8)[3:].view()
    shifted[:] = words.view(np.uint8).reshape(-1)
    unaligned = np.frombuffer(shifted, np.uint64).reshape(words.shape)
    assert not unaligned.flags.aligned
    words.tofile(tmp_path / "words")
    mapped = np.memmap(tmp_path / "words", np.uint64, "r", shape=words.shape)
    strided = np.repeat(words, 2, axis=0)[::2]
    columns = np.asfortranarray(codes)
    for array in (readonly, unaligned, mapped, strided, columns):
        same(Scan(array, bits).search(queries, 10), expected)
        same_within(Scan(array, bits).within(queries, bits // 3), codes, queries, bits // 3)
    same(Scan(codes, bits).search(np.asfortranarray(queries), 10), expected)
    queries.setflags(write=False)
    same(Scan(codes, bits).search(queries, 10), expected)


def test_ids() -> None:
    codes = make("ties", 500, 64)
    queries = make("random", 3, 64, seed=1)
    ids = np.cumsum(np.random.default_rng(0).integers(1, 1000, 500)) + 2**40
    rows, distances = twin_search(codes, queries, 10)
    scan = Scan(codes, 64, ids=ids)
    same(scan.search(queries, 10), (ids[rows], distances))
    hits = scan.search(queries, 501)
    assert hits.ids[:, -1].tolist() == [-1] * 3
    assert hits.ids[0, :10].tolist() == ids[rows[0]].tolist()
    found = scan.within(queries, 64)
    assert found.ids[:10].tolist() == ids[rows[0]].tolist()


def test_is_an_index_and_shows_hits() -> None:
    scan = Scan(np.array([[0b11110000], [0b00000001]], np.uint8), 8)
    assert isinstance(scan, Index)
    assert (scan.bits, len(scan)) == (8, 2)
    assert [(h.id, h.distance) for h in scan.search(np.zeros((1, 1), np.uint8), 3)[0]] == [
        (1, 1),
        (0, 4),
    ]


def test_callers_in_many_threads() -> None:
    codes = make("random", 70_000, 64)
    queries = make("random", 40, 64, seed=1)
    scan = Scan(codes, 64, threads=2)
    expected = twin_search(codes, queries, 10)
    with ThreadPoolExecutor(8) as pool:
        for hits in pool.map(lambda _: scan.search(queries, 10), range(16)):
            same(hits, expected)
        singles = pool.map(lambda q: scan.search(queries[q : q + 1], 10), range(40))
        for q, hits in enumerate(singles):
            same(hits, (expected[0][q : q + 1], expected[1][q : q + 1]))


def test_errors_name_the_value() -> None:
    codes = np.zeros((3, 8), np.uint8)
    scan = Scan(codes, 64)
    query = codes[:1]
    wrong = [
        (lambda: Scan(codes.astype(np.float32), 64), "float32"),
        (lambda: Scan(codes.astype(np.int64), 64), "int64"),
        (lambda: Scan(codes.tolist(), 64), "list"),
        (lambda: Scan(codes, 72), r"\(n, 9\), not \(3, 8\)"),
        (lambda: Scan(codes[0], 64), r"\(8,\)"),
        (lambda: Scan(np.zeros((3, 2), np.uint64), 64), r"\(n, 1\), not \(3, 2\)"),
        (lambda: Scan(codes, 0), "not 0"),
        (lambda: Scan(codes, 4097), "not 4097"),
        (lambda: Scan(codes, 64, threads=0), "not 0"),
        (lambda: Scan(codes, 64, ids=np.array([1, 2])), r"\(2,\)"),
        (lambda: Scan(codes, 64, ids=np.array([1, 2, 2])), "2 after 2 at row 2"),
        (lambda: Scan(codes, 64, ids=np.array([-1, 2, 3])), "-1"),
        (lambda: Scan(codes, 64, ids=np.array([1.0, 2, 3])), "float64"),
        (lambda: scan.search(query, 0), "not 0"),
        (lambda: scan.search(query, 1.5), "1.5"),
        (lambda: scan.search(query[0], 1), r"\(8,\)"),
        (lambda: scan.search(query[:, :7], 1), r"\(1, 7\)"),
        (lambda: scan.search(query.view(np.uint64), 1), "uint64"),
        (lambda: scan.within(query, -1), "-1"),
        (lambda: scan.within(query, 2.5), "2.5"),
        (lambda: scan.search(query, 1, allowed=np.ones(2, bool)), r"\(2,\)"),
        (lambda: scan.search(query, 1, allowed=np.ones(3)), "bool"),
        (lambda: Scan(codes, 61).search(np.full((1, 8), 255, np.uint8), 1), "padding"),
    ]
    for call, message in wrong:
        with pytest.raises(UsageError, match=message):
            call()
