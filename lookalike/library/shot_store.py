"""How pictures were taken, and which of them fit a filter: a part of the contract of a store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from lookalike.library.filters import Filter
from lookalike.library.records import PictureInfo
from lookalike.shot import Shot
from lookalike.types import ContentId, PictureId

__all__ = ["ShotStore"]


class ShotStore(Protocol):
    """A part of :class:`lookalike.library.store.Store`."""

    def shots(self, contents: Sequence[ContentId]) -> dict[ContentId, Shot]:
        """How contents were taken, as their files say; those that say nothing are left out."""

    def matching(self, only: Filter) -> npt.NDArray[np.int64] | None:
        """The contents of the present pictures that fit a filter, ascending, int64 (n,).

        ``None`` where the filter asks nothing of pictures. Its kinds say nothing here.
        """

    def page(
        self,
        limit: int,
        *,
        after: PictureId | None = None,
        newest: bool = False,
        only: Filter | None = None,
    ) -> list[PictureInfo]:
        """Present pictures by id, those behind ``after``; the last one first if ``newest``.

        With ``only`` those that fit a filter, whose kinds say nothing here.
        """
