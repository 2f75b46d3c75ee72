"""The edits that a search for copies is tested with: what people and platforms do to a picture.

To add one: write a function of an RGB image and a random generator, and put ``@_edit(...)`` on it.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

from lookalike.errors import UsageError

__all__ = ["EDITS", "Edit", "apply"]

_Function: TypeAlias = Callable[[Image.Image, np.random.Generator], Image.Image]


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit: ``edit(image, seed)`` gives an edited copy.

    Attributes:
        name: as in the tables of results.
        description: what it does, in one line.
        function: takes an RGB image and a random generator, gives an RGB image.
    """

    name: str
    description: str
    function: _Function

    def __call__(self, image: Image.Image, seed: int = 0) -> Image.Image:
        """Edit a copy of a picture.

        Args:
            image: of any mode; edited as RGB. It isn't changed.
            seed: of what is random in the edit; the same seed gives the same pixels.

        Returns:
            An RGB image, its pixels in memory, with no metadata of the original.

        Raises:
            UsageError: ``seed`` is negative.
        """
        if seed < 0:
            raise UsageError(f"a seed is a whole number from 0 on, not {seed}")
        # Each edit draws numbers of its own, so that adding one changes no other.
        generator = np.random.default_rng([zlib.crc32(self.name.encode()), seed])
        copy = image.convert("RGB")
        copy.info = {}
        return self.function(copy, generator)


EDITS: dict[str, Edit] = {}
"""Every edit by its name, in the order of the tables."""


def _edit(name: str, description: str) -> Callable[[_Function], _Function]:
    def register(function: _Function) -> _Function:
        EDITS[name] = Edit(name, description, function)
        return function

    return register


def apply(name: str, image: Image.Image, seed: int = 0) -> Image.Image:
    """Edit a copy of a picture by the edit of that name (see :class:`Edit`).

    Raises:
        UsageError: there is no such edit, or ``seed`` is negative.
    """
    if name not in EDITS:
        raise UsageError(f"there is no edit {name!r}; there are {', '.join(EDITS)}")
    return EDITS[name](image, seed)


@_edit("jpeg-20", "saved as JPEG of quality 20")
def _jpeg_20(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=20)
    with Image.open(file) as reopened:
        return reopened.convert("RGB")


@_edit("half-size", "both sides halved")
def _half_size(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    size = (max(1, image.width // 2), max(1, image.height // 2))
    return image.resize(size, Image.Resampling.LANCZOS)


@_edit("brightness", "30 to 50 per cent brighter, or darker")
def _brightness(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    change = generator.uniform(0.3, 0.5) * generator.choice([-1, 1])
    return ImageEnhance.Brightness(image).enhance(1 + change)


@_edit("border-20", "a border of 20 pixels of one colour on every side")
def _border_20(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    red, green, blue = (int(value) for value in generator.integers(0, 256, 3))
    return ImageOps.expand(image, 20, (red, green, blue))


@_edit("text", "a line of text over a tenth of the height, white with a black outline")
def _text(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    return _write(image, "look at this!", generator)


@_edit("grey", "without colour")
def _grey(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    return ImageOps.grayscale(image).convert("RGB")


@_edit("mirror", "left and right exchanged")
def _mirror(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    return ImageOps.mirror(image)


@_edit("rotate-90", "turned by 90 degrees, counterclockwise")
def _rotate_90(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    return image.transpose(Image.Transpose.ROTATE_90)


@_edit("crop-70", "the middle 70 per cent of each side")
def _crop_70(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    width, height = max(1, round(0.7 * image.width)), max(1, round(0.7 * image.height))
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def _write(image: Image.Image, text: str, generator: np.random.Generator) -> Image.Image:
    """Write a line that is a tenth of the picture high somewhere between top and bottom."""
    size = max(4.0, image.height / 10)
    font = ImageFont.load_default(size)
    stroke = max(1, round(size / 16))
    left, top, right, bottom = font.getbbox(text, stroke_width=stroke)
    x = (image.width - (right - left)) / 2 - left  # centred; a long line is cut at both sides
    y = generator.uniform(0, max(0.0, image.height - (bottom - top))) - top
    ImageDraw.Draw(image).text(
        (x, y), text, "white", font, stroke_width=stroke, stroke_fill="black"
    )
    return image
