"""A contact sheet: the query and what was found, on one picture to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lookalike.errors import UsageError
from lookalike.images.fitting import fit
from lookalike.types import InputSpec, Kind, Pixels

__all__ = ["Cell", "contact_sheet", "shown_name"]

_PAPER = (255, 255, 255)
_INK = (28, 30, 34)
_FAINT = (112, 117, 125)
_MOUNT = (244, 245, 247)
_LINE = (222, 224, 228)
_QUERY = (28, 30, 34)
# From certain to vague; told apart by people with any kind of colour vision (Okabe and Ito, 2008).
_KINDS: dict[Kind, tuple[int, int, int]] = {
    "same-bytes": (0, 114, 178),
    "same-pixels": (86, 180, 233),
    "edited": (213, 94, 0),
    "alike": (0, 158, 115),
}
_SCALE = 2  # everything is laid out in points and drawn at twice their number of pixels

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class Cell:
    """One picture on a sheet.

    Attributes:
        name: the file's name or path; undecodable bytes as lone surrogates.
        pixels: a thumbnail, uint8 (height, width, 3); ``None`` where there is none.
        kind: what the match is; ``None`` for the query.
        lines: further lines below the name, such as the distance.
        reason: shown in place of a missing thumbnail.
    """

    name: str
    pixels: Pixels | None
    kind: Kind | None = None
    lines: Sequence[str] = ()
    reason: str = "no thumbnail"


def shown_name(text: str) -> str:
    r"""``text`` with everything that can't be drawn written as an escape.

    Lone surrogates become ``\\xNN``, the byte that they stand for (PEP 383); line breaks and other
    control characters, and characters beyond the bundled font's repertoire, their usual escapes.
    """
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number - 0xDC00:02x}"
    if not character.isprintable() or number >= 0x10000 or 0xD800 <= number <= 0xDFFF:
        return character.encode("unicode_escape", "surrogatepass").decode("ascii")
    return character


def contact_sheet(
    query: Cell, hits: Sequence[Cell], *, columns: int = 5, cell: int = 200, title: str = ""
) -> Image.Image:
    """Draw a contact sheet: the query first, framed, then the hits in the order that they have.

    Args:
        query: the picture that was searched by.
        hits: what was found, best first.
        columns: cells in a row, 2 or more.
        cell: side of a thumbnail in points; the sheet has two pixels for a point.
        title: a line above, such as how many pictures were searched in what time.

    Returns:
        An RGB picture, about ``2 * columns * (cell + 16)`` pixels wide.

    Raises:
        UsageError: fewer than 2 columns, or cells smaller than 80 points.
    """
    if columns < 2 or cell < 80:
        raise UsageError(
            f"{columns} columns of {cell} points can't be drawn: give at least 2 of at least 80"
        )
    return _Sheet(columns, cell, title, query, hits).draw()


class _Sheet:
    def __init__(
        self, columns: int, cell: int, title: str, query: Cell, hits: Sequence[Cell]
    ) -> None:
        cells = [query, *hits]
        self._cells, self._title = cells, title
        self._columns = min(columns, max(2, len(cells)))
        self._side = cell * _SCALE
        self._gap, self._margin = 16 * _SCALE, 24 * _SCALE
        self._label = ImageFont.load_default(11.5 * _SCALE)
        self._small = ImageFont.load_default(10.5 * _SCALE)
        self._large = ImageFont.load_default(15 * _SCALE)
        self._leading = 16 * _SCALE
        most_lines = max(len(c.lines) for c in cells)
        self._caption = (10 * _SCALE) + self._leading * (2 + most_lines)
        self._head = self._margin + (34 * _SCALE if title else 0)

    def draw(self) -> Image.Image:
        rows = -(-len(self._cells) // self._columns)
        width = 2 * self._margin + self._columns * (self._side + self._gap) - self._gap
        height = self._head + rows * (self._side + self._caption + self._gap) - self._gap
        sheet = Image.new("RGB", (width, height + self._margin), _PAPER)
        pen = ImageDraw.Draw(sheet)
        if self._title:
            text = _shorten(pen, shown_name(self._title), self._large, width - 2 * self._margin)
            pen.text((self._margin, self._margin - 4 * _SCALE), text, _INK, self._large)
        for i, cell in enumerate(self._cells):
            row, column = divmod(i, self._columns)
            x = self._margin + column * (self._side + self._gap)
            y = self._head + row * (self._side + self._caption + self._gap)
            self._mount(sheet, pen, cell, x, y)
            self._describe(pen, cell, "query" if i == 0 else cell.kind or "", x, y)
        return sheet

    def _mount(
        self, sheet: Image.Image, pen: ImageDraw.ImageDraw, cell: Cell, x: int, y: int
    ) -> None:
        """The thumbnail in the middle of its square, or the reason why there is none."""
        side = self._side
        pen.rectangle((x, y, x + side - 1, y + side - 1), _MOUNT)
        if cell.pixels is None:
            lines = _wrap(pen, shown_name(cell.reason), self._small, side - 24 * _SCALE)[:5]
            top = y + (side - len(lines) * self._leading) // 2
            for i, line in enumerate(lines):
                at = (x + side / 2, top + i * self._leading)
                pen.text(at, line, _FAINT, self._small, anchor="ma")
        else:
            picture = Image.fromarray(np.ascontiguousarray(cell.pixels))
            picture = _enlarge(fit(picture, InputSpec(side, "within", "lanczos")), side)
            sheet.paste(
                picture, (x + (side - picture.width) // 2, y + (side - picture.height) // 2)
            )
        if cell.kind is None:
            frame = 3 * _SCALE
            outer = (x - frame, y - frame, x + side - 1 + frame, y + side - 1 + frame)
            pen.rectangle(outer, outline=_QUERY, width=frame)
        else:
            pen.rectangle((x, y, x + side - 1, y + side - 1), outline=_LINE, width=1)

    def _describe(self, pen: ImageDraw.ImageDraw, cell: Cell, label: str, x: int, y: int) -> None:
        """A bar in the kind's colour, the kind, the name, and the further lines."""
        top = y + self._side
        colour = _QUERY if cell.kind is None else _KINDS[cell.kind]
        pen.rectangle((x, top, x + self._side - 1, top + 4 * _SCALE - 1), colour)
        top += 10 * _SCALE
        pen.text(
            (x, top), label, colour, self._label, stroke_width=0.35 * _SCALE, stroke_fill=colour
        )
        top += self._leading
        name = _shorten(pen, shown_name(cell.name), self._label, self._side)
        pen.text((x, top), name, _INK, self._label)
        for line in cell.lines:
            top += self._leading
            text = _shorten(pen, shown_name(line), self._small, self._side)
            pen.text((x, top), text, _FAINT, self._small)


def _enlarge(picture: Image.Image, side: int) -> Image.Image:
    """Small pictures by whole factors, so that what is tiny stays what it is but can be seen."""
    factor = side // max(picture.size)
    if factor < 2:
        return picture
    size = (picture.width * factor, picture.height * factor)
    smooth = max(picture.size) > 64
    return picture.resize(size, Image.Resampling.BICUBIC if smooth else Image.Resampling.NEAREST)


def _shorten(pen: ImageDraw.ImageDraw, text: str, font: _Font, width: float) -> str:
    """``text`` with its middle left out so that it fits: both ends of a file's name matter."""
    if pen.textlength(text, font) <= width:
        return text
    low, high = 0, len(text)
    while low < high:  # the most characters that fit
        middle = (low + high + 1) // 2
        if pen.textlength(_without_middle(text, middle), font) <= width:
            low = middle
        else:
            high = middle - 1
    return _without_middle(text, low)


def _without_middle(text: str, keep: int) -> str:
    tail = keep // 2
    return text[: keep - tail] + "\N{HORIZONTAL ELLIPSIS}" + (text[-tail:] if tail else "")


def _wrap(pen: ImageDraw.ImageDraw, text: str, font: _Font, width: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and pen.textlength(longer, font) <= width:
            lines[-1] = longer
        else:
            lines.append(_shorten(pen, word, font, width))
    return lines
