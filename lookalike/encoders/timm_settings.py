"""The settings of models of timm, as ``config.json`` has them.

transformers runs them by its class for timm, which leaves all to timm. Read against timm 1.0.31:
``timm.data.resolve_data_config`` and ``transforms_imagenet_eval``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

from lookalike.encoders.class_reading import (
    FILTERS,
    Reading,
    Resample,
    arithmetic,
    check_side,
    three,
)
from lookalike.errors import ModelError
from lookalike.types import InputSpec

__all__ = ["KEY", "read_timm"]

KEY = "pretrained_cfg"
"""In ``config.json``: what timm knows of the weights."""

_SHARE = 0.875
_SIDE = 224
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_FILTERS: dict[str, Resample] = {name: name for name in FILTERS.values()}


def read_timm(config: Mapping[str, Any], origin: str) -> Reading:
    """Read what ``config.json`` has under :data:`KEY`.

    Args:
        config: the JSON object.
        origin: names the file in errors.

    Raises:
        ModelError: lookalike doesn't do what it asks for.
    """
    given = config[KEY]
    channels, height, width = given.get("input_size") or (3, _SIDE, _SIDE)
    if channels != 3 or height != width:
        raise ModelError(
            f"{origin}: an input_size of {[channels, height, width]} isn't supported: there is "
            "[3, n, n]"
        )
    mode = given.get("crop_mode") or "center"
    if mode not in ("center", "squash"):
        raise ModelError(f"{origin}: crop_mode {mode} isn't supported: there are center and squash")
    name = given.get("interpolation") or "bicubic"
    if name not in _FILTERS:
        raise ModelError(
            f"{origin}: interpolation {name} isn't supported: there are {', '.join(_FILTERS)}"
        )
    edge = math.floor(height / (given.get("crop_pct") or _SHARE))
    check_side(height, edge, origin)
    fit: Literal["crop", "stretch"] = "stretch" if mode == "squash" else "crop"
    mean, std = (_channels(given.get(key), usual) for key, usual in _NORMALISED)
    factor, offset = arithmetic(1 / 255, 0.0, mean, std, origin)
    spec = InputSpec(height, fit, _FILTERS[name], edge=edge, rounding="place")
    return Reading(spec, factor, offset, reversed=False)


_NORMALISED = (("mean", _MEAN), ("std", _STD))


def _channels(value: Any, usual: tuple[float, float, float]) -> tuple[float, float, float]:
    if not value:
        return usual
    return three(value[0] if len(value) == 1 else value)
