from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from lookalike.encoders import registry
from lookalike.encoders.onnx import OnnxEncoder
from lookalike.encoders.perceptual import PDQ
from lookalike.errors import ModelError, UsageError
from lookalike.thesis import FEATURES


def test_every_name_loads_and_calls_itself_that() -> None:
    photo = ["photo-256", "photo-best-256", "photo-fast-256"]
    assert registry.names() == ["pdq", "pdq-area", *sorted([*FEATURES, *photo])]
    for name in registry.names():
        encoder = registry.load(name)
        assert encoder.name == name
        assert registry.fingerprint(name) == encoder.fingerprint


def test_aliases_stand_for_shipped_models() -> None:
    assert registry.load("photo").name == "photo-256"
    assert registry.card("photo") == registry.card("photo-256")
    assert set(registry.ALIASES.values()) <= set(registry.names())
    assert not set(registry.ALIASES) & set(registry.names())


@pytest.mark.parametrize(
    ("name", "guess"),
    [("photo-265", "photo-256"), ("foto", "photo"), ("pqd", "pdq"), ("PDQ", None), ("", None)],
)
def test_unknown_names_list_what_there_is(name: str, guess: str | None) -> None:
    with pytest.raises(
        UsageError, match=r"[Tt]here are pdq, .*photo-256, .*photo, or give"
    ) as error:
        registry.load(name)
    assert repr(name) in str(error.value)
    assert "\n" not in str(error.value)
    if guess is not None:
        assert f"did you mean {guess}?" in str(error.value)


def test_who_wants_a_photo_model_is_offered_no_pdq() -> None:
    for ask in (registry.card, registry.load_photo):
        with pytest.raises(UsageError, match="no photo model is named 'nope': there are ") as error:
            ask("nope")
        assert "pdq" not in str(error.value)


def test_names_are_no_way_out_of_the_folder() -> None:
    with pytest.raises(UsageError):
        registry.load("../models/photo-256")


def test_a_path_loads_and_its_card_may_be_inside(tmp_path: Path) -> None:
    path = Path(shutil.copy(registry.MODELS / "photo-256.onnx", tmp_path / "mine.ONNX"))
    encoder = registry.load(str(path))
    assert encoder.name == "photo-256"
    assert encoder.fingerprint == registry.fingerprint("photo-256")
    with pytest.raises(ModelError, match="card can't be read"):
        registry.card(str(path))
    with pytest.raises(ModelError, match="no such model file"):
        registry.load(str(tmp_path / "none.onnx"))


def test_pdq_has_no_card() -> None:
    with pytest.raises(UsageError, match="no card"):
        registry.card("pdq")


def test_fingerprints_of_unknown_names_are_none() -> None:
    assert registry.fingerprint("photo-1") is None
    assert registry.fingerprint("/nowhere/none.onnx") is None


def test_a_stored_encoder_comes_back() -> None:
    encoder = registry.load("photo-256")
    stored = registry.stored(encoder)
    assert stored is not None
    back = registry.load_stored(*stored)
    assert isinstance(back, OnnxEncoder)
    assert (back.name, back.fingerprint, back.input) == (
        encoder.name,
        encoder.fingerprint,
        encoder.input,
    )
    size = encoder.input.size
    noise = np.random.default_rng(0).integers(0, 256, (size, size, 3)).astype(np.uint8)
    assert back.encode([noise]).codes.tobytes() == encoder.encode([noise]).codes.tobytes()
    assert registry.stored(back) == stored
    assert registry.stored(PDQ()) is None
    with pytest.raises(ModelError, match="card describes"):
        registry.load_stored(stored[0], stored[1][:-1])
