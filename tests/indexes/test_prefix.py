"""Short lists by the first bits of codes: ordered by all of them, and exact where that is said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.codes import bits as packed
from lookalike.errors import UsageError
from lookalike.indexes.plain_scan import PlainScan
from lookalike.indexes.prefix import PrefixIndex

widths = st.integers(2, 200).flatmap(
    lambda bits: st.tuples(st.just(bits), st.integers(1, bits - 1), st.integers(0, 2**32 - 1))
)


def drawn(bits: int, count: int, seed: int) -> np.ndarray:
    """Codes in clusters, so that there are ties."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 2, (1 + count // 10, bits), np.uint8)
    made = rows[rng.integers(0, len(rows), count)] ^ (rng.random((count, bits)) < 0.1)
    return packed.pack(made)


@given(widths, st.integers(0, 60))
def test_a_radius_misses_nothing(shape: tuple[int, int, int], radius: int) -> None:
    bits, first, seed = shape
    codes = drawn(bits, 300, seed)
    found = PrefixIndex(packed.to_words(codes), bits, first).within(codes[:3], radius)
    true = PlainScan(codes, bits).within(codes[:3], radius)
    assert found.exact
    for name in ("offsets", "ids", "distances"):
        np.testing.assert_array_equal(getattr(found, name), getattr(true, name))


@given(widths, st.integers(1, 40))
def test_what_is_called_exact_is(shape: tuple[int, int, int], k: int) -> None:
    bits, first, seed = shape
    codes = drawn(bits, 3_000, seed)
    allowed = np.random.default_rng(seed).random(len(codes)) < 0.8
    index = PrefixIndex(packed.to_words(codes), bits, first)
    found = index.search(codes[:1], k, allowed=allowed, listed=1)
    true = PlainScan(codes, bits).search(codes[:1], k, allowed=allowed)
    if found.exact:
        np.testing.assert_array_equal(found.ids, true.ids)
        np.testing.assert_array_equal(found.distances, true.distances)
    # Exact or not: in order, each with its own distance, and nothing nearer than the nearest.
    there = found.ids[0][found.ids[0] >= 0]
    apart = packed.hamming(codes[:1], codes[there])[0]
    np.testing.assert_array_equal(apart, found.distances[0][: len(there)])
    order = np.lexsort((there, apart))
    np.testing.assert_array_equal(order, np.arange(len(there)))
    assert allowed[there].all()
    assert (found.distances[0][: len(there)] >= true.distances[0][: len(there)]).all()


def test_it_says_when_it_may_have_missed_something() -> None:
    # The first 8 bits say nothing, so that the nearest of 5,000 is rarely on the list of 1,000.
    rng = np.random.default_rng(0)
    codes = packed.pack(rng.integers(0, 2, (5_000, 128), np.uint8))
    query = codes[[4_000]] ^ packed.pack(np.arange(128)[None] == 0)
    index = PrefixIndex(packed.to_words(codes), 128, 8)
    assert not index.search(query, 50, listed=1).exact
    assert index.search(query, 50, listed=1_000).exact


def test_ids_are_those_of_the_codes() -> None:
    codes = drawn(64, 50, 1)
    ids = np.arange(50) * 7 + 3
    index = PrefixIndex(packed.to_words(codes), 64, 16, ids)
    np.testing.assert_array_equal(
        index.search(codes[:4], 9).ids, PlainScan(codes, 64, ids).search(codes[:4], 9).ids
    )
    found = index.search(codes[:1], 60)
    assert found.exact
    assert (found.ids[0, 50:] == -1).all()
    assert (found.distances[0, 50:] == -1).all()


def test_no_codes_no_hits() -> None:
    index = PrefixIndex(np.empty((0, 1), np.uint64), 64, 16)
    assert index.search(drawn(64, 1, 0), 3).ids.tolist() == [[-1, -1, -1]]
    assert len(index.within(drawn(64, 1, 0), 3).ids) == 0


@pytest.mark.parametrize("first", [0, 64, 65, 1.5, True])
def test_it_takes_some_of_the_bits(first: int) -> None:
    with pytest.raises(UsageError, match="whole number from 1 to 63"):
        PrefixIndex(np.zeros((3, 1), np.uint64), 64, first)


def test_it_takes_words() -> None:
    with pytest.raises(UsageError, match="as words"):
        PrefixIndex(np.zeros((3, 8), np.uint8), 64, 16)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="2 or more"):
        PrefixIndex(np.zeros((3, 1), np.uint64), 1, 1)
