"""What a picture turns up in: a collage, a meme, a screenshot. Drawn, for the edits of copies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from lookalike.sheets.lettering import wrap

__all__ = ["collage", "meme", "screenshot"]

_Colour: TypeAlias = tuple[int, int, int]

_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_SAYINGS = (
    "when the code works and nobody knows why",
    "me on a monday morning",
    "nobody: absolutely nobody: my cat at three in the night",
    "one does not simply look away",
    "they said it could not be done, and it was not",
    "so this happened today",
)
_NAMES = ("ana.pictures", "the daily photo", "jo_and_friends", "world of things", "m.k.")
_REMARKS = (
    "where was this taken?",
    "I have never seen anything like it",
    "great shot, thanks for sharing!",
    "my brother has exactly the same one at home",
    "wow",
    "second time that I see this today, who made the first?",
)
# Of a phone's screen, in points: it is this wide, and 19.5 : 9.
_PHONE = (360, 780)
_LARGEST_PHONE = 1440  # pixels across


def collage(pictures: Sequence[Image.Image], generator: np.random.Generator) -> Image.Image:
    """Four pictures in two rows of two, with gaps, in any order.

    Each fills its cell, which is square, 4 : 3 or 3 : 4, and loses what doesn't fit, half at
    either side. A cell's area is the mean area of the pictures' largest squares.

    Args:
        pictures: four RGB pictures.
        generator: of the order, the cells' shape, the gaps and their colour.
    """
    order = [pictures[i] for i in generator.permutation(len(pictures))]
    side = float(np.sqrt(np.mean([min(picture.size) ** 2 for picture in order])))
    stretch = float(generator.choice([1.0, 4 / 3, 3 / 4])) ** 0.5
    width, height = max(1, round(side * stretch)), max(1, round(side / stretch))
    gap = max(1, round(side * generator.uniform(0.01, 0.05)))
    margin = gap if generator.random() < 0.5 else 0
    size = (2 * (width + margin) + gap, 2 * (height + margin) + gap)
    sheet = Image.new("RGB", size, _ground(generator))
    for i, picture in enumerate(order):
        row, column = divmod(i, 2)
        cell = ImageOps.fit(picture, (width, height), Image.Resampling.LANCZOS)
        sheet.paste(cell, (margin + column * (width + gap), margin + row * (height + gap)))
    return sheet


def meme(picture: Image.Image, generator: np.random.Generator) -> Image.Image:
    """A picture with words at it: below a white bar with black type, or framed as a poster.

    The bar is as high as its one or two lines of text, each about a twelfth of the width. The
    poster is black, with a thin white line around the picture and white type below it.
    """
    text = str(generator.choice(_SAYINGS))
    width, height = picture.size
    size = max(5.0, width / generator.uniform(11, 15))
    font = ImageFont.load_default(size)
    leading, pad = round(1.25 * size), round(0.6 * size)
    if generator.random() < 0.5:
        lines = wrap(text, font, width - 2 * pad)[:3]
        bar = leading * len(lines) + 2 * pad
        sheet = Image.new("RGB", (width, bar + height), _WHITE)
        sheet.paste(picture, (0, bar))
        _type(sheet, lines, (width / 2, pad), leading, font, _BLACK, centred=True)
        return sheet
    frame = max(2, round(width * generator.uniform(0.06, 0.12)))
    line, mat = max(1, round(width / 150)), max(1, round(width / 75))
    lines = wrap(text.upper(), font, width)[:3]
    foot = leading * len(lines) + 2 * pad
    sheet = Image.new("RGB", (width + 2 * frame, frame + height + mat + foot), _BLACK)
    edge = (frame - mat, frame - mat, frame + width + mat - 1, frame + height + mat - 1)
    ImageDraw.Draw(sheet).rectangle(edge, outline=_WHITE, width=line)
    sheet.paste(picture, (frame, frame))
    top = frame + height + mat + pad
    _type(sheet, lines, (sheet.width / 2, top), leading, font, _WHITE, centred=True)
    return sheet


def screenshot(picture: Image.Image, generator: np.random.Generator) -> Image.Image:
    """A picture as a screen shows it: in a feed on a phone, or on a page in a browser's window.

    The screen is light or dark. On the phone the picture takes the whole width or, where that
    would be more than 62 per cent of the screen's height, as much as that allows; in the window
    60 per cent of the width and at most 74 per cent of the height.
    """
    dark = bool(generator.random() < 0.5)
    draw = _phone if generator.random() < 0.5 else _window
    return draw(picture, dark, generator)


class _Screen:
    """A sheet to draw on, in points."""

    def __init__(self, width: int, height: int, scale: float, dark: bool) -> None:
        self.scale = scale
        self.ground: _Colour = (18, 18, 20) if dark else _WHITE
        self.ink: _Colour = (236, 236, 238) if dark else (24, 24, 27)
        self.faint: _Colour = (140, 140, 146)
        self.panel: _Colour = (44, 44, 48) if dark else (234, 235, 238)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        self.image = Image.new("RGB", size, self.ground)
        self.pen = ImageDraw.Draw(self.image)

    def box(
        self, x: float, y: float, width: float, height: float, fill: _Colour, round_: float = 0
    ) -> None:
        """A filled rectangle, its corners rounded."""
        s = self.scale
        at = (x * s, y * s, (x + width) * s, (y + height) * s)
        self.pen.rounded_rectangle(at, round_ * s, fill)

    def ring(self, x: float, y: float, radius: float, outline: _Colour) -> None:
        """A circle around (x, y)."""
        s = self.scale
        at = ((x - radius) * s, (y - radius) * s, (x + radius) * s, (y + radius) * s)
        self.pen.ellipse(at, outline=outline, width=max(1, round(1.8 * s)))

    def dot(self, x: float, y: float, radius: float, fill: _Colour) -> None:
        """A disc around (x, y)."""
        s = self.scale
        self.pen.ellipse(
            ((x - radius) * s, (y - radius) * s, (x + radius) * s, (y + radius) * s), fill
        )

    def text(
        self, x: float, y: float, text: str, size: float, colour: _Colour, width: float = 1e6
    ) -> float:
        """Lines of text from (x, y) on; where the next one would be."""
        font = ImageFont.load_default(max(2.0, size * self.scale))
        lines = wrap(text, font, width * self.scale)
        leading = 1.3 * size
        at = (x * self.scale, y * self.scale)
        _type(self.image, lines, at, leading * self.scale, font, colour)
        return y + leading * len(lines)

    def show(self, picture: Image.Image, x: float, y: float, width: float, height: float) -> float:
        """A picture in the middle of a box as wide as this and at most as high; its height."""
        s = self.scale
        factor = min(width * s / picture.width, height * s / picture.height)
        size = max(1, round(picture.width * factor)), max(1, round(picture.height * factor))
        shown = picture.resize(size, Image.Resampling.BICUBIC)
        self.image.paste(shown, (round(x * s + (width * s - size[0]) / 2), round(y * s)))
        return size[1] / s


def _phone(picture: Image.Image, dark: bool, generator: np.random.Generator) -> Image.Image:
    width, height = _PHONE
    across = min(max(picture.width, width), _LARGEST_PHONE)
    screen = _Screen(width, height, across / width, dark)
    clock = f"{generator.integers(0, 24)}:{generator.integers(0, 60):02}"
    screen.text(18, 7, clock, 13, screen.ink)
    screen.box(318, 9, 24, 11, screen.ink, 3)  # battery
    for bar in range(4):  # reception
        screen.box(284 + 5 * bar, 18 - 2.4 * bar, 3, 2 + 2.4 * bar, screen.ink)
    _post_head(screen, 28, generator)
    top = 84.0
    bottom = top + screen.show(picture, 0, top, width, 0.62 * height)
    for i in range(3):  # like, comment, pass on
        screen.ring(24 + 36 * i, bottom + 22, 10, screen.ink)
    screen.box(326, bottom + 13, 14, 18, screen.ink, 2)
    likes = f"{generator.integers(2, 4000):,} people like this"
    y = screen.text(16, bottom + 42, likes, 13, screen.ink)
    while y < height - 100:
        screen.dot(28, y + 12, 11, _pale(generator))
        y = screen.text(48, y + 5, str(generator.choice(_REMARKS)), 13, screen.ink, 290) + 4
        y = screen.text(48, y, f"{generator.integers(1, 24)} h    answer", 11, screen.faint) + 4
    screen.box(0, height - 56, width, 56, screen.ground)
    screen.box(0, height - 56, width, 1, screen.panel)
    for i in range(5):
        screen.ring(36 + 72 * i, height - 30, 11, screen.ink if i == 0 else screen.faint)
    return screen.image


def _post_head(screen: _Screen, y: float, generator: np.random.Generator) -> None:
    """Who shows the picture."""
    screen.dot(34, y + 28, 18, _pale(generator))
    screen.text(62, y + 13, str(generator.choice(_NAMES)), 15, screen.ink)
    screen.text(62, y + 33, f"{generator.integers(1, 24)} hours ago", 11, screen.faint)
    for i in range(3):
        screen.dot(324 + 7 * i, y + 28, 1.8, screen.ink)


def _window(picture: Image.Image, dark: bool, generator: np.random.Generator) -> Image.Image:
    width, height = 1000, 640
    scale = max(0.4, picture.width / (0.6 * width))
    scale = min(scale, 3.0)
    screen = _Screen(width, height, scale, dark)
    screen.box(0, 0, width, 34, screen.panel)  # tabs
    for i, colour in enumerate(((255, 95, 87), (254, 188, 46), (40, 200, 64))):
        screen.dot(20 + 20 * i, 17, 6, colour)
    screen.box(86, 6, 200, 28, screen.ground, 6)
    name = str(generator.choice(_NAMES))
    screen.text(98, 12, name, 12, screen.ink)
    screen.text(306, 12, "news of the day", 12, screen.faint)
    screen.box(110, 41, 800, 28, screen.panel, 14)  # address
    address = f"https://www.example.org/{name.replace(' ', '-')}/{generator.integers(10**6)}"
    screen.text(126, 48, address, 12, screen.faint)
    for i in range(3):
        screen.ring(24 + 30 * i, 55, 8, screen.faint)
    screen.box(0, 76, width, 1, screen.panel)
    y = screen.text(40, 92, str(generator.choice(_SAYINGS)), 24, screen.ink)
    top = y + 10
    bottom = top + screen.show(picture, 40, top, 0.6 * width, 0.74 * height)
    y = bottom + 12
    while y < height:
        y = screen.text(40, y, str(generator.choice(_REMARKS)), 14, screen.ink, 600) + 6
    y = top
    while y < height:  # the side of the page
        screen.box(680, y, 76, 56, _pale(generator), 4)
        screen.text(768, y, str(generator.choice(_REMARKS)), 13, screen.ink, 200)
        y += 74
    return screen.image


def _type(
    image: Image.Image,
    lines: Sequence[str],
    at: tuple[float, float],
    leading: float,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    colour: _Colour,
    *,
    centred: bool = False,
) -> None:
    """Lines of text below each other from a point on, which is the left end or the middle."""
    pen = ImageDraw.Draw(image)
    for i, line in enumerate(lines):
        pen.text((at[0], at[1] + i * leading), line, colour, font, "ma" if centred else "la")


def _ground(generator: np.random.Generator) -> _Colour:
    """What shows through the gaps: white, black, or any colour."""
    chosen = int(generator.integers(3))
    return (_WHITE, _BLACK, _pale(generator))[chosen]


def _pale(generator: np.random.Generator) -> _Colour:
    red, green, blue = (int(value) for value in generator.integers(60, 230, 3))
    return red, green, blue
