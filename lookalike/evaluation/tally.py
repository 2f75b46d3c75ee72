"""The figures of each query, collected block by block, and their means."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lookalike.evaluation.protocols import Coded
from lookalike.metrics import (
    Counts,
    average_precision,
    map_bounds,
    nmrr,
    precision_at,
    precision_within,
    recall_at,
    tied_at,
)

__all__ = ["AT", "RADII", "Tally"]

Floats = npt.NDArray[np.float64]

AT = (1, 10, 100, 1000, 5000)
"""Ranks at which precision, recall and mean average precision are cut off."""

RADII = (0, 1, 2, 3, 4, 8, 16)
"""Radii in bits within which precision is told, as far as the codes have so many bits."""


@dataclass(slots=True)
class Tally:
    """Collects the figures of each query, block by block.

    Args:
        coded: codes and labels.
        k: the rank of the precision of each class.
    """

    coded: Coded
    k: int
    figures: dict[str, list[Floats]] = field(default_factory=dict)

    def add(self, counts: Counts, *, binary: bool = False) -> None:
        """Measure a block of queries; ``binary``: whether its groups are distances in bits."""
        worst, best = map_bounds(counts)
        self._note("worst", worst)
        self._note("best", best)
        self._note("ap", average_precision(counts))
        self._note("ap at R", average_precision(counts, np.maximum(counts.relevant.sum(1), 1)))
        self._note("nmrr", nmrr(counts, self._largest()))
        self._note("k", precision_at(counts, self.k))
        for at in self.ranks:
            self._note(f"ap at {at}", average_precision(counts, at))
            self._note(f"precision at {at}", precision_at(counts, at))
            self._note(f"recall at {at}", recall_at(counts, at))
            self._note(f"tied at {at}", tied_at(counts, at))
        for radius in self.radii if binary else ():
            self._note(f"within {radius}", precision_within(counts, radius))
            some = np.asarray(counts.totals[:, : radius + 1].any(1), np.float64)
            self._note(f"found within {radius}", some)

    @property
    def ranks(self) -> list[int]:
        """Those of :data:`AT` that the database has."""
        return [at for at in AT if at <= len(self.coded.database)]

    @property
    def radii(self) -> list[int]:
        """Those of :data:`RADII` that the codes have."""
        return [radius for radius in RADII if radius <= self.coded.bits]

    def of(self, name: str) -> Floats:
        """A figure of each query, float64 (queries,)."""
        return np.concatenate(self.figures[name])

    def mean(self, name: str, rows: npt.NDArray[np.bool_] | None = None) -> float:
        """Over all queries, or some."""
        found = self.of(name)
        return float((found if rows is None else found[rows]).mean())

    def means(self, name: str, of: list[int]) -> dict[str, float]:
        """Of figures that end in one of several numbers; none of those that weren't measured."""
        told = {str(each): f"{name} {each}" for each in of}
        return {each: self.mean(key) for each, key in told.items() if key in self.figures}

    def by_class(self, figure: str) -> dict[str, float]:
        """A figure's mean over the queries of each class that has some."""
        found, labels = self.of(figure), self.coded.query_labels
        return {
            name: float(found[labels == label].mean())
            for label, name in enumerate(self.coded.class_names)
            if (labels == label).any()
        }

    def _note(self, name: str, values: Floats) -> None:
        self.figures.setdefault(name, []).append(values)

    def _largest(self) -> int:
        """The largest number of relevant codes of any query."""
        sizes = np.bincount(self.coded.database_labels, minlength=len(self.coded.class_names))
        return int(sizes[np.unique(self.coded.query_labels)].max())
