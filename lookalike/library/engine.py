"""What answers a library's questions: the contract of everything that searches codes.

Questions are codes, answers are content ids with distances in bits; no row number passes through
here. Whatever an engine does inside (a scan, hash tables, a server far away), its answers say
whether they are exact: a neighbour at the distance of the last one is never left out in favour of
a farther one, ties are in the order of ids, and a radius includes its rim.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import Words
from lookalike.library.checking import OnCheck, Problem
from lookalike.library.records import EncoderInfo
from lookalike.types import Codes, EncoderId, Hits, RadiusHits

__all__ = ["ContentIds", "Engine", "PartHits", "Stored", "Table", "ViewHits"]

ContentIds = npt.NDArray[np.int64]
"""Content ids, int64 (n,)."""


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """What is kept of some contents, row by row in the order in which they were asked for.

    Attributes:
        there: whether the content has a code, bool (n,); the other rows mean nothing where not.
        words: codes padded to 64-bit words, uint64 (n, words).
        quality: uint8 (n,), 100 where the encoder doesn't say.
        embeddings: int8 (n, d); ``None`` where the encoder has none.
        parts: codes of their parts in one row each, uint64 (n, parts * words); ``None`` where there
            are none.
    """

    there: npt.NDArray[np.bool_]
    words: Words
    quality: npt.NDArray[np.uint8]
    embeddings: npt.NDArray[np.int8] | None
    parts: Words | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PartHits:
    """The nearest parts of each query, ordered by (distance, content, part).

    Attributes:
        contents: int64 (queries, k); -1 where there are fewer than k.
        parts: which of the nine parts, int64 (queries, k).
        distances: int32 (queries, k) in bits.
        exact: whether no nearer part can have been missed.
    """

    contents: ContentIds
    parts: npt.NDArray[np.int64]
    distances: npt.NDArray[np.int32]
    exact: bool


@dataclass(frozen=True, slots=True, eq=False)
class ViewHits:
    """The nearest of the pictures that pictures hold, ordered by (distance, content, view).

    Attributes:
        contents: that hold them, int64 (queries, k); -1 where there are fewer than k.
        boxes: where they are, as shares of the sides: left, top, right, bottom; float64
            (queries, k, 4).
        quality: uint8 (queries, k), 100 where the encoder doesn't say.
        distances: int32 (queries, k) in bits.
        exact: whether no nearer view can have been missed.
    """

    contents: ContentIds
    boxes: npt.NDArray[np.float64]
    quality: npt.NDArray[np.uint8]
    distances: npt.NDArray[np.int32]
    exact: bool


class Table(Protocol):
    """The codes of one encoder at one moment; any number of threads may ask.

    Only contents that some present file holds are found. ``among`` narrows that down to some
    contents, ascending ids; it is how filters work.
    """

    @property
    def encoder(self) -> EncoderInfo:
        """Whose codes these are."""

    def __len__(self) -> int:
        """Number of contents that can be found."""

    def nearest(self, queries: Codes, k: int, *, among: ContentIds | None = None) -> Hits:
        """The k nearest contents of each query; the ids of the hits are content ids."""

    def within(self, queries: Codes, radius: int, *, among: ContentIds | None = None) -> RadiusHits:
        """All contents within a radius in bits of each query, the rim included."""

    def pairs(
        self, radius: int, *, progress: Callable[[int, int], None] | None = None
    ) -> Iterator[tuple[ContentIds, ContentIds, npt.NDArray[np.int32]]]:
        """All pairs of contents within a radius: first ids, second ids (greater), distances.

        In portions; each pair once, in no particular order. ``progress`` is called with the units
        of work that are done, and all there are.
        """

    @property
    def has_parts(self) -> bool:
        """Whether there are codes of parts."""

    def nearest_parts(self, queries: Codes, k: int, *, among: ContentIds | None = None) -> PartHits:
        """The k nearest parts of contents; only where :attr:`has_parts`."""

    @property
    def has_views(self) -> bool:
        """Whether any content that can be found holds pictures with codes of their own."""

    def nearest_views(self, queries: Codes, k: int, *, among: ContentIds | None = None) -> ViewHits:
        """The k nearest pictures that contents hold; of one content there may be several."""

    def by_vector(
        self,
        weights: npt.NDArray[np.float32],
        constant: float,
        k: int,
        *,
        among: ContentIds | None = None,
    ) -> tuple[ContentIds, npt.NDArray[np.float32]]:
        """The k contents with the largest ``embedding @ weights + constant``, equal ones by id.

        Args:
            weights: float32 (d,).
            constant: added to each product.
            k: contents wanted.
            among: as above.

        Returns:
            Ids (at most k,) and sums, largest first.
        """

    def stored(self, contents: ContentIds) -> Stored:
        """Codes, quality and embeddings of contents, visible or not, in their order."""

    def sample(self, most: int, seed: int = 0) -> ContentIds:
        """At most so many of the contents that can be found, drawn at random, ascending."""


class Engine(Protocol):
    """Searches the codes of one store."""

    def tables(self, encoders: Sequence[EncoderInfo]) -> dict[EncoderId, Table]:
        """The codes of encoders, all of the same moment, and no older than an engine allows.

        What this process has finished writing is in them.
        """

    def explain(self, encoder: EncoderInfo) -> str:
        """What answers questions to an encoder's codes, in one line."""

    def prepare(self, encoders: Sequence[EncoderInfo]) -> None:
        """Make ready after writing, so that the next question needn't."""

    def check(self, progress: OnCheck | None = None) -> Iterator[Problem]:
        """What is wrong with what is kept beside the truth, which is sound, and with nothing else.

        Args:
            progress: called now and then.
        """

    @property
    def bytes(self) -> int:
        """What is kept beside the truth, and can be made again from it, in bytes."""

    def close(self) -> None:
        """Let go of what is mapped or held."""
