"""Which questions tables of multi-index hashing pay for, by what things typically cost.

Only ratios matter, and they differ little between machines: so no search waits until its machine
has been measured, and the same questions are answered in the same way everywhere.
"""

from __future__ import annotations

from functools import lru_cache

from lookalike.codes.bits import words_for
from lookalike.indexes.choose import choose
from lookalike.indexes.costs import Costs
from lookalike.indexes.multihash_layout import choose as lay_out

__all__ = [
    "BATCH",
    "GAIN",
    "LEAST_ROWS",
    "TYPICAL",
    "pays",
    "table_bytes",
    "tables_of",
]

TYPICAL = Costs(
    machine="two cores of an AMD EPYC (Zen 4)",
    scan_call=5e-6,
    scan_single_code=0.0,
    scan_single_word=0.21e-9,
    scan_memory_word=0.22e-9,
    scan_batch_code=0.0,
    scan_batch_word=17e-12,
    hash_call=60e-6,
    hash_single_unit=1.0e-9,
    hash_batch_unit=0.4e-9,
)
"""Costs with 10^6 and 10^7 codes of 256 bits: a unit takes 0.3 ns where bits are even, and up to
three times as long in clusters, where more is found than even bits let expect."""

LEAST_ROWS = 1 << 16
"""Fewer codes are scanned in a few microseconds each."""

GAIN = 1.5
"""Times as fast as the scan that tables must be by the estimate: real codes cluster, and what is
found there costs more than the estimate, which takes bits to be even, expects."""

BATCH = 48
"""Queries from which a scan shares its reading of the codes among them."""


@lru_cache(maxsize=1024)
def pays(n: int, bits: int, laid_out: int, reach: int, batch: bool) -> bool:
    """Whether tables are the faster way by :data:`GAIN`, by what things typically cost.

    Args:
        n: number of codes.
        bits: their width.
        laid_out: radius that the tables are for.
        reach: radius of the question, or how far its k-th neighbour is.
        batch: whether there are :data:`BATCH` queries or more.
    """
    if n < LEAST_ROWS:
        return False
    scan = TYPICAL.scan(n, words_for(bits), batch=batch)
    if not batch and TYPICAL.hash_call * GAIN > scan:
        return False  # known without a layout
    found = choose(n, bits, radius=reach, batch=batch, laid_out=laid_out, costs=TYPICAL).costs
    return bool(found["multihash"] * GAIN < found["scan"])


@lru_cache(maxsize=256)
def tables_of(n: int, bits: int, radius: int) -> int:
    """The number of tables that n codes get."""
    return lay_out(n, bits, radius).tables


def table_bytes(n: int, bits: int, radius: int) -> int:
    """Bytes of the tables of n codes, with the copy of the codes that is in them."""
    layout = lay_out(n, bits, radius)
    per_code = 8 * words_for(bits) + 8 + 6 * layout.tables
    return n * per_code + 4 * layout.tables * ((1 << layout.prefix) + 1)
