"""The colour of a PNG picture that stands for clear (tRNS), at every depth.

Pillow compares it with samples that it has brought to 8 bits already, so that at other depths
another colour, or none, comes out clear.

Source: PNG specification, third edition, section 11.3.1.1.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

from lookalike.images.formats.png_chunks import Header
from lookalike.images.modes import as_viewed

__all__ = ["clear_loader", "set_clear_level"]

_GREY, _RGB = 0, 2  # colour types


def set_clear_level(image: Image.Image, header: Header) -> None:
    """Say in terms of the decoded samples which grey or colour is clear.

    Only the bits that the depth has count, as for other readers.
    """
    clear = image.info.get("transparency")
    if clear is None or header.depth == 16:
        return
    most = (1 << header.depth) - 1
    if header.colour == _GREY and isinstance(clear, int):
        if header.depth > 1:  # of one bit it is scaled already
            image.info["transparency"] = (clear & most) * (255 // most)
    elif header.colour == _RGB and isinstance(clear, tuple):
        image.info["transparency"] = tuple(level & most for level in clear)


def clear_loader(image: Image.Image, header: Header) -> Callable[[], Image.Image] | None:
    """What decodes a picture that the reader doesn't bring to the right mode by itself."""
    clear = image.info.get("transparency")
    if header.depth != 16:
        return None
    if header.colour == 4:
        return lambda: _as_grey(image)
    if header.colour == _GREY and isinstance(clear, int):
        return lambda: _grey_16(image, clear)
    if header.colour == _RGB and isinstance(clear, tuple):
        return lambda: _rgb_16(image, clear)
    return None


def _as_grey(image: Image.Image) -> Image.Image:
    """16-bit grey with transparency, which the reader gives as RGBA."""
    image.load()
    made = image.convert("LA")
    made.info = image.info
    return made


def _grey_16(image: Image.Image, clear: int) -> Image.Image:
    image.load()
    there: npt.NDArray[np.bool_] = np.asarray(image) != clear
    image.info.pop("transparency")
    made = Image.merge("LA", (as_viewed(image), _alpha(there)))
    made.info = image.info
    return made


def _rgb_16(image: Image.Image, clear: tuple[int, ...]) -> Image.Image:
    """The reader keeps the high bytes; the low ones come from a second pass of it."""
    assert isinstance(image, ImageFile.ImageFile)
    assert image.fp is not None
    at = image.fp.tell()
    image.fp.seek(0)
    again = Image.open(BytesIO(image.fp.read()), formats=["PNG"])
    image.fp.seek(at)
    again.tile = [tile._replace(args="RGB;16L") for tile in again.tile]
    image.load()
    levels = np.array(clear)
    high, low = np.asarray(image) == levels >> 8, np.asarray(again) == levels & 255
    image.info.pop("transparency")
    made = image.convert("RGBA")
    made.putalpha(_alpha(~(high & low).all(axis=2)))
    made.info = image.info
    return made


def _alpha(there: npt.NDArray[np.bool_]) -> Image.Image:
    return Image.fromarray(there.astype(np.uint8) * np.uint8(255))
