"""What a model does to a picture first, as ``preprocessor_config.json`` says it.

That file is how models on the Hugging Face hub state their preprocessing, and the small card beside
an ONNX file of one's own has the same keys. A picture comes from the decoder in 8 bits, resized
(:class:`~lookalike.types.InputSpec`); what is left is the centre crop and the arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lookalike.encoders.class_reading import (
    FILTERS,
    arithmetic,
    check_side,
    read_by_class,
    three,
)
from lookalike.encoders.image_processors import TIMM, class_of
from lookalike.encoders.timm_settings import KEY as TIMM_KEY
from lookalike.encoders.timm_settings import read_timm
from lookalike.errors import ModelError
from lookalike.types import InputSpec, Pixels

__all__ = ["Preprocessing"]

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
    def parse(
        cls, values: Mapping[str, Any], origin: str, *, by_class: bool = True
    ) -> Preprocessing:
        """Read the keys of a ``preprocessor_config.json``, or of a ``config.json`` of timm.

        Args:
            values: the JSON object. If it names an image processor of transformers, that class
                decides. Otherwise the keys alone do, and where keys are missing, the defaults are
                rescaling by 1/255, bilinear, no crop.
            origin: names it in errors.
            by_class: ``False`` for the keys alone in any case, as libraries of before were read.

        Raises:
            ModelError: no size, an unknown class, or something that lookalike doesn't do, such as
                padding.
        """
        try:
            name = class_of(values) if by_class else ""
            if name == TIMM or (by_class and not name and TIMM_KEY in values):
                spec, factor, offset, swaps = read_timm(values, origin)
            elif name:
                spec, factor, offset, swaps = read_by_class(values, name, origin)
            else:
                return _by_keys(cls, values, origin)
            return cls(spec, spec.size, factor, offset, swaps)
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


def _by_keys(cls: type[Preprocessing], values: Mapping[str, Any], origin: str) -> Preprocessing:
    for key in ("do_pad", "do_thumbnail", "do_align_long_axis"):
        if values.get(key):
            raise ModelError(f"{origin}: {key} isn't supported: take a model that crops or resizes")
    if not values.get("do_resize", True):
        raise ModelError(
            f"{origin}: pictures of any size aren't supported (do_resize is false): "
            "give a model that resizes them"
        )
    fit, size, side = _geometry(values, origin)
    check_side(side, size, origin)
    known = {number: name for number, name in FILTERS.items() if name != "nearest"}
    resample = known.get(int(values.get("resample", 2)))
    if resample is None:
        raise ModelError(
            f"{origin}: resample {values['resample']} isn't supported without a class: there are "
            + ", ".join(f"{number} ({name})" for number, name in known.items())
        )
    scale = float(values.get("rescale_factor", 1 / 255)) if values.get("do_rescale", True) else 1.0
    shift = 1.0 if values.get("rescale_offset") and values.get("do_rescale", True) else 0.0
    mean, std = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    if values.get("do_normalize", "image_mean" in values):
        mean, std = three(values["image_mean"]), three(values["image_std"])
    factor, offset = arithmetic(scale, shift, mean, std, origin)
    swaps = bool(values.get("do_flip_channel_order", False))
    return cls(InputSpec(size, fit, resample), side, factor, offset, swaps)


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
