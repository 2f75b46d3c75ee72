"""Settings read by their class, against numbers that the real classes of transformers gave.

``scripts/compare_image_processors.py --write`` makes ``image_processors.json``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lookalike.encoders.image_processors import (
    MODEL_TYPES,
    PROCESSORS,
    READ_AGAINST,
    TIMM,
    class_of,
)
from lookalike.encoders.preprocessing import Preprocessing
from lookalike.errors import ModelError
from lookalike.images.fitting import fit, least_size
from lookalike.types import InputSpec, Pixels

ORACLE = json.loads(Path(__file__).with_name("image_processors.json").read_text())


def picture(height: int, width: int) -> Pixels:
    """As the script that made the numbers draws it."""
    y, x, c = np.mgrid[:height, :width, :3]
    slopes = 200 * x // width + 40 * y // height
    grain = (x * 7 + y * 13 + x * y % 31 * 5 + c * 29) % 64
    blocks = ((x // 9 + y // 7 + c) % 3) * 60
    return np.asarray((slopes + grain + blocks) % 256, np.uint8)


def names() -> list[str]:
    return sorted({case["class"] for case in ORACLE["cases"]})


@pytest.mark.parametrize("name", names())
def test_pixels_are_those_of_the_class(name: str) -> None:
    """To one level of 255, at points all over the picture."""
    for case in (case for case in ORACLE["cases"] if case["class"] == name):
        prepared = Preprocessing.parse(case["settings"], "test")
        level = max(map(abs, prepared.factor))
        for size, points in zip(ORACLE["sizes"], case["points"], strict=True):
            image = Image.fromarray(picture(*size))
            values = prepared.apply(np.asarray(fit(image, prepared.input)))
            assert list(values.shape) == case["shape"], case["what"]
            flat = values.reshape(-1)
            places = np.linspace(0, len(flat) - 1, len(points)).astype(int)
            np.testing.assert_allclose(
                flat[places], points, atol=1.01 * level, err_msg=f"{case['what']} {size}"
            )


def test_each_class_of_the_table_was_compared() -> None:
    assert {*PROCESSORS, TIMM} == set(names())
    assert ORACLE["versions"]["transformers"] == READ_AGAINST
    assert set(MODEL_TYPES.values()) <= {*PROCESSORS, TIMM}


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"image_processor_type": "CLIPImageProcessor"}, "CLIPImageProcessor"),
        ({"image_processor_type": "CLIPImageProcessorFast"}, "CLIPImageProcessor"),
        ({"image_processor_type": "CLIPImageProcessorPil"}, "CLIPImageProcessor"),
        ({"feature_extractor_type": "ConvNextFeatureExtractor"}, "ConvNextImageProcessor"),
        (
            {"feature_extractor_type": "A", "image_processor_type": "ViTImageProcessor"},
            "ViTImageProcessor",
        ),
        ({"size": 224}, ""),
    ],
)
def test_names_of_a_class_in_all_their_forms(settings: dict[str, Any], name: str) -> None:
    assert class_of(settings) == name


CLIP = {"image_processor_type": "CLIPImageProcessor"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"image_processor_type": "SamImageProcessor"}, "prepared by SamImageProcessor, which"),
        ({"image_processor_type": "Siglip2ImageProcessor"}, "prepared by Siglip2ImageProcessor"),
        ({**CLIP, "crop_pct": 0.9}, "crop_pct isn't supported with CLIPImageProcessor"),
        ({**CLIP, "do_pad": True}, "do_pad isn't supported with CLIPImageProcessor"),
        ({**CLIP, "size_divisor": 32}, "size_divisor isn't supported"),
        ({**CLIP, "use_square_size": True}, "use_square_size isn't supported"),
        ({**CLIP, "do_resize": None}, "do_resize is false"),
        ({**CLIP, "do_center_crop": None}, "pictures of any shape"),
        ({**CLIP, "size": 128}, "a crop of 224 pixels out of 128"),
        ({**CLIP, "size": {"height": 224, "width": 200}}, "isn't supported: there are a number"),
        ({**CLIP, "size": {"shortest_edge": 9, "longest_edge": 12}}, "isn't supported"),
        ({**CLIP, "crop_size": {"shortest_edge": 224}}, "a crop_size of"),
        ({**CLIP, "resample": 5}, "resample 5 isn't supported"),
        ({**CLIP, "resample": None}, "resample null isn't supported"),
        ({**CLIP, "image_mean": None}, "not a preprocessor's settings"),
        ({**CLIP, "rescale_factor": None}, "not a preprocessor's settings"),
        ({"image_processor_type": "SiglipImageProcessor", "size": 224}, "pictures of any shape"),
        (
            {"image_processor_type": "ConvNextImageProcessor", "size": [9, 9]},
            "not height and width",
        ),
        (
            {"image_processor_type": "ConvNextImageProcessor", "size": 224, "crop_pct": None},
            "takes a crop_pct, not null",
        ),
        ({"image_processor_type": "DINOv3ViTImageProcessor", "resample": 3}, "by torchvision"),
        (
            {"image_processor_type": "DINOv3ViTImageProcessor", "do_rescale": None},
            "without do_rescale",
        ),
        ({"image_processor_type": "MobileViTImageProcessor"}, "a crop of 256 pixels out of 224"),
        (
            {"image_processor_type": "PPLCNetImageProcessor", "size_divisor": 32},
            "size_divisor 32 isn't supported",
        ),
        ({"image_processor_type": "EfficientNetImageProcessor", "image_std": 0}, "image_std"),
        ({"pretrained_cfg": {"input_size": [1, 28, 28]}}, r"input_size of \[1, 28, 28\]"),
        ({"pretrained_cfg": {"crop_mode": "border"}}, "crop_mode border"),
        ({"pretrained_cfg": {"interpolation": "random"}}, "interpolation random"),
        ({"pretrained_cfg": {"crop_pct": 1.2}}, "a crop of 224 pixels out of 186"),
        ({"pretrained_cfg": 3}, "not a preprocessor's settings"),
    ],
)
def test_what_isn_t_followed_is_refused_by_name(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message) as error:
        Preprocessing.parse(settings, "test")
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("test: ")


@pytest.mark.parametrize(
    "harmless",
    [
        {"_valid_processor_keys": ["images", "size"], "processor_class": "CLIPProcessor"},
        {"do_pad": None, "pad_size": None, "image_seq_length": 5, "data_format": "channels_first"},
        {"do_convert_rgb": True, "do_reduce_labels": True, "crop_pct": None},
    ],
)
def test_keys_that_change_no_pixel_are_passed_over(harmless: dict[str, Any]) -> None:
    assert Preprocessing.parse({**CLIP, **harmless}, "t") == Preprocessing.parse(CLIP, "t")


def test_without_the_class_the_keys_alone_decide_as_before() -> None:
    settings = {**CLIP, "size": 20, "crop_size": 16}
    before = Preprocessing.parse(settings, "test", by_class=False)
    assert (before.input, before.side) == (InputSpec(20, "crop", "bilinear"), 16)
    now = Preprocessing.parse(settings, "test")
    assert (now.input, now.side) == (InputSpec(16, "crop", "bicubic", edge=20), 16)
    assert now.offset != before.offset  # CLIP's own mean


@given(
    width=st.integers(1, 90),
    height=st.integers(1, 90),
    edge=st.integers(1, 40),
    cut=st.integers(0, 39),
    stretch=st.booleans(),
    rounding=st.sampled_from(["down", "longer", "place"]),
    resample=st.sampled_from(["nearest", "box", "bilinear", "bicubic", "lanczos"]),
)
def test_all_is_scaled_and_the_centre_cut_out(
    width: int, height: int, edge: int, cut: int, *, stretch: bool, rounding: Any, resample: Any
) -> None:
    image = Image.fromarray(picture(height, width))
    size = max(1, edge - cut)
    spec = InputSpec(size, "stretch" if stretch else "crop", resample, None, edge, rounding)
    short = min(width, height)
    scale = edge / short
    full = [
        edge
        if stretch or side == short
        else (round(side * scale) if rounding == "longer" else int(edge * side / short))
        for side in (width, height)
    ]
    whole = image.resize((full[0], full[1]), getattr(Image.Resampling, resample.upper()))
    left, top = (
        round((side - size) / 2) if rounding == "place" else (side - size) // 2 for side in full
    )
    expected = np.asarray(whole.crop((left, top, left + size, top + size)), int)
    found = np.asarray(fit(image, spec), int)
    assert found.shape == (size, size, 3)
    np.testing.assert_array_equal(found, expected)
    assert least_size(image.size, [spec]) == image.size  # no decoder may reduce it


def test_of_a_long_strip_the_centre_alone_is_scaled() -> None:
    strip = Image.fromarray(picture(2, 1000))
    found = np.asarray(fit(strip, InputSpec(300, "crop", "bilinear", edge=400)), int)
    whole = strip.resize((400 * 500, 400), Image.Resampling.BILINEAR)
    left = (400 * 500 - 300) // 2
    assert np.abs(found - np.asarray(whole.crop((left, 50, left + 300, 350)), int)).max() <= 1
