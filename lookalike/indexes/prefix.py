"""The k nearest in two steps: a short list by the first bits of a code, put in order by all of it.

Of a model with nested widths (A. Kusupati et al., "Matryoshka Representation Learning", NeurIPS
2022) the first bits are a code of their own. To scan 64 of 256 bits takes a quarter of the memory's
bandwidth, and the rest of the codes may stay on disk: of it only the short lists are read.

A prefix is never farther than the whole code, so a query whose k-th neighbour is nearer than the
last prefix of its short list has missed nothing, and a search within a radius misses nothing ever.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.arguments import check_whole
from lookalike.codes import bits as packed
from lookalike.codes.bits import Words
from lookalike.errors import UsageError
from lookalike.indexes.arguments import check_allowed, check_codes, check_k, check_radius
from lookalike.indexes.exact import exact_scan
from lookalike.types import Codes, Hits, RadiusHits

__all__ = ["LISTED", "PrefixIndex"]

LISTED = 10
"""Codes of a short list for each neighbour that is wanted."""

_LEAST = 1_000  # codes of a short list
_BLOCK = 1 << 20  # rows of which the first bits are taken at a time

Allowed = npt.NDArray[np.bool_] | None
Ints = npt.NDArray[np.int64]


class PrefixIndex:
    """Nearest neighbours by a short list of the first bits, checked by the whole codes.

    Args:
        words: the whole codes as words, uint64 (n, ceil(bits / 64)); not copied, and may be mapped.
        bits: their width.
        first: bits that short lists are made by; these are held in memory.
        ids: int64 (n,), ascending; the rows by default.
        threads: of the scan; as many as there are processors by default.

    Raises:
        UsageError: an argument of another type, shape or range.

    Example:
        >>> words = np.array([[0b0001], [0b1000], [0b0011]], dtype=np.uint64)
        >>> index = PrefixIndex(words, bits=8, first=4)
        >>> index.search(np.array([[0b0011]], dtype=np.uint8), k=1)[0]
        [Hit(id=2, distance=0)]
    """

    def __init__(
        self,
        words: Words,
        bits: int,
        first: int,
        ids: Ints | None = None,
        threads: int | None = None,
    ) -> None:
        check_codes(words, bits)
        if words.dtype != np.uint64:
            raise UsageError("a prefix index takes codes as words: see lookalike.codes.bits")
        if bits < 2:
            raise UsageError("a code of 1 bit has no first bits: short lists take 2 or more")
        self._first = check_whole("first", first, 1, bits - 1)
        self._words, self._bits = words, bits
        self._ids = ids
        self._scan = exact_scan(_prefixes(words, self._first), self._first, threads=threads)

    @property
    def bits(self) -> int:
        """Width of the codes."""
        return self._bits

    @property
    def nbytes(self) -> int:
        """Bytes that are held besides the codes."""
        return len(self._words) * 8 * packed.words_for(self._first)

    def __len__(self) -> int:
        """Number of codes."""
        return len(self._words)

    def search(
        self, queries: Codes, k: int, *, allowed: Allowed = None, listed: int = LISTED
    ) -> Hits:
        """The k nearest of each query's short list.

        Args:
            queries: packed, uint8 (queries, ceil(bits / 8)).
            k: neighbours wanted, at least 1.
            allowed: bool (n,): only rows where it is true are found.
            listed: length of a short list, as a multiple of ``k``; 1,000 codes at least.

        Returns:
            Ordered by (distance, id); padded with -1 where there are fewer than k. ``exact`` if no
            query can have missed anything.
        """
        k = check_k(k)
        queries = packed.check(queries, self._bits, name="queries")
        allowed = check_allowed(allowed, len(self))
        wanted = min(max(_LEAST, check_whole("listed", listed, 1, 10_000) * k), max(1, len(self)))
        lists = self._scan.search(self._prefix_of(queries), wanted, allowed=allowed)
        ids = np.full((len(queries), k), -1, np.int64)
        distances = np.full((len(queries), k), -1, np.int32)
        exact = True
        for query, own in enumerate(packed.to_words(queries)):
            rows = lists.ids[query]
            rows = rows[rows >= 0]
            apart = self._apart(rows, own)
            order = np.lexsort((rows, apart))[:k]
            ids[query, : len(order)] = self._named(rows[order])
            distances[query, : len(order)] = apart[order]
            # Who isn't on the list is as far by the first bits alone as the last one that is.
            cut = len(rows) == wanted < len(self)
            if cut and apart[order[-1]] >= lists.distances[query, len(rows) - 1]:
                exact = False
        return Hits(ids, distances, exact)

    def within(self, queries: Codes, radius: int, *, allowed: Allowed = None) -> RadiusHits:
        """All codes within a radius of each query: exact, since a prefix is never farther.

        Args:
            queries: packed, uint8 (queries, ceil(bits / 8)).
            radius: in bits, at least 0; a code at exactly this distance is found.
            allowed: bool (n,): only rows where it is true are found.

        Returns:
            Ordered by (distance, id) within each query.
        """
        radius = check_radius(radius)
        queries = packed.check(queries, self._bits, name="queries")
        near = self._scan.within(self._prefix_of(queries), radius, allowed=allowed)
        offsets, ids, distances = [0], [], []
        for query, own in enumerate(packed.to_words(queries)):
            rows = near.ids[near.offsets[query] : near.offsets[query + 1]]
            apart = self._apart(rows, own)
            rows, apart = rows[apart <= radius], apart[apart <= radius]
            order = np.lexsort((rows, apart))
            ids.append(self._named(rows[order]))
            distances.append(apart[order])
            offsets.append(offsets[-1] + len(order))
        return RadiusHits(
            offsets=np.array(offsets, np.int64),
            ids=np.concatenate([np.empty(0, np.int64), *ids]),
            distances=np.concatenate([np.empty(0, np.int32), *distances]),
            exact=True,
        )

    def _apart(self, rows: Ints, own: Words) -> npt.NDArray[np.int32]:
        made: npt.NDArray[np.int32] = np.bitwise_count(self._words[rows] ^ own).sum(
            1, dtype=np.int32
        )
        return made

    def _named(self, rows: Ints) -> Ints:
        return rows if self._ids is None else self._ids[rows]

    def _prefix_of(self, queries: Codes) -> Codes:
        return packed.from_words(_prefixes(packed.to_words(queries), self._first), self._first)


def _prefixes(words: Words, first: int) -> Words:
    """The first bits of codes as codes of their own, as words."""
    count = packed.words_for(first)
    ones = packed.to_words(np.packbits(np.ones((1, first), np.uint8), axis=1))
    made = np.empty((len(words), count), np.uint64)
    for start in range(0, len(words), _BLOCK):
        block = slice(start, start + _BLOCK)
        np.bitwise_and(words[block, :count], ones, out=made[block])
    return made
