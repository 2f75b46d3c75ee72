"""All samples of a PNG file, of 16 bits too, of which Pillow keeps the high byte alone."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.images.orientation import orientation_of
from lookalike.images.sameness import BYTES, Samples, meaning_of

__all__ = ["colours_of", "deep_samples", "is_deep"]

_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGB_ALPHA = 0, 2, 3, 4, 6  # colour types
_SRGB_GAMMA = 45_455  # as gAMA counts

# How Pillow's decoder is told to give every byte of the samples: its picture, and the names of the
# orders of bytes with which it keeps the first ones, and the second ones.
_BYTES_OF = {_RGB: ("RGB", ("RGB;16B", "RGB;16L")), _RGB_ALPHA: ("RGBA", ("RGBA;16B", "RGBA;16L"))}


def is_deep(data: bytes) -> bool:
    """Whether Pillow's image lacks something of a PNG file.

    It keeps 8 bits of 16, and compares the one transparent grey with greys that it has widened.
    """
    bits, kind = data[24], data[25]
    return bits == 16 or (kind == _GREY and bits < 8 and b"tRNS" in _chunks(data))


def deep_samples(data: bytes) -> Samples:
    """The samples of the still picture of a file that :func:`is_deep`.

    Raises:
        Exception: as Pillow raises at damage.
    """
    bits, kind = data[24], data[25]
    found = _chunks(data)
    image = Image.open(BytesIO(data), formats=["PNG"])
    clear = found.get(b"tRNS", b"")
    if bits < 16:  # grey, of which one is transparent
        values = np.asarray(image.convert("L") if image.mode == "1" else image)
        number = struct.unpack_from(">H", clear)[0] * 255 // ((1 << bits) - 1)
        seen = _alpha(values, number, 255)
        return Samples(values, BYTES, "grey", seen, 255, orientation_of(image), _meaning(image))
    values = _sixteen(image, data, kind)
    space = "grey" if kind in (_GREY, _GREY_ALPHA) else "RGB"
    alpha: npt.NDArray[Any] | None = None
    if kind == _GREY_ALPHA:
        values, alpha = values[..., 0], values[..., 1]
    elif kind == _RGB_ALPHA:
        values, alpha = values[..., :3], values[..., 3]
    elif clear:
        count = 1 if kind == _GREY else 3
        numbers = np.array(struct.unpack_from(f">{count}H", clear), np.uint16)
        alpha = _alpha(values, numbers if count == 3 else numbers[0], 65_535)
    turned = orientation_of(image)
    return Samples(values, "u16", space, alpha, 65_535, turned, _meaning(image, space))


def _meaning(image: Image.Image, space: str = "grey") -> bytes:
    return meaning_of(image.info.get("icc_profile"), space) + colours_of(image)


def _sixteen(image: Image.Image, data: bytes, kind: int) -> npt.NDArray[Any]:
    """Samples of 16 bits: (height, width) or (height, width, channels)."""
    if kind == _GREY:
        return np.asarray(image)
    if kind == _GREY_ALPHA:  # four bytes a pixel, as of RGBA with 8 bits
        pairs = np.asarray(_decoded(image, "RGBA", "RGBA"))
        return pairs.reshape(*pairs.shape[:2], 2, 2).view(">u2")[..., 0]
    mode, names = _BYTES_OF[kind]
    high = np.asarray(_decoded(image, mode, names[0])).astype(np.uint16)
    high <<= 8
    high |= np.asarray(_decoded(Image.open(BytesIO(data), formats=["PNG"]), mode, names[1]))
    return high


def _decoded(image: Image.Image, mode: str, layout: str) -> Image.Image:
    """An image, opened and not decoded yet, with its bytes read in another way."""
    image._mode = mode
    image.tile = [tile._replace(args=layout) for tile in image.tile]  # type: ignore[attr-defined]
    image.load()
    return image


def _alpha(values: npt.NDArray[Any], clear: Any, opaque: int) -> npt.NDArray[Any]:
    """Opaque but for the pixels of one colour."""
    same = values == clear
    if values.ndim == 3:
        same = same.all(axis=2)
    return np.where(same, 0, opaque).astype(values.dtype)


def colours_of(image: Image.Image) -> bytes:
    """What a PNG file says of its colours outside of a profile, where that isn't sRGB.

    Source: W3C, "Portable Network Graphics (PNG) Specification (Third Edition)", 2025, section 4.3.
    """
    if image.info.get("icc_profile") or "srgb" in image.info:
        return b""
    gamma = image.info.get("gamma")
    if gamma is None or abs(round(gamma * 100_000) - _SRGB_GAMMA) <= 455:
        return b""
    return f"gamma {round(gamma * 100_000)} {image.info.get('chromaticity')}".encode()


def _chunks(data: bytes) -> dict[bytes, bytes]:
    """The chunks before the pixels, of each name the first."""
    found: dict[bytes, bytes] = {}
    at = 8
    while at + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        if name == b"IDAT":
            break
        found.setdefault(name, data[at + 8 : at + 8 + length])
        at += 12 + length
    return found
