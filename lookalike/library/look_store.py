"""Pairs of contents that may be copies, and what was seen of them: a part of a library's contract.

All of it can be made anew: it is kept so that nothing is looked at twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from lookalike.types import ContentId

__all__ = ["Look", "LookStore", "PairStore"]


class Look(NamedTuple):
    """A pair of contents: who proposed it, and what was seen.

    Attributes:
        first: one content.
        second: the other, of a greater id.
        code: what proposed the pair: the hash as it is (``pdq``) or ``turned``, the codes of a
            ``view`` or a ``part``, the ``photo`` code, ``local`` features; or a ``group`` that both
            may be in.
        distance: in bits, of that code; of ``local`` features 256 less those that agree.
        wanted: how closely it is to be looked at, see :mod:`lookalike.library.duplicates.looking`.
        looked: how closely that was done; 0 where nobody has looked yet.
        kind: what they are to each other; empty where nobody has looked, or nobody can.
        agreement: of what they share, 0 to 1.
        found: JSON of how they lie over each other, what they share, and the edits from the second
            to the first; empty where there is nothing to tell.
    """

    first: ContentId
    second: ContentId
    code: str
    distance: int
    wanted: int
    looked: int = 0
    kind: str = ""
    agreement: float = 0.0
    found: str = ""


class PairStore(Protocol):
    """Where pairs are kept: a library, or memory for one that can't be written to."""

    def put_pairs(self, pairs: Sequence[Look]) -> None:
        """Propose pairs; what is known of one stays, but for a closer look that is wanted now."""

    def put_looks(self, looks: Sequence[Look]) -> None:
        """Keep what was seen; of contents that are gone nothing is kept."""

    def looks(self) -> Iterator[Look]:
        """All pairs, ascending."""

    def drop_looks(self) -> None:
        """Forget all pairs."""


class LookStore(PairStore, Protocol):
    """A part of :class:`lookalike.library.store.Store`."""

    def repeated(self) -> Iterable[ContentId]:
        """The contents that several present pictures show, ascending."""
