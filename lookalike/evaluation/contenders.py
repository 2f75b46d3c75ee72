"""What a benchmark of searches runs: the form of a contender, and lookalike's own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import to_words
from lookalike.errors import LookalikeError
from lookalike.indexes.multihash import MultiHash
from lookalike.indexes.prefix import LISTED, PrefixIndex
from lookalike.indexes.scan import Scan
from lookalike.types import Codes

__all__ = ["OWN", "Contender", "Unavailable"]

Ints = npt.NDArray[np.int64]


class Unavailable(LookalikeError):  # noqa: N818 - a reason, which the report prints
    """A contender that can't take part; the message is the reason."""


class Contender(ABC):
    """One way to search, with all that is its own: building, settings, memory.

    Attributes:
        name: as in reports.
        package: the distribution that it comes from, whose version is reported.
        claims_exact: whether answers must be exact; the harness holds it to that.
        has_radius: whether :meth:`within` works.
        knob: what can be set after building without building anew, such as ``efSearch``.
        settings: values of the knob, from fast to thorough; empty where there is no knob.
        usual: the value that the table of results shows.
    """

    name: ClassVar[str]
    package: ClassVar[str] = "lookalike"
    claims_exact: ClassVar[bool] = False
    has_radius: ClassVar[bool] = False
    knob: ClassVar[str | None] = None
    settings: ClassVar[tuple[int, ...]] = ()
    usual: ClassVar[int] = 0

    def __init__(self, threads: int) -> None:
        self.threads = threads

    @abstractmethod
    def build(self, codes: Codes, bits: int, *, radius: int | None = None) -> None:
        """Make the index.

        Args:
            codes: packed, uint8 (n, ceil(bits / 8)).
            bits: width of the codes.
            radius: what :meth:`within` will be asked for, if anything.

        Raises:
            Unavailable: the package isn't installed, or the contender can't hold such codes.
        """

    @abstractmethod
    def search(self, queries: Codes, k: int) -> Ints:
        """Rows of the k nearest, int64 (queries, k), -1 where there are fewer."""

    def within(self, queries: Codes, radius: int) -> tuple[Ints, Ints]:
        """Offsets (queries + 1,) and rows (total,) of all within a radius."""
        raise Unavailable(f"{self.name} has no search by radius")

    def turn(self, value: int) -> None:
        """Set the knob.

        Raises:
            Unavailable: there is none.
        """
        raise Unavailable(f"{self.name} has no knob, and can't be set to {value}")

    def size(self) -> int | None:
        """Bytes of the index with its codes; ``None`` where it can't be told."""
        return None


class ScanContender(Contender):
    """lookalike's exact scan, what the ratios refer to."""

    name = "scan"
    claims_exact = True
    has_radius = True

    def build(self, codes: Codes, bits: int, *, radius: int | None = None) -> None:
        """Take the codes as they are."""
        self._scan = Scan(codes, bits, threads=self.threads)
        self._bytes = codes.nbytes

    def search(self, queries: Codes, k: int) -> Ints:
        """See :class:`~lookalike.indexes.scan.Scan`."""
        return self._scan.search(queries, k).ids

    def within(self, queries: Codes, radius: int) -> tuple[Ints, Ints]:
        """See :class:`~lookalike.indexes.scan.Scan`."""
        found = self._scan.within(queries, radius)
        return found.offsets, found.ids

    def size(self) -> int:
        """The codes alone."""
        return self._bytes


class MultiHashContender(Contender):
    """lookalike's multi-index hashing: exact, laid out for the radius if there is one."""

    name = "multihash"
    claims_exact = True
    has_radius = True

    def build(self, codes: Codes, bits: int, *, radius: int | None = None) -> None:
        """Fill the tables."""
        self._index = MultiHash(codes, bits, radius=radius, threads=self.threads)

    def search(self, queries: Codes, k: int) -> Ints:
        """See :class:`~lookalike.indexes.multihash.MultiHash`."""
        return self._index.search(queries, k).ids

    def within(self, queries: Codes, radius: int) -> tuple[Ints, Ints]:
        """See :class:`~lookalike.indexes.multihash.MultiHash`."""
        found = self._index.within(queries, radius)
        return found.offsets, found.ids

    def size(self) -> int:
        """Tables and codes."""
        return self._index.nbytes


class BudgetedMultiHash(MultiHashContender):
    """The same with a budget of candidates: approximate."""

    name = "multihash-budget"
    claims_exact = False
    has_radius = False
    knob = "budget"
    settings = (300, 1_000, 3_000, 10_000, 30_000)
    usual = 3_000

    def search(self, queries: Codes, k: int) -> Ints:
        """See :class:`~lookalike.indexes.multihash.MultiHash`."""
        return self._index.search(queries, k, budget=self._budget).ids

    def turn(self, value: int) -> None:
        """Set the budget."""
        self._budget = value


class Prefix(Contender):
    """Short lists by the first quarter of each code, checked by all of it: for nested widths."""

    name = "prefix"
    knob = "listed"
    settings = (1, 10, 100)
    usual = LISTED

    def build(self, codes: Codes, bits: int, *, radius: int | None = None) -> None:
        """Take the first bits out."""
        if bits < 2:
            raise Unavailable("of a code of 1 bit there are no first bits")
        words = to_words(codes)
        self._index = PrefixIndex(words, bits, max(1, bits // 4), threads=self.threads)
        self._bytes = words.nbytes + self._index.nbytes
        self._listed = LISTED

    def search(self, queries: Codes, k: int) -> Ints:
        """See :class:`~lookalike.indexes.prefix.PrefixIndex`."""
        return self._index.search(queries, k, listed=self._listed).ids

    def turn(self, value: int) -> None:
        """Set how long short lists are."""
        self._listed = value

    def size(self) -> int:
        """The codes and their first bits."""
        return self._bytes


class Estimator(Contender):
    """The same scan below scikit-learn's checks of its arguments: what those cost."""

    name = "hamming-neighbors"
    claims_exact = True

    def build(self, codes: Codes, bits: int, *, radius: int | None = None) -> None:
        """Fit."""
        try:
            from lookalike.estimators import HammingNeighbors
        except ImportError as error:
            raise Unavailable(str(error)) from error
        self._neighbors: Any = HammingNeighbors(n_jobs=self.threads).fit(codes)

    def search(self, queries: Codes, k: int) -> Ints:
        """``kneighbors``."""
        found: Ints = self._neighbors.kneighbors(queries, k)[1]
        return found

    def size(self) -> int:
        """The codes, in whole words."""
        return int(self._neighbors.n_samples_fit_ * 8 * -(-self._neighbors.n_features_in_ // 8))


OWN: tuple[type[Contender], ...] = (
    ScanContender,
    MultiHashContender,
    BudgetedMultiHash,
    Prefix,
    Estimator,
)
"""lookalike's own contenders; the first is what ratios refer to."""
