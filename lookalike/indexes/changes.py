"""What an index holds at one moment: rows in its tables, rows that are gone, rows added since."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from lookalike.errors import UsageError
from lookalike.indexes.arguments import check_allowed, check_ids, whole_numbers

__all__ = ["Rows"]

Allowed = npt.NDArray[np.bool_] | None
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[Any]

TAIL_SHARE = 32  # a tail longer than one code in so many is merged into the others
REMOVED_SHARE = 4  # likewise more removed codes than one in so many
LEAST = 4096  # a tail or so many removed codes cost less than a merge


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of an index; replaced as a whole, so that searches need no lock.

    Attributes:
        ids: int64 (n,) of the rows in place, increasing.
        alive: bool (n,), false for removed rows; ``None`` while there are none.
        tail: (t, width): codes added since, as those in place are; searched by a scan.
        tail_ids: int64 (t,), increasing.
    """

    ids: Ints
    alive: npt.NDArray[np.bool_] | None
    tail: Codes
    tail_ids: Ints

    def __len__(self) -> int:
        rows = len(self.ids) if self.alive is None else int(np.count_nonzero(self.alive))
        return rows + len(self.tail_ids)

    def live_ids(self) -> Ints:
        """Ids of the rows in place that aren't removed."""
        return self.ids if self.alive is None else self.ids[self.alive]

    def all_ids(self) -> Ints:
        """Ids of all rows, increasing."""
        if not len(self.tail_ids):
            return self.live_ids()
        return np.sort(np.concatenate([self.live_ids(), self.tail_ids]))

    def removed(self) -> Ints:
        """Rows that are."""
        return np.flatnonzero(~self.alive) if self.alive is not None else np.empty(0, np.int64)

    def masks(self, allowed: Allowed) -> tuple[Allowed, Allowed]:
        """What a mask over :meth:`all_ids` means for the rows in place and for the tail.

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

    def added(self, codes: Codes, ids: Ints | None) -> Self:
        """These rows and more, in the tail.

        Args:
            codes: (m, width), as the tail's are.
            ids: int64 (m,), strictly increasing; those after the greatest one if omitted.

        Raises:
            UsageError: ids of another type, shape or order, or one that is here already.
        """
        if ids is None:
            last = max(
                (int(some[-1]) for some in (self.ids, self.tail_ids) if len(some)), default=-1
            )
            ids = np.arange(last + 1, last + 1 + len(codes))
        ids = check_ids(ids, len(codes))
        known = np.isin(ids, self.live_ids()) | np.isin(ids, self.tail_ids)
        if known.any():
            raise UsageError(f"the index has id {int(ids[known][0])} already; remove it first")
        tail_ids = np.concatenate([self.tail_ids, ids])
        order = np.argsort(tail_ids)
        tail = np.concatenate([self.tail, codes])[order]
        return replace(self, tail=tail, tail_ids=tail_ids[order])

    def without(self, ids: npt.ArrayLike) -> Self:
        """These rows but some.

        Raises:
            UsageError: an id that isn't here, or what is no id.
        """
        gone = np.unique(whole_numbers("ids", ids))
        rows = np.searchsorted(self.ids, gone)
        inside = np.minimum(rows, max(0, len(self.ids) - 1))
        found = self.ids[inside] == gone if len(self.ids) else np.zeros(len(gone), bool)
        alive = np.ones(len(self.ids), bool) if self.alive is None else self.alive.copy()
        if len(self.ids):
            found &= alive[inside]
        in_tail = np.isin(gone, self.tail_ids)
        if not (found | in_tail).all():
            raise UsageError(f"the index has no id {int(gone[~(found | in_tail)][0])}")
        alive[inside[found]] = False
        keep = ~np.isin(self.tail_ids, gone)
        return replace(
            self,
            alive=None if alive.all() else alive,
            tail=self.tail[keep],
            tail_ids=self.tail_ids[keep],
        )

    def is_due(self) -> bool:
        """Whether so much was added or removed that a merge pays."""
        gone = 0 if self.alive is None else len(self.alive) - int(np.count_nonzero(self.alive))
        return len(self.tail_ids) > max(LEAST, len(self.ids) // TAIL_SHARE) or gone > max(
            LEAST, len(self.ids) // REMOVED_SHARE
        )

    def merged(self, codes: Codes) -> tuple[Codes, Ints]:
        """All codes and their ids, in order.

        Args:
            codes: (n, width), of the rows in place.
        """
        if self.alive is None and not len(self.tail_ids):
            return codes, self.ids
        kept = codes if self.alive is None else codes[self.alive]
        ids = np.concatenate([self.live_ids(), self.tail_ids])
        order = np.argsort(ids, kind="stable")
        return np.concatenate([kept, self.tail])[order], ids[order]
