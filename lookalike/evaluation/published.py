"""Figures that others published, to be set beside one's own where the sizes agree.

Each one was read at the place that ``source`` names; none is from memory. The page
``docs/published.md`` lists them all, and a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass

from lookalike.evaluation.figures import Evaluation

__all__ = ["PUBLISHED", "Published", "comparable"]

README = "https://github.com/swuxyj/DeepHash-pytorch (README)"


@dataclass(frozen=True, slots=True)
class Published:
    """One published mean average precision.

    Attributes:
        method: its name, and whose figure it is.
        data: name of the data set.
        queries: pictures searched for.
        training: pictures with labels that were learned from.
        database: pictures searched in.
        bits: width of the codes.
        backbone: the network; the ones here start from ImageNet.
        map: over all ranks.
        source: where it was read.
    """

    method: str
    data: str
    queries: int
    training: int
    database: int
    bits: int
    backbone: str
    map: float
    source: str


def _alexnet(method: str, sizes: tuple[int, int, int], found: float) -> Published:
    return Published(method, "cifar10", *sizes, 48, "AlexNet", found, README)


_FULL = (10_000, 50_000, 50_000)
_FEW = (1_000, 5_000, 54_000)
_INSIDE = (1_000, 5_000, 59_000)  # the database holds the training pictures

PUBLISHED = (
    _alexnet("GreedyHash, as its paper gives it", _FULL, 0.944),
    _alexnet("GreedyHash, run again", _FULL, 0.932),
    _alexnet("DPSH, as its paper gives it", _FEW, 0.757),
    _alexnet("DPSH, run again", _FEW, 0.775),
    _alexnet("HashNet, run again", _FEW, 0.782),
    _alexnet("DHN, as its paper gives it", _FEW, 0.621),
    _alexnet("DHN, run again", _FEW, 0.781),
    _alexnet("DTSH, as its paper gives it", _FEW, 0.774),
    _alexnet("DTSH, run again", _FEW, 0.800),
    _alexnet("DSH, run again", _INSIDE, 0.800),
    _alexnet("DSDH, as its paper gives it", _INSIDE, 0.820),
    _alexnet("DSDH, run again", _INSIDE, 0.790),
    _alexnet("DFH, as its paper gives it", _INSIDE, 0.844),
    _alexnet("DFH, run again", _INSIDE, 0.801),
    _alexnet("GreedyHash, as its paper gives it", _INSIDE, 0.822),
    _alexnet("GreedyHash, run again", _INSIDE, 0.817),
    _alexnet("ADSH, as its paper gives it", _INSIDE, 0.939),
    _alexnet("ADSH, run again", _INSIDE, 0.921),
)
"""In the order of their sizes."""


def comparable(evaluation: Evaluation, training: int) -> tuple[Published, ...]:
    """The published figures whose data, sizes and width are those of an evaluation.

    Args:
        evaluation: one's own.
        training: pictures with labels that its protocol lets a model learn from.
    """
    own = (
        evaluation.data,
        evaluation.queries,
        training,
        evaluation.database,
        evaluation.bits,
    )
    return tuple(
        entry
        for entry in PUBLISHED
        if (entry.data, entry.queries, entry.training, entry.database, entry.bits) == own
    )
