"""What all pairs take by asking a peer what is near each code, and by comparing all.

A peer is asked for some codes, drawn at random, and its time reckoned for all of them. It must
find what a scan finds, else its recall is said.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.errors import UsageError
from lookalike.evaluation.contenders import Contender, Unavailable
from lookalike.evaluation.faiss_peers import FaissFlat, FaissMultiHash, lookup_cost
from lookalike.evaluation.machine import versions
from lookalike.indexes.pairs_scan import STRIP_ROWS, ScanStrips
from lookalike.indexes.scan import Scan
from lookalike.types import Codes

__all__ = ["PAIRS_PEERS", "SCAN", "PeerTime", "PynearMIH", "measure_peers"]

Ints = npt.NDArray[np.int64]

SCAN = "scan"
"""The name of comparing all with all."""

_FIRST = 8  # queries of the first batch
_MOST = 1 << 14


@dataclass(frozen=True, slots=True)
class PeerTime:
    """What a peer takes for all pairs.

    Attributes:
        name: of the peer.
        version: of its package.
        seconds: to build, and to ask for each code; the median of the rounds.
        asked: codes that were asked for in each round; the time of the others is reckoned.
        recall: share of what is near them that was found.
        missing: why it took no part; the other figures then mean nothing.
    """

    name: str
    version: str
    seconds: float
    asked: int
    recall: float
    missing: str = ""


class PynearMIH(Contender):
    """Multi-index hashing of pynear, asked for as many neighbours as there are."""

    name = "pynear-mih"
    package = "pynear"
    has_radius = True

    def build(self, codes: Codes, bits: int, *, radius: int | None = None) -> None:
        """Tables of whole bytes, at most eight each: as many as cost least."""
        try:
            import pynear
        except ImportError as error:
            raise Unavailable("pynear isn't installed: pip install pynear") from error
        width = codes.shape[1]
        fitting = [m for m in range(1, width + 1) if width % m == 0 and width // m <= 8]
        costs = {
            m: lookup_cost(8 * width, len(codes), radius or 0, 8 * width // m) for m in fitting
        }
        self._index: Any = pynear.MIHBinaryIndex(m=min(costs, key=costs.__getitem__))
        self._index.set(codes)
        self.most = 2

    def search(self, queries: Codes, k: int) -> Ints:
        """``searchKNN_arrays`` with the radius that pynear has by default."""
        rows: Ints = self._index.searchKNN_arrays(queries, k)[0]
        return rows

    def within(self, queries: Codes, radius: int) -> tuple[Ints, Ints]:
        """The nearest :attr:`most` that are within the radius."""
        rows, distances = self._index.searchKNN_arrays(queries, self.most, radius)
        near = (rows >= 0) & (distances <= radius)
        return np.concatenate([[0], np.cumsum(near.sum(axis=1))]), rows[near]


PAIRS_PEERS: dict[str, type[Contender]] = {
    kind.name: kind for kind in (FaissFlat, FaissMultiHash, PynearMIH)
}
"""By their names."""


def measure_peers(
    codes: Codes,
    bits: int,
    radius: int,
    threads: int,
    names: Sequence[str],
    *,
    rounds: int = 1,
    budget: float = 2.0,
    seed: int = 0,
) -> list[PeerTime]:
    """Time peers, in turn in each round.

    Args:
        codes: packed.
        bits: their width.
        radius: in bits.
        threads: of each.
        names: of :data:`PAIRS_PEERS`, or :data:`SCAN`.
        rounds: how often each is timed; each is built once.
        budget: seconds that a peer is asked for in a round, about.
        seed: of the codes that are asked for.

    Raises:
        UsageError: an unknown name.
    """
    unknown = [name for name in names if name not in (SCAN, *PAIRS_PEERS)]
    if unknown:
        known = ", ".join((SCAN, *PAIRS_PEERS))
        raise UsageError(f"there is no peer {unknown[0]} that finds pairs; there are {known}")
    rows = np.random.default_rng(seed).permutation(len(codes))[:_MOST]
    queries = np.ascontiguousarray(codes[rows])
    timed: dict[str, list[float]] = {name: [] for name in names}
    peers: dict[str, _Asked] = {}
    missing: dict[str, str] = {}
    for name in names:
        try:
            peers[name] = _Asked(name, codes, queries, bits, radius, threads)
        except Unavailable as error:
            missing[name] = str(error)
    for _ in range(rounds):
        for name, peer in peers.items():
            timed[name].append(peer.seconds(budget))
    found = []
    for name in names:
        version = _version(name)
        if name in missing:
            found.append(PeerTime(name, version, 0.0, 0, 0.0, missing[name]))
        else:
            peer = peers[name]
            median = float(np.median(timed[name]))
            found.append(PeerTime(name, version, median, peer.asked, peer.recall))
    return found


def _version(name: str) -> str:
    package = "lookalike" if name == SCAN else PAIRS_PEERS[name].package
    return versions([package]).get(package, "")


class _Asked:
    """A peer that is built."""

    def __init__(
        self, name: str, codes: Codes, queries: Codes, bits: int, radius: int, threads: int
    ) -> None:
        self._codes, self._queries, self._bits = codes, queries, bits
        self._radius, self._threads = radius, threads
        self.asked, self.recall, self._build = 0, 1.0, 0.0
        self._within: Callable[[Codes, int], tuple[Ints, Ints]] | None = None
        if name == SCAN:
            return
        peer = PAIRS_PEERS[name](threads)
        started = time.perf_counter()
        peer.build(codes, bits, radius=radius)
        self._build = time.perf_counter() - started
        few = queries[: 16 * _FIRST]
        true = Scan(codes, bits, threads=threads).within(few, radius)
        if isinstance(peer, PynearMIH):
            peer.most = int(np.diff(true.offsets).max())
        elif peer.knob is not None:
            peer.turn(0)  # faiss's multi-hash follows the radius
        self._within = peer.within
        self.recall = self._found(few, true.offsets, true.ids)

    def _found(self, few: Codes, offsets: Ints, rows: Ints) -> float:
        assert self._within is not None
        own_offsets, own_rows = self._within(few, self._radius)
        total = 0
        for query in range(len(few)):
            wanted = rows[offsets[query] : offsets[query + 1]]
            total += int(
                np.isin(wanted, own_rows[own_offsets[query] : own_offsets[query + 1]]).sum()
            )
        return total / max(1, len(rows))

    def seconds(self, budget: float) -> float:
        """What all pairs take, reckoned from what fits into a budget."""
        if self._within is None:
            return self._scan_seconds()
        asked, spent, size = 0, 0.0, _FIRST
        while spent < budget and asked < len(self._queries):
            some = self._queries[asked : asked + size]
            started = time.perf_counter()
            self._within(some, self._radius)
            spent += time.perf_counter() - started
            asked += len(some)
            size = min(2 * size, 1 << 10)
        self.asked = asked
        return self._build + spent * len(self._codes) / asked

    def _scan_seconds(self) -> float:
        """A strip for each thread, in the middle: half of the codes are later than its own."""
        total = len(self._codes)
        self.asked = min(total, STRIP_ROWS * self._threads)
        low = (total - self.asked) // 2
        work = ScanStrips(
            *(self._codes, self._bits, min(self._radius, self._bits) + 1, low, low + self.asked),
            self._threads,
        )
        started = time.perf_counter()
        while not work.done():
            work.more()
        return (time.perf_counter() - started) * total / self.asked
