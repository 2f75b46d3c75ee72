"""A full picture to the sizes that the encoders take in."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from PIL import Image

from lookalike.types import InputSpec, Part

__all__ = ["fit", "least_size", "target_size"]

_FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}

# Large pictures are first averaged over whole blocks of pixels down to at least three times the
# size asked for: several times faster, and according to Pillow's documentation "almost
# indistinguishable from fair resampling" from 3 on.
_REDUCING_GAP = 3.0
# Pixels of a picture that is scaled as a whole before its centre is cut out.
_LARGEST_SCALED = 25_000_000


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
        if spec.edge:  # exactly what others compute, who know no decoder that reduces
            return size
        width, height = target_size(size, spec)
        left, top, right, bottom = spec.part or (0.0, 0.0, 1.0, 1.0)
        targets.append((math.ceil(width / (right - left)), math.ceil(height / (bottom - top))))
    return max((w for w, _ in targets), default=1), max((h for _, h in targets), default=1)


def fit(image: Image.Image, spec: InputSpec) -> Image.Image:
    """``image`` brought to ``spec``; ``image`` itself where it has the size already."""
    if spec.part is not None:
        return fit(image.crop(_box(image.size, spec.part)), replace(spec, part=None))
    if spec.edge:
        return _scaled(image, spec)
    if spec.fit == "crop" and image.width != image.height:
        # Cut first: with resize's box, pixels beyond it would shine in at the border.
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = image.crop((left, top, left + side, top + side))
    target = target_size(image.size, spec)
    if image.size == target:
        return image
    return image.resize(target, _FILTERS[spec.resample], reducing_gap=_REDUCING_GAP)


def _scaled(image: Image.Image, spec: InputSpec) -> Image.Image:
    """Scaled to :attr:`InputSpec.edge`, and the centre cut out of it."""
    short = min(image.size)
    longer = round if spec.rounding == "longer" else math.floor
    # The order of the arithmetic decides about a pixel: transformers floors edge * side / short,
    # PP-LCNet rounds side * (edge / short).
    width, height = (
        spec.edge
        if spec.fit == "stretch" or side == short
        else longer(side * (spec.edge / short) if longer is round else spec.edge * side / short)
        for side in image.size
    )
    left, top = (
        round((side - spec.size) / 2) if spec.rounding == "place" else (side - spec.size) // 2
        for side in (width, height)
    )
    resample = _FILTERS[spec.resample]
    if width * height <= _LARGEST_SCALED:
        scaled = image if (width, height) == image.size else image.resize((width, height), resample)
        if scaled.size == (spec.size, spec.size):
            return scaled
        return scaled.crop((left, top, left + spec.size, top + spec.size))
    # Of a long strip most would be resampled and cut off. Pillow chooses the order of its passes by
    # the sizes, so that this may differ where a cubic filter overshoots.
    across, down = image.width / width, image.height / height
    box = (left * across, top * down, (left + spec.size) * across, (top + spec.size) * down)
    inside = (max(box[0], 0), max(box[1], 0), min(box[2], image.width), min(box[3], image.height))
    return image.resize((spec.size, spec.size), resample, box=inside)


def _box(size: tuple[int, int], part: Part) -> tuple[int, int, int, int]:
    """The pixels of a part: one at least each way."""
    (width, height), (left, top, right, bottom) = size, part
    x, y = min(round(left * width), width - 1), min(round(top * height), height - 1)
    return x, y, max(x + 1, round(right * width)), max(y + 1, round(bottom * height))
