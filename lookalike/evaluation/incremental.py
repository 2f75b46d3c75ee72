"""How codes keep up with a database that grows class by class, none of them made again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from lookalike.evaluation.figures import Stage
from lookalike.evaluation.parts import rows_of
from lookalike.evaluation.protocols import Coded

__all__ = ["stages"]

Floats = npt.NDArray[np.float64]


def stages(coded: Coded, precision: Callable[[Coded], Floats]) -> tuple[Stage, ...]:
    """The stages of a split whose classes are added one after another.

    Args:
        coded: codes of all queries and of the whole database.
        precision: the average precision of each query of such codes, float64 (queries,).
    """
    added = coded.split.added
    asked, there = coded.query_labels, coded.database_labels
    found = []
    for count in range(len(added) + 1):
        later = added[count:]
        now = rows_of(coded, ~np.isin(asked, later), ~np.isin(there, later))
        each = precision(now)
        new = np.isin(now.query_labels, added)
        found.append(
            Stage(
                len(np.unique(now.database_labels)),
                coded.class_names[added[count - 1]] if count else None,
                len(now.database),
                len(now.queries),
                float(each.mean()),
                float(each[~new].mean()),
                float(each[new].mean()) if count else None,
            )
        )
    return tuple(found)
