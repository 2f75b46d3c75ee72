"""A full picture to the sizes that the encoders take in."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from PIL import Image

from lookalike.types import InputSpec, Part

__all__ = ["fit", "least_size", "target_size"]

_FILTERS = {
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}

# Large pictures are first averaged over whole blocks of pixels down to at least three times the
# size asked for: several times faster, and according to Pillow's documentation "almost
# indistinguishable from fair resampling" from 3 on.
_REDUCING_GAP = 3.0


def target_size(size: tuple[int, int], spec: InputSpec) -> tuple[int, int]:
    """Width and height that a picture of ``size`` gets by ``spec``."""
    if spec.part is not None:
        left, top, right, bottom = _box(size, spec.part)
        size = right - left, bottom - top
    if spec.fit != "within":
        return spec.size, spec.size
    longest = max(size)
    if longest <= spec.size:
        return size
    width, height = (max(1, round(side * spec.size / longest)) for side in size)
    return width, height


def least_size(size: tuple[int, int], specs: Iterable[InputSpec]) -> tuple[int, int]:
    """The smallest width and height that a decoder may reduce ``size`` to.

    Every specification can still be met from it by shrinking. A picture that is smaller than asked
    for isn't reduced at all.
    """
    targets = []
    for spec in specs:
        width, height = target_size(size, spec)
        left, top, right, bottom = spec.part or (0.0, 0.0, 1.0, 1.0)
        targets.append((math.ceil(width / (right - left)), math.ceil(height / (bottom - top))))
    return max((w for w, _ in targets), default=1), max((h for _, h in targets), default=1)


def fit(image: Image.Image, spec: InputSpec) -> Image.Image:
    """``image`` brought to ``spec``; ``image`` itself where it has the size already."""
    if spec.part is not None:
        return fit(image.crop(_box(image.size, spec.part)), replace(spec, part=None))
    if spec.fit == "crop" and image.width != image.height:
        # Cut first: with resize's box, pixels beyond it would shine in at the border.
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = image.crop((left, top, left + side, top + side))
    target = target_size(image.size, spec)
    if image.size == target:
        return image
    return image.resize(target, _FILTERS[spec.resample], reducing_gap=_REDUCING_GAP)


def _box(size: tuple[int, int], part: Part) -> tuple[int, int, int, int]:
    """The pixels of a part: one at least each way."""
    (width, height), (left, top, right, bottom) = size, part
    x, y = min(round(left * width), width - 1), min(round(top * height), height - 1)
    return x, y, max(x + 1, round(right * width)), max(y + 1, round(bottom * height))
