"""Parts of what was encoded: some of the pictures, or the first bits of their codes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import pack, unpack
from lookalike.errors import UsageError
from lookalike.evaluation.protocols import Coded
from lookalike.types import Codes

__all__ = ["first_bits", "rows_of"]


def rows_of(coded: Coded, queries: npt.NDArray[np.bool_], database: npt.NDArray[np.bool_]) -> Coded:
    """Some of the queries in some of the database, bool (queries,) and (n,)."""
    asked, there = np.flatnonzero(queries), np.flatnonzero(database)
    both = coded.embeddings
    return replace(
        coded,
        split=replace(
            coded.split,
            queries=coded.split.queries.take(asked),
            database=coded.split.database.take(there),
        ),
        queries=np.ascontiguousarray(coded.queries[asked]),
        database=np.ascontiguousarray(coded.database[there]),
        embeddings=None if both is None else (both[0][asked], both[1][there]),
    )


def first_bits(coded: Coded, bits: int) -> Coded:
    """The same pictures by the first bits of their codes alone.

    Raises:
        UsageError: the codes have fewer bits.
    """
    if not 1 <= bits <= coded.bits:
        raise UsageError(
            f"{coded.model} has {coded.bits} bits: its first {bits} can't be taken, choose from 1 "
            f"to {coded.bits}"
        )

    def narrow(codes: Codes) -> Codes:
        return pack(unpack(codes, coded.bits)[:, :bits])

    queries, database = narrow(coded.queries), narrow(coded.database)
    return replace(coded, bits=bits, queries=queries, database=database)
