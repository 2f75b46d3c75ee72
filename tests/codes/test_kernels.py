"""Kernels, and what they are made of, against NumPy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lookalike
from lookalike.codes import batches, groups, kernels, memory, shortlists, sifting, slices
from lookalike.codes.bits import bytes_for, hamming, pack, to_words
from lookalike.codes.vectors import LANES, VECTOR_BYTES

SLICE = slices.SLICE
Ints = npt.NDArray[np.int64]


def address(array: npt.NDArray[Any]) -> int:
    return int(array.__array_interface__["data"][0])


def vectors(*shape: int) -> npt.NDArray[np.uint64]:
    """Aligned to 64 bytes."""
    size = 8 * int(np.prod(shape))
    raw = np.zeros(size + 64, np.uint8)
    skip = -address(raw) % 64
    return raw[skip : skip + size].view(np.uint64).reshape(shape)


def as_bits(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Bit j of lane l of vectors (..., lanes) to place 64 * l + j."""
    flat = values[..., None] >> np.arange(64, dtype=np.uint64) & np.uint64(1)
    return flat.reshape(*values.shape[:-1], -1).astype(bool)


def make(kind: str, n: int, bits: int) -> npt.NDArray[np.uint8]:
    rng = np.random.default_rng([n, bits])
    if kind == "zeros":
        return np.zeros((n, bytes_for(bits)), np.uint8)
    if kind == "ones":
        return pack(np.ones((n, bits), np.uint8))
    return pack(rng.random((n, bits)) < 0.4)


@numba.njit
def slice_of(
    kind: Any, codes: Any, words: Any, table: Any, query: Any, limit: Any, allowed: Any, out: Any
) -> Any:
    at = memory.pointer
    slices.build(kind, at(codes.ctypes.data), words, at(table.ctypes.data))
    tables, places = at(table.ctypes.data), at(out.ctypes.data)
    where, bound = at(query.ctypes.data), at(limit.ctypes.data)
    admit = at(allowed.ctypes.data)
    any_near = slices.near(kind, tables, where, words, bound, admit, places)
    planes = at(out.ctypes.data + 2 * 8 * allowed.size)
    slices.distances(kind, tables, where, words, planes)
    picked = slices.pick(kind, planes, bound, admit, at(out.ctypes.data + 8 * allowed.size))
    return any_near, picked


@pytest.mark.parametrize("bits", [1, 9, 48, 49, 64, 65, 130, 256, 512, 960, 961, 4096])
@pytest.mark.parametrize("kind", ["random", "zeros", "ones"])
def test_slice_equals_twin(bits: int, kind: str) -> None:
    codes = make(kind, SLICE, bits)
    words = to_words(codes).T.copy()
    allowed = vectors(LANES)
    rng = np.random.default_rng(0)
    allowed[:] = rng.integers(0, 2**64, LANES, dtype=np.uint64)
    limits = slices.limits(bits)
    table = vectors(slices.table_bytes(bits) // 8)
    for query in (make("random", 1, bits), make("zeros", 1, bits), make("ones", 1, bits)):
        distances = hamming(query, codes)[0]
        for limit in {0, 1, bits // 3, int(distances[5]), int(distances[5]) + 1, bits, bits + 1}:
            out = vectors(2 + slices.planes(bits), LANES)
            any_near, picked = slice_of(
                slices.kind(bits), words, len(words), table, to_words(query), limits[limit],
                allowed, out,
            )  # fmt: skip
            near = (distances < limit) & as_bits(allowed)
            np.testing.assert_array_equal(as_bits(out[0]), near)
            np.testing.assert_array_equal(as_bits(out[1]), near)
            assert (any_near, picked) == (near.any(), near.sum())
            weights = 1 << np.arange(slices.planes(bits))
            np.testing.assert_array_equal(weights @ as_bits(out[2:]), distances)


@numba.njit
def group_of(codes: Any, query: Any, limit: Any) -> Any:
    start, pattern = memory.pointer(codes.ctypes.data), memory.pointer(query.ctypes.data)
    words = codes.shape[1]
    if words == 1:
        return groups.which_near_1(start, pattern, limit)
    if words == 2:
        return np.uint64(groups.any_near_2(start, pattern, limit))
    if words == 4:
        return np.uint64(groups.any_near_4(start, pattern, limit))
    return np.uint64(groups.wide_distance(start, pattern, words // LANES))


@pytest.mark.parametrize("words", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("kind", ["random", "zeros", "ones"])
def test_group_equals_twin(words: int, kind: str) -> None:
    bits = 64 * words
    codes = make(kind, 64, bits)
    for query in (make("random", 1, bits), make("zeros", 1, bits)):
        distances = hamming(query, codes)[0]
        pattern = np.tile(to_words(query)[0], max(1, LANES // words))
        for limit in (
            0,
            int(distances.min()),
            int(distances.min()) + 1,
            int(distances[9]),
            bits + 1,
        ):
            found = group_of(to_words(codes), pattern, limit)
            if words == 1:
                assert found == sum(1 << int(row) for row in np.flatnonzero(distances < limit))
            elif words <= 4:
                assert found == (distances < limit).any()
            else:
                assert found == distances[0]


@numba.njit
def words_of(rows: Any, words: Any) -> Any:
    out = np.empty((len(rows), words), np.uint64)
    for row in range(len(rows)):
        for word in range(words):
            start = memory.pointer(rows.ctypes.data)
            out[row, word] = memory.row_word(start, rows.shape[1], row, word)
    return out


@pytest.mark.parametrize("width", [1, 6, 7, 8, 9, 16, 23])
def test_row_word_equals_to_words(width: int) -> None:
    rows = np.random.default_rng(0).integers(0, 256, (5, width), dtype=np.uint8)
    np.testing.assert_array_equal(words_of(rows, (width + 7) // 8), to_words(rows))


def test_flags_and_lowest() -> None:
    values = (np.random.default_rng(0).random(200) < 0.5).astype(np.uint8) * 3
    for first, end in [(0, 64), (3, 67), (100, 200), (190, 200), (5, 5)]:
        last = min(end, first + 64)
        expected = sum(1 << n for n, value in enumerate(values[first:last]) if value)
        assert memory.flags(address(values), first, last) == expected
    assert memory.flags(0, 10, 13) == 0b111
    assert memory.flags(0, 0, 64) == 2**64 - 1
    for bit in (0, 1, 31, 63):
        assert memory.lowest(np.uint64((1 << 63) | (1 << bit))) == bit


@settings(deadline=None)
@given(
    distances=st.lists(st.integers(0, 12), max_size=400),
    k=st.integers(1, 40),
    spare=st.integers(1, 50),
)
def test_shortlist_equals_sorting(distances: list[int], k: int, spare: int) -> None:
    keys = np.empty((1, k + spare), np.int64)
    counts = np.zeros((1, 14), np.int32)
    state = np.array([[13, k, 0]])
    for row, distance in enumerate(distances):
        if distance < state[0, 0]:
            shortlists.keep(keys, counts, state, 0, distance, row)
    out = np.empty((1, k), np.int64)
    shortlists.ordered(k, keys, counts, state, out)
    pairs = [(key >> shortlists.ROW_BITS, key & 0xFFFFFFFF) for key in out[0].tolist() if key >= 0]
    assert pairs == sorted(zip(distances, range(len(distances)), strict=True))[:k]
    assert (out[0, len(pairs) :] == -1).all()


def test_shortlist_of_ever_nearer_codes() -> None:
    distances = np.repeat(np.arange(4096, -1, -1), 3)
    keys, counts = np.empty((1, 12), np.int64), np.zeros((1, 4098), np.int32)
    state = np.array([[4097, 10, 0]])
    for row, distance in enumerate(distances.tolist()):
        if distance < state[0, 0]:
            shortlists.keep(keys, counts, state, 0, distance, row)
    out = np.empty((1, 10), np.int64)
    shortlists.ordered(10, keys, counts, state, out)
    assert (out[0] >> shortlists.ROW_BITS).tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3]


def test_merged_lists() -> None:
    rng = np.random.default_rng(0)
    names = np.cumsum(rng.integers(1, 9, 1000))
    keys = np.sort(rng.permutation(1000)[:60].reshape(3, 4, 5), axis=2)
    keys |= (keys // 100) << shortlists.ROW_BITS
    keys[0, 1, 2:] = keys[1:, 1, :] = -1
    ids, distances = np.empty((4, 7), np.int64), np.empty((4, 7), np.int32)
    shortlists.merged(keys, 7, address(names), ids, distances)
    for query in range(4):
        every = np.sort(keys[:, query].reshape(-1))
        best = every[every >= 0][:5]
        rows = best & 0xFFFF
        assert ids[query].tolist() == names[rows].tolist() + [-1] * (7 - len(best))
        assert distances[query].tolist() == (rows // 100).tolist() + [-1] * (7 - len(best))


@pytest.mark.parametrize("bits", [33, 64, 128, 300])
def test_radius_kernels_go_on_when_space_runs_out(bits: int) -> None:
    codes = make("random", 2 * SLICE + 77, bits)
    queries = make("random", 100, bits)
    expected = np.argwhere(hamming(queries, codes) < bits)
    rows = (address(codes), codes.shape[1], 0, len(codes))
    kind, limits = slices.kind(bits), slices.limits(bits)
    work = sifting.space(bits, nearest=False)
    for space, call in [
        (batches.SPACE, lambda *out: batches.within(
            kind, *rows, queries, limits, 0, work, bits, -1, *out)),
        (kernels.BLOCK_ROWS, lambda *out: kernels.within(*rows, queries, bits, bits, 0, *out)),
    ]:  # fmt: skip
        progress, found, calls = np.zeros(2, np.int64), [], 0
        owners, keys = np.empty(space, np.int32), np.empty(space, np.int64)
        while progress[0] < len(codes):
            total = call(progress, owners, keys)
            found += zip(owners[:total].tolist(), (keys[:total] & 0xFFFFFFFF).tolist(), strict=True)
            calls += 1
        assert calls > 1
        np.testing.assert_array_equal(sorted(found), expected)


def test_kernel_of_turns_covers_every_row_once() -> None:
    codes = make("random", 100_000, 64)
    queries = make("ones", 1, 64)
    turn = np.zeros(1, np.int64)
    own, other = np.empty((2, 1, 50), np.int64)
    common = (address(codes), 8, 0, len(codes), queries, 64, 50, 0, address(turn))
    kernels.nearest(*common, own)
    assert turn[0] >= len(codes)
    kernels.nearest(*common, other)
    assert (other == -1).all()
    distances = hamming(queries, codes)[0]
    expected = np.argsort(distances, kind="stable")[:50]
    np.testing.assert_array_equal(own[0] & 0xFFFFFFFF, expected)


OTHER_PROCESSOR = """
import numpy as np
from lookalike.codes.vectors import LANES
from lookalike.indexes.scan import Scan
assert LANES == 4
rng = np.random.default_rng(0)
for bits in (48, 64, 128, 256, 520):
    codes = rng.integers(0, 256, (3000, bits // 8), dtype=np.uint8)
    queries = codes[:60] ^ (rng.random((60, bits // 8)) < 0.2).astype(np.uint8)
    scan = Scan(codes, bits, threads=2)
    for some in (queries, queries[:1]):
        hits, found = scan.search(some, 7), scan.within(some, bits // 3)
        print(hits.ids.tolist(), hits.distances.tolist(), found.ids.tolist())
"""


@pytest.mark.slow
def test_processor_without_avx512_finds_the_same(tmp_path: Path) -> None:
    def output(**extra: str) -> str:
        environment = dict(os.environ, PYTHONPATH=str(Path(lookalike.__file__).parents[1])) | extra
        source = OTHER_PROCESSOR if extra else OTHER_PROCESSOR.replace("assert LANES == 4", "")
        return subprocess.run(
            [sys.executable, "-c", source],
            env=environment, capture_output=True, text=True, check=True, timeout=600,
        ).stdout  # fmt: skip

    plain = output(
        NUMBA_CPU_NAME="haswell",
        NUMBA_CPU_FEATURES="+sse,+sse2,+sse3,+ssse3,+sse4.1,+sse4.2,+popcnt,+avx,+avx2,+bmi,+bmi2",
        NUMBA_CACHE_DIR=str(tmp_path),
    )
    assert plain == output()
    assert len(plain) > 10_000


def test_work_space_is_aligned() -> None:
    for bits in (1, 64, 4096):
        assert address(sifting.space(bits, nearest=True)) % 64 == 0
    assert VECTOR_BYTES == 8 * LANES
