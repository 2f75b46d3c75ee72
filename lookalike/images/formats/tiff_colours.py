"""Samples of a TIFF to the picture that is shown: grey or RGB, with its transparency."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.images.formats import tiff_directories as tags
from lookalike.images.formats.tiff_layout import (
    CIELAB,
    CMYK,
    ICCLAB,
    PALETTE,
    RGB,
    YCBCR,
    Layout,
)
from lookalike.images.formats.tiff_reader import told_by
from lookalike.images.profiles import lab_to_rgb, to_srgb
from lookalike.images.samples import to_bytes

__all__ = ["as_picture"]

Samples = npt.NDArray[Any]
Bytes = npt.NDArray[np.uint8]


def as_picture(samples: Samples, layout: Layout) -> Image.Image:
    """A picture of mode L, LA, RGB or RGBA, not upright yet, with the page's profile.

    Args:
        samples: (height, width, n), those of :func:`channels_shown`.
        layout: of the page.
    """
    colour, alpha = samples[..., : layout.channels], None
    if layout.alpha is not None:
        alpha = _share(samples[..., layout.channels], layout)
    image = Image.fromarray(_shown(colour, layout))
    if alpha is not None and int(alpha.min()) < 255:
        if 1 in layout.extra:
            image = Image.fromarray(_divided(np.asarray(image), alpha))
        image.putalpha(Image.fromarray(alpha))
    directory = layout.directory
    if layout.colour == RGB and (profile := directory.raw(tags.PROFILE)):
        image.info["icc_profile"] = profile
    return image


def _shown(colour: Samples, layout: Layout) -> Bytes:
    """(height, width) or (height, width, 3), as it is shown."""
    if layout.colour == PALETTE:
        return _by_map(colour[..., 0], layout)
    if layout.colour in (CIELAB, ICCLAB):
        return _lab(colour, layout)
    shown = to_bytes(colour, told_by(layout))
    if layout.colour == CMYK:
        image = Image.fromarray(shown, "CMYK")
        profile = layout.directory.raw(tags.PROFILE)
        return _bytes_of(to_srgb(image, profile) or image.convert("RGB"))
    if layout.colour == YCBCR and layout.by_hand:
        return _bytes_of(Image.fromarray(shown, "YCbCr").convert("RGB"))
    grey: Bytes = shown[..., 0]
    return grey if shown.shape[2] == 1 else shown


def _share(alpha: Samples, layout: Layout) -> Bytes:
    """How much is covered: never stretched, the largest number is all."""
    if layout.format == 3:
        return np.asarray(np.rint(np.clip(np.nan_to_num(alpha), 0, 1) * 255), np.uint8)
    most = 2**layout.bits - 1 if layout.format != 2 else 2 ** (layout.bits - 1) - 1
    return np.asarray(np.rint(np.clip(alpha, 0, most) * (255.0 / most)), np.uint8)


def _divided(shown: Bytes, alpha: Bytes) -> Bytes:
    """Colours that are multiplied by their alpha (associated), as they were before."""
    share = np.maximum(alpha if shown.ndim == 2 else alpha[..., None], 1)
    made = np.empty_like(shown)
    rows = max(1, 4_000_000 // max(1, shown[:1].size))
    for top in range(0, len(shown), rows):
        part = slice(top, top + rows)
        whole = (shown[part].astype(np.uint32) * 255 + share[part] // 2) // share[part]
        made[part] = np.minimum(whole, 255)
    return made


def _by_map(numbers: Samples, layout: Layout) -> Bytes:
    """Palettes have 16 bits a channel; some writers fill 8 of them."""
    values = np.asarray(layout.directory.numbers(tags.COLOUR_MAP), np.uint16)
    if values.size < 3:
        raise ValueError("the palette is missing")
    colours = values[: values.size // 3 * 3].reshape(3, -1).T
    if colours.max() > 255:
        colours //= 256
    made: Bytes = colours.astype(np.uint8)[np.minimum(numbers, len(colours) - 1)]
    return made


def _lab(colour: Samples, layout: Layout) -> Bytes:
    """CIELAB of 8 or 16 bits, a* and b* signed, or from 128 on (ICC).

    Source: Adobe, "TIFF Revision 6.0", section 23; "Photoshop TIFF Technical Notes", 2002, for ICC.
    """
    if layout.bits == 16:
        most = 65_280.0 if layout.colour == ICCLAB else 65_535.0
        light = np.clip(colour[..., 0] * (255.0 / most) + 0.5, 0, 255).astype(np.uint8)
        bytes_ = np.dstack([light, (colour[..., 1:] >> 8).astype(np.uint8)])
    else:
        bytes_ = colour.astype(np.uint8)
    if layout.colour == ICCLAB:  # Pillow's bytes are those of CIELAB
        bytes_ = np.dstack([bytes_[..., 0], bytes_[..., 1:] ^ np.uint8(128)])
    height, width = bytes_.shape[:2]
    image = Image.frombytes("LAB", (width, height), np.ascontiguousarray(bytes_).tobytes())
    return _bytes_of(lab_to_rgb(image))


def _bytes_of(image: Image.Image) -> Bytes:
    return np.asarray(image, np.uint8)
