"""How all pairs within a radius are found soonest: by comparing all, or by a join, and which one.

The join cuts the bits of a code into *chunks*, in a ring, and gives each chunk a *share*, a number
of bits; the shares add up to one more than the radius. Two codes that differ in no more bits than
the radius then have a chunk from which on *every* run of chunks differs in less than the sum of its
shares: begin behind the place where the sum of (differing bits - share) over the chunks so far is
greatest, the last such place; all sums from there on are negative. So it is enough to look, in one
*pass* for each chunk, for pairs whose codes differ in less than the share in that chunk, and
together with the chunks behind it in less than theirs. Each pair is reported by the first pass that
finds it so.

That is the pigeonhole principle of multi-index hashing (Norouzi, Punjani and Fleet 2012, "Fast
search in Hamming space with multi-index hashing"), with runs (Qin and Xiao 2018, "Pigeonring: a
principle for faster thresholded similarity search") and with shares by what the codes are like
(Qin, Wang, Xiao, Wang, Lin and Ishikawa 2018, "GPH: similarity search in Hamming space"): a chunk
whose bits say little gets a small one, and with a share of 0 no pass.

Two steps choose. Chunks and shares follow from the number of codes, as if bits were tosses of a
coin. Then a sample of the codes is compared in each chunk, and the shares are moved to where they
cost least; where codes crowd, in chunks of other widths, too. If comparing all is estimated to be
faster still, that is done: with few codes, a wide radius, or codes that crowd more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import bytes_for, to_words
from lookalike.errors import UsageError
from lookalike.indexes.pairs_costs import (
    CHECK,
    COMPARE,
    PIECE_BITS,
    SCAN_FOUND,
    ball,
    pass_seconds,
    scan_seconds,
)

__all__ = ["LEAST_ROWS", "Plan", "even", "plan"]

LEAST_ROWS = 4096
"""Fewer codes are compared in some milliseconds."""

_MOST_ROWS = (1 << 32) - 64  # rows are 32 bits
_MOST_CHUNKS = 64
_MOST_KEY = 24
_MOST_SHARE = 12
_NEARBY = 8  # bits
_CLEARLY = 0.95  # of the seconds: below that estimates say nothing
_LEAST_SAMPLE, _MOST_SAMPLE = 512, 4096  # rows that are compared with each other


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done, in steps of their own.

    Attributes:
        way: ``scan`` or ``join``.
        chunks: bits with which chunks begin, and the end of the last; none for a scan.
        shares: of the chunks, in bits.
        key_bits: by how many bits of a chunk codes are put into buckets, at most.
        seconds: what it takes on two typical cores, about.
    """

    way: Literal["scan", "join"]
    chunks: tuple[int, ...]
    shares: tuple[int, ...]
    key_bits: int
    seconds: float

    @property
    def passes(self) -> tuple[int, ...]:
        """Chunks with which passes begin."""
        return tuple(chunk for chunk, share in enumerate(self.shares) if share)

    def check(self, count: int, bits: int, radius: int) -> None:
        """Make sure that this is a plan for so many codes, and that it finds all their pairs.

        Raises:
            UsageError: it isn't.
        """
        if self.way == "scan":
            return
        length = 8 * bytes_for(bits)
        rising = all(low < high for low, high in pairwise(self.chunks))
        whole = rising and self.chunks[:1] + self.chunks[-1:] == (0, length)
        fair = len(self.shares) == len(self.chunks) - 1 and min(self.shares, default=-1) >= 0
        if not (whole and fair and sum(self.shares) == radius + 1):
            raise UsageError(
                f"this plan of a join is not for codes of {bits} bits within {radius} bits; "
                "leave it out"
            )
        if not (1 <= self.key_bits <= _MOST_KEY and count <= _MOST_ROWS):
            raise UsageError(
                f"a plan of a join has keys of 1 to {_MOST_KEY} bits and at most {_MOST_ROWS:,} "
                f"codes, not {self.key_bits} and {count:,}; leave it out"
            )

    def key(self, chunk: int) -> int:
        """Bits of the key of a pass."""
        return min(self.key_bits, self.chunks[chunk + 1] - self.chunks[chunk])

    def length(self, chunk: int) -> int:
        """Bits of the window of a pass: its key and its piece."""
        return min(self.key(chunk) + PIECE_BITS, self.chunks[-1])

    def run(self, chunk: int) -> int:
        """Chunks that the window of a pass lies in."""
        left, count = self.length(chunk), 0
        while left > 0:
            here = (chunk + count) % len(self.shares)
            left -= self.chunks[here + 1] - self.chunks[here]
            count += 1
        return min(count, len(self.shares))

    def limit(self, chunk: int) -> int:
        """The bits of a window that a pass looks for differ in less."""
        count = len(self.shares)
        return sum(self.shares[(chunk + step) % count] for step in range(self.run(chunk)))


def plan(
    codes: npt.NDArray[Any], bits: int, radius: int, rows: npt.NDArray[np.int64] | None = None
) -> Plan:
    """The plan for some codes.

    Args:
        codes: packed or words.
        bits: their width.
        radius: in bits, at least 0.
        rows: that are to be paired, int64; all if omitted.

    Returns:
        Always the same one for the same arguments.
    """
    count = len(codes) if rows is None else len(rows)
    scan = Plan("scan", (), (), 0, scan_seconds(count, bits, radius))
    length = 8 * bytes_for(bits)
    if not LEAST_ROWS <= count <= _MOST_ROWS or 2 * radius >= length:
        return scan
    first = even(count.bit_length(), length, radius)
    if first.seconds >= scan.seconds:
        return scan
    size = min(count, max(_LEAST_SAMPLE, min(math.isqrt(count), _MOST_SAMPLE)))
    sample = np.sort(np.random.default_rng(0).choice(count, size, replace=False))
    some = np.ascontiguousarray(codes[sample if rows is None else rows[sample]])
    found = _fitted(first, count, radius, some)
    if found.seconds * _CLEARLY > first.seconds:  # they crowd
        found = _otherwise(found, count, radius, some)
    near = _near(some, radius) * _scale(count, len(some))
    scan = replace(scan, seconds=scan.seconds + near * SCAN_FOUND)
    return found if found.seconds < scan.seconds else scan


def _otherwise(found: Plan, count: int, radius: int, some: npt.NDArray[Any]) -> Plan:
    """By chunks of other widths, such as those of a radius nearby, if that is clearly sooner."""
    length = found.chunks[-1]
    nearby = range(max(0, radius - _NEARBY), min(radius + _NEARBY, (length - 1) // 2) + 1)
    layouts = [even(count.bit_length(), length, near) for near in nearby]
    others = {layout.chunks: layout for layout in layouts if layout.chunks != found.chunks}
    fitted = [_fitted(layout, count, radius, some) for layout in others.values()]
    best = min(fitted, key=lambda one: one.seconds, default=found)
    return best if best.seconds < _CLEARLY * found.seconds else found


def _fitted(first: Plan, count: int, radius: int, some: npt.NDArray[Any]) -> Plan:
    """A plan's shares where they cost least by a sample of the codes."""
    # Here, not above: few codes are scanned, and these kernels not loaded.
    from lookalike.codes.pair_keys import differing, near_windows, windows

    kinds = len(first.shares)
    scale = _scale(count, len(some))
    costs = []
    for chunk in range(kinds):
        key, width = first.key(chunk), first.chunks[chunk + 1] - first.chunks[chunk]
        keys = windows(some, first.chunks[-1], first.chunks[chunk], key)
        seen = scale * np.cumsum(differing(keys)[: radius + 1])
        costs.append([0.0])
        for share in range(1, min(radius + 1, key, _MOST_SHARE) + 1):
            bare = pass_seconds(count, width, first.key_bits, share)
            expected = count * count / 2 * ball(key, share - 1) / (1 << key)
            more = max(0.0, seen[share - 1] - expected)
            costs[-1].append(bare + more * COMPARE)
    shares = _cheapest(costs, radius + 1)
    if shares is None:
        return replace(first, seconds=math.inf)
    found = replace(first, shares=shares)
    seconds = 0.0
    for chunk in found.passes:
        seconds += costs[chunk][shares[chunk]]
        whole = windows(some, found.chunks[-1], found.chunks[chunk], found.length(chunk))
        key_mask = np.uint64((1 << found.key(chunk)) - 1)
        near = near_windows(whole, key_mask, shares[chunk], found.limit(chunk))
        seconds += near * scale * CHECK
    return replace(found, seconds=float(seconds))


def _scale(count: int, sampled: int) -> float:
    """Pairs of all codes for each pair of those in a sample."""
    return count * (count - 1) / (sampled * (sampled - 1))


def _near(some: npt.NDArray[Any], radius: int) -> int:
    """Pairs of a sample."""
    from lookalike.codes.pair_keys import near_codes

    words = some if some.dtype == np.uint64 else to_words(some)
    return near_codes(words, radius)


def _cheapest(costs: list[list[float]], total: int) -> tuple[int, ...] | None:
    """What each gets of a total so that the sum of the costs is least; none if it is too much."""
    best = [0.0] + [math.inf] * total
    steps = []
    for line in costs:
        after = [math.inf] * (total + 1)
        step = [0] * (total + 1)
        for spent, cost in enumerate(best):
            if cost < math.inf:
                for share, more in enumerate(line[: total - spent + 1]):
                    if cost + more < after[spent + share]:
                        after[spent + share] = cost + more
                        step[spent + share] = share
        best = after
        steps.append(step)
    if best[total] == math.inf:
        return None
    shares = []
    for step in reversed(steps):
        shares.append(step[total])
        total -= step[total]
    return tuple(reversed(shares))


@lru_cache(maxsize=256)
def even(size: int, length: int, radius: int) -> Plan:
    """Chunks, shares and key for about 2^size codes of independent fair bits.

    Args:
        size: the bits of the number of codes.
        length: bits of a code, in whole bytes.
        radius: in bits.
    """
    count = 3 << max(0, size - 2)
    best = Plan("join", (0, length), (radius + 1,), 1, math.inf)
    for key_bits in range(max(4, size - 8), min(_MOST_KEY, size - 1) + 1):
        for chunks in range(1, min(_MOST_CHUNKS, radius + 1, length) + 1):
            share, greater = divmod(radius + 1, chunks)
            smaller = chunks - greater
            for narrow in range(1, length // chunks + 1):
                wide = (length - smaller * narrow) // greater if greater else narrow
                if not greater and narrow < length // chunks:
                    continue
                seconds = smaller * pass_seconds(count, narrow, key_bits, share)
                if greater:
                    seconds += greater * pass_seconds(count, wide, key_bits, share + 1)
                if seconds < best.seconds:
                    widths = [narrow] * smaller + [wide] * greater
                    for extra in range(length - sum(widths)):
                        widths[-1 - extra % chunks] += 1
                    # Those of one kind are spread among those of the other.
                    order = sorted(
                        range(chunks),
                        key=lambda i: (
                            (i + 0.5) / smaller if i < smaller else (i - smaller + 0.5) / greater
                        ),
                    )
                    best = Plan(
                        "join",
                        (0, *accumulate(widths[i] for i in order)),
                        tuple(share + (i >= smaller) for i in order),
                        key_bits,
                        seconds,
                    )
    return best
