"""How pictures were taken, and which of them fit a filter: a part of the contract of a store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from lookalike.shot import Shot
from lookalike.types import ContentId

__all__ = ["ShotStore"]


class ShotStore(Protocol):
    """A part of :class:`lookalike.library.store.Store`."""

    def shots(self, contents: Sequence[ContentId]) -> dict[ContentId, Shot]:
        """How contents were taken, as their files say; those that say nothing are left out."""
