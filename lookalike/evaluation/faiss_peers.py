"""faiss's binary indexes as contenders: flat, HNSW, hash, multi-hash and IVF."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.evaluation.contenders import Contender, Unavailable
from lookalike.system.installing import install_command
from lookalike.types import Codes

__all__ = ["FAISS_PEERS", "FaissFlat", "FaissMultiHash", "import_faiss", "lookup_cost"]

Ints = npt.NDArray[np.int64]

_LOOKUP = 8  # what one lookup in a hash table costs, in comparisons of codes; a rough measure


def import_faiss(threads: int) -> Any:
    """The package faiss, set to so many threads.

    Raises:
        Unavailable: it isn't installed.
    """
    try:
        import faiss
    except ImportError as error:
        raise Unavailable(f"faiss isn't installed: {install_command('benchmark')}") from error
    faiss.omp_set_num_threads(threads)
    return faiss


class _Faiss(Contender):
    package = "faiss-cpu"

    def build(self, codes: Codes, bits: int, *, radius: int | None = None) -> None:
        self._faiss = import_faiss(self.threads)
        # faiss counts whole bytes; padding bits are zero everywhere and change no distance.
        self._index = self._make(8 * codes.shape[1], len(codes), radius)
        if not self._index.is_trained:
            self._index.train(codes)
        self._index.add(codes)

    def search(self, queries: Codes, k: int) -> Ints:
        rows: Ints = self._index.search(queries, k)[1]
        return rows

    def within(self, queries: Codes, radius: int) -> tuple[Ints, Ints]:
        # faiss wants distances below its radius, not up to it.
        offsets, _, rows = self._index.range_search(queries, radius + 1)
        return offsets.astype(np.int64), rows

    def size(self) -> int:
        written = 0

        def count(part: bytes) -> int:
            nonlocal written
            written += len(part)
            return len(part)

        self._faiss.write_index_binary(self._index, self._faiss.PyCallbackIOWriter(count))
        return written

    @abstractmethod
    def _make(self, d: int, n: int, radius: int | None) -> Any:
        """An empty index of d bits for n codes."""


class FaissFlat(_Faiss):
    """Exact, by comparing every code: the peer that the scan is measured against."""

    name = "faiss-flat"
    claims_exact = True
    has_radius = True

    def _make(self, d: int, n: int, radius: int | None) -> Any:
        return self._faiss.IndexBinaryFlat(d)


class FaissHNSW(_Faiss):
    """A graph of near neighbours (Malkov and Yashunin, 2016)."""

    name = "faiss-hnsw"
    knob = "efSearch"
    settings = (16, 32, 64, 128, 256)
    usual = 64

    def _make(self, d: int, n: int, radius: int | None) -> Any:
        return self._faiss.IndexBinaryHNSW(d, 32)

    def turn(self, value: int) -> None:
        """Set efSearch."""
        self._index.hnsw.efSearch = value


class FaissHash(_Faiss):
    """One table by the first bits, of which some are flipped."""

    name = "faiss-hash"
    knob = "nflip"
    settings = (0, 1, 2, 3)
    usual = 2

    def _make(self, d: int, n: int, radius: int | None) -> Any:
        return self._faiss.IndexBinaryHash(d, min(d, max(8, round(math.log2(n)))))

    def turn(self, value: int) -> None:
        """Set nflip."""
        self._index.nflip = value


class FaissMultiHash(_Faiss):
    """One table for each substring of the code; exact for a radius if enough bits are flipped."""

    name = "faiss-multihash"
    has_radius = True
    knob = "nflip"
    settings = (0, 1, 2)
    usual = 1

    def _make(self, d: int, n: int, radius: int | None) -> Any:
        self._radius = radius
        width = min(d, max(8, round(math.log2(n))))
        if radius is not None:
            width = min(
                range(min(8, d), min(d, 32) + 1), key=lambda b: lookup_cost(d, n, radius, b)
            )
        self._tables = d // width
        return self._faiss.IndexBinaryMultiHash(d, self._tables, width)

    def turn(self, value: int) -> None:
        """Set nflip, or leave it at what the radius takes."""
        self._index.nflip = value if self._radius is None else self._radius // self._tables


class FaissIVF(_Faiss):
    """Lists around centres found by k-means."""

    name = "faiss-ivf"
    knob = "nprobe"
    settings = (1, 4, 16, 64)
    usual = 16

    def _make(self, d: int, n: int, radius: int | None) -> Any:
        # faiss warns below 39 training codes a list.
        lists = max(1, min(int(4 * math.sqrt(n)), n // 39))
        self._quantizer = self._faiss.IndexBinaryFlat(d)
        return self._faiss.IndexBinaryIVF(self._quantizer, d, lists)

    def turn(self, value: int) -> None:
        """Set nprobe."""
        self._index.nprobe = value


def lookup_cost(d: int, n: int, radius: int, width: int) -> float:
    """About what a query costs with substrings of ``width`` bits, in comparisons of codes."""
    tables = d // width
    flips = radius // tables
    lookups = tables * sum(math.comb(width, flip) for flip in range(flips + 1))
    return lookups * (_LOOKUP + n / 2.0**width)


FAISS_PEERS: tuple[type[Contender], ...] = (
    FaissFlat,
    FaissHNSW,
    FaissHash,
    FaissMultiHash,
    FaissIVF,
)
"""In the order of reports."""
