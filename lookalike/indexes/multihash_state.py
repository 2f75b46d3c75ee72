"""What a multi-index hash holds at one moment: tables, ids, removed rows, and what was added."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.indexes.arguments import check_allowed
from lookalike.indexes.multihash_tables import Tables

__all__ = ["State"]

Allowed = npt.NDArray[np.bool_] | None
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class State:
    """All that a search looks at; replaced as a whole, so that searches need no lock.

    Attributes:
        tables: the codes in tables.
        ids: int64 (n,) of their rows, increasing.
        alive: bool (n,), false for removed rows; ``None`` while there are none.
        tail: uint64 (t, words), reordered: added since, searched by a scan.
        tail_ids: int64 (t,), increasing.
    """

    tables: Tables
    ids: Ints
    alive: npt.NDArray[np.bool_] | None
    tail: Words
    tail_ids: Ints

    def live_ids(self) -> Ints:
        """Ids of the rows in tables that aren't removed."""
        return self.ids if self.alive is None else self.ids[self.alive]

    def removed(self) -> Ints:
        """Rows that are."""
        return np.flatnonzero(~self.alive) if self.alive is not None else np.empty(0, np.int64)

    def masks(self, allowed: Allowed) -> tuple[Allowed, Allowed]:
        """What a mask over :attr:`MultiHash.ids` means for the rows in tables and in the tail.

        Raises:
            UsageError: it is no such mask.
        """
        allowed = check_allowed(allowed, len(self))
        if allowed is None:
            return self.alive, None
        live = self.live_ids()
        of_tail = np.searchsorted(live, self.tail_ids) + np.arange(len(self.tail_ids))
        main = np.delete(allowed, of_tail) if len(of_tail) else np.ascontiguousarray(allowed)
        if self.alive is not None:
            rows = np.zeros(len(self.ids), np.bool_)
            rows[self.alive] = main
            main = rows
        return main, allowed[of_tail]

    def __len__(self) -> int:
        rows = len(self.ids) if self.alive is None else int(np.count_nonzero(self.alive))
        return rows + len(self.tail_ids)
