"""A preprocessor's settings as the class that they name would follow them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from lookalike.encoders.image_processors import PROCESSORS, ImageProcessor
from lookalike.errors import ModelError
from lookalike.types import InputSpec

__all__ = ["FILTERS", "LARGEST", "Reading", "arithmetic", "check_side", "read_by_class", "three"]

Resample = Literal["nearest", "box", "bilinear", "bicubic", "lanczos"]
Three = tuple[float, float, float]

# Pillow's numbers for its filters. Hamming (5) is in no model that we know of.
FILTERS: dict[int, Resample] = {
    0: "nearest",
    1: "lanczos",
    2: "bilinear",
    3: "bicubic",
    4: "box",
}
LARGEST = 4096
"""Pixels of a side, at most."""

_BILINEAR = 2
# ConvNeXt's own rule: below this size a border is cut off, from it on the picture is stretched.
_CONVNEXT_STRETCHES = 384
_COMMON = {
    *("size", "default_to_square", "do_resize", "resample", "do_center_crop", "crop_size"),
    *("do_rescale", "rescale_factor", "do_normalize", "image_mean", "image_std"),
}
# Keys that are about something else, although a word below is in their names.
_ELSEWHERE = {"_valid_processor_keys", "image_seq_length"}
# A key of another name can't change the picture.
_CHANGES = (
    *("size", "crop", "resample", "resize", "pad", "edge", "patch", "tile", "scale", "pixel"),
    *("aspect", "split", "thumbnail", "align", "affine", "margin", "flip", "normalize", "mean"),
    *("std", "interpolation", "offset", "include_top", "ratio", "rotate", "pan_and_scan", "slice"),
)


class Reading(NamedTuple):
    """What settings come to: :class:`~lookalike.encoders.preprocessing.Preprocessing` explains it.

    Attributes:
        input: what the decoder is asked for: what the model gets.
        factor: of each channel, in the order in which the model takes them.
        offset: likewise.
        reversed: whether the model takes blue first.
    """

    input: InputSpec
    factor: Three
    offset: Three
    reversed: bool


def read_by_class(values: Mapping[str, Any], name: str, origin: str) -> Reading:
    """Read the keys of a ``preprocessor_config.json`` as a class of transformers does.

    Args:
        values: the JSON object.
        name: of the class, as :func:`~lookalike.encoders.image_processors.class_of` gives it.
        origin: names the file in errors.

    Raises:
        ModelError: the class isn't known, or a key asks for what lookalike doesn't do.
    """
    processor = PROCESSORS.get(name)
    if processor is None:
        raise ModelError(
            f"{origin}: its pictures are prepared by {name}, which lookalike doesn't follow: take "
            "an export with one of the classes in docs/encoders.md, or give its ONNX file a small "
            "card (onnx:FILE)"
        )
    _check_keys(values, processor, name, origin)
    settings = {**_defaults(processor), **values}
    if not settings["do_resize"]:
        raise ModelError(
            f"{origin}: pictures of any size aren't supported (do_resize is false): "
            "give a model that resizes them"
        )
    spec = _geometry(settings, processor, name, origin)
    if processor.floats and not settings["do_rescale"]:
        raise ModelError(f"{origin}: {name} without do_rescale isn't supported")
    swaps = processor.blue_first
    if "do_flip_channel_order" in processor.own:
        swaps = bool(settings["do_flip_channel_order"])
    factor, offset = _values(settings, processor, origin)
    if swaps:  # what is said of red comes last then
        factor, offset = factor[::-1], offset[::-1]
    return Reading(spec, factor, offset, swaps)


def arithmetic(
    scale: float, shift: float, mean: Three, std: Three, origin: str
) -> tuple[Three, Three]:
    """Factor and offset of ``(value * scale - shift - mean) / std``.

    Raises:
        ModelError: a number can't be worked with.
    """
    if min(map(abs, std)) < 1e-6 or not np.isfinite([scale, *mean, *std]).all():
        raise ModelError(f"{origin}: image_std {std} or image_mean {mean} can't be worked with")
    return (
        (scale / std[0], scale / std[1], scale / std[2]),
        ((mean[0] + shift) / std[0], (mean[1] + shift) / std[1], (mean[2] + shift) / std[2]),
    )


def three(value: float | Sequence[float]) -> Three:
    """A number for each channel."""
    if isinstance(value, int | float):
        return (float(value),) * 3
    red, green, blue = (float(entry) for entry in value)
    return red, green, blue


def check_side(side: int, edge: int, origin: str) -> None:
    """Make sure that the centre can be cut out.

    Raises:
        ModelError: it is larger than what it is cut out of, or a size is out of range.
    """
    if not 1 <= side <= edge <= LARGEST:
        raise ModelError(
            f"{origin}: a crop of {side} pixels out of {edge} is out of range "
            f"(1 to {LARGEST}, the crop not above the size)"
        )


def _defaults(processor: ImageProcessor) -> dict[str, Any]:
    return {
        "size": processor.size,
        "crop_size": processor.crop,
        "resample": processor.resample,
        "default_to_square": processor.square,
        "do_resize": True,
        "do_center_crop": processor.crops,
        "do_rescale": True,
        "rescale_factor": processor.factor,
        "do_normalize": processor.normalises,
        "image_mean": processor.mean,
        "image_std": processor.std,
        **processor.own,
    }


def _check_keys(
    values: Mapping[str, Any], processor: ImageProcessor, name: str, origin: str
) -> None:
    """Refuse a key that may change the picture, and that this class isn't known to follow."""
    known = _COMMON | _ELSEWHERE | set(processor.own)
    for key, value in values.items():
        if key in known or not value or key.startswith(("_", *processor.beside)):
            continue
        if any(word in key for word in _CHANGES):
            raise ModelError(
                f"{origin}: {key} isn't supported with {name}: take a model without it, or, where "
                "its authors' program ignores the key, take it out of a copy (hub:FOLDER)"
            )


def _geometry(
    settings: Mapping[str, Any], processor: ImageProcessor, name: str, origin: str
) -> InputSpec:
    """How the picture is fitted, to what size, and how much of its centre is taken."""
    resample = _filter(settings, processor, name, origin)
    fit, edge, side = _scaling(settings, processor, name, origin)
    rounding: Literal["down", "longer"] = "down"
    if processor.rule == "short" and settings["resize_short"] is not None:
        if settings["size_divisor"] not in (None, 1):
            raise ModelError(
                f"{origin}: size_divisor {settings['size_divisor']} isn't supported: 1 is"
            )
        fit, edge, rounding = "crop", int(settings["resize_short"]), "longer"
    if settings["do_center_crop"] and "do_center_crop" not in processor.never:
        crop = _square(settings["crop_size"], "crop_size", origin)
        if side is not None and crop != side:
            raise ModelError(f"{origin}: a crop of {crop} after one of {side} isn't supported")
        side = crop
    elif side is None and fit == "stretch":
        side = edge
    if side is None:
        raise ModelError(
            f"{origin}: {name} makes pictures of any shape with these settings (shortest_edge "
            "without a crop), which isn't supported: to take their middle, write do_center_crop "
            "and crop_size into a copy (hub:FOLDER)"
        )
    check_side(side, edge, origin)
    return InputSpec(side, fit, resample, edge=edge, rounding=rounding)


def _scaling(
    settings: Mapping[str, Any], processor: ImageProcessor, name: str, origin: str
) -> tuple[Literal["crop", "stretch"], int, int | None]:
    """How to fit, to what size, and what is cut out whatever the keys say."""
    size = settings["size"]
    if isinstance(size, int) and not settings["default_to_square"]:
        size = {"shortest_edge": size}
    rule = processor.rule
    share = float(settings["crop_pct"]) if settings.get("crop_pct") is not None else None
    if isinstance(size, Mapping) and set(_given(size)) == {"shortest_edge"}:
        edge = int(size["shortest_edge"])
        if rule == "levit":
            return "crop", int((256 / 224) * edge), None
        if rule == "convnext" and edge >= _CONVNEXT_STRETCHES:
            return "stretch", edge, edge
        if rule == "convnext" and share is None:
            raise ModelError(f"{origin}: {name} takes a crop_pct, not null")
        scaled = edge if share is None else int(edge / share)
        return "crop", scaled, edge if rule == "convnext" else None
    edge = _square(size, "size", origin)
    if rule == "convnext":
        raise ModelError(
            f'{origin}: {name} takes a size of {{"shortest_edge": n}}, not height and width'
        )
    if rule == "poolformer" and share is not None:
        return "crop", int(edge / share), None
    return "stretch", edge, None


def _filter(
    settings: Mapping[str, Any], processor: ImageProcessor, name: str, origin: str
) -> Resample:
    number = settings["resample"]
    resample = None if number is None else FILTERS.get(int(number))
    if resample is None:
        raise ModelError(
            f"{origin}: resample {json.dumps(number)} isn't supported: there are "
            + ", ".join(f"{number} ({name})" for number, name in FILTERS.items())
        )
    if processor.torch and number != _BILINEAR:
        raise ModelError(
            f"{origin}: {name} resamples by torchvision, which isn't supported with resample "
            f"{number} ({resample}): {_BILINEAR} (bilinear) is"
        )
    return resample


def _values(
    settings: Mapping[str, Any], processor: ImageProcessor, origin: str
) -> tuple[Three, Three]:
    """Factor and offset of red, green and blue."""
    scale = float(settings["rescale_factor"]) if settings["do_rescale"] else 1.0
    shift = 1.0 if settings.get("rescale_offset") and settings["do_rescale"] else 0.0
    mean, std = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    if settings["do_normalize"] and "do_normalize" not in processor.never:
        mean, std = three(settings["image_mean"]), three(settings["image_std"])
    factor, offset = arithmetic(scale, shift, mean, std, origin)
    if settings.get("include_top"):
        again = three(settings["image_std"])
        arithmetic(scale, shift, mean, again, origin)  # for its check
        factor = (factor[0] / again[0], factor[1] / again[1], factor[2] / again[2])
        offset = (offset[0] / again[0], offset[1] / again[1], offset[2] / again[2])
    return factor, offset


def _square(size: Any, key: str, origin: str) -> int:
    """The side of a size that is a number, a list of two, or height and width."""
    if isinstance(size, Mapping):
        given = _given(size)
        if set(given) != {"height", "width"} or given["height"] != given["width"]:
            raise ModelError(
                f"{origin}: a {key} of {given} isn't supported: there are a number, "
                '{"shortest_edge": n}, and {"height": n, "width": n}'
            )
        return int(given["height"])
    if isinstance(size, list | tuple):
        height, width = size
        return _square({"height": height, "width": width}, key, origin)
    return int(size)


def _given(size: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in size.items() if value is not None}
