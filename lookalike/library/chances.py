"""How many hits as near as each candidate an unrelated picture would be expected to get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lookalike.library.calibrations import Calibrations
from lookalike.library.candidates import Found
from lookalike.library.engine import Table
from lookalike.types import Slot

__all__ = ["put_chances"]


def put_chances(
    found: Sequence[Found], tables: Mapping[Slot, Table], calibrations: Calibrations, k: int
) -> None:
    """Note the chance of the best k candidates of each question, by the code that found them."""
    for one in found:
        best = one.in_order()[: k + one.identical]
        for slot, table in tables.items():
            some = [c for c in best if c.encoder.slot == slot]
            if some:
                calibration = calibrations.of(table)
                cosines = [np.nan if c.similarity is None else c.similarity for c in some]
                distances = [c.distance for c in some]
                factors = calibrations.factors(table, np.array([c.content for c in some]))
                chances = factors * calibration.chance(
                    distances, len(table), cosines, views=_views(one, slot)
                )
                usual = calibration.usual(distances, cosines, factors)
                noted = zip(some, chances.tolist(), usual.tolist(), strict=True)
                for candidate, chance, is_usual in noted:
                    candidate.chance, candidate.usual = chance, is_usual


def _views(one: Found, slot: Slot) -> int:
    """Pictures that the question looks for: itself, and those that it seems to hold."""
    if slot == "pdq":
        return 1 if one.question.pdq is None else max(1, len(one.question.pdq) // 8)
    return 1 if one.question.photo is None else len(one.question.photo.codes)
