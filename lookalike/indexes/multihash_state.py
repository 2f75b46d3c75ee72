"""What a multi-index hash holds at one moment."""

from __future__ import annotations

from dataclasses import dataclass

from lookalike.indexes.changes import Rows
from lookalike.indexes.multihash_tables import Tables

__all__ = ["State"]


@dataclass(frozen=True, slots=True)
class State(Rows):
    """All that a search looks at. The tail's bits are in the tables' order.

    Attributes:
        tables: the codes in tables.
    """

    tables: Tables
