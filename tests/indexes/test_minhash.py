"""The forest's answers are real codes at real distances, in order, and honest about being few."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from lookalike.codes.bits import hamming, pack
from lookalike.errors import MissingExtraError, UsageError
from lookalike.indexes.minhash import MinHashForest
from lookalike.indexes.scan import Scan
from lookalike.types import Codes, Index

pytest.importorskip("datasketch")

BITS = 48


@pytest.fixture(scope="module")
def codes() -> Codes:
    """Forty clusters of fifteen codes, and a code without any bit."""
    rng = np.random.default_rng(1)
    centres = rng.random((40, 1, BITS)) < 0.4
    bits = (centres ^ (rng.random((40, 15, BITS)) < 0.03)).reshape(-1, BITS)
    return np.vstack([pack(bits), np.zeros((1, BITS // 8), np.uint8)])


@pytest.fixture(scope="module")
def forest(codes: Codes) -> MinHashForest:
    return MinHashForest(codes, BITS)


def test_keeps_the_contract(forest: MinHashForest, codes: Codes) -> None:
    assert isinstance(forest, Index)
    assert (len(forest), forest.bits) == (601, BITS)
    hits = forest.search(codes, 10)
    assert not hits.exact
    assert hits.ids.dtype == np.int64
    assert hits.distances.dtype == np.int32
    for query in range(len(codes)):
        found = hits[query]
        keys = [(hit.distance, hit.id) for hit in found]
        assert keys == sorted(set(keys))
        assert len({hit.id for hit in found}) == len(found)
        for hit in found:
            assert hamming(codes[query : query + 1], codes[hit.id : hit.id + 1]) == hit.distance


def test_finds_most_of_the_neighbours(forest: MinHashForest, codes: Codes) -> None:
    exact = Scan(codes, BITS).search(codes, 10)
    found = forest.search(codes, 10)
    near = (found.ids >= 0) & (found.distances <= exact.distances[:, -1:])
    assert near.mean() > 0.6
    more = MinHashForest(codes, BITS, candidates=4).search(codes, 10)
    assert ((more.ids >= 0) & (more.distances <= exact.distances[:, -1:])).mean() > near.mean()


def test_signatures_are_those_of_datasketch(forest: MinHashForest, codes: Codes) -> None:
    from datasketch import MinHash

    for row in (0, 300, 600):
        members = np.flatnonzero(np.unpackbits(codes[row]))
        expected = MinHash(num_perm=128, seed=1)
        expected.update_batch([str(bit).encode() for bit in members])
        (got,) = forest._minhashes(codes[row : row + 1])
        assert np.array_equal(got.hashvalues, expected.hashvalues)


def test_the_same_seed_gives_the_same_answers(forest: MinHashForest, codes: Codes) -> None:
    again = MinHashForest(codes, BITS).search(codes[:50], 5)
    assert np.array_equal(again.ids, forest.search(codes[:50], 5).ids)


def test_within_a_radius(forest: MinHashForest, codes: Codes) -> None:
    exact = Scan(codes, BITS).within(codes, 6)
    found = forest.within(codes, 6)
    assert not found.exact
    total = 0
    for query in range(len(codes)):
        hits, truth = found[query], exact[query]
        assert set(hits) <= set(truth)
        assert hits == sorted(hits, key=lambda hit: (hit.distance, hit.id))
        total += len(hits)
    assert total > 0.6 * len(exact.ids)


def test_ids_and_masks(codes: Codes) -> None:
    ids = np.arange(len(codes)) * 3 + 7
    forest = MinHashForest(codes, BITS, ids=ids)
    allowed = np.zeros(len(codes), np.bool_)
    allowed[::5] = True
    hits = forest.search(codes[:20], 6, allowed=allowed)
    assert set(hits.ids[hits.ids >= 0]) <= set(ids[::5])
    assert (hits.ids >= 0).any()
    radius = forest.within(codes[:20], 10, allowed=allowed)
    assert set(radius.ids) <= set(ids[::5])
    assert len(radius.ids)


def test_more_neighbours_than_codes(codes: Codes) -> None:
    hits = MinHashForest(codes[:3], BITS).search(codes[:2], 9)
    assert hits.ids.shape == (2, 9)
    assert (hits.ids[:, 3:] == -1).all()
    assert (hits.distances[hits.ids < 0] == -1).all()


def test_nothing_in_it(codes: Codes) -> None:
    forest = MinHashForest(codes[:0], BITS)
    assert (forest.search(codes[:2], 3).ids == -1).all()
    assert len(forest.within(codes[:2], 3).ids) == 0
    assert forest.search(codes[:0], 3).ids.shape == (0, 3)


@pytest.mark.parametrize("bits", [1, 13, 65])
def test_odd_widths(bits: int) -> None:
    codes = pack(np.random.default_rng(2).random((40, bits)) < 0.5)
    hits = MinHashForest(codes, bits).search(codes, 1)
    assert (hits.distances[codes.any(1)] == 0).all()


def test_wrong_arguments(forest: MinHashForest, codes: Codes) -> None:
    with pytest.raises(UsageError, match="from 1 to 100,000,000, not 0"):
        forest.search(codes, 0)
    with pytest.raises(UsageError, match="uint8"):
        forest.search(codes.astype(np.int64), 1)
    with pytest.raises(UsageError, match="at least 0 bits"):
        forest.within(codes, -1)
    with pytest.raises(UsageError, match="1 to 128 trees"):
        MinHashForest(codes, BITS, trees=129)
    with pytest.raises(UsageError, match="strictly increasing"):
        MinHashForest(codes, BITS, ids=np.zeros(len(codes), np.int64))
    with pytest.raises(UsageError, match="shape"):
        forest.search(codes, 1, allowed=np.ones(2, np.bool_))
    with pytest.raises(UsageError, match="candidates"):
        MinHashForest(codes, BITS, candidates=0)
    with pytest.raises(UsageError, match="permutation"):
        MinHashForest(codes, BITS, permutations=0)


def test_without_datasketch(monkeypatch: pytest.MonkeyPatch, codes: Codes) -> None:
    monkeypatch.setitem(sys.modules, "datasketch", None)
    with pytest.raises(MissingExtraError, match=r"\[sklearn\]"):
        MinHashForest(codes, BITS)
