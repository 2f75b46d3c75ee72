"""What of a picture is asked and kept: all of it, and the pictures that it seems to hold."""

from __future__ import annotations

from dataclasses import dataclass

from lookalike.images.parts.borders import inside_borders
from lookalike.images.parts.panels import MOST_PANELS, panel_boxes
from lookalike.images.parts.plain import plain_lines
from lookalike.types import Part, Pixels

__all__ = ["MOST_HELD", "Held", "held", "views"]

MOST_HELD = MOST_PANELS + 1
"""Pictures that one picture is taken to hold, at most: inside its borders, and its panels."""

# A part that is nearly all of what is asked anyway would be asked twice.
_NEARLY_ALL = 0.85


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A picture that another one seems to hold.

    Attributes:
        pixels: a view of the other one's, RGB, uint8 (height, width, 3).
        box: where it is, as shares of the other one's sides: left, top, right, bottom.
    """

    pixels: Pixels
    box: Part

    @property
    def share(self) -> float:
        """Of the other one's area, 0 to 1."""
        left, top, right, bottom = self.box
        return (right - left) * (bottom - top)


def held(pixels: Pixels) -> list[Held]:
    """What is inside a picture's plain borders, then its panels.

    Args:
        pixels: RGB, uint8 (height, width, 3).

    Returns:
        At most :data:`MOST_HELD`; none for most photographs.
    """
    height, width = pixels.shape[:2]
    lines = plain_lines(pixels)
    inner = inside_borders(pixels, lines)
    boxes = [] if inner is None else [inner]
    least = height * width if inner is None else _area(inner)
    boxes += [box for box in panel_boxes(pixels, lines) if _area(box) < _NEARLY_ALL * least]
    return [
        Held(
            pixels[top:bottom, left:right],
            (left / width, top / height, right / width, bottom / height),
        )
        for top, bottom, left, right in boxes
    ]


def views(pixels: Pixels) -> list[Pixels]:
    """The whole picture, then what it holds, as :func:`held` finds it."""
    return [pixels, *(one.pixels for one in held(pixels))]


def _area(box: tuple[int, int, int, int]) -> int:
    return (box[1] - box[0]) * (box[3] - box[2])
