"""A pair drawn on one sheet: both laid the same way, side by side, with what differs marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from lookalike.match import Box, Kind, NamedEdit, Side
from lookalike.matching.differences import Canvas, canvas, differing, place
from lookalike.matching.edits_laid import Mask
from lookalike.matching.edits_words import words
from lookalike.matching.opencv import cv2
from lookalike.matching.verdict import Transform
from lookalike.sheets.lettering import legible, wrap, write
from lookalike.types import Pixels

__all__ = ["Panel", "draw_pair"]

_PAPER: Final = (255, 255, 255)
_INK: Final = (28, 30, 34)
_FAINT: Final = (112, 117, 125)
_MOUNT: Final = (238, 240, 243)
_LINE: Final = (222, 224, 228)
# Told apart by people with any kind of colour vision (Okabe and Ito, 2008).
_BOX: Final = (0, 114, 178)
_OVER: Final = (213, 94, 0)
_SCALE = 2  # everything is laid out in points and drawn at twice their number of pixels
_MARGIN, _GAP, _LEADING = 24 * _SCALE, 18 * _SCALE, 17 * _SCALE
_PANEL = 420 * _SCALE  # the longer side of a panel
_LEAST_PANEL = 200 * _SCALE  # across
_BODY, _SMALL, _TITLE = 12 * _SCALE, 10.5 * _SCALE, 17 * _SCALE
_STROKE = 2 * _SCALE


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One of the two pictures.

    Attributes:
        name: of its file; what can't be drawn is escaped, what is too long is shortened.
        pixels: RGB, uint8 (height, width, 3).
        line: what else is said below it, such as its size.
    """

    name: str
    pixels: Pixels
    line: str = ""


def draw_pair(
    query: Panel,
    hit: Panel,
    kind: Kind,
    *,
    edits: Sequence[NamedEdit] = (),
    boxes: Sequence[Box] = (),
    transform: Transform | None = None,
) -> Image.Image:
    """Draw two pictures side by side, the second on the left, with what is found on them.

    The query is turned, mirrored and resized to lie as the hit does, so that the same thing is at
    the same place in both. Boxes of parts are blue; what is laid over one of them, a text or a
    sticker, is framed in orange. A third panel shows where the two differ. Without a transform both
    are drawn as they are, and there is no third panel.

    Args:
        query: the picture that was asked for.
        hit: the other.
        kind: what they are to each other.
        edits: from the hit to the query.
        boxes: that they share.
        transform: shares of the query to shares of the hit.

    Returns:
        An RGB picture, at most about 2,700 pixels wide.
    """
    panels = [(hit, "second"), (query, "first")]
    if transform is None:
        shown = [_fitted(panel.pixels) for panel, _ in panels]
        marks: list[list[_Mark]] = [[], []]
    else:
        paper = canvas(query.pixels, hit.pixels, transform, _PANEL)
        laid = place(query.pixels, hit.pixels, paper)
        shown = [_mounted(*laid["hit"]), _mounted(*laid["query"])]
        marks = [_marks(side, edits, boxes, paper) for side in ("hit", "query")]
        shown.append(_differing(laid))
        marks.append([])
    return _sheet(panels, shown, marks, kind, edits)


@dataclass(frozen=True, slots=True)
class _Mark:
    corners: tuple[tuple[float, float], ...]
    colour: tuple[int, int, int]


def _marks(
    side: Side, edits: Sequence[NamedEdit], boxes: Sequence[Box], paper: Canvas
) -> list[_Mark]:
    found = [(box.at, _BOX) for box in boxes if box.of == side]
    found += [(e.at, _OVER) for e in edits if e.of == side and e.at is not None]
    return [_Mark(paper.corners(side, at), colour) for at, colour in found]


def _fitted(pixels: Pixels) -> Image.Image:
    """A picture as large as a panel."""
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    factor = _PANEL / max(picture.size)
    size = max(1, round(picture.width * factor)), max(1, round(picture.height * factor))
    return picture.resize(size, Image.Resampling.BICUBIC)


def _mounted(pixels: Pixels, there: Mask) -> Image.Image:
    """A picture on its panel: where it isn't, the mount shows."""
    mount = np.full_like(pixels, _MOUNT)
    return Image.fromarray(np.where(there[..., None], pixels, mount))


def _differing(laid: dict[Side, tuple[Pixels, Mask]]) -> Image.Image:
    """The hit in pale grey, and over it, the more they differ the stronger, orange."""
    (query, of_query), (hit, of_hit) = laid["query"], laid["hit"]
    shared = of_query & of_hit
    share = differing(query, hit, shared)[..., None]
    grey = cv2.cvtColor(hit, cv2.COLOR_RGB2GRAY).astype(np.float32)[..., None]
    pale = 150 + 0.4 * grey
    made = pale + share * (np.array(_OVER, np.float32) - pale)
    made = np.where(shared[..., None], made, np.array(_MOUNT, np.float32))
    return Image.fromarray(np.clip(made, 0, 255).astype(np.uint8))


def _sheet(
    panels: Sequence[tuple[Panel, str]],
    shown: Sequence[Image.Image],
    marks: Sequence[Sequence[_Mark]],
    kind: Kind,
    edits: Sequence[NamedEdit],
) -> Image.Image:
    wide = max(_LEAST_PANEL, *(picture.width for picture in shown))
    high = max(picture.height for picture in shown)
    width = 2 * _MARGIN + len(shown) * (wide + _GAP) - _GAP
    title, font = legible(words(edits), _BODY)
    said = wrap(title, font, width - 2 * _MARGIN)
    head = _MARGIN + 26 * _SCALE + _LEADING * len(said) + 8 * _SCALE
    height = head + high + 12 * _SCALE + 2 * _LEADING + _MARGIN
    sheet = Image.new("RGB", (width, height), _PAPER)
    pen = ImageDraw.Draw(sheet)
    write(pen, (_MARGIN, _MARGIN + 14 * _SCALE), kind, _TITLE, _INK, width, bold=True)
    for row, line in enumerate(said):
        baseline = _MARGIN + 26 * _SCALE + row * _LEADING + 8 * _SCALE
        write(pen, (_MARGIN, baseline), line, _BODY, _INK, width - 2 * _MARGIN)
    for column, picture in enumerate(shown):
        left = _MARGIN + column * (wide + _GAP)
        x, y = left + (wide - picture.width) // 2, head + (high - picture.height) // 2
        sheet.paste(picture, (x, y))
        edge = (x - 1, y - 1, x + picture.width, y + picture.height)
        pen.rectangle(edge, outline=_LINE)
        for mark in marks[column]:
            _outline(pen, mark, (x, y))
        below = head + high + 8 * _SCALE + _LEADING
        if column < len(panels):
            panel, role = panels[column]
            write(pen, (left, below), panel.name, _BODY, _INK, wide, bold=True)
            line = f"{role}, {panel.line}" if panel.line else role
        else:
            write(pen, (left, below), "what differs", _BODY, _INK, wide, bold=True)
            line = "orange, after brightness and colours are made equal"
        write(pen, (left, below + _LEADING), line, _SMALL, _FAINT, wide)
    return sheet


def _outline(pen: ImageDraw.ImageDraw, mark: _Mark, origin: tuple[int, int]) -> None:
    """A frame that shows on light and on dark."""
    points = [(x + origin[0], y + origin[1]) for x, y in mark.corners]
    closed = [*points, points[0], points[1]]
    pen.line(closed, _PAPER, 2 * _STROKE, joint="curve")
    pen.line(closed, mark.colour, _STROKE, joint="curve")
