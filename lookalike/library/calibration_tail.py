"""From counted pairs to rates, also where no pair was seen: the tail of what is rare.

A rate is the share of unrelated pairs that are at a distance or nearer. Where thirty pairs are
nearer it is that share. Below, the distances under the threshold follow a generalised Pareto
distribution, whatever the distribution is that they are the tail of (J. Pickands III, "Statistical
Inference Using Extreme Order Statistics", Annals of Statistics 3, 1975; S. Coles, "An Introduction
to Statistical Modeling of Extreme Values", 2001, section 4.2). Its two numbers are those under
which the counts are likeliest. Its shape is at least 0, an exponential tail: a lighter one would
end somewhere, and say of a distance that it can't happen.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.library.calibration_counts import Counts

__all__ = ["ENOUGH", "LEAST_LOG_RATE", "OWN_PAIRS", "blended", "log_rates"]

Reals = npt.NDArray[np.float64]

ENOUGH = 30
"""Pairs that are counted, and not fitted: their number is right within a fifth, as a rule."""

OWN_PAIRS = 20_000
"""Pairs of a library from which on its tail counts more than what ships with its encoder: those of
200 pictures."""

LEAST_LOG_RATE = -30.0
"""Decimal logarithm of the least rate that is told apart from none."""

_SHAPES = np.linspace(0, 1, 21)
_SCALES = np.geomspace(0.1, 4, 60)


def log_rates(counts: Counts) -> Reals:
    """Decimal logarithms of the rates at each distance, rising, float64 (steps + 1,).

    Args:
        counts: of unrelated pairs; at least one.
    """
    reached, total = counts.reached(), max(1, counts.total)
    threshold = int(np.searchsorted(reached, min(ENOUGH, reached[-1])))
    logs: Reals = np.log10(np.maximum(reached, 1e-300) / total)
    logs[: threshold + 1] = logs[threshold] + _log_tail(reached[: threshold + 1])[::-1]
    return np.maximum.accumulate(np.clip(logs, LEAST_LOG_RATE, 0.0))


def blended(counts: Counts, prior: Reals) -> Reals:
    """Rates of a library, and what is known of its encoder: the more pairs, the less of that.

    A rate counts as its own as far as pairs of it were counted, thirty of them as much as what
    ships; and the tail where none were, as far as there are pairs at all.

    Args:
        counts: of unrelated pairs of the library; there may be none.
        prior: decimal logarithms of rates, as they ship with the encoder, float64 (steps + 1,).

    Returns:
        Decimal logarithms of rates, rising, float64 (steps + 1,).
    """
    if not counts.total:
        return prior
    known = counts.reached() / ENOUGH + counts.total / OWN_PAIRS
    share = known / (1 + known)
    mixed: Reals = share * log_rates(counts) + (1 - share) * prior
    return np.maximum.accumulate(mixed)


def _log_tail(reached: Reals) -> Reals:
    """Decimal logarithms of the share of the pairs under a threshold that are so far below it.

    Args:
        reached: pairs at each distance or nearer, up to the threshold.

    Returns:
        For 0, 1, ... bits below the threshold, float64 (threshold + 1,); the first is 0.
    """
    below = np.arange(len(reached), dtype=np.float64)
    counts = np.diff(reached, prepend=0.0)[::-1]  # by how far they are below
    seen = counts > 0
    count, low = counts[seen], below[seen]
    if not len(count):
        return -below
    mean = float((count * (low + 0.5)).sum() / count.sum())
    shape, scale = (part.ravel() for part in np.meshgrid(_SHAPES, mean * _SCALES))
    share = _survival(low[:, None], shape, scale) - _survival(low[:, None] + 1, shape, scale)
    likely = (count[:, None] * np.log(np.maximum(share, 1e-300))).sum(0)
    best = int(likely.argmax())
    left = _survival(below, shape[best], scale[best])
    logs: Reals = np.log10(np.maximum(left, 1e-300))
    return logs


def _survival(far: Reals, shape: npt.ArrayLike, scale: npt.ArrayLike) -> Reals:
    """Share of a generalised Pareto distribution that is beyond ``far``."""
    shape, scaled = np.asarray(shape, np.float64), far / np.asarray(scale, np.float64)
    bent = np.where(shape > 0, shape, 1.0)
    heavy = -np.log1p(bent * scaled) / bent
    survived: Reals = np.exp(np.where(shape > 0, heavy, -scaled))
    return survived
