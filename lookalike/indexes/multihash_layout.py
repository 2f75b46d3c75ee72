"""How multi-index hashing cuts codes into tables, and what that costs.

A code's bits are cut into as many runs (blocks) as there are tables, and each table is keyed by the
first bits of its block. A block wider than log2(n) would only have empty buckets: the rest of it is
compared, not hashed, so that no key needs a hash function or a sorted array.

Which buckets hold all codes within a radius is a question of the pigeonhole: when the bits of
``radius + 1`` pigeons are dealt to the blocks, ``allowance[t]`` to block t, a code that differs
from the query in at most ``radius`` bits differs in fewer than ``allowance[t]`` bits in some block
t. More is true (the cycle lemma; Qin and Xiao 2018, "Pigeonring", section 3): there is a block from
which on, going round, *every* run of blocks differs in fewer bits than the sum of its allowances.
So a key whose block is near needs the blocks after it to be near too, and that is what signatures
are compared for: of uniform 256-bit codes in 16 tables within 31 bits 1 in 500 passes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from lookalike.errors import UsageError

__all__ = [
    "Layout",
    "allowances",
    "choose",
    "cost",
    "order_bits",
    "probes",
    "scan_cost",
    "usual_radius",
]

Ints = npt.NDArray[np.int64]

SIGNATURE = 16  # bits compared after a key

# What things cost, in signatures read one after the other (about 0.3 ns each): measured on two
# cores of a Zen 4 with 10^6 and 10^7 codes of 256 bits. A scan of a batch shares its reading among
# the queries, that of a single query waits for memory.
PROBE = 60
FETCH = 120
WORD_BATCH = 0.3
WORD_SINGLE = 1.0


@dataclass(frozen=True, slots=True)
class Layout:
    """How codes are cut.

    Attributes:
        bits: of a code.
        tables: number of tables, and so of blocks; block ``t`` begins at ``t * bits // tables``.
        prefix: bits of each table's key.
    """

    bits: int
    tables: int
    prefix: int

    @property
    def signature(self) -> int:
        """Bits that are compared after the key."""
        return min(SIGNATURE, self.bits - self.prefix)

    @lru_cache(maxsize=64)  # noqa: B019 - layouts are few and small
    def starts(self) -> Ints:
        """First bit of each block, int64 (tables,)."""
        return np.arange(self.tables, dtype=np.int64) * self.bits // self.tables

    @lru_cache(maxsize=1024)  # noqa: B019
    def limits(self, radius: int) -> Ints:
        """Bits in which key and signature together may differ, int64 (tables,)."""
        starts = self.starts()
        dealt = allowances(self.tables, radius)
        # Blocks that key and signature touch, counted round the ring.
        ends = starts + self.prefix + self.signature
        around = np.concatenate([starts, starts + self.bits])
        touched = np.searchsorted(around, ends, side="left") - np.arange(self.tables)
        sums = np.concatenate([[0], np.cumsum(np.concatenate([dealt, dealt]))])
        first = np.arange(self.tables)
        limits: Ints = sums[first + touched] - sums[first] - 1
        return limits


def usual_radius(bits: int) -> int:
    """PDQ's 31 of 256 bits, and that share of other widths; at least 1."""
    return max(1, bits * 31 // 256)


def allowances(tables: int, radius: int) -> Ints:
    """The ``radius + 1`` pigeons dealt evenly, the first tables getting one more."""
    return np.array([(radius + 1 + tables - 1 - t) // tables for t in range(tables)], np.int64)


def probes(layout: Layout, steps: int) -> int:
    """Keys probed in so many steps (see ``multihash_probe.probe``)."""
    whole, rest = divmod(steps, layout.tables)
    done = sum(math.comb(layout.prefix, shell) for shell in range(whole))
    return layout.tables * done + rest * math.comb(layout.prefix, whole)


def scan_cost(n: int, bits: int, batch: bool) -> int:
    """What a query costs that is compared with every code."""
    return int(n * -(-bits // 64) * (WORD_BATCH if batch else WORD_SINGLE))


def _least_cost(layout: Layout, n: int, radius: int) -> float:
    """What a query costs before any signature has passed."""
    keys = probes(layout, radius + 1)
    return keys * PROBE + keys * n / float(2**layout.prefix)


def cost(layout: Layout, n: int, radius: int) -> float:
    """What a query is expected to cost if bits are even and independent."""
    keys = probes(layout, radius + 1)
    looked = keys * n / float(2**layout.prefix)
    limit = int(layout.limits(radius).max())
    shell = min(radius // layout.tables, layout.prefix)
    width = layout.signature
    near = sum(math.comb(width, d) for d in range(min(width, max(0, limit - shell)) + 1))
    return keys * PROBE + looked * (1 + FETCH * near / float(2**width))


def choose(n: int, bits: int, radius: int, tables: int | None = None) -> Layout:
    """The layout that makes a search within ``radius`` cheapest for even, independent bits.

    Norouzi, Punjani and Fleet (2012, section 3.2) take bits / log2(n) tables; here tables and width
    of their keys are chosen by what probes and comparisons cost, since a signature is compared in a
    hundredth of the time that a probe takes. Of layouts that cost about the same, the one with
    fewest tables.

    Args:
        n: number of codes.
        bits: of a code.
        radius: that is going to be asked for most.
        tables: if it is settled.

    Raises:
        UsageError: tables below 1 or above the number of bits.
    """
    if tables is not None and not 1 <= tables <= bits:
        raise UsageError(f"codes of {bits} bits fit 1 to {bits} tables, not {tables}")
    widest = max(1, min(24, math.ceil(math.log2(max(2, n))) + 1))
    best: tuple[float, Layout] | None = None
    for count in range(1, min(bits, radius + 1) + 1) if tables is None else (tables,):
        few = 1.02**count
        for prefix in range(1, min(widest, bits // count) + 1):
            layout = Layout(bits, count, prefix)
            if best is not None and _least_cost(layout, n, radius) * few >= best[0]:
                continue  # most of them, in a twentieth of the time
            price = cost(layout, n, radius) * few
            if best is None or price < best[0]:
                best = price, layout
    if best is None:
        raise UsageError(f"a radius is at least 0 bits, not {radius}")
    return best[1]


def order_bits(sample: npt.NDArray[np.uint8], layout: Layout) -> Ints:
    """An order of the bits in which no block has bits that say the same, so that buckets are even.

    Bits of real codes depend on each other, neighbours most of all: 16 adjacent bits of PDQ hash
    9,060 photographs into buckets that are 1.7 to 2.7 times as full as even ones. Dealing each bit
    to the block that it correlates least with leaves 1.03 times. Within a block the most balanced
    bits come first, as its key.

    Args:
        sample: uint8 0 or 1, (codes, bits).
        layout: what they are ordered for.

    Returns:
        int64 (bits,): which bit comes at each place.
    """
    bits, tables = layout.bits, layout.tables
    if len(sample) < 2:
        return np.arange(bits)
    mean = sample.mean(0)
    centred = sample.astype(np.float32) - mean.astype(np.float32)
    spread = np.sqrt((centred * centred).sum(0))
    centred /= np.where(spread > 0, spread, 1)
    related = (centred.T @ centred) ** 2
    np.fill_diagonal(related, 0)
    balance = np.abs(mean - 0.5)
    room = np.diff(np.append(layout.starts(), bits))
    taken = np.zeros((tables, bits), np.float32)
    blocks: list[list[int]] = [[] for _ in range(tables)]
    # Bits that are hardest to place first; ones that never change last.
    for bit in np.lexsort((np.arange(bits), -related.sum(0), spread == 0)):
        full = np.array([len(block) for block in blocks]) >= room
        # Of equals the emptiest.
        load = np.array([len(block) for block in blocks]) / room
        scores = np.where(full, np.inf, taken[:, bit] + 1e-6 * load)
        block = int(np.argmin(scores))
        blocks[block].append(int(bit))
        taken[block] += related[bit]
    return np.array([bit for block in blocks for bit in sorted(block, key=lambda b: balance[b])])
