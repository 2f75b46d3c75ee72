"""How one picture has to be turned, mirrored and resized to lie on another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from lookalike.match import NamedEdit
from lookalike.matching.verdict import Transform

__all__ = ["Geometry", "geometry", "geometry_edits", "in_pixels", "lies_on"]

WHOLE: Final = 0.015
"""Corners that lie as near to the other's, as shares of its sides, lie on them."""

_UPRIGHT = 2.0  # degrees that a transform may be off without anybody having turned a picture
_WHOLE_SIZE = 0.012  # the sides of files tell how much one was resized
_OTHER_SIZE = 0.05  # a transform tells it, which is less sure
_ROUNDED = 1.5  # pixels that a side may be off for being rounded
_ASPECT = 0.025


@dataclass(frozen=True, slots=True)
class Geometry:
    """What was done to the hit's plane to get the query's: mirrored, resized, then turned.

    Attributes:
        mirror: whether left and right were exchanged, before the turn.
        degrees: clockwise, above -180 and at most 180.
        across: factor of the hit's width, in pixels of the pictures themselves.
        down: of its height.
        whole: whether the whole of one lies on the whole of the other.
    """

    mirror: bool
    degrees: float
    across: float
    down: float
    whole: bool

    @property
    def quarter_turns(self) -> int | None:
        """0 to 3, clockwise; ``None`` for a free angle."""
        turns = round(self.degrees / 90)
        return turns % 4 if abs(self.degrees - 90 * turns) <= _UPRIGHT else None


def in_pixels(transform: Transform, query: tuple[int, int], hit: tuple[int, int]) -> Transform:
    """A transform of shares as one of pixels, whose upper left corner is (0, 0).

    Args:
        transform: maps shares of the query to shares of the hit.
        query: its width and height.
        hit: likewise.
    """
    scaled = np.array(transform, np.float64)
    scaled[:, :2] = scaled[:, :2] / np.array(query, np.float64)
    return scaled * np.array(hit, np.float64)[:, None]


def geometry(transform: Transform, query: tuple[int, int], hit: tuple[int, int]) -> Geometry:
    """Take a transform apart.

    Args:
        transform: maps shares of the query to shares of the hit; it can be inverted.
        query: width and height of the picture itself.
        hit: likewise.
    """
    edit = np.linalg.inv(in_pixels(transform, query, hit)[:, :2])  # from the hit to the query
    mirror = bool(np.linalg.det(edit) < 0)
    if mirror:
        edit = edit @ np.diag([-1.0, 1.0])
    left, _, right = np.linalg.svd(edit)
    turn = left @ right  # the nearest rotation: the polar decomposition
    degrees = math.degrees(math.atan2(turn[1, 0], turn[0, 0]))
    degrees = 180.0 if degrees <= -180 + 1e-9 else degrees
    across, down = (float(value) for value in np.diag(turn.T @ edit))
    whole = lies_on(transform)
    found = Geometry(mirror, degrees, abs(across), abs(down), whole)
    turns = found.quarter_turns
    if whole and turns is not None:  # then the sides say it exactly
        width, height = query if turns % 2 == 0 else query[::-1]
        found = Geometry(mirror, degrees, width / hit[0], height / hit[1], whole)
    return found


def lies_on(transform: Transform) -> bool:
    """Whether the whole of one picture lies on the whole of the other."""
    corners = np.array([[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]], np.float64)
    found = corners @ transform.T
    nearest = np.rint(np.clip(found, 0, 1))
    return bool(np.abs(found - nearest).max() <= WHOLE and len(np.unique(nearest, axis=0)) == 4)


def geometry_edits(
    found: Geometry, query: tuple[int, int], hit: tuple[int, int], *, sized: bool = True
) -> list[NamedEdit]:
    """The names of a geometry.

    Args:
        found: of the pair.
        query: width and height of the picture itself.
        hit: likewise.
        sized: whether a change of the size is worth a name; it isn't in what shows the other on a
            screen of its own.
    """
    edits = [NamedEdit("mirror")] if found.mirror else []
    turns = found.quarter_turns
    if turns is None:
        edits.append(NamedEdit("rotate", degrees=round(found.degrees, 1)))
    elif turns:
        edits.append(NamedEdit("rotate", degrees=180.0 if turns == 2 else (90.0, -90.0)[turns > 2]))
    least = min(*query, *hit)
    slack = _ROUNDED / max(least, 1)
    stretch = found.across / found.down
    is_stretched = abs(math.log(stretch)) > max(_ASPECT, slack) + (0 if found.whole else _ASPECT)
    if sized:
        size = max(_WHOLE_SIZE if found.whole else _OTHER_SIZE, slack)
        logs = math.log(found.across), math.log(found.down)
        if not is_stretched:
            mean = sum(logs) / 2
            if abs(mean) > size:
                edits.append(NamedEdit("resize", factor=_rounded(math.exp(mean))))
        elif logs[0] * logs[1] > 0 and min(map(abs, logs)) > max(size, _OTHER_SIZE):
            edits.append(NamedEdit("resize", factor=_rounded(math.exp(sum(logs) / 2))))
    if is_stretched:
        edits.append(NamedEdit("stretch", factor=_rounded(stretch)))
    return edits


def _rounded(value: float) -> float:
    """Six digits, so that the inverse of the inverse is as good as the same."""
    return float(f"{value:.6g}")
