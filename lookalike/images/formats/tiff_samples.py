"""All samples of a TIFF picture, none of them changed, for its exact digest."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.images.formats import tiff_directories as tags
from lookalike.images.formats.tiff_layout import (
    BLACK_IS_ZERO,
    CMYK,
    PALETTE,
    RGB,
    WHITE_IS_ZERO,
    Layout,
)
from lookalike.images.formats.tiff_reader import (
    bytes_needed,
    channels_shown,
    read_samples,
    told_by,
)
from lookalike.images.formats.tiff_segments import present_share
from lookalike.images.sameness import BYTES, Samples, meaning_of
from lookalike.types import Limits

__all__ = ["exact_samples", "reads_all"]

Values = npt.NDArray[Any]

_SPACES = {WHITE_IS_ZERO: "grey", BLACK_IS_ZERO: "grey", RGB: "RGB", PALETTE: "RGB", CMYK: "CMYK"}
_UNASSOCIATED, _ASSOCIATED = 2, 1  # alpha, not multiplied into the colour, and multiplied
_MODES = ("1", "L", "P", "LA", "RGB", "RGBA", "CMYK", "LAB")


def reads_all(image: Image.Image) -> bool:
    """Whether an image, as Pillow's reader of TIFF made it, has all samples of its page."""
    read = getattr(image, "tag_v2", None)
    if read is None or image.mode not in _MODES:
        return False
    bits, forms = read.get(258, (1,)), read.get(339, (1,))
    channels = len(image.getbands())
    plain = max(bits) <= 8 and set(forms) <= {1, 4} and read.get(277, 1) == len(bits) == channels
    return plain and _ASSOCIATED not in read.get(338, ())


def exact_samples(layout: Layout, limits: Limits) -> Samples | None:
    """The samples of a page that Pillow doesn't read, or not right.

    Returns:
        ``None`` where some are cut away, have no meaning that is known, or take too much memory.

    Raises:
        PictureError: a strip or tile is damaged, or too large.
    """
    space = _SPACES.get(layout.colour)
    if space is None or channels_shown(layout) != list(range(layout.samples)):
        return None
    if _ASSOCIATED in layout.extra or present_share(layout) < 1:
        return None
    if bytes_needed(layout, 1) > limits.memory_bytes // 2:
        return None
    values = read_samples(layout, 1, limits)
    colour, alpha = values[..., : layout.channels], None
    if layout.alpha is not None:
        alpha = values[..., layout.channels]
    told = told_by(layout)
    meaning = meaning_of(layout.directory.raw(tags.PROFILE) or None, space)
    if (told.no_data, told.shown) != (None, None):
        meaning += f"{told.no_data} {told.shown}".encode()
    depth = _depth(layout)
    if layout.colour == PALETTE:
        found = _by_map(colour[..., 0], layout)
        if found is None or alpha is not None:
            return None
        colour, depth = found, BYTES
    elif depth == BYTES and layout.bits < 8:
        colour = _as_bytes(colour, layout.bits)
        alpha = None if alpha is None else _as_bytes(alpha, layout.bits)
    if layout.colour == WHITE_IS_ZERO:
        if layout.format in (1, 4):
            colour = np.array(int(_most(layout, depth)), colour.dtype) - colour
        else:
            meaning += b" white is zero"
    if colour.shape[2] == 1:
        colour = colour[..., 0]
    turned = layout.directory.number(tags.ORIENTATION, 1)
    return Samples(colour, depth, space, alpha, _most(layout, depth), turned, meaning)


def _depth(layout: Layout) -> str:
    kind = {2: "s", 3: "f"}.get(layout.format, "u")
    return BYTES if kind == "u" and layout.bits <= 8 else f"{kind}{layout.bits}"


def _most(layout: Layout, depth: str) -> float:
    """The number that is white, or opaque."""
    if layout.format == 3:
        return 1
    bits = 8 if depth == BYTES else layout.bits
    return float((1 << (bits - 1)) - 1 if layout.format == 2 else (1 << bits) - 1)


def _as_bytes(values: Values, bits: int) -> Values:
    """Numbers of fewer bits, as they are shown."""
    return np.rint(values * (255.0 / ((1 << bits) - 1))).astype(np.uint8)


def _by_map(numbers: Values, layout: Layout) -> Values | None:
    """The colours of a palette, if they have 8 bits in truth.

    They are kept in 16, of which writers fill the upper 8, both halves alike, or the lower ones.
    """
    kept = np.asarray(layout.directory.numbers(tags.COLOUR_MAP), np.uint16)
    if kept.size < 3 or kept.size % 3:
        return None
    colours = kept.reshape(3, -1).T
    high, low = colours >> 8, colours & 255
    if not high.any():
        eight = low
    elif not low.any() or np.array_equal(high, low):
        eight = high
    else:
        return None
    if int(numbers.max(initial=0)) >= len(eight):
        return None
    return eight.astype(np.uint8)[numbers]
