"""ICC colour profiles: numbers in another colour space to sRGB, which the encoders expect.

A profile is judged by what it does to colours, never by its name: one that is called after sRGB
and holds another curve is applied, one that does what sRGB does is left alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

__all__ = ["applies", "describe", "lab_to_rgb", "to_srgb"]

_LONGEST_PROFILE = 4_000_000  # bytes; CMYK profiles of printers take about 2 MB
_SEEN = 1  # of 255: the largest difference that counts as none, which rounding alone makes

_Space: TypeAlias = Literal["L", "RGB", "CMYK"]

# What the numbers of Pillow's modes are; 16-bit grey and floats are shown as 8-bit grey.
_SPACES: dict[str, _Space] = {"L": "L", "1": "L", "F": "L", "CMYK": "CMYK"}
_SPACES |= dict.fromkeys(("LA", "La", "I", "I;16", "I;16B", "I;16L", "I;16N"), "L")
_SPACES |= dict.fromkeys(("RGB", "RGBA", "RGBa", "RGBX", "P", "PA", "YCbCr"), "RGB")
# Bytes 16 to 20 of a profile name its colour space (ICC.1:2022, section 7.2).
_OWN_SPACES: dict[bytes, _Space] = {b"GRAY": "L", b"RGB ": "RGB", b"CMYK": "CMYK"}


@dataclass(frozen=True, slots=True)
class _Conversion:
    """What a profile does; one that does nothing that could be seen isn't made.

    Attributes:
        space: of the numbers that it takes.
        transform: LittleCMS's; ``None`` for grey.
        curve: for grey: what each of the 256 levels becomes.
        digest: of what the colours of a fixed grid become, 32 bytes.
    """

    space: _Space
    transform: Any
    curve: list[int] | None
    digest: bytes


def to_srgb(
    image: Image.Image, profile: bytes | None, source: str | None = None
) -> Image.Image | None:
    """``image`` converted to sRGB, or ``None`` where there is nothing to do.

    There is nothing to do without a profile, with one that does what sRGB does, with a profile for
    another number of channels and with a damaged profile, which viewers ignore too. Grey stays grey
    with a grey profile.

    The cost is about 10 ns a pixel (1 for grey), after 1 to 10 ms for the first picture with a
    profile.

    Args:
        image: of mode L, RGB or CMYK.
        profile: an ICC profile.
        source: the mode that the file holds, where the image was made from another one: a grey
            profile is for grey only, also where the grey has become RGB.
    """
    conversion = _of(profile, source or image.mode)
    if conversion is None:
        return None
    if conversion.curve is not None:
        return image.point(conversion.curve * len(image.getbands()))
    if image.mode == "L" and conversion.space == "RGB":
        image = image.convert("RGB")
    if image.mode != conversion.space:  # CMYK that was made RGB went through its profile there
        return None
    converted: Image.Image = conversion.transform.apply(image)
    return converted


def describe(profile: bytes | None, mode: str) -> bytes | None:
    """What a profile does to the pixels of a picture, fit to compare: 32 bytes.

    Two profiles with the same description show the same numbers as the same colours.

    Args:
        profile: an ICC profile.
        mode: Pillow's, of the picture that the file holds.

    Returns:
        ``None`` where the picture is shown as if it were sRGB, for whatever reason
        :func:`to_srgb` has.
    """
    conversion = _of(profile, mode)
    return None if conversion is None else conversion.digest


def applies(profile: bytes | None, mode: str) -> bool:
    """Whether a profile changes how a picture of a mode looks; see :func:`describe`."""
    return _of(profile, mode) is not None


def _of(profile: bytes | None, mode: str) -> _Conversion | None:
    space = _SPACES.get(mode)
    if not profile or space is None or not 128 < len(profile) <= _LONGEST_PROFILE:
        return None
    own = _OWN_SPACES.get(bytes(profile[16:20]))
    # Grey numbers in a profile for RGB are three equal ones; nothing else fits but its own.
    if own is None or (own != space and (own, space) != ("RGB", "L")):
        return None
    return _conversion(bytes(profile), own)


@lru_cache(maxsize=32)
def _conversion(profile: bytes, space: _Space) -> _Conversion | None:
    from PIL import ImageCms

    grid = _grid(space)
    probe = Image.fromarray(grid, space) if space == "CMYK" else Image.fromarray(grid)
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            space,
            "RGB",
            # All grey levels are converted once, exactly: the shortcut is far off in the dark.
            flags=ImageCms.Flags.NOOPTIMIZE if space == "L" else ImageCms.Flags.NONE,
        )
        made = np.asarray(transform.apply(probe))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    if space != "CMYK":
        as_it_is = grid if space == "RGB" else np.repeat(grid[:, :, None], 3, axis=2)
        if np.abs(made.astype(np.int16) - as_it_is).max() <= _SEEN:
            return None
    digest = hashlib.sha256(space.encode() + made.tobytes()).digest()
    curve = made[0, :, 1].tolist() if space == "L" else None
    return _Conversion(space, None if curve else transform, curve, digest)


def _grid(space: _Space) -> npt.NDArray[np.uint8]:
    """Colours to try a profile on: all of grey; else a grid, and of RGB all grey levels too."""
    grey = np.arange(256, dtype=np.uint8)
    if space == "L":
        return grey[None, :]
    steps = np.array([0, 16, 48, 80, 112, 144, 176, 208, 255], np.uint8)
    channels = len(space)
    grid = np.stack(np.meshgrid(*[steps] * channels), axis=-1).reshape(1, -1, channels)
    if space == "RGB":
        grid = np.concatenate([grid, np.repeat(grey[None, :, None], 3, axis=2)], axis=1)
    return np.ascontiguousarray(grid)


def lab_to_rgb(image: Image.Image) -> Image.Image:
    """A CIELAB picture as sRGB."""
    from PIL import ImageCms

    transform = ImageCms.buildTransform(
        ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB"
    )
    converted = ImageCms.applyTransform(image, transform)
    if converted is None:
        raise ValueError("a LAB picture can't be converted")
    return converted
