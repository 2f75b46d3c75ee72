"""Chance as it is predicted beside chance as it is: how often unrelated pictures come near."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.evaluation.selftest_report import CalibrationPoint
from lookalike.library.calibration import Calibration
from lookalike.library.engine import ContentIds, Table
from lookalike.types import Codes

__all__ = ["Stranger", "check_calibration"]

_MOST_PREDICTED = 3.0  # chance hits a search: where more are expected, a hit means nothing anyway
_LEAST_SEEN = 5  # hits within a distance: fewer say nothing about a rate
_TRUSTED_OF = 2_000  # contents by which the share of those with a trusted code is estimated


@dataclass(frozen=True, slots=True, eq=False)
class Stranger:
    """A picture that is new to a library, but for those that it was made of.

    Attributes:
        codes: of one encoder, in all turnings that a search asks, uint8 (turnings, bytes).
        quality: of these codes, 0 to 100; 100 where the encoder doesn't say.
        known: contents that are related to it: what it was made of, and their copies.
    """

    codes: Codes
    quality: int
    known: Collection[int]


def check_calibration(
    table: Table, calibration: Calibration, asked: Sequence[Stranger], least_quality: int = 0
) -> list[CalibrationPoint]:
    """Count what comes within each distance of strangers, beside what is expected to.

    Args:
        table: of one encoder's codes.
        calibration: of the same.
        asked: pictures to ask with.
        least_quality: codes of a lower quality are passed over, on both sides: they mean nothing,
            and the calibration leaves them out.

    Returns:
        The distances at which enough was seen, nearest first, up to where several hits are
        expected in each search.
    """
    asked = [one for one in asked if one.quality >= least_quality]
    share = _share_trusted(table, least_quality)
    distances = np.arange(calibration.encoder.bits + 1)
    predicted = calibration.chance(distances, len(table)) * share
    radius = int(np.searchsorted(predicted, _MOST_PREDICTED, side="right")) - 1
    if not asked or radius < 0:
        return []
    seen = np.zeros(radius + 1, np.int64)
    hits = table.within(np.concatenate([one.codes for one in asked]), radius)
    start = 0
    for one in asked:
        low, high = hits.offsets[start], hits.offsets[start + len(one.codes)]
        start += len(one.codes)
        nearest = _nearest(hits.ids[low:high], hits.distances[low:high], one.known)
        if least_quality and len(nearest[0]):
            trusted = table.stored(nearest[0]).quality >= least_quality
            nearest = nearest[0][trusted], nearest[1][trusted]
        seen += np.bincount(nearest[1], minlength=radius + 1)
    within = seen.cumsum()
    return [
        CalibrationPoint(
            calibration.encoder.name,
            distance,
            float(predicted[distance]),
            int(within[distance]) / len(asked),
            len(asked),
        )
        for distance in range(radius + 1)
        if within[distance] >= _LEAST_SEEN
    ]


def _nearest(
    contents: ContentIds, distances: npt.NDArray[np.int32], known: Collection[int]
) -> tuple[ContentIds, npt.NDArray[np.int32]]:
    """Each content once, at the least of its distances, without those that are known."""
    order = np.lexsort((distances, contents))
    contents, distances = contents[order], distances[order]
    first = np.ones(len(contents), np.bool_)
    first[1:] = contents[1:] != contents[:-1]
    first &= ~np.isin(contents, np.fromiter(known, np.int64, len(known)))
    return contents[first], distances[first]


def _share_trusted(table: Table, least: int) -> float:
    """Share of the contents whose codes have at least a quality."""
    if not least:
        return 1.0
    some = table.stored(table.sample(_TRUSTED_OF))
    there = int(np.count_nonzero(some.there))
    return int(np.count_nonzero(some.there & (some.quality >= least))) / max(1, there)
