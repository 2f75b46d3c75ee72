from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from lookalike.encoders import registry
from lookalike.library.calibration_counts import COSINE_STEPS
from lookalike.library.calibration_prior import FILE, prior_of_cosines, prior_of_distances
from lookalike.library.records import EncoderInfo
from lookalike.types import EncoderId
from tests.calibrated import row


def shipped() -> list[EncoderInfo]:
    found = [replace(row("pdq"), name=registry.PERCEPTUAL)]
    for name in ("photo-256", "photo-fast-256", "photo-best-256"):
        card = registry.card(name)
        found.append(
            EncoderInfo(
                EncoderId(1),
                "photo",
                name,
                name,
                card.fingerprint,
                card.bits,
                card.embedding_size,
                True,
            )
        )
    return found


@pytest.mark.parametrize("encoder", shipped(), ids=lambda encoder: encoder.name)
def test_what_ships_was_measured_for_this_very_encoder(encoder: EncoderInfo) -> None:
    known = json.loads(FILE.read_text(encoding="utf-8"))
    assert known[encoder.fingerprint]["name"] == encoder.name


@pytest.mark.parametrize(
    "encoder", [*shipped(), row("photo"), replace(row("photo"), bits=48)], ids=lambda e: e.name
)
def test_rates_rise_to_one(encoder: EncoderInfo) -> None:
    distances, cosines = prior_of_distances(encoder), prior_of_cosines(encoder)
    assert distances.shape == (encoder.bits + 1,)
    assert cosines.shape == (COSINE_STEPS + 1,)
    for logs in (distances, cosines):
        assert (np.diff(logs) >= 0).all()
        assert logs[0] < -3
        assert logs[-1] == 0


def test_an_unknown_encoder_is_not_trusted_more_than_a_known_one() -> None:
    known = prior_of_distances(shipped()[1])
    unknown = prior_of_distances(row("photo"))
    assert (unknown[:60] >= known[:60]).all()
