"""All pairs of codes within a radius by asking tables for what is near each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import bytes_for
from lookalike.types import Codes, RadiusHits

__all__ = ["table_pairs"]

Ints = npt.NDArray[np.int64]

_FOUND = 1 << 20  # rows that a batch of queries is to find, about
_FIRST = 64  # queries of the first batch, before it is known how much they find
_MOST = 4096  # queries of a batch


def table_pairs(
    within: Callable[[Codes], RadiusHits], codes: npt.NDArray[Any], bits: int, rows: Ints
) -> Iterator[tuple[Ints, Ints, npt.NDArray[np.int32]]]:
    """Pairs of rows, by a search that answers with rows.

    Rows are asked for in an order of chance. So no batch has all the copies of one picture in it,
    and each finds about as much as the one before: that bounds the memory.

    Args:
        within: finds what is near queries, themselves included.
        codes: of all rows, packed or words.
        bits: their width.
        rows: int64, to be asked for.

    Yields:
        Rows i, rows j (int64) and distances (int32), i < j; each pair once, never nothing.
    """
    rows = np.random.default_rng(0).permutation(rows)
    low, size = 0, _FIRST
    while low < len(rows):
        asked = rows[low : low + size]
        queries = np.ascontiguousarray(codes[asked]).view(np.uint8)
        found = within(np.ascontiguousarray(queries[:, : bytes_for(bits)]))
        first = np.repeat(asked, np.diff(found.offsets))
        later = found.ids > first
        if later.any():
            yield first[later], found.ids[later], found.distances[later]
        low += len(asked)
        fitting = _FOUND * len(asked) // max(1, len(found.ids))
        size = max(1, min(2 * size, fitting, _MOST))
