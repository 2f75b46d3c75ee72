"""A contact sheet: the query and what was found, on one picture to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from lookalike.errors import UsageError
from lookalike.images.fitting import fit
from lookalike.sheets.lettering import legible, wrap, write
from lookalike.types import InputSpec, Kind, Pixels

__all__ = ["Cell", "contact_sheet"]

_PAPER = (255, 255, 255)
_INK = (28, 30, 34)
_FAINT = (112, 117, 125)
_MOUNT = (244, 245, 247)
_LINE = (222, 224, 228)
_MISSING = (228, 230, 234)
# From certain to vague; told apart by people with any kind of colour vision (Okabe and Ito, 2008).
_KINDS: dict[Kind, tuple[int, int, int]] = {
    "same-bytes": (0, 114, 178),
    "same-pixels": (86, 180, 233),
    "edited": (213, 94, 0),
    "part": (204, 121, 167),
    "alike": (0, 158, 115),
}
_SCALE = 2  # everything is laid out in points and drawn at twice their number of pixels
_MARGIN, _GAP, _LEADING = 24 * _SCALE, 18 * _SCALE, 16 * _SCALE
_BODY, _SMALL = 11.5 * _SCALE, 10.5 * _SCALE  # sizes of type


@dataclass(frozen=True, slots=True)
class Cell:
    """One picture on a sheet.

    Attributes:
        name: the file's name or path; what can't be drawn is shown escaped, and what is
            too long is shortened in its middle.
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
        An RGB picture, about ``2 * columns * (cell + 18)`` pixels wide.

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
        self._cells = [query, *hits]
        self._title = title
        self._columns = min(columns, max(2, len(self._cells)))
        self._side = cell * _SCALE
        most_lines = max(len(c.lines) for c in self._cells)
        self._caption = 12 * _SCALE + _LEADING * (2 + most_lines)
        self._head = _MARGIN + (30 * _SCALE if title else 0)

    def draw(self) -> Image.Image:
        rows = -(-len(self._cells) // self._columns)
        across, down = self._side + _GAP, self._side + self._caption + _GAP
        width = 2 * _MARGIN + self._columns * across - _GAP
        height = self._head + rows * down - _GAP + _MARGIN
        sheet = Image.new("RGB", (width, height), _PAPER)
        pen = ImageDraw.Draw(sheet)
        if self._title:
            at = (_MARGIN, _MARGIN + 10 * _SCALE)
            write(pen, at, self._title, 15 * _SCALE, _INK, width - 2 * _MARGIN)
        for i, cell in enumerate(self._cells):
            row, column = divmod(i, self._columns)
            x, y = _MARGIN + column * across, self._head + row * down
            self._mount(sheet, pen, cell, x, y)
            self._describe(pen, cell, x, y + self._side)
        return sheet

    def _mount(
        self, sheet: Image.Image, pen: ImageDraw.ImageDraw, cell: Cell, x: int, y: int
    ) -> None:
        """The thumbnail in the middle of its square, or the reason why there is none."""
        side = self._side
        square = (x, y, x + side - 1, y + side - 1)
        if cell.pixels is None:
            pen.rectangle(square, _MISSING)
            text, font = legible(cell.reason, _SMALL)
            lines = wrap(text, font, side - 32 * _SCALE)[:6]
            top = y + (side - len(lines) * _LEADING) // 2
            for i, line in enumerate(lines):
                pen.text((x + side / 2, top + i * _LEADING), line, _FAINT, font, anchor="ma")
        else:
            pen.rectangle(square, _MOUNT)
            picture = Image.fromarray(np.ascontiguousarray(cell.pixels))
            picture = _enlarge(fit(picture, InputSpec(side, "within", "lanczos")), side)
            left, top = (side - picture.width) // 2, (side - picture.height) // 2
            sheet.paste(picture, (x + left, y + top))
        if cell.kind is None:
            width = 3 * _SCALE
            frame = (x - width, y - width, x + side - 1 + width, y + side - 1 + width)
            pen.rectangle(frame, outline=_INK, width=width)
        else:
            pen.rectangle(square, outline=_LINE, width=1)

    def _describe(self, pen: ImageDraw.ImageDraw, cell: Cell, x: int, top: int) -> None:
        """A bar in the kind's colour, the kind, the name, and the further lines."""
        colour = _INK if cell.kind is None else _KINDS[cell.kind]
        if cell.kind is not None:
            pen.rectangle((x, top, x + self._side - 1, top + 4 * _SCALE - 1), colour)
        line = top + 8 * _SCALE + _LEADING
        write(pen, (x, line), cell.kind or "query", _BODY, colour, self._side, bold=True)
        line += _LEADING
        write(pen, (x, line), cell.name, _BODY, _INK, self._side)
        for further in cell.lines:
            line += _LEADING
            write(pen, (x, line), further, _SMALL, _FAINT, self._side)


def _enlarge(picture: Image.Image, side: int) -> Image.Image:
    """Small pictures by whole factors, so that what is tiny stays what it is but can be seen."""
    factor = side // max(picture.size)
    if factor < 2:
        return picture
    size = (picture.width * factor, picture.height * factor)
    smooth = max(picture.size) > 64
    return picture.resize(size, Image.Resampling.BICUBIC if smooth else Image.Resampling.NEAREST)
