"""Pictures in any order, by month and by folder: a part of the contract of a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, Protocol, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from lookalike.library.filters import Filter
from lookalike.library.records import PictureInfo
from lookalike.types import PictureId

__all__ = ["ORDERS", "ListStore", "Order"]

Order: TypeAlias = Literal["oldest", "newest", "taken", "-taken", "path", "-path", "size", "-size"]
"""By when the library came to know a picture, when it was taken, where its file is, and how large
that is. Those of which nobody knows when they were taken are last, both ways. Equal ones are in the
order of their ids, turned round with a minus sign."""

ORDERS: Final[tuple[Order, ...]] = get_args(Order)
"""All of them."""


class ListStore(Protocol):
    """A part of :class:`lookalike.library.store.Store`; a filter's kinds say nothing here."""

    def ordered(self, by: Order, only: Filter | None = None) -> npt.NDArray[np.int64]:
        """The ids of all present pictures that fit a filter, in an order, int64 (n,)."""

    def pictures(self, pictures: Sequence[PictureId]) -> dict[PictureId, PictureInfo]:
        """Present pictures by their ids; those that aren't there are left out."""

    def months(self, only: Filter | None = None) -> list[tuple[str | None, int]]:
        """How many present pictures were taken in each month, such as ``2019-06``; the last first.

        Those of which nobody knows come at the end, as ``None``.
        """

    def directories(self, only: Filter | None = None) -> Mapping[str, int]:
        """How many present pictures each directory holds by itself, in no order."""
