"""Exports as the families of the hub have them, with random weights: from a file to features.

Each has the files, the inputs and the outputs of its family. What the model is fed is compared with
the arithmetic of its authors, written out: all is resampled by Pillow, and cut afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hub_models
import numpy as np
import numpy.typing as npt
import pytest
from onnx import TensorProto, helper
from PIL import Image

from lookalike.encoders import registry
from lookalike.encoders.fitted import FittedEncoder, StoredRecipe, fingerprint
from lookalike.errors import ModelError
from lookalike.road import Road

Floats = npt.NDArray[np.float64]
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
HALF = [0.5] * 3
CLIP_MEAN, CLIP_STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
GRID, WIDTH = 4, 12
BILINEAR, BICUBIC = Image.Resampling.BILINEAR, Image.Resampling.BICUBIC


@dataclass(frozen=True)
class Family:
    """A family: its files, what its model gives, and what its authors do to a picture."""

    settings: dict[str, Any]
    side: int
    outputs: dict[str, str]  # to maps, pooled, or the tokens before those of the patches
    edge: int
    resample: Image.Resampling = BICUBIC
    whole: bool = False  # stretched
    arithmetic: Callable[[Floats], Floats] = lambda x: (x / 255 - MEAN) / STD
    place: Callable[[float], int] = int  # of the cut; torchvision rounds, halves to even
    kind: str = "preprocessor_config"
    config: dict[str, Any] | None = None


def clip_values(x: Floats) -> Floats:
    return (x / 255 - CLIP_MEAN) / CLIP_STD


def half_values(x: Floats) -> Floats:
    return (x / 255 - HALF) / HALF


def bgr_values(x: Floats) -> Floats:
    return x[:, :, ::-1] / 255


def twice_divided(x: Floats) -> Floats:
    return (x / 255 - MEAN) / STD / STD


NORMAL = {"image_mean": MEAN, "image_std": STD, "do_normalize": True, "do_resize": True}
FAMILIES = {
    "clip": Family(
        {"feature_extractor_type": "CLIPFeatureExtractor", "size": 32, "crop_size": 32},
        32,
        {"image_embeds": "pooled", "last_hidden_state": "1"},
        32,
        arithmetic=clip_values,
    ),
    "siglip2": Family(
        {
            "image_processor_type": "SiglipImageProcessorFast",
            "size": {"height": 32, "width": 32},
            "resample": 2,
        },
        32,
        {"last_hidden_state": "0", "pooler_output": "pooled"},
        32,
        BILINEAR,
        whole=True,
        arithmetic=half_values,
    ),
    "dinov2": Family(
        {
            **NORMAL,
            "image_processor_type": "BitImageProcessor",
            "size": {"shortest_edge": 36},
            "crop_size": {"height": 32, "width": 32},
        },
        32,
        {"last_hidden_state": "1"},
        36,
    ),
    "dinov3": Family(
        {
            **NORMAL,
            "image_processor_type": "DINOv3ViTImageProcessorFast",
            "size": {"height": 32, "width": 32},
        },
        32,
        {"last_hidden_state": "5", "pooler_output": "pooled"},
        32,
        BILINEAR,
        whole=True,
    ),
    "convnext": Family(
        {**NORMAL, "feature_extractor_type": "ConvNextFeatureExtractor", "size": 32},
        32,
        {"last_hidden_state": "maps", "pooler_output": "pooled"},
        36,  # 32 / 0.875, rounded down
    ),
    "vit": Family(
        {"size": 32, "do_normalize": True},
        32,
        {"last_hidden_state": "1"},
        32,
        BILINEAR,
        whole=True,
        arithmetic=half_values,
        config={"model_type": "vit"},
    ),
    "deit": Family(
        {**NORMAL, "feature_extractor_type": "DeiTFeatureExtractor", "size": 36, "crop_size": 32},
        32,
        {"last_hidden_state": "2"},
        36,
        whole=True,
    ),
    "levit": Family(
        {**NORMAL, "feature_extractor_type": "LevitFeatureExtractor", "size": 28, "crop_size": 28},
        28,
        {"last_hidden_state": "0", "pooler_output": "pooled"},
        32,
    ),
    "efficientnet": Family(
        {
            **NORMAL,
            "image_processor_type": "EfficientNetImageProcessor",
            "size": {"height": 32, "width": 32},
        },
        32,
        {"last_hidden_state": "maps", "pooler_output": "pooled"},
        32,
        whole=True,
        arithmetic=twice_divided,
    ),
    "poolformer": Family(
        {**NORMAL, "image_processor_type": "PoolFormerImageProcessor", "size": 32, "crop_size": 32},
        32,
        {"last_hidden_state": "maps"},
        35,  # 32 / 0.9, rounded down
    ),
    "mobilevit": Family(
        {
            "image_processor_type": "MobileViTImageProcessor",
            "size": {"shortest_edge": 36},
            "crop_size": {"height": 32, "width": 32},
            "resample": 2,
        },
        32,
        {"last_hidden_state": "maps", "pooler_output": "pooled"},
        36,
        BILINEAR,
        arithmetic=bgr_values,
    ),
    "timm": Family(
        {
            "architecture": "resnet18",
            "pretrained_cfg": {"input_size": [3, 32, 32], "crop_pct": 0.9, "crop_mode": "center"},
        },
        32,
        {"last_hidden_state": "maps", "pooler_output": "pooled"},
        35,
        place=round,
        kind="config",
    ),
}


def weights() -> npt.NDArray[np.float32]:
    return np.random.default_rng(3).normal(size=(WIDTH, 3)).astype(np.float32)


def export(path: Path, side: int, outputs: dict[str, str]) -> Path:
    """Cells of the picture, through a layer of random weights, given in the family's forms."""
    cell = side // GRID
    nodes = [
        helper.make_node(
            "AveragePool", ["pixel_values"], ["cells"], kernel_shape=[cell] * 2, strides=[cell] * 2
        ),
        helper.make_node("Conv", ["cells", "weights"], ["features"]),
        helper.make_node("Reshape", ["features", "flat"], ["rows"]),
        helper.make_node("Transpose", ["rows"], ["patches"], perm=[0, 2, 1]),
        helper.make_node("ReduceMean", ["features"], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "one"], ["first"]),
    ]
    arrays: dict[str, Any] = {
        "weights": weights()[:, :, None, None],
        "flat": np.array([-1, WIDTH, GRID * GRID]),
        "one": np.array([1]),
    }
    shapes: dict[str, Any] = {}
    for name, form in outputs.items():
        if form == "maps":
            nodes.append(helper.make_node("Identity", ["features"], [name]))
            shapes[name] = (TensorProto.FLOAT, ["n", WIDTH, GRID, GRID])
        elif form == "pooled":
            nodes.append(helper.make_node("Identity", ["mean"], [name]))
            shapes[name] = (TensorProto.FLOAT, ["n", WIDTH])
        else:
            parts = ["first"] * int(form) + ["patches"]
            nodes.append(helper.make_node("Concat", parts, [name], axis=1))
            shapes[name] = (TensorProto.FLOAT, ["n", GRID * GRID + int(form), WIDTH])
    inputs = {"pixel_values": (TensorProto.FLOAT, ["n", 3, "height", "width"])}
    return hub_models.save(path, nodes, inputs, shapes, arrays)


def folder_of(family: Family, folder: Path) -> Path:
    files = {family.kind: family.settings}
    if family.config is not None:
        files["config"] = family.config
    hub_models.write(folder, **files)
    export(folder / "onnx" / "model.onnx", family.side, family.outputs)
    return folder


def by_its_authors(family: Family, image: Image.Image) -> Floats:
    """Pixels, written out: scaled, cut, and the arithmetic."""
    short = min(image.size)
    size = [
        family.edge if family.whole or side == short else int(family.edge * side / short)
        for side in image.size
    ]
    scaled = np.asarray(image.resize((size[0], size[1]), family.resample), np.float64)
    top, left = (family.place((length - family.side) / 2) for length in scaled.shape[:2])
    cut = scaled[top : top + family.side, left : left + family.side]
    return family.arithmetic(cut)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_pixels_of_its_authors_reach_the_model(
    tmp_path: Path, original_photos: Path, name: str
) -> None:
    family = FAMILIES[name]
    encoder = registry.load(f"hub:{folder_of(family, tmp_path / name)}")
    assert isinstance(encoder, FittedEncoder)
    assert encoder.input.size == family.side
    photo = original_photos / "chelsea.jpg"
    with Road({"photo": encoder}) as road:
        prepared = road.picture(photo).inputs["photo"]
    found = encoder.tower.features([prepared])[0]
    with Image.open(photo) as image:
        values = by_its_authors(family, image.convert("RGB"))
    features = values.mean((0, 1)) @ weights().T.astype(np.float64)
    # Pixels to a level of 255, of which the model takes means.
    np.testing.assert_allclose(found, features / np.linalg.norm(features), atol=2e-3)


def test_a_model_that_says_nothing_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    hub_models.write(folder, config={"model_type": "vit"})
    export(folder / "onnx" / "model.onnx", 32, {"pooler_output": "pooled"})
    with pytest.raises(ModelError, match=r"has no preprocessor_config\.json"):
        registry.load(f"hub:{folder}")


def test_what_is_nested_in_a_processor_s_file_goes_first(tmp_path: Path) -> None:
    folder = folder_of(FAMILIES["levit"], tmp_path / "model")
    nested = {**FAMILIES["levit"].settings, "resample": 2}
    hub_models.write(folder, processor_config={"image_processor": nested})
    encoder = registry.load(f"hub:{folder}")
    assert encoder.input.resample == "bilinear"


def test_libraries_of_before_keep_their_reading(tmp_path: Path) -> None:
    encoder = registry.load(f"hub:{folder_of(FAMILIES['deit'], tmp_path / 'deit')}")
    assert isinstance(encoder, FittedEncoder)
    values = json.loads(encoder.card())
    assert values.pop("by_class") is True
    before = StoredRecipe(json.dumps(values))
    assert before.encoder_input.fit == "crop"  # the keys alone say the shorter edge
    assert before.encoder_input.edge == 0
    old = before.load(encoder.data())
    assert old.input == before.encoder_input
    assert old.fingerprint == before.fingerprint(encoder.data())
    assert old.fingerprint != encoder.fingerprint
    # Nothing in it knows of what was added since.
    assert fingerprint(old.recipe, old.fit) == old.fingerprint
    # Kept again, it stays what it is.
    assert registry.load_stored(old.card(), old.data()).fingerprint == old.fingerprint
