"""Exact digests: equal where all that two files show is equal, and hardly ever where it isn't.

The digest of one picture is SHA-256 of its width and height once it is upright, of the depth of its
samples, of how their numbers become colours, of every sample of colour and every one of
transparency. So that it is of what is shown, and not of how that is kept:

- palettes are resolved; 1, 2, 4 and 8 bits are 8, since they are shown as that;
- grey is RGB with three equal channels;
- transparency that is opaque everywhere is none, and what lies under pixels that are wholly
  transparent is black;
- a profile counts by what it does to colours. One that changes none is none.

The digest of a file is of those of its pictures, in their order. Of an animation they are as a
viewer shows them, each laid over those before it; how long each stays is left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.images.profiles import describe

__all__ = [
    "BYTES",
    "Samples",
    "array_digest",
    "file_digest",
    "from_pillow",
    "meaning_of",
    "picture_digest",
    "rgb_digest",
]

Strip = npt.NDArray[Any]
"""Some rows of a picture: (rows, width) or (rows, width, channels)."""

BYTES: Final = "8"
"""The depth of samples that are shown as 8 bits: of 1 to 8 bits."""

_STRIP_SAMPLES = 4_000_000  # hashed at a time, so that hashing needs no second copy of a picture
_VERSION = "lookalike: all that is shown, 1"  # another number makes all digests others


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """All the samples of one picture, as the file means them and none of them changed.

    Attributes:
        colour: (height, width) of one channel, else (height, width, channels); of any type of
            numbers. Where black and white are meant, white is the largest number, whatever the file
            calls zero.
        depth: names the type of the numbers: :data:`BYTES` for uint8 that 1 to 8 bits became; else
            the kind and the bits that are used, such as ``u10``, ``u16``, ``s16``, ``u32``,
            ``f16``, ``f32``.
        space: what the channels are: ``grey`` or ``RGB``, which are compared with one another; or
            any other name, such as ``CMYK``, ``LAB``, ``RGB, infrared``.
        alpha: how opaque each pixel is, (height, width), not multiplied into the colour; ``None``
            where all are.
        opaque: the number in :attr:`alpha` that means opaque; 0 is transparent.
        orientation: as EXIF counts, 1 to 8, of these arrays.
        meaning: how the numbers become colours: empty for sRGB, else anything that is equal only
            where they become the same ones, such as :func:`meaning_of` gives.
    """

    colour: npt.NDArray[Any]
    depth: str
    space: str
    alpha: npt.NDArray[Any] | None = None
    opaque: float = 255
    orientation: int = 1
    meaning: bytes = b""

    def digest(self) -> bytes:
        """SHA-256 of all that is shown, 32 bytes; see the module."""
        colour = _upright(self.colour, self.orientation)
        alpha = None if self.alpha is None else _upright(self.alpha, self.orientation)
        height, width = colour.shape[:2]
        per_row = max(1, colour[:1].size)
        rows = max(1, _STRIP_SAMPLES // per_row)

        def strips() -> Iterator[tuple[Strip, Strip | None]]:
            for top in range(0, height, rows):
                some = slice(top, top + rows)
                yield colour[some], None if alpha is None else alpha[some]

        return picture_digest(
            (width, height), self.depth, self.space, self.meaning, strips(), self.opaque
        )


def picture_digest(
    size: tuple[int, int],
    depth: str,
    space: str,
    meaning: bytes,
    strips: Iterator[tuple[Strip, Strip | None]],
    opaque: float = 255,
) -> bytes:
    """SHA-256 of all that one picture shows, 32 bytes.

    Args:
        size: width and height, upright.
        depth: as of :class:`Samples`, like all that follow.
        space: likewise.
        meaning: likewise.
        strips: colour and alpha of some rows after the other, upright.
        opaque: the number of alpha that means opaque.
    """
    shown = "RGB" if space == "grey" else space
    head = f"{_VERSION} {size[0]}x{size[1]} {depth} {shown} {len(meaning)} ".encode()
    state = hashlib.sha256(head + meaning)
    alphas = None
    seen = False  # something that isn't opaque
    for colour, alpha in strips:
        if space == "grey":
            colour = np.repeat(colour.reshape(*colour.shape[:2], 1), 3, axis=2)
        if alpha is not None:
            clear = alpha == 0
            if clear.any():
                colour = colour.copy()
                colour[clear] = 0
            seen = seen or bool((alpha != opaque).any())
            alphas = alphas or hashlib.sha256()
            alphas.update(_plain(alpha))
        state.update(_plain(colour))
    if alphas is not None and seen:
        state.update(alphas.digest())
    return state.digest()


def file_digest(pictures: Iterable[bytes]) -> bytes:
    """What a file shows, 32 bytes, from the digests of its pictures in their order.

    Of a single one it is that; else SHA-256 of all.
    """
    first, *others = pictures
    if not others:
        return first
    return hashlib.sha256(
        f"{_VERSION} {1 + len(others)}".encode() + first + b"".join(others)
    ).digest()


def _plain(values: Strip) -> memoryview:
    """The bytes of numbers, the lowest first; equal for equal numbers."""
    if values.dtype.kind == "f":
        values = values + values.dtype.type(0)  # there is one zero
        values[np.isnan(values)] = np.nan
    if values.dtype.itemsize > 1:
        values = values.astype(values.dtype.newbyteorder("<"), copy=False)
    return np.ascontiguousarray(values).data.cast("B")


def _upright(values: Strip, orientation: int) -> Strip:
    """A view of samples as they are shown, turned and mirrored as EXIF says."""
    if orientation in (5, 6, 7, 8):
        values = values.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]
    return values


# Of Pillow's modes those that keep what there is: the depth and the space of their numbers.
_MODES = {
    "1": (BYTES, "grey"),
    "L": (BYTES, "grey"),
    "P": (BYTES, "RGB"),
    "LA": (BYTES, "grey"),
    "PA": (BYTES, "RGB"),
    "RGB": (BYTES, "RGB"),
    "RGBX": (BYTES, "RGB"),
    "RGBA": (BYTES, "RGB"),
    "CMYK": (BYTES, "CMYK"),
    "LAB": (BYTES, "LAB"),
    "I;16": ("u16", "grey"),
    "I;16L": ("u16", "grey"),
    "I;16B": ("u16", "grey"),
    "I": ("s32", "grey"),
    "F": ("f32", "grey"),
}


def from_pillow(image: Image.Image, orientation: int = 1, more: bytes = b"") -> bytes | None:
    """The digest of a picture of Pillow's, decoded, by all that it has; it isn't changed.

    Args:
        image: of any mode.
        orientation: as EXIF counts; the image isn't upright yet where that is above 1.
        more: what else its numbers mean, beside its profile; empty for nothing.

    Returns:
        ``None`` for a mode that Pillow can't give as it is.
    """
    if image.mode not in _MODES:
        return None
    depth, space = _MODES[image.mode]
    transparency = image.info.get("transparency")
    if depth != BYTES and transparency is not None:
        return None  # the formats that have such pictures read them by themselves
    meaning = meaning_of(image.info.get("icc_profile"), space) + more
    if orientation > 1:  # a view of an array would be read across its rows
        samples = _samples(image, depth, space)
        return Samples(*samples, orientation=orientation, meaning=meaning).digest()
    rows = max(1, _STRIP_SAMPLES // (4 * image.width))

    def strips() -> Iterator[tuple[Strip, Strip | None]]:
        for top in range(0, image.height, rows):
            box = (0, top, image.width, min(top + rows, image.height))
            strip = image if rows >= image.height else image.crop(box)
            colour, _, _, alpha = _samples(strip, depth, space)
            yield colour, alpha

    return picture_digest(image.size, depth, space, meaning, strips())


def array_digest(pixels: npt.NDArray[Any]) -> bytes | None:
    """The digest of an array, as :func:`lookalike.images.arrays.from_array` takes it.

    Floats that are 255ths, rounded to their type, are the bytes that they were. Others are what
    they are: they equal floats of the same type and values.
    """
    if pixels.dtype.kind == "f":
        levels = np.rint(pixels * 255)
        if (levels / 255 == pixels).all():
            pixels = levels.astype(np.uint8)
    if pixels.dtype.kind == "f" and pixels.dtype.itemsize <= 8:
        depth, opaque = f"f{8 * pixels.dtype.itemsize}", 1
    elif pixels.dtype == np.uint8:
        depth, opaque = BYTES, 255
    elif pixels.dtype == np.bool_:
        pixels = pixels.astype(np.uint8) * np.uint8(255)
        depth, opaque = BYTES, 255
    else:
        return None
    if pixels.ndim == 2:
        return Samples(pixels, depth, "grey").digest()
    alpha = pixels[..., 3] if pixels.shape[2] == 4 else None
    return Samples(pixels[..., :3], depth, "RGB", alpha, opaque).digest()


def rgb_digest(frame: Image.Image) -> bytes:
    """SHA-256 of ``b"{width}x{height}"`` and the RGB bytes of a picture as it is shown.

    By it data sets know a picture again, and features that were made of it. It says nothing of what
    was lost on the way to 8-bit RGB.

    Args:
        frame: grey or RGB, upright.
    """
    state = hashlib.sha256(f"{frame.width}x{frame.height}".encode())
    rows = max(1, _STRIP_SAMPLES // frame.width)
    for top in range(0, frame.height, rows):
        strip = frame.crop((0, top, frame.width, min(top + rows, frame.height)))
        state.update((strip if strip.mode == "RGB" else strip.convert("RGB")).tobytes())
    return state.digest()


def _samples(image: Image.Image, depth: str, space: str) -> tuple[Strip, str, str, Strip | None]:
    if depth != BYTES:
        return np.asarray(image), depth, space, None
    if image.has_transparency_data:
        values = np.asarray(image.convert("LA" if image.mode == "LA" else "RGBA"))
        colour = values[..., 0] if space == "grey" else values[..., :3]
        return colour, depth, space, values[..., -1]
    mode = {"grey": "L", "RGB": "RGB"}.get(space, image.mode)
    return np.asarray(image if image.mode == mode else image.convert(mode)), depth, space, None


def meaning_of(profile: bytes | None, space: str) -> bytes:
    """What a colour profile does, as bytes that are equal for profiles that do the same.

    Args:
        profile: ICC; ``None`` for none.
        space: as of :class:`Samples`.

    Returns:
        Empty for none, and for one that does nothing that could be seen.
    """
    if not profile:
        return b""
    mode = {"grey": "L", "RGB": "RGB", "CMYK": "CMYK"}.get(space)
    if mode is None:
        return hashlib.sha256(profile).digest()
    return describe(profile, mode) or b""
