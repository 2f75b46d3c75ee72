"""Text on a picture: which font can draw it, and how to shorten or escape what doesn't fit."""

from __future__ import annotations

from functools import lru_cache

from PIL import ImageDraw, ImageFont

__all__ = ["Font", "legible", "shorten", "wrap", "write"]

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

# Pillow's bundled font knows little more than ASCII. Where a text needs more, the first of these
# that the system has and that knows all its characters is taken.
_FURTHER_FONTS = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "segoeui.ttf",
    "Arial.ttf",
    "arial.ttf",
    "NotoSansCJK-Regular.ttc",
    "wqy-microhei.ttc",
    "msyh.ttc",
    "Hiragino Sans GB.ttc",
    "Arial Unicode.ttf",
)


@lru_cache(maxsize=64)
def _fonts(size: float) -> tuple[Font, ...]:
    """All fonts of this size that there are, the bundled one first."""
    fonts: list[Font] = [ImageFont.load_default(size)]
    for name in _FURTHER_FONTS:
        try:
            fonts.append(ImageFont.truetype(name, size))
        except OSError:
            continue
    return tuple(fonts)


@lru_cache(maxsize=8192)
def _draws(font: Font, character: str) -> bool:
    """Whether a font has a shape of its own for a character."""
    if " " <= character <= "~":
        return True
    missing = bytes(font.getmask("\uffff"))  # no character at all: what is drawn for want of one
    return bytes(font.getmask(character)) != missing


def legible(text: str, size: float) -> tuple[str, Font]:
    r"""``text`` as it can be drawn, and the font to draw it with.

    Lone surrogates become ``\xNN``, the byte that they stand for (PEP 383). Line breaks, other
    control characters and what no font of the system can draw become Python's escapes.
    """
    shown = "".join(map(_escape, text))
    fonts = _fonts(size)
    for font in fonts:
        if all(_draws(font, character) for character in set(shown)):
            return shown, font
    best = max(fonts, key=lambda font: sum(_draws(font, character) for character in shown))
    return "".join(c if _draws(best, c) else _code(c) for c in shown), best


def _escape(character: str) -> str:
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character if character.isprintable() else _code(character)


def _code(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def shorten(text: str, font: Font, width: float) -> str:
    """``text`` with its middle left out so that it fits: both ends of a file's name matter."""
    if font.getlength(text) <= width:
        return text
    low, high = 0, len(text)
    while low < high:  # the most characters that fit
        middle = (low + high + 1) // 2
        if font.getlength(_without_middle(text, middle)) <= width:
            low = middle
        else:
            high = middle - 1
    return _without_middle(text, low)


def _without_middle(text: str, keep: int) -> str:
    tail = keep // 2
    return text[: keep - tail] + "..." + (text[-tail:] if tail else "")


def wrap(text: str, font: Font, width: float) -> list[str]:
    """``text`` in lines that fit, broken between words."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(shorten(word, font, width))
    return lines


def write(
    pen: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    size: float,
    colour: tuple[int, int, int],
    width: float,
    *,
    bold: bool = False,
) -> None:
    """One line of text, its baseline's left end at ``at``, escaped and shortened as needed."""
    shown, font = legible(text, size)
    stroke = size / 34 if bold else 0
    pen.text(at, shorten(shown, font, width), colour, font, anchor="ls", stroke_width=stroke)
