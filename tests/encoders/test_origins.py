"""Names of other people's models, and folders and files that hold them."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import hub_models
import numpy as np
import pytest

from lookalike.encoders import registry
from lookalike.encoders.fitted import FittedEncoder, StoredRecipe
from lookalike.encoders.onnx import OnnxEncoder
from lookalike.encoders.origins import Origin, parse
from lookalike.errors import ModelError, UsageError

COMMIT = "0" * 40


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("hub:Ana/clip", Origin("hub", "Ana/clip")),
        ("hub:Ana/clip@v1.0", Origin("hub", "Ana/clip", "v1.0")),
        ("hub:Ana/clip:q8", Origin("hub", "Ana/clip", None, "q8")),
        (f"hub:a-b/c.d_e@{COMMIT}:fp16", Origin("hub", "a-b/c.d_e", COMMIT, "fp16")),
        ("hub:Ana/clip@refs/pr/1", Origin("hub", "Ana/clip", "refs/pr/1")),
        ("hub:/models/clip", Origin("folder", "/models/clip")),
        ("hub:/models/clip@2:q4", Origin("folder", "/models/clip@2", None, "q4")),
        ("onnx:/models/mine.onnx", Origin("onnx", "/models/mine.onnx")),
        ("photo-256", None),
        ("mine.onnx", None),
        ("C:\\models\\mine.onnx", None),
    ],
)
def test_names_are_taken_apart(name: str, origin: Origin | None) -> None:
    assert parse(name) == origin
    if origin is not None:
        assert str(origin) == name


def test_a_folder_is_named_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse("hub:./clip") == Origin("folder", str(tmp_path / "clip"))
    assert parse("onnx:mine.onnx") == Origin("onnx", str(tmp_path / "mine.onnx"))


@pytest.mark.parametrize(
    "name",
    ["hub:", "onnx:", "hub:clip", "hub:a/b/c", "hub:Ana/clip@", "hub:Ana/clip@../x", "hub:-a/b",
     "hub:Ana/clip:q9", "hub:Ana/clip@a b", "hub:Ana/..", "hub:Ana/clip?x=1"],
)  # fmt: skip
def test_names_that_cant_be_understood(name: str) -> None:
    with pytest.raises(UsageError) as error:
        registry.load(name)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("make", [hub_models.clip, hub_models.dino, hub_models.siglip])
def test_folders_in_the_layout_of_the_hub(tmp_path: Path, make: object) -> None:
    assert callable(make)
    encoder = registry.load(f"hub:{make(tmp_path / 'model')}")
    assert isinstance(encoder, FittedEncoder)
    assert (encoder.name, encoder.bits) == ("model", hub_models.WIDTH)
    assert encoder.embedding_size == hub_models.WIDTH
    assert encoder.recipe.text is (make is not hub_models.dino)
    size = encoder.input.size
    made = encoder.encode([np.full((size, size, 3), 200, np.uint8)])
    assert made.embeddings is not None
    assert made.codes.shape == (1, 8)


def test_settings_may_be_nested(tmp_path: Path) -> None:
    folder = hub_models.clip(tmp_path / "clip")
    before = registry.load(f"hub:{folder}")
    old = folder / "preprocessor_config.json"
    new = {"image_processor": json.loads(old.read_text()), "processor_class": "CLIPProcessor"}
    (folder / "processor_config.json").write_text(json.dumps(new))
    old.unlink()
    assert registry.load(f"hub:{folder}").fingerprint == before.fingerprint


def test_a_fingerprint_is_of_the_model_its_settings_and_the_fit(tmp_path: Path) -> None:
    folder = hub_models.clip(tmp_path / "clip")
    encoder = registry.load(f"hub:{folder}")
    assert isinstance(encoder, FittedEncoder)
    found = {encoder.fingerprint}
    found.add(encoder.fitted(np.eye(5, hub_models.WIDTH, dtype=np.float32)).fingerprint)
    found.add(registry.load(f"hub:{folder}:fp16").fingerprint)
    settings = json.loads((folder / "preprocessor_config.json").read_text())
    settings["resample"] = 2
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
    found.add(registry.load(f"hub:{folder}").fingerprint)
    assert len(found) == 4
    moved = shutil.copytree(folder, tmp_path / "elsewhere")
    assert registry.load(f"hub:{moved}").fingerprint in found


def test_a_folder_that_isn_t_one(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such folder"):
        registry.load(f"hub:{tmp_path / 'none'}")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="has no preprocessor_config"):
        registry.load(f"hub:{tmp_path / 'empty'}")
    folder = hub_models.clip(tmp_path / "clip")
    shutil.rmtree(folder / "onnx")
    with pytest.raises(ModelError, match="it has none at all"):
        registry.load(f"hub:{folder}")
    (folder / "preprocessor_config.json").write_text("[]")
    (folder / "model.onnx").write_bytes(b"x")
    with pytest.raises(ModelError, match="holds no JSON object"):
        registry.load(f"hub:{folder}")


def test_a_file_with_a_small_card(tmp_path: Path) -> None:
    file = hub_models.tiny(tmp_path / "mine.onnx", name="my-own")
    encoder = registry.load(f"onnx:{file}")
    assert isinstance(encoder, FittedEncoder)
    assert (encoder.name, encoder.input.resample, encoder.recipe.text) == ("my-own", "box", False)
    # The card decides: the prefix may be left out.
    assert registry.load(str(file)).fingerprint == encoder.fingerprint
    assert registry.resolve(str(file)) == f"onnx:{file}"
    other = hub_models.tiny(tmp_path / "other.onnx", output="features", pooling="cls")
    assert registry.load(str(other)).name == "other"
    hub_models.tiny(tmp_path / "wrong.onnx", pooling="max")
    with pytest.raises(ModelError, match="pooling is cls or mean, not 'max'"):
        registry.load(str(tmp_path / "wrong.onnx"))


def test_a_file_with_a_card_of_lookalike_s_own(tmp_path: Path) -> None:
    for ending in ("onnx", "json"):
        shutil.copy(registry.MODELS / f"photo-256.{ending}", tmp_path / f"p.{ending}")
    encoder = registry.load(f"onnx:{tmp_path / 'p.onnx'}")
    assert isinstance(encoder, OnnxEncoder)
    assert registry.resolve(f"onnx:{tmp_path / 'p.onnx'}") == str(tmp_path / "p.onnx")
    assert registry.card(f"onnx:{tmp_path / 'p.onnx'}").name == "photo-256"


def test_a_file_without_a_card_says_what_one_looks_like(tmp_path: Path) -> None:
    file = hub_models.image_model(tmp_path / "bare.onnx", 16)
    for name in (str(file), f"onnx:{file}"):
        with pytest.raises(ModelError, match=r"without a card.*image_mean") as error:
            registry.load(name)
        assert "\n" not in str(error.value)
    with pytest.raises(ModelError, match="no such model file"):
        registry.load(f"onnx:{tmp_path / 'none.onnx'}")


def test_other_names_resolve_to_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert registry.resolve("pdq") == "pdq"
    assert registry.resolve("unknown") == "unknown"
    assert registry.resolve("x.onnx") == os.path.join(tmp_path, "x.onnx")
    assert registry.fingerprint("hub:Ana/clip") is None
    with pytest.raises(UsageError, match="no card of lookalike's own"):
        registry.card("hub:Ana/clip")


def test_a_stored_encoder_comes_back_without_its_file(tmp_path: Path) -> None:
    folder = hub_models.clip(tmp_path / "clip")
    encoder = registry.load(f"hub:{folder}")
    assert isinstance(encoder, FittedEncoder)
    rows = np.random.default_rng(0).normal(size=(200, hub_models.WIDTH)).astype(np.float32)
    fitted = encoder.fitted(rows / np.linalg.norm(rows, axis=1, keepdims=True))
    stored = registry.stored(fitted)
    assert stored is not None
    shutil.rmtree(folder)
    back = registry.load_stored(*stored)
    assert isinstance(back, FittedEncoder)
    assert (back.fingerprint, back.input) == (fitted.fingerprint, fitted.input)
    picture = np.random.default_rng(1).integers(0, 256, (16, 16, 3), np.uint8)
    np.testing.assert_array_equal(back.encode([picture]).codes, fitted.encode([picture]).codes)
    # Fitted again, it still has its model.
    again = registry.stored(back.fitted(rows[:3]))
    assert again is not None
    assert registry.load_stored(*again).name == "clip"


def test_a_large_model_is_kept_by_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lookalike.encoders.fitted.STORED_BYTES", 1000)
    folder = hub_models.clip(tmp_path / "clip")
    stored = registry.stored(registry.load(f"hub:{folder}"))
    assert stored is not None
    assert not StoredRecipe(stored[0]).kept
    assert registry.load_stored(*stored).name == "clip"
    file = folder / "onnx" / "vision_model.onnx"
    hub_models.image_model(file, 16, output="pooler_output")
    with pytest.raises(ModelError, match="was replaced"):
        registry.load_stored(*stored)
    shutil.rmtree(folder)
    with pytest.raises(ModelError, match="isn't where it was") as error:
        registry.load_stored(*stored)
    assert "\n" not in str(error.value)


def test_damaged_cards_are_refused(tmp_path: Path) -> None:
    stored = registry.stored(registry.load(str(hub_models.tiny(tmp_path / "m.onnx"))))
    assert stored is not None
    for damage in ({"source": 3}, {"fit": {}}, {"digests": None}, {"name": None, "kept": None}):
        values = {**json.loads(stored[0]), **damage}
        if damage.get("name", "") is None:
            del values["kept"]
        with pytest.raises(ModelError, match="damaged"):
            registry.load_stored(json.dumps(values), stored[1])
    with pytest.raises(ModelError, match="damaged"):
        registry.load_stored(stored[0], stored[1][:200])
