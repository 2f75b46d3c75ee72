"""The figures that measuring a model gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["By", "Details", "Evaluation", "Seen", "Stage"]

Floats = npt.NDArray[np.float64]

By: TypeAlias = Literal["code", "embedding", "search"]


@dataclass(frozen=True, slots=True)
class Seen:
    """How many pictures a model had learned from, beyond what the protocol allows.

    Attributes:
        queries: that it learned from.
        near: queries that are near copies of such pictures.
        database: pictures of the database that it learned from, or near copies of such.
        map: mean average precision over the other queries; ``None`` where there are none.
    """

    queries: int
    near: int
    database: int
    map: float | None


@dataclass(frozen=True, slots=True)
class Stage:
    """A database at one time of its growth, and what is found in it.

    Attributes:
        classes: in the database.
        added: the class that came in last; ``None`` before the first.
        database: pictures in the database.
        queries: test pictures of its classes.
        map: mean average precision over these queries.
        map_learned: the same, over those of the classes that were learned from.
        map_added: the same, over those of the classes that were added; ``None`` before the first.
    """

    classes: int
    added: str | None
    database: int
    queries: int
    map: float
    map_learned: float
    map_added: float | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What ``lookalike evaluate --json`` prints.

    Attributes:
        model: its name.
        bits: width of the codes; ``None`` for real features.
        by: what the database is ordered by: ``code``, ``embedding``, or both as in a ``search``.
        data: name of the data set.
        protocol: its name.
        queries: how many.
        database: how many pictures are searched in.
        map: mean average precision over all ranks, averaged over ties.
        map_at: the same over the first ranks only, divided by min(relevant, rank); under ``R`` with
            each query's own number of relevant pictures.
        precision_at: share of the first ranks that has the query's class, averaged over ties.
        recall_at: share of the query's class that is among the first ranks.
        class_precision: of each class of queries the precision at ``k``.
        class_map: of each class of queries the mean average precision.
        precision_within: share of the codes within a radius in bits that has the query's class; a
            query that finds none counts 0. Empty for real features.
        found_within: share of the queries that find any code within that radius.
        map_bounds: ``map`` in the worst and in the best order of tied codes.
        tied_at: codes at the distance of the one at a rank, as a mean over the queries.
        unique_codes: different codes in the database, as a share of its codes.
        collisions: share of the database's codes that a picture of another class has, too;
            ``None`` for real features.
        seen: what the model had seen; ``None`` where it isn't known what it learned from.
        seconds: that finding the ``k`` nearest of all queries took, without compiling and building;
            in the order of a search with both, and with counting.
        stages: of a database that grows; empty for others.
    """

    model: str
    bits: int | None
    by: By
    data: str
    protocol: str
    queries: int
    database: int
    map: float
    map_at: dict[str, float]
    precision_at: dict[str, float]
    recall_at: dict[str, float]
    class_precision: dict[str, float]
    class_map: dict[str, float]
    precision_within: dict[str, float]
    found_within: dict[str, float]
    map_bounds: tuple[float, float]
    tied_at: dict[str, float]
    unique_codes: float
    collisions: float | None
    seen: Seen | None
    seconds: float
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Details:
    """What else was measured.

    Attributes:
        k: the rank of ``class_precision`` and ``seconds``.
        anmrr: average normalised modified retrieval rank; 0 is the best.
        balance: shares of codes in which each bit is set, float64 (bits,); ``None`` for real
            features, as all below.
        correlation: mean size of the correlation between two bits.
        distances: pairs of a query and a code at each distance, int64 (2, bits + 1): those of the
            same class, and the others.
        class_names: as of the data set.
    """

    k: int
    anmrr: float
    class_names: tuple[str, ...]
    balance: Floats | None = None
    correlation: float | None = None
    distances: npt.NDArray[np.int64] | None = None
