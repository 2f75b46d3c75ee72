"""What an index must answer: every code compared with every query, in NumPy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import hamming, pack
from lookalike.indexes.hamming import HammingIndex
from lookalike.indexes.multihash import MultiHash
from lookalike.types import Hits, RadiusHits

Codes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]


def members(n: int, bits: int, seed: int = 0, spread: float = 0.05) -> Codes:
    rng = np.random.default_rng([seed, n, bits])
    centres = np.random.default_rng(bits).integers(0, 2, (5, bits))
    return pack(centres[rng.integers(0, 5, n)] ^ (rng.random((n, bits)) < spread))


def twin(codes: Codes, ids: Ints, query: Codes) -> list[tuple[int, int]]:
    """All codes as (distance, id), in order."""
    distances = hamming(query[None], codes)[0]
    return sorted(zip(distances.tolist(), ids.tolist(), strict=True))


def same(hits: Hits, codes: Codes, ids: Ints, queries: Codes, k: int) -> None:
    assert hits.exact
    assert (hits.ids.dtype, hits.distances.dtype) == (np.int64, np.int32)
    assert hits.ids.shape == hits.distances.shape == (len(queries), k)
    for q, query in enumerate(queries):
        expected = twin(codes, ids, query)[:k]
        padding = [(-1, -1)] * (k - len(expected))
        found = zip(hits.distances[q].tolist(), hits.ids[q].tolist(), strict=True)
        assert list(found) == expected + padding


def same_within(found: RadiusHits, codes: Codes, ids: Ints, queries: Codes, radius: int) -> None:
    assert found.exact
    assert len(found) == len(queries)
    assert (found.ids.dtype, found.distances.dtype) == (np.int64, np.int32)
    assert found.offsets[-1] == len(found.ids) == len(found.distances)
    for q, query in enumerate(queries):
        expected = [pair for pair in twin(codes, ids, query) if pair[0] <= radius]
        assert [(hit.distance, hit.id) for hit in found[q]] == expected


def same_pairs(found: list[tuple[int, int, int]], codes: Codes, ids: Ints, radius: int) -> None:
    distances = hamming(codes, codes)
    rows = np.argwhere(np.triu(distances <= radius, 1)).tolist()
    assert sorted(found) == [(int(ids[i]), int(ids[j]), int(distances[i, j])) for i, j in rows]


def listed(pairs: Iterator[tuple[Ints, Ints, npt.NDArray[np.int32]]]) -> list[tuple[int, int, int]]:
    return [triple for found in pairs for triple in zip(*(c.tolist() for c in found), strict=True)]


def add_and_remove(
    index: HammingIndex | MultiHash,
    pool: Codes,
    queries: Codes,
    radius: int,
    turns: int,
    rng: np.random.Generator,
) -> tuple[Codes, Ints]:
    """Change an index at random, and ask it after every change.

    Args:
        index: of every other one of the first 600 codes, by their rows.
        pool: 2,000 codes to add.
        queries: asked each time.
        radius: asked for, in bits.
        turns: how many changes.
        rng: chooses them.

    Returns:
        The codes and ids that are in the index at the end.
    """
    live = {int(i): pool[i] for i in range(0, 600, 2)}
    for turn in range(turns):
        if turn % 3 < 2:
            fresh = np.array([i for i in range(2000) if i not in live])
            chosen = np.sort(rng.choice(fresh, int(rng.integers(1, 40)), replace=False))
            other = rng.permutation(2000)[: len(chosen)]  # an id that comes back has another code
            index.add(pool[other], chosen)
            live.update(zip(chosen.tolist(), pool[other], strict=True))
        else:
            gone = rng.choice(sorted(live), int(rng.integers(1, 60)), replace=False)
            index.remove(gone)
            for i in gone.tolist():
                del live[i]
        ids = np.array(sorted(live))
        codes = np.array([live[i] for i in ids.tolist()])
        assert len(index) == len(live)
        np.testing.assert_array_equal(index.ids, ids)
        same(index.search(queries, 7), codes, ids, queries, 7)
        same_within(index.within(queries, radius), codes, ids, queries, radius)
        allowed = rng.random(len(ids)) < 0.5
        args = codes[allowed], ids[allowed], queries
        same(index.search(queries, 7, allowed=allowed), *args, 7)
        same_within(index.within(queries, radius, allowed=allowed), *args, radius)
    return codes, ids
