"""MinHash LSH Forest over 0/1 features: the approximate search that the others are compared with.

A code is the set of its set bits. Its MinHash signature (Broder, "On the resemblance and
containment of documents", 1997) estimates the Jaccard similarity of two sets, and an LSH Forest
(Bawa, Condie, Ganesan, "LSH Forest: self-tuning indexes for similarity search", WWW 2005) finds
sets that share prefixes of their signatures. Jaccard similarity isn't Hamming distance, prefixes
are shared by chance, and the forest stops at the first k that it meets: its answers are
approximate. Here they are put in order by the distances of the codes themselves.

The forest is datasketch's. Signatures are the ones that datasketch makes, computed from those of
the single bits: the signature of a union is the minimum of the signatures.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.arguments import check_whole
from lookalike.codes import bits as packed
from lookalike.errors import MissingExtraError, UsageError
from lookalike.indexes.arguments import (
    MOST_NEIGHBOURS,
    check_allowed,
    check_ids,
    check_k,
    check_radius,
)
from lookalike.system.installing import install_command
from lookalike.types import Codes, Hits, RadiusHits

__all__ = ["MinHashForest"]

_FIRST_ASKED = 128  # candidates that a radius search starts with
_ROWS_AT_ONCE = 1024  # rows whose signatures are computed at a time

Allowed = npt.NDArray[np.bool_] | None
Ints = npt.NDArray[np.int64]


_MOST_PERMUTATIONS = 65_536


class MinHashForest:
    """Approximate k nearest and radius search by datasketch's MinHash LSH Forest.

    This index is for comparing, and :class:`~lookalike.indexes.scan.Scan` for using: it takes
    hundreds of times the memory of the codes. Codes that share no hashed prefix with a query are
    never found, so there can be fewer than k neighbours even where n is larger.

    Args:
        codes: packed, uint8 (n, ceil(bits / 8)).
        bits: width of the codes.
        ids: int64 (n,), strictly increasing and not negative; the row numbers if omitted.
        permutations: hash functions of a signature; more of them find more and cost more.
        trees: prefix trees that the permutations are divided among.
        seed: of the hash functions; the same seed gives the same answers.
        candidates: codes that are taken from the forest for each neighbour wanted; with 1 only
            the order of what the forest finds is improved, with more also the choice.

    Raises:
        UsageError: an argument of another type, shape or range.
        MissingExtraError: datasketch isn't installed.
    """

    def __init__(
        self,
        codes: Codes,
        bits: int,
        ids: Ints | None = None,
        permutations: int = 128,
        trees: int = 8,
        seed: int = 1,
        candidates: int = 1,
    ) -> None:
        permutations = check_whole("permutations", permutations, 1, _MOST_PERMUTATIONS)
        trees = check_whole("trees", trees, 1, _MOST_PERMUTATIONS)
        candidates = check_whole("candidates", candidates, 1, MOST_NEIGHBOURS)
        seed = check_whole("seed", seed, 0, (1 << 32) - 1)
        if trees > permutations:
            raise UsageError(
                f"a forest has 1 to {permutations} trees, as many as permutations at most, "
                f"not {trees}"
            )
        self._codes = packed.check(codes, bits)
        self._ids = None if ids is None else check_ids(ids, len(codes))
        self._bits = int(bits)
        self._candidates = candidates
        self._template, self._of_bits = _signatures_of_bits(bits, permutations, seed)
        self._forest = self._plant(permutations, trees)

    @property
    def bits(self) -> int:
        """Width of the codes."""
        return self._bits

    def __len__(self) -> int:
        """Number of codes."""
        return len(self._codes)

    def search(self, queries: Codes, k: int, *, allowed: Allowed = None) -> Hits:
        """About the k nearest codes of each query.

        Args:
            queries: packed, uint8 (queries, ceil(bits / 8)).
            k: neighbours wanted, at least 1.
            allowed: bool (n,): only rows where it is true are found.

        Returns:
            Ordered by (distance, id), without duplicates, padded with -1; not exact.

        Raises:
            UsageError: an argument of another type, shape or range.
        """
        k = check_k(k)
        queries = packed.check(queries, self._bits, name="queries")
        mask = check_allowed(allowed, len(self))
        ids = np.full((len(queries), k), -1, np.int64)
        distances = np.full((len(queries), k), -1, np.int32)
        for number, minhash in enumerate(self._minhashes(queries)):
            rows = self._candidate_rows(minhash, k, mask)
            rows, found = self._ordered(rows, queries[number])
            ids[number, : len(rows[:k])] = self._to_ids(rows[:k])
            distances[number, : len(rows[:k])] = found[:k]
        return Hits(ids=ids, distances=distances, exact=False)

    def within(self, queries: Codes, radius: int, *, allowed: Allowed = None) -> RadiusHits:
        """Some of the codes within a radius of each query.

        Takes candidates from the forest, and more of them as long as half are within the radius.

        Args:
            queries: packed, uint8 (queries, ceil(bits / 8)).
            radius: in bits, at least 0; a code at exactly this distance is found.
            allowed: bool (n,): only rows where it is true are found.

        Returns:
            Ordered by (distance, id) within each query; not exact.

        Raises:
            UsageError: an argument of another type, shape or range.
        """
        radius = check_radius(radius)
        queries = packed.check(queries, self._bits, name="queries")
        mask = check_allowed(allowed, len(self))
        offsets = np.zeros(len(queries) + 1, np.int64)
        ids = [np.empty(0, np.int64)]
        distances = [np.empty(0, np.int32)]
        for number, minhash in enumerate(self._minhashes(queries)):
            rows, found = self._near(minhash, queries[number], radius, mask)
            offsets[number + 1] = offsets[number] + len(rows)
            ids.append(self._to_ids(rows))
            distances.append(found)
        return RadiusHits(
            offsets=offsets,
            ids=np.concatenate(ids),
            distances=np.concatenate(distances),
            exact=False,
        )

    def unordered(self, queries: Codes, k: int) -> list[list[int]]:
        """What the forest itself answers: at most k rows of each query, in no order.

        Raises:
            UsageError: an argument of another type, shape or range.
        """
        k = check_k(k)
        queries = packed.check(queries, self._bits, name="queries")
        return [self._forest.query(minhash, k) for minhash in self._minhashes(queries)]

    def _plant(self, permutations: int, trees: int) -> Any:
        from datasketch import MinHashLSHForest

        forest = MinHashLSHForest(num_perm=permutations, l=trees)
        for row, minhash in enumerate(self._minhashes(self._codes)):
            forest.add(row, minhash)
        forest.index()
        return forest

    def _minhashes(self, codes: Codes) -> Any:
        """One MinHash for each code, as datasketch has them."""
        largest = np.iinfo(self._of_bits.dtype).max  # the signature of the empty set
        for start in range(0, len(codes), _ROWS_AT_ONCE):
            members = packed.unpack(codes[start : start + _ROWS_AT_ONCE], self._bits).view(np.bool_)
            for row in members:
                minhash = self._template.copy()
                minhash.hashvalues = self._of_bits[row].min(0, initial=largest)
                yield minhash

    def _candidate_rows(self, minhash: Any, k: int, mask: Allowed) -> Ints:
        asked = k * self._candidates
        while True:
            found = self._forest.query(minhash, asked)
            rows = np.array(found, np.int64)
            if mask is None:
                return rows
            rows = rows[mask[rows]]
            if len(rows) >= k or len(found) < asked:
                return rows
            asked *= 4

    def _near(
        self, minhash: Any, query: Codes, radius: int, mask: Allowed
    ) -> tuple[Ints, npt.NDArray[np.int32]]:
        asked = _FIRST_ASKED
        while True:
            candidates = np.array(self._forest.query(minhash, asked), np.int64)
            rows, distances = self._ordered(candidates, query)
            near = int(np.searchsorted(distances, radius, side="right"))
            if len(candidates) < asked or 2 * near < asked:
                break
            asked *= 4
        rows, distances = rows[:near], distances[:near]
        if mask is not None:
            rows, distances = rows[mask[rows]], distances[mask[rows]]
        return rows, distances

    def _ordered(self, rows: Ints, query: Codes) -> tuple[Ints, npt.NDArray[np.int32]]:
        """Different rows by (distance, row), and the distances."""
        rows = np.unique(rows)
        distances = packed.hamming(query[None], self._codes[rows])[0]
        order = np.argsort(distances, kind="stable")
        return rows[order], distances[order]

    def _to_ids(self, rows: Ints) -> Ints:
        return rows if self._ids is None else self._ids[rows]


def _signatures_of_bits(bits: int, permutations: int, seed: int) -> tuple[Any, npt.NDArray[Any]]:
    """The MinHash of the empty set, and the signatures of {0}, {1} ...: (bits, permutations)."""
    packed.bytes_for(bits)
    if permutations < 1:
        raise UsageError(f"a signature has at least 1 permutation, not {permutations}")
    try:
        from datasketch import MinHash
    except ImportError as error:
        raise MissingExtraError(
            f"the LSH forest takes datasketch: {install_command('sklearn')}"
        ) from error
    template = MinHash(num_perm=permutations, seed=seed)
    signatures = []
    for bit in range(bits):
        one = template.copy()
        one.update(str(bit).encode())
        signatures.append(one.hashvalues)
    return template, np.stack(signatures)
