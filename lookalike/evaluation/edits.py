"""The edits that a search for copies is tested with: what people and platforms do to a picture.

To add one: write a function of an RGB image and a random generator, and put ``@_edit(...)`` on it.
A share of a side is just that: ``crop-50`` leaves half of each side, a quarter of the area.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

from lookalike.errors import UsageError
from lookalike.evaluation import scenes

__all__ = ["EDITS", "Edit", "apply"]

# An RGB image, a random generator, and as many other RGB images as the edit takes.
_Function: TypeAlias = Callable[..., Image.Image]


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit: ``edit(image, seed)`` gives an edited copy.

    Attributes:
        name: as in the tables of results.
        description: what it does, in one line.
        function: takes an RGB image, a random generator and the others, gives an RGB image.
        others: how many other pictures it takes, such as those beside it in a collage.
    """

    name: str
    description: str
    function: _Function
    others: int = 0

    def __call__(
        self, image: Image.Image, seed: int = 0, others: Sequence[Image.Image] = ()
    ) -> Image.Image:
        """Edit a copy of a picture.

        Args:
            image: of any mode; edited as RGB. It isn't changed.
            seed: of what is random in the edit; the same seed gives the same pixels.
            others: other pictures, of which the first :attr:`others` are used; nor are they
                changed.

        Returns:
            An RGB image, its pixels in memory, with no metadata of the original.

        Raises:
            UsageError: ``seed`` is negative, or too few others are given.
        """
        if seed < 0:
            raise UsageError(f"a seed is a whole number from 0 on, not {seed}")
        if len(others) < self.others:
            raise UsageError(f"{self.name} takes {self.others} other pictures, not {len(others)}")
        # Each edit draws numbers of its own, so that adding one changes no other.
        generator = np.random.default_rng([zlib.crc32(self.name.encode()), seed])
        copies = [picture.convert("RGB") for picture in (image, *others[: self.others])]
        for copy in copies:
            copy.info = {}
        return self.function(copies[0], generator, *copies[1:])


EDITS: dict[str, Edit] = {}
"""Every edit by its name, in the order of the tables."""


def _edit(name: str, description: str, others: int = 0) -> Callable[[_Function], _Function]:
    def register(function: _Function) -> _Function:
        EDITS[name] = Edit(name, description, function, others)
        return function

    return register


def apply(
    name: str, image: Image.Image, seed: int = 0, others: Sequence[Image.Image] = ()
) -> Image.Image:
    """Edit a copy of a picture by the edit of that name (see :class:`Edit`).

    Raises:
        UsageError: there is no such edit, ``seed`` is negative, or too few others are given.
    """
    if name not in EDITS:
        raise UsageError(f"there is no edit {name!r}; there are {', '.join(EDITS)}")
    return EDITS[name](image, seed, others)


@_edit("jpeg-20", "saved as JPEG of quality 20")
def _jpeg_20(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    return _jpeg(image, 20)


@_edit("half-size", "both sides halved")
def _half_size(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    return _reduce(image, 2)


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
    return _middle(image, 0.7)


@_edit("crop-50", "the middle 50 per cent of each side, a quarter of the area")
def _crop_50(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    return _middle(image, 0.5)


@_edit("crop-30", "the middle 30 per cent of each side, 9 per cent of the area")
def _crop_30(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    return _middle(image, 0.3)


@_edit(
    "crop-aspect", "60 to 90 per cent of each side, anywhere, then 1.2 to 1.6 times as wide or high"
)
def _crop_aspect(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    across, down = generator.uniform(0.6, 0.9, 2)
    part = _anywhere(image, across, down, generator)
    stretch = generator.uniform(1.2, 1.6)
    wider, higher = (stretch, 1.0) if generator.random() < 0.5 else (1.0, stretch)
    size = (max(1, round(part.width * wider)), max(1, round(part.height * higher)))
    return part.resize(size, Image.Resampling.BICUBIC)


@_edit("mirror-crop", "left and right exchanged, then 70 per cent of each side, anywhere")
def _mirror_crop(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    return _anywhere(ImageOps.mirror(image), 0.7, 0.7, generator)


@_edit("collage-4", "one of four pictures in two rows of two, with gaps between them", others=3)
def _collage_4(
    image: Image.Image, generator: np.random.Generator, *others: Image.Image
) -> Image.Image:
    return scenes.collage([image, *others], generator)


@_edit("meme", "words above it on white, or below it in a black frame")
def _meme(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    return scenes.meme(image, generator)


@_edit("screenshot", "on a phone or in a browser, with the interface around it")
def _screenshot(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    return scenes.screenshot(image, generator)


@_edit("blur", "blurred, by a Gaussian of 1 to 2 per cent of the shorter side")
def _blur(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(generator.uniform(0.01, 0.02) * min(image.size)))


@_edit("noise", "noise in every pixel and channel, with a standard deviation of 20 to 40 of 255")
def _noise(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    pixels = np.asarray(image, np.float32)
    noisy = pixels + generator.uniform(20, 40) * generator.standard_normal(pixels.shape, np.float32)
    return Image.fromarray(np.clip(np.rint(noisy), 0, 255).astype(np.uint8))


@_edit("posterise", "4 or 8 levels a channel")
def _posterise(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    return ImageOps.posterize(image, int(generator.integers(2, 4)))


@_edit("quarter-jpeg-10", "both sides quartered, then saved as JPEG of quality 10")
def _quarter_jpeg_10(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    return _jpeg(_reduce(image, 4), 10)


def _jpeg(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    with Image.open(file) as reopened:
        return reopened.convert("RGB")


def _reduce(image: Image.Image, factor: int) -> Image.Image:
    size = (max(1, image.width // factor), max(1, image.height // factor))
    return image.resize(size, Image.Resampling.LANCZOS)


def _middle(image: Image.Image, share: float) -> Image.Image:
    """That share of each side."""
    width, height = max(1, round(share * image.width)), max(1, round(share * image.height))
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def _anywhere(
    image: Image.Image, across: float, down: float, generator: np.random.Generator
) -> Image.Image:
    """That share of the width and of the height, at a random place."""
    width, height = max(1, round(across * image.width)), max(1, round(down * image.height))
    left = int(generator.integers(0, image.width - width + 1))
    top = int(generator.integers(0, image.height - height + 1))
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
