"""How many good hits the usual line hides: of the same kind, and among the first ten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.errors import UsageError
from lookalike.evaluation.library_codes import LibraryCodes
from lookalike.library.calibration import Calibration

__all__ = ["HiddenShare", "hidden_share"]

FIRST = 10


@dataclass(frozen=True, slots=True)
class HiddenShare:
    """What the line hides of the ten nearest of each picture.

    Attributes:
        pictures: of the library.
        asked: pictures that were asked.
        same: hits of the query's kind among the first ten of each.
        same_hidden: those of them that aren't shown.
        others: hits of another kind among the first ten.
        others_hidden: those of them that aren't shown.
    """

    pictures: int
    asked: int
    same: int
    same_hidden: int
    others: int
    others_hidden: int


def hidden_share(
    codes: LibraryCodes,
    calibration: Calibration,
    kinds: Sequence[str],
    asked: npt.NDArray[np.int64],
) -> HiddenShare:
    """Ask pictures of a library, and see which of the ten nearest of each are shown.

    Args:
        codes: of the library, with embeddings or without.
        calibration: of the same codes.
        kinds: what each picture shows, in the order of the codes.
        asked: rows of the pictures to ask.

    Raises:
        UsageError: there is nothing to ask, or as many kinds as pictures aren't given.
    """
    if len(kinds) != len(codes) or not len(asked) or len(codes) < 2:
        raise UsageError(
            f"{len(kinds)} kinds for {len(codes)} pictures, and {len(asked)} to ask: give the kind "
            "of each picture, and ask at least one"
        )
    kind = np.unique(np.asarray(kinds), return_inverse=True)[1]
    units = None
    if codes.embeddings is not None:
        units = codes.embeddings.astype(np.float32)
        units /= np.maximum(np.linalg.norm(units, axis=1, keepdims=True), np.float32(1e-9))
    counts = np.zeros((2, 2), np.int64)  # of the kind or not, hidden or not
    for row in asked.tolist():
        distances = np.bitwise_count(codes.words ^ codes.words[row]).sum(1, dtype=np.int64)
        cosines = None if units is None else (units @ units[row]).astype(np.float64)
        order = distances.astype(np.float64) if cosines is None else -cosines
        order[row] = np.inf
        first = min(FIRST, len(codes) - 1)
        best = np.argpartition(order, first - 1)[:first]
        usual = calibration.usual(distances[best], None if cosines is None else cosines[best])
        np.add.at(counts, ((kind[best] == kind[row]).astype(int), usual.astype(int)), 1)
    return HiddenShare(
        len(codes),
        len(asked),
        int(counts[1].sum()),
        int(counts[1, 1]),
        int(counts[0].sum()),
        int(counts[0, 1]),
    )
