"""Preprocessing as the hub's settings say it, against the arithmetic written out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lookalike.encoders.preprocessing import Preprocessing
from lookalike.errors import ModelError
from lookalike.images.fitting import fit
from lookalike.types import InputSpec

CLIP: dict[str, Any] = {
    "crop_size": 224,
    "do_center_crop": True,
    "do_normalize": True,
    "do_resize": True,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
    "resample": 3,
    "size": 224,
}
EXACT = {"size": 8, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}


def parsed(**changes: Any) -> Preprocessing:
    return Preprocessing.parse({**CLIP, **changes}, "test")


def written_out(image: Image.Image, short: int, side: int, mean: Any, std: Any) -> Any:
    """Shorter edge to ``short``, centre ``side``, 0 to 1, normalised: as the hub's library does."""
    scale = short / min(image.size)
    size = tuple(short if s == min(image.size) else int(s * scale) for s in image.size)
    resized = np.asarray(image.resize(size, Image.Resampling.BICUBIC), np.float64)
    top, left = (resized.shape[0] - side) // 2, (resized.shape[1] - side) // 2
    return (resized[top : top + side, left : left + side] / 255 - mean) / std


@pytest.mark.parametrize("name", ["chelsea", "rocket"])
@pytest.mark.parametrize("short", [224, 256])
def test_a_photograph_arrives_as_the_hub_s_library_would_send_it(
    original_photos: Path, name: str, short: int
) -> None:
    made = parsed(size={"shortest_edge": short}, crop_size={"height": 224, "width": 224})
    with Image.open(original_photos / f"{name}.jpg") as image:
        ours = made.apply(np.asarray(fit(image, made.input)))
        theirs = written_out(image, short, 224, CLIP["image_mean"], CLIP["image_std"])
    assert ours.shape == (224, 224, 3)
    assert ours.dtype == np.float32
    # We crop before we resize, so that the grids differ by part of a pixel. A level of the 256
    # is 0.015 here, and the numbers go from -1.8 to 2.2.
    assert np.abs(ours - theirs).mean() < 0.06
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.99


def test_the_arithmetic_is_exact() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (224, 224, 3), np.uint8)
    expected = (picture / 255 - CLIP["image_mean"]) / CLIP["image_std"]
    np.testing.assert_allclose(parsed().apply(picture), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("values", "spec", "side"),
    [
        (CLIP, InputSpec(224, "crop", "bicubic"), 224),
        ({**CLIP, "size": {"shortest_edge": 256}}, InputSpec(256, "crop", "bicubic"), 224),
        # ViT and SigLIP: both edges, no crop
        ({**EXACT, "size": {"height": 8, "width": 8}}, InputSpec(8, "stretch", "bilinear"), 8),
        ({**EXACT, "size": 8, "resample": 1}, InputSpec(8, "stretch", "lanczos"), 8),
        # DeiT: both edges, then a crop
        (
            {**EXACT, "size": {"height": 16, "width": 16}, "crop_size": 8, "do_center_crop": True},
            InputSpec(16, "stretch", "bilinear"),
            8,
        ),
        ({**CLIP, "do_center_crop": False}, InputSpec(224, "stretch", "bicubic"), 224),
        (
            {**EXACT, "size": {"shortest_edge": 8}, "do_center_crop": False},
            InputSpec(8, "crop", "bilinear"),
            8,
        ),
        # ConvNeXt
        (
            {**EXACT, "size": {"shortest_edge": 224}, "crop_pct": 0.875},
            InputSpec(256, "crop", "bilinear"),
            224,
        ),
        (
            {**EXACT, "size": 384, "feature_extractor_type": "ConvNextFeatureExtractor"},
            InputSpec(384, "stretch", "bicubic", edge=384),
            384,
        ),
    ],
)
def test_sizes_in_all_their_forms(values: dict[str, Any], spec: InputSpec, side: int) -> None:
    made = Preprocessing.parse(values, "test")
    assert (made.input, made.side) == (spec, side)
    picture = np.zeros((spec.size, spec.size, 3), np.uint8)
    start = (spec.size - side) // 2
    picture[start, start] = 255  # the first pixel of the centre
    values_made = made.apply(picture)
    assert values_made.shape == (side, side, 3)
    assert (values_made[0, 0] > values_made[1, 1]).all()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"do_rescale": False, "do_normalize": False}, 51.0),
        ({"do_normalize": False}, 0.2),
        ({}, (0.2 - 0.5) / 0.5),
        ({"rescale_factor": 1 / 127.5, "rescale_offset": True, "do_normalize": False}, -0.6),
        ({"image_mean": 0.1, "image_std": 0.2}, 0.5),
        ({"do_rescale": False, "image_mean": [1.0] * 3, "image_std": [5.0] * 3}, 10.0),
    ],
)
def test_scales_in_all_their_forms(changes: dict[str, Any], expected: float) -> None:
    made = Preprocessing.parse({**EXACT, **changes}, "test")
    found = made.apply(np.full((8, 8, 3), 51, np.uint8))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_without_a_mean_nothing_is_normalised() -> None:
    found = Preprocessing.parse({"size": 8}, "test").apply(np.full((8, 8, 3), 51, np.uint8))
    np.testing.assert_allclose(found, 0.2, rtol=1e-5)


def test_channels_can_be_reversed() -> None:
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[:, :, 0] = 255
    made = Preprocessing.parse({"size": 8, "do_flip_channel_order": True}, "test").apply(picture)
    assert made[0, 0].tolist() == [0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": None}, "not a preprocessor's settings"),
        ({"size": {"height": 8, "width": 9}}, "isn't supported"),
        ({"size": {"longest_edge": 8}}, "isn't supported"),
        ({"size": 0}, "out of range"),
        ({"size": 9999}, "out of range"),
        ({"crop_size": 300}, "a crop of 300 pixels out of 224"),
        ({"resample": 0}, "resample 0 isn't supported"),
        ({"do_resize": False}, "do_resize is false"),
        ({"do_pad": True}, "do_pad isn't supported"),
        ({"image_std": [0, 1, 1]}, "image_std"),
        ({"image_mean": [0.5, 0.5]}, "not a preprocessor's settings"),
        ({"image_mean": "grey"}, "not a preprocessor's settings"),
        ({"rescale_factor": float("nan")}, "can't be worked with"),
    ],
)
def test_what_cant_be_done_is_said_in_one_line(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message) as error:
        parsed(**changes)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("test: ")


def test_settings_without_a_size_are_none() -> None:
    with pytest.raises(ModelError, match="KeyError: 'size'"):
        Preprocessing.parse({}, "test")
