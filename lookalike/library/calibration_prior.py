"""What is known of an encoder before a library has pictures enough to tell: rates that ship.

``priors.json`` has them by fingerprint, as ``scripts/priors.py`` measured them on photographs of
objects and things and on aerial pictures.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.library.calibration_counts import COSINE_STEPS
from lookalike.library.records import EncoderInfo

__all__ = ["FILE", "prior_of_cosines", "prior_of_distances"]

Reals = npt.NDArray[np.float64]

FILE = Path(__file__).with_name("priors.json")
"""Decimal logarithms of rates, by fingerprint."""

# Of an encoder that nobody has measured: one pair in 10,000 has equal codes. The shipped ones are
# far better, so that a small library with another model says "could be chance" too often, and not
# too rarely.
_UNKNOWN = -4.0
_MIDDLE = 0.46  # of the bits; unrelated codes are nearly half of them apart


def prior_of_distances(encoder: EncoderInfo) -> Reals:
    """Decimal logarithms of the rates at 0, 1, ... bits, float64 (bits + 1,)."""
    known = _priors().get(encoder.fingerprint)
    if known is not None:
        return np.array(known["distances"], np.float64)
    return _unknown(np.arange(encoder.bits + 1) / (_MIDDLE * encoder.bits))


def prior_of_cosines(encoder: EncoderInfo) -> Reals:
    """The same of the steps of a cosine, float64 (COSINE_STEPS + 1,)."""
    known = _priors().get(encoder.fingerprint)
    if known is not None and known["cosines"] is not None:
        return np.array(known["cosines"], np.float64)
    return _unknown(np.arange(COSINE_STEPS + 1) / (COSINE_STEPS / 2))


def _unknown(share: Reals) -> Reals:
    """Logarithms of rates by the share of the way to where unrelated pictures usually are."""
    rates: Reals = np.minimum(0.0, _UNKNOWN * (1 - share))
    return rates


@cache
def _priors() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found
