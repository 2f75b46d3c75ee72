"""Whether a small picture shows what parts of the large one show.

Both are brought to cells of the same few pixels of the small one. Nothing is normalised: what is
darker, greyer or of less contrast differs. The limits lie between what was measured on sound
thumbnails (of telephones, and made by four filters) and on others: docs/heic.md has the figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

__all__ = ["CELL", "Likeness", "compare"]

CELL = 6.0
"""Pixels of the small picture, each way, that become one cell: what filters do to single pixels,
and HEVC to thumbnails, is averaged away; a picture moved by one cell isn't."""

_MOST_APART = 0.27  # of the contrast, over all parts together
_MOST_APART_IN_ONE = 0.5
_MOST_TONE = 5.0  # levels of 255, of the middle part
_MOST_TONE_IN_ONE = 12.0
_CONTRAST = (0.9, 1.1)  # the small one's as a share of the large one's
_COLOUR = (0.8, 1.2)
# Where the large one has less, in levels, noise would decide.
_LEAST_CONTRAST, _LEAST_COLOUR = 5.0, 5.0
_LUMA = np.array([0.299, 0.587, 0.114])

_Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike parts of two pictures are.

    Attributes:
        apart: root mean square of the differences, as a share of the large picture's contrast,
            over all parts together.
        apart_in_one: the same of the part that differs most.
        tone: largest mean difference of a channel, in levels of 255, of the middle part.
        tone_in_one: of the part that differs most.
        contrast: of the small picture, as a share of the large one's; 1 where there is hardly any.
        colour: distance from grey of the small picture, as a share of the large one's; 1 likewise.
    """

    apart: float
    apart_in_one: float
    tone: float
    tone_in_one: float
    contrast: float
    colour: float

    @property
    def same(self) -> bool:
        """Whether they show the same."""
        return (
            self.apart <= _MOST_APART
            and self.apart_in_one <= _MOST_APART_IN_ONE
            and self.tone <= _MOST_TONE
            and self.tone_in_one <= _MOST_TONE_IN_ONE
            and _CONTRAST[0] <= self.contrast <= _CONTRAST[1]
            and _COLOUR[0] <= self.colour <= _COLOUR[1]
        )


def compare(parts: Sequence[Image.Image], small: Image.Image, boxes: Sequence[_Box]) -> Likeness:
    """Compare parts of a large picture with where they are in a small one.

    Args:
        parts: of the large one, one at least.
        small: the small one.
        boxes: left, top, right and bottom of each part in the small one, in its pixels.
    """
    pairs = [_cells(part, small, box) for part, box in zip(parts, boxes, strict=True)]
    apart, contrast, tones = [], [], []
    for large, little in pairs:
        apart.append(float(np.square(little - large).mean()))
        contrast.append(float(np.square(large - large.mean((0, 1))).mean()))
        tones.append(float(np.abs((little - large).mean((0, 1))).max()))
    each = np.sqrt(apart) / (2 * _LEAST_CONTRAST + np.sqrt(contrast))
    luma = [(_centred(large @ _LUMA), _centred(little @ _LUMA)) for large, little in pairs]
    colour = [(_from_grey(large), _from_grey(little)) for large, little in pairs]
    return Likeness(
        apart=float(np.sqrt(np.mean(apart)) / (_LEAST_CONTRAST + np.sqrt(np.mean(contrast)))),
        apart_in_one=float(each.max()),
        tone=float(np.median(tones)),
        tone_in_one=max(tones),
        contrast=_share(luma, _LEAST_CONTRAST),
        colour=_share(colour, _LEAST_COLOUR),
    )


_Array = npt.NDArray[np.float64]


def _cells(part: Image.Image, small: Image.Image, box: _Box) -> tuple[_Array, _Array]:
    left, top, right, bottom = box
    size = max(1, round((right - left) / CELL)), max(1, round((bottom - top) / CELL))
    large = part.convert("RGB").resize(size, Image.Resampling.BOX, reducing_gap=3.0)
    little = small.convert("RGB").resize(size, Image.Resampling.BOX, box=box)
    return np.asarray(large, np.float64), np.asarray(little, np.float64)


def _centred(values: _Array) -> _Array:
    made: _Array = values - values.mean()
    return made


def _from_grey(values: _Array) -> _Array:
    made: _Array = values - (values @ _LUMA)[..., None]
    return made


def _share(pairs: Sequence[tuple[_Array, _Array]], least: float) -> float:
    """The factor that brings the large ones nearest to the small ones, by least squares."""
    energy = sum(float(np.square(large).sum()) for large, _ in pairs)
    cells = sum(large.size for large, _ in pairs)
    if energy < cells * least**2:
        return 1.0
    return sum(float((large * little).sum()) for large, little in pairs) / energy
