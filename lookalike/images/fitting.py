"""A full picture to the sizes that the encoders take in."""

from __future__ import annotations

from collections.abc import Iterable

from PIL import Image

from lookalike.types import InputSpec

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
    targets = [target_size(size, spec) for spec in specs]
    return max((w for w, _ in targets), default=1), max((h for _, h in targets), default=1)


def fit(image: Image.Image, spec: InputSpec) -> Image.Image:
    """``image`` brought to ``spec``; ``image`` itself where it has the size already."""
    if spec.fit == "crop" and image.width != image.height:
        # Cut first: with resize's box, pixels beyond it would shine in at the border.
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = image.crop((left, top, left + side, top + side))
    target = target_size(image.size, spec)
    if image.size == target:
        return image
    return image.resize(target, _FILTERS[spec.resample], reducing_gap=_REDUCING_GAP)
