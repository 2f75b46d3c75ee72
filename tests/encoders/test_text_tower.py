"""Texts as a model was trained to read them: cut, padded, in its own tokens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import hub_models
import numpy as np
import pytest

from lookalike.encoders.text import TextTower
from lookalike.errors import ModelError, UsageError


def settings(folder: Path, name: str, **changes: Any) -> None:
    """Change keys of a JSON file; ``None`` takes one away."""
    values = json.loads((folder / name).read_text()) | changes
    kept = {key: value for key, value in values.items() if value is not None}
    (folder / name).write_text(json.dumps(kept))


def tower(folder: Path, name: str = "text_model") -> TextTower:
    return TextTower(folder, folder / "onnx" / f"{name}.onnx", 16)


def expected(words: list[str]) -> Any:
    """The sum of the words' vectors and the gap, of length 1."""
    table = hub_models.words()
    gap = hub_models.text_nodes(mask=True)[1]["gap"]
    made = sum((table[hub_models.WORDS.index(word)] for word in words), gap.astype(np.float64))
    return made / np.linalg.norm(made)


def test_features_are_those_of_the_model(tmp_path: Path) -> None:
    folder = hub_models.clip(tmp_path)
    found = tower(folder).features("Red and GREEN")
    assert (found.shape, found.dtype) == ((hub_models.WIDTH,), np.float32)
    np.testing.assert_allclose(found, expected(["red", "green"]), atol=1e-5)


def test_a_joint_model_needs_no_picture(tmp_path: Path) -> None:
    found = tower(hub_models.clip(tmp_path, joint=True), "model").features("red")
    np.testing.assert_allclose(found, expected(["red"]), atol=1e-5)


def test_a_text_is_cut_to_the_length_of_the_model(tmp_path: Path) -> None:
    folder = hub_models.clip(tmp_path)  # 8 tokens, of which two are its start and end
    six = tower(folder).features("red " * 6)
    np.testing.assert_array_equal(tower(folder).features("red " * 6 + "green " * 9), six)
    settings(folder, "tokenizer_config.json", model_max_length=1e30)
    settings(folder, "config.json", text_config={"max_position_embeddings": 4})
    assert tower(folder).length == 4
    settings(folder, "config.json", text_config=None)
    assert tower(folder).length == 77  # what CLIP's settings leave out
    settings(folder, "config.json", model_type="other")
    assert tower(folder).length is None
    long = tower(folder).features("red " * 500 + "green")
    np.testing.assert_allclose(long, expected(["red"] * 500 + ["green"]), atol=1e-4)


def padding(folder: Path) -> int:
    """Tokens that the tower hands to its model, seen by what padding does to the sum."""
    table, word = hub_models.words(), hub_models.WORDS.index("<pad>")
    assert not table[word].any()
    made = tower(folder)
    return len(made._tokenizer.encode("red").ids)


def test_padding_is_as_the_settings_say(tmp_path: Path) -> None:
    clip = hub_models.clip(tmp_path / "clip")
    assert padding(clip) == 3  # not padded: start, red, end
    settings(clip, "tokenizer_config.json", padding="max_length")
    assert padding(clip) == 8
    assert padding(hub_models.siglip(tmp_path / "siglip")) == 64
    own = hub_models.tokenizer()
    own.enable_padding(length=5, pad_id=2, pad_token="<pad>")
    settings(clip, "tokenizer_config.json", padding=None)
    own.save(str(clip / "tokenizer.json"))
    assert padding(clip) == 5


def test_padding_that_counts_changes_the_features(tmp_path: Path) -> None:
    """A model without a mask reads its padding, so that it matters what it is padded with."""
    folder = hub_models.siglip(tmp_path)
    padded = tower(folder).features("red")
    settings(folder, "tokenizer_config.json", pad_token="green")
    greens = tower(folder).features("red")
    np.testing.assert_allclose(greens, expected(["red"] + ["green"] * 61), atol=1e-5)
    assert np.abs(padded - greens).max() > 0.1
    # The number may stand in the model's own settings, or the token in another file.
    settings(folder, "tokenizer_config.json", pad_token=None)
    settings(folder, "config.json", text_config={"pad_token_id": 7})
    np.testing.assert_allclose(tower(folder).features("red"), greens, atol=1e-6)
    settings(folder, "config.json", text_config=None)
    (folder / "special_tokens_map.json").write_text('{"pad_token": {"content": "green"}}')
    np.testing.assert_allclose(tower(folder).features("red"), greens, atol=1e-6)
    (folder / "special_tokens_map.json").unlink()
    with pytest.raises(ModelError, match="nothing says with what"):
        tower(folder)


def test_what_is_no_text(tmp_path: Path) -> None:
    made = tower(hub_models.clip(tmp_path))
    for text in ("", "\n\t "):
        with pytest.raises(UsageError, match="empty text"):
            made.features(text)
    with pytest.raises(UsageError, match="UTF-8"):
        made.features("caf\udce9")
    assert np.isfinite(made.features("\u732b \U0001f408 \0")).all()  # unknown words


def test_files_of_another_kind_are_refused(tmp_path: Path) -> None:
    folder = hub_models.clip(tmp_path)
    with pytest.raises(ModelError, match="has no text tower"):
        tower(folder, "vision_model")
    with pytest.raises(ModelError, match="ONNX Runtime can't load"):
        tower(folder, "missing")
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match="no tokenizer that can be read") as error:
        tower(folder)
    assert "\n" not in str(error.value)
    (folder / "tokenizer_config.json").write_text("nonsense")
    with pytest.raises(ModelError, match="can't be read as JSON"):
        tower(folder)
