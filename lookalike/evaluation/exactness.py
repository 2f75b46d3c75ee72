"""Does the index in use give the answers of a comparison with every code?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import Words, from_words, pack, to_words
from lookalike.evaluation.selftest_report import Exactness
from lookalike.library.engine import Engine, Table
from lookalike.types import Hits

__all__ = ["check_exact", "nearest_by_comparison"]

_K = 10
_BLOCK = 65_536  # contents that are compared at a time


def check_exact(engine: Engine, table: Table, queries: int, seed: int = 0) -> Exactness:
    """Ask an engine and a comparison with every code the same, with codes of the library itself.

    Some of their bits are changed, so that the nearest is not always at distance 0.

    Args:
        engine: that the table is of.
        table: the codes of one encoder.
        queries: how many to ask, at most.
        seed: of the draw and of the bits.
    """
    chosen = table.sample(queries, seed)
    words = _changed(table.stored(chosen).words, table.encoder.bits, seed)
    told = engine.explain(table.encoder)
    if not len(chosen):
        return Exactness(table.encoder.name, told, 0, 0, True)
    found = table.nearest(from_words(words, table.encoder.bits), _K)
    ids, distances = nearest_by_comparison(table, words, _K)
    equal = (found.ids == ids).all(1) & (_distances(found) == distances).all(1)
    return Exactness(
        table.encoder.name, told, len(chosen), int(np.count_nonzero(equal)), bool(found.exact)
    )


def _distances(found: Hits) -> npt.NDArray[np.int64]:
    return found.distances.astype(np.int64)


def _changed(words: Words, bits: int, seed: int) -> Words:
    """Each code with another number of bits changed, from none to a quarter."""
    rng = np.random.default_rng(seed)
    flips = np.zeros((len(words), bits), np.uint8)
    for row, count in enumerate(rng.integers(0, bits // 4 + 1, len(words))):
        flips[row, rng.choice(bits, count, replace=False)] = 1
    return np.asarray(words ^ to_words(pack(flips)))


def nearest_by_comparison(
    table: Table, words: Words, k: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The k nearest of some codes by (distance, id), with no index at all.

    Args:
        table: of the codes.
        words: codes to ask with, uint64 (n, words).
        k: contents wanted.

    Returns:
        Ids and distances, int64 (n, k); -1 where there are fewer.
    """
    contents = table.sample(len(table))
    ids = np.full((len(words), k), -1, np.int64)
    distances = np.full((len(words), k), -1, np.int64)
    for start in range(0, len(contents), _BLOCK):
        block = contents[start : start + _BLOCK]
        kept = table.stored(block)
        for row, query in enumerate(words):
            near = np.bitwise_count(kept.words ^ query).sum(1, dtype=np.int64)
            # Ids ascend: one of a later block loses every tie.
            least = distances[row, -1] if ids[row, -1] >= 0 else table.encoder.bits + 1
            chosen = np.flatnonzero(kept.there & (near < least))
            if len(chosen) > k:
                chosen = chosen[near[chosen] <= np.partition(near[chosen], k - 1)[k - 1]]
            known = ids[row] >= 0
            all_ids = np.concatenate([ids[row][known], block[chosen]])
            all_distances = np.concatenate([distances[row][known], near[chosen]])
            best = np.lexsort((all_ids, all_distances))[:k]
            ids[row, : len(best)] = all_ids[best]
            distances[row, : len(best)] = all_distances[best]
    return ids, distances
