"""Codes of many questions, asked all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from lookalike.library.candidates import Found
from lookalike.library.engine import Table
from lookalike.types import Codes, Hits

__all__ = ["nearest", "rows_of"]


def nearest(
    table: Table, asked: Sequence[tuple[Found, Codes]], k: int
) -> Iterator[tuple[Found, Hits]]:
    """The k nearest of each one's codes, asked for all at once."""
    if not asked:
        return
    hits = table.nearest(np.concatenate([codes for _, codes in asked]), k)
    for one, rows in rows_of(asked):
        one.exact &= hits.exact
        yield one, Hits(hits.ids[rows], hits.distances[rows], hits.exact)


def rows_of(asked: Sequence[tuple[Found, Codes]]) -> Iterator[tuple[Found, slice]]:
    """Where the answers to each one's codes are, of all that were asked one after the other."""
    start = 0
    for one, codes in asked:
        yield one, slice(start, start := start + len(codes))
