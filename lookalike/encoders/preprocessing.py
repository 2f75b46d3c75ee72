"""What a model does to a picture first, as ``preprocessor_config.json`` says it.

That file is how models on the Hugging Face hub state their preprocessing, and the small card beside
an ONNX file of one's own has the same keys. A picture comes from the decoder in 8 bits, resized
(:class:`~lookalike.types.InputSpec`); what is left is the centre crop and the arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lookalike.errors import ModelError
from lookalike.types import InputSpec, Pixels

__all__ = ["Preprocessing"]

Resample = Literal["box", "bilinear", "bicubic", "lanczos"]

# Pillow's numbers for its filters. Nearest (0) and Hamming (5) are in no model that we know of.
_FILTERS: dict[int, Resample] = {1: "lanczos", 2: "bilinear", 3: "bicubic", 4: "box"}
_LARGEST = 4096
# ConvNeXt's own rule: below this size a border is cut off, from it on the picture is stretched.
_CONVNEXT_STRETCHES = 384
_CONVNEXT_SHARE = 224 / 256


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """From a picture to a model's input.

    Attributes:
        input: what the decoder is asked for.
        side: of the centre of it that the model gets, in pixels.
        factor: of each channel; a value of 0 to 255 becomes ``value * factor - offset``.
        offset: of each channel.
        reversed: whether the model takes blue first.
    """

    input: InputSpec
    side: int
    factor: tuple[float, float, float]
    offset: tuple[float, float, float]
    reversed: bool = False

    @classmethod
    def parse(cls, values: Mapping[str, Any], origin: str) -> Preprocessing:
        """Read the keys of a ``preprocessor_config.json``.

        Args:
            values: the JSON object. Where keys are missing, the defaults are those of the image
                processors on the hub: rescale by 1/255, bilinear, no crop.
            origin: names it in errors.

        Raises:
            ModelError: no size, or something that lookalike doesn't do, such as padding.
        """
        try:
            return _parsed(cls, values, origin)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise ModelError(
                f"{origin}: not a preprocessor's settings ({type(error).__name__}: {error}): "
                "compare it with the model's page"
            ) from error

    def centre(self, picture: Pixels) -> Pixels:
        """The part of a prepared picture that the model gets, uint8 (side, side, 3)."""
        start = (self.input.size - self.side) // 2
        cut = picture[start : start + self.side, start : start + self.side]
        return cut[:, :, ::-1] if self.reversed else cut

    def apply(self, picture: Pixels) -> npt.NDArray[np.float32]:
        """The model's input for a prepared picture, float32 (side, side, 3)."""
        values = self.centre(picture).astype(np.float32)
        values *= np.asarray(self.factor, np.float32)
        values -= np.asarray(self.offset, np.float32)
        return values


def _parsed(cls: type[Preprocessing], values: Mapping[str, Any], origin: str) -> Preprocessing:
    for key in ("do_pad", "do_thumbnail", "do_align_long_axis"):
        if values.get(key):
            raise ModelError(f"{origin}: {key} isn't supported: take a model that crops or resizes")
    if not values.get("do_resize", True):
        raise ModelError(
            f"{origin}: pictures of any size aren't supported (do_resize is false): "
            "give a model that resizes them"
        )
    fit, size, side = _geometry(values, origin)
    if not 1 <= side <= size <= _LARGEST:
        raise ModelError(
            f"{origin}: a crop of {side} pixels out of {size} is out of range "
            f"(1 to {_LARGEST}, the crop not above the size)"
        )
    resample = _FILTERS.get(int(values.get("resample", 2)))
    if resample is None:
        raise ModelError(
            f"{origin}: resample {values['resample']} isn't supported: there are "
            + ", ".join(f"{number} ({name})" for number, name in _FILTERS.items())
        )
    scale = float(values.get("rescale_factor", 1 / 255)) if values.get("do_rescale", True) else 1.0
    shift = 1.0 if values.get("rescale_offset") and values.get("do_rescale", True) else 0.0
    mean, std = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    if values.get("do_normalize", "image_mean" in values):
        mean, std = _three(values["image_mean"]), _three(values["image_std"])
    if min(map(abs, std)) < 1e-6 or not np.isfinite([scale, *mean, *std]).all():
        raise ModelError(f"{origin}: image_std {std} or image_mean {mean} can't be worked with")
    return cls(
        InputSpec(size, fit, resample),
        side,
        (scale / std[0], scale / std[1], scale / std[2]),
        ((mean[0] + shift) / std[0], (mean[1] + shift) / std[1], (mean[2] + shift) / std[2]),
        bool(values.get("do_flip_channel_order", False)),
    )


def _geometry(
    values: Mapping[str, Any], origin: str
) -> tuple[Literal["crop", "stretch"], int, int]:
    """How to fit the picture, to what size, and the side of the centre to take."""
    size = values["size"]
    kind = str(values.get("image_processor_type", values.get("feature_extractor_type", "")))
    edge = size.get("shortest_edge") if isinstance(size, Mapping) else size
    if "crop_pct" in values or kind.startswith("ConvNext"):
        edge = _square(size, origin) if edge is None else int(edge)
        if edge >= _CONVNEXT_STRETCHES:
            return "stretch", edge, edge
        return "crop", int(edge / float(values.get("crop_pct") or _CONVNEXT_SHARE)), edge
    crops = values.get("do_center_crop", "crop_size" in values)
    if isinstance(size, Mapping) and edge is None:
        fit: Literal["crop", "stretch"] = "stretch"
        edge = _square(size, origin)
    else:
        # An older file's plain number is the shorter edge where a crop follows, else both.
        fit = "crop" if crops or isinstance(size, Mapping) else "stretch"
        edge = int(size["shortest_edge"] if isinstance(size, Mapping) else size)
    side = edge
    if crops:
        crop = values.get("crop_size", edge)
        side = _square(crop, origin) if isinstance(crop, Mapping) else int(crop)
    return fit, edge, side


def _square(size: Mapping[str, Any], origin: str) -> int:
    if "height" not in size or size["height"] != size.get("width"):
        raise ModelError(
            f"{origin}: a size of {dict(size)} isn't supported: "
            'there are a number, {"shortest_edge": n}, and {"height": n, "width": n}'
        )
    return int(size["height"])


def _three(value: float | Sequence[float]) -> tuple[float, float, float]:
    if isinstance(value, int | float):
        return (float(value),) * 3
    red, green, blue = (float(entry) for entry in value)
    return red, green, blue
