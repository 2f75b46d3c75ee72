"""The order that a library's search by code and embedding gives a database."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lookalike.codes.bits import hamming, to_words
from lookalike.evaluation.protocols import Coded
from lookalike.indexes.scan import Scan
from lookalike.metrics import Counts, rank_counts
from lookalike.ranking.short_list import Rows, in_order, length

__all__ = ["searched"]

_PAIRS = 1 << 22  # of a query and a code that are ranked at a time, at 8 bytes and more


def searched(coded: Coded, k: int, threads: int | None) -> Iterator[Counts]:
    """Rank the database for each query as a search for k pictures does.

    The nearest codes come in the order of :func:`~lookalike.ranking.short_list.in_order`, behind
    them all others by their distances, tied where these are.

    Args:
        coded: codes and labels; embeddings are used where there are some.
        k: hits that the search is asked for.
        threads: of the scan; by default one for each processor.
    """
    size = len(coded.database)
    index = Scan(coded.database, coded.bits, threads=threads)
    queries, database = to_words(coded.queries), to_words(coded.database)
    own, known = coded.embeddings if coded.embeddings is not None else (None, None)
    step = max(1, _PAIRS // size)
    for first in range(0, len(queries), step):
        rows = np.arange(first, min(first + step, len(queries)))
        hits = index.search(coded.queries[rows], min(length(k), size))
        places = hamming(coded.queries[rows], coded.database).astype(np.float32) + size
        for place, row, near in zip(places, rows, hits.ids, strict=True):
            query = Rows(queries[[row]], None if own is None else own[[row]])
            found = Rows(database[near], None if known is None else known[near])
            place[near[in_order(query, found, coded.bits).order]] = np.arange(len(near))
        yield rank_counts(places, coded.query_labels[rows, None] == coded.database_labels)
