"""What a second look at two pictures finds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.match import Box, NamedEdit

__all__ = ["Transform", "Verdict"]

Transform: TypeAlias = npt.NDArray[np.float64]
"""(2, 3): maps points of the query, as shares of its sides, to those of the hit: ``M @ (x, y, 1)``.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What two pictures are to each other, by their pixels.

    Attributes:
        kind: ``edited`` if the whole of one is the whole of the other, ``part`` if one shows a part
            of the other or the two overlap, ``alike`` if neither is so.
        agreement: of what they share, 0 to 1: what the decision was made by.
        edits: from the hit to the query.
        boxes: of ``part``: one, of the picture of which the other is a part; two for an overlap.
        transform: how they lie over each other; ``None`` for ``alike``.
    """

    kind: Literal["edited", "part", "alike"]
    agreement: float
    edits: tuple[NamedEdit, ...] = ()
    boxes: tuple[Box, ...] = ()
    transform: Transform | None = None

    def swapped(self) -> Verdict:
        """The same with the two pictures exchanged; edits are to be named anew."""
        boxes = tuple(
            replace(box, of="hit" if box.of == "query" else "query") for box in self.boxes
        )
        back = None
        if self.transform is not None:
            turn = np.linalg.inv(self.transform[:, :2])
            back = np.column_stack([turn, -turn @ self.transform[:, 2]])
        boxes = tuple(sorted(boxes, key=lambda box: box.of != "query"))
        return replace(self, edits=(), boxes=boxes, transform=back)

    def with_edits(self, edits: tuple[NamedEdit, ...]) -> Verdict:
        """The same with edits named."""
        return replace(self, edits=edits)
