"""What is taken of a published model's outputs, where its family's authors take something else.

``scripts/try_exports.py`` compares with the real libraries; here are the rules, on files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import hub_models
import numpy as np
import pytest
from onnx import TensorProto, helper

from lookalike.encoders import registry
from lookalike.encoders.fitted import FittedEncoder, StoredRecipe
from lookalike.errors import ModelError

WIDTH, TOKENS = 3, 5
VALUES = np.arange(TOKENS * WIDTH, dtype=np.float32).reshape(1, TOKENS, WIDTH) ** 2 + 1
POOLED = np.array([[1, -1, 0]], np.float32)
SETTINGS = {"image_processor_type": "ViTImageProcessor", "size": 8}


def export(path: Path, *outputs: str, chance: bool = False) -> Path:
    """Tokens and a pooled vector, which hang on the picture's brightness."""
    nodes = [
        helper.make_node("ReduceMean", ["pixel_values"], ["grey"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Cast", ["grey"], ["light"], to=TensorProto.FLOAT),
    ]
    if chance:
        nodes.append(helper.make_node("RandomNormalLike", ["tokens"], ["noise"]))
    shapes: dict[str, Any] = {}
    for name in outputs:
        tokens = name in ("last_hidden_state", "maps")
        constant = "tokens" if tokens else "pooled"
        more = ["noise"] if chance and tokens else [constant]
        nodes += [
            helper.make_node("Mul", ["light", "nought"], [f"none {name}"]),
            helper.make_node("Add", [more[0], f"none {name}"], [name]),
        ]
        shapes[name] = (TensorProto.FLOAT, ["n", *([TOKENS] if tokens else []), WIDTH])
    inputs = {"pixel_values": (TensorProto.FLOAT, ["n", 3, "height", "width"])}
    arrays = {"tokens": VALUES, "pooled": POOLED, "nought": np.array(0, np.float32)}
    return hub_models.save(path, nodes, inputs, shapes, arrays)


def folder_of(
    folder: Path, config: dict[str, Any], *outputs: str, chance: bool = False, timm: bool = False
) -> Path:
    hub_models.write(folder, config=config, **({} if timm else {"preprocessor_config": SETTINGS}))
    export(folder / "onnx" / "model.onnx", *outputs, chance=chance)
    return folder


def features(folder: Path) -> Any:
    encoder = registry.load(f"hub:{folder}")
    assert isinstance(encoder, FittedEncoder)
    side = encoder.input.size
    return encoder.tower.features([np.zeros((side, side, 3), np.uint8)])[0]


def unit(vector: Any) -> Any:
    return vector / np.linalg.norm(vector)


BOTH = ("last_hidden_state", "pooler_output")
TAKEN = [
    ("dinov2", BOTH, POOLED[0]),
    ("swin", BOTH, POOLED[0]),
    ("vit", BOTH, VALUES[0, 0]),
    ("deit", BOTH, VALUES[0, 0]),
    ("vit_msn", BOTH[:1], VALUES[0, 0]),
    ("cvt", (BOTH[0], "cls_token_value"), POOLED[0]),
    ("clip", ("image_embeds", "last_hidden_state"), POOLED[0]),
]


@pytest.mark.parametrize(("family", "outputs", "expected"), TAKEN)
def test_what_is_taken(
    tmp_path: Path, family: str, outputs: tuple[str, ...], expected: Any
) -> None:
    folder = folder_of(tmp_path / "m", {"model_type": family}, *outputs)
    np.testing.assert_allclose(features(folder), unit(expected), atol=1e-6)


@pytest.mark.parametrize("family", ["beit", "clip", "convnext", "siglip_vision_model"])
def test_layers_that_an_export_left_out(tmp_path: Path, family: str) -> None:
    folder = folder_of(tmp_path / "m", {"model_type": family}, "last_hidden_state")
    with pytest.raises(ModelError, match="gives last_hidden_state, and its family's features are"):
        features(folder)


def test_a_pooler_alone_of_a_family_that_does_not_train_it(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "m", {"model_type": "vit"}, "pooler_output")
    with pytest.raises(
        ModelError, match="has no output last_hidden_state: there are pooler_output"
    ):
        features(folder)


def test_what_hides_parts_of_a_picture_by_chance(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "m", {"model_type": "vit_mae"}, "last_hidden_state", chance=True)
    with pytest.raises(ModelError, match="gives other features each time"):
        features(folder)


def timm(**config: Any) -> dict[str, Any]:
    return {"architecture": "x", "pretrained_cfg": {"input_size": [3, 8, 8]}, **config}


def test_models_of_timm(tmp_path: Path) -> None:
    first = folder_of(tmp_path / "a", timm(global_pool="token"), "last_hidden_state", timm=True)
    np.testing.assert_allclose(features(first), unit(VALUES[0, 0]), atol=1e-6)
    pooled = folder_of(tmp_path / "b", timm(global_pool="avg"), *BOTH, timm=True)
    np.testing.assert_allclose(features(pooled), unit(POOLED[0]), atol=1e-6)
    alone = folder_of(tmp_path / "c", timm(global_pool="avg"), "last_hidden_state", timm=True)
    with pytest.raises(ModelError, match="take one that gives image_embeds or pooler_output"):
        features(alone)
    classes = timm(num_classes=WIDTH, num_features=7)
    with pytest.raises(ModelError, match="gives 3 numbers, as many as it has classes"):
        features(folder_of(tmp_path / "d", classes, "output0", timm=True))
    # A projection has classes by that name, and says by its output that they are features.
    features(folder_of(tmp_path / "e", classes, "image_embeds", timm=True))


def steps(folder: Path, **files: Any) -> Path:
    folder_of(folder, {"model_type": "dinov2"}, *BOTH)
    for name, values in files.items():
        (folder / f"1_{name}").mkdir()
        (folder / f"1_{name}" / "config.json").write_text(json.dumps(values))
    return folder


MEAN = {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}


def test_steps_of_sentence_transformers(tmp_path: Path) -> None:
    mean = unit(VALUES[0].mean(0))
    for name, values in (("old", MEAN), ("new", {"pooling_mode": "mean"})):
        np.testing.assert_allclose(
            features(steps(tmp_path / name, Pooling=values)), mean, atol=1e-6
        )
    first = steps(tmp_path / "cls", Pooling={"pooling_mode_cls_token": True}, Normalize={})
    np.testing.assert_allclose(features(first), unit(VALUES[0, 0]), atol=1e-6)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"Pooling": {"pooling_mode_max_tokens": True}}, "pools by pooling_mode_max_tokens"),
        (
            {"Pooling": {**MEAN, "pooling_mode_max_tokens": True}},
            "mean_tokens and pooling_mode_max",
        ),
        ({"Pooling": {}}, "pools by nothing"),
        ({"Pooling": MEAN, "Dense": {"in_features": 3}}, "1_Dense follows the model"),
    ],
)
def test_steps_that_are_not_followed(tmp_path: Path, files: dict[str, Any], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        features(steps(tmp_path / "m", **files))


def test_libraries_of_before_keep_what_they_take(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "m", {"model_type": "vit"}, *BOTH)
    encoder = registry.load(f"hub:{folder}")
    assert isinstance(encoder, FittedEncoder)
    values = json.loads(encoder.card())
    values.update(output=None, pooling=None)
    del values["pooled"]
    old = StoredRecipe(json.dumps(values)).load(encoder.data())
    side = old.input.size
    found = old.tower.features([np.zeros((side, side, 3), np.uint8)])[0]
    np.testing.assert_allclose(found, unit(POOLED[0]), atol=1e-6)
    assert old.fingerprint != encoder.fingerprint
