"""Which tiles of a picture tell most about whether a thumbnail shows the same."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.images.heif.items import Items
from lookalike.images.heif.layout import Grid

__all__ = ["place_of", "tiles_to_check"]

_FEWEST, _MOST = 2, 12
_TILES_FOR_ONE = 12  # so that checking takes a twelfth of the time that the whole takes


def tiles_to_check(items: Items, grid: Grid, small: Image.Image) -> list[int]:
    """Tiles that tell most, in places apart from each other: of 48, four.

    By turns: the one in which the thumbnail has the most contrast and colour; the one whose number
    of coded bytes is least like what the thumbnail's contrast there lets expect (detail that the
    thumbnail doesn't show takes bytes, and what only the thumbnail shows takes none); the one with
    the most colour. Only tiles that lie wholly within the picture are chosen, where there are any.

    Args:
        items: of the file.
        grid: the picture.
        small: the thumbnail, as the picture lies in the file.

    Returns:
        Indices of tiles; empty where checking would take as long as decoding the picture.
    """
    count = min(_MOST, max(_FEWEST, -(-len(grid.numbers) // _TILES_FOR_ONE)))
    if 2 * count > len(grid.numbers):
        return []
    pixels = np.asarray(small.convert("RGB"), np.float64)
    scores = _scores(items, grid, pixels)
    allowed = np.array([_is_whole(grid, index) for index in range(len(grid.numbers))])
    if allowed.sum() < count:
        allowed[:] = True
    chosen: list[int] = []
    for turn in range(count):
        score = np.where(allowed, scores[turn % len(scores)], -np.inf)
        apart = np.array([_apart(grid, index, chosen) for index in range(len(score))])
        if np.isfinite(score[apart]).any():
            score = np.where(apart, score, -np.inf)
        score[chosen] = -np.inf
        chosen.append(int(score.argmax()))
    return chosen


def place_of(grid: Grid, index: int, small: tuple[int, int]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a tile in a smaller version, in its pixels."""
    x, y = small[0] / grid.size[0], small[1] / grid.size[1]
    left, top, right, bottom = grid.box(index)
    return left * x, top * y, right * x, bottom * y


def _scores(
    items: Items, grid: Grid, pixels: npt.NDArray[np.float64]
) -> list[npt.NDArray[np.float64]]:
    contrast, colour, coded = [], [], []
    for index, number in enumerate(grid.numbers):
        box = place_of(grid, index, (pixels.shape[1], pixels.shape[0]))
        left, top, right, bottom = (round(side) for side in box)
        part = pixels[top : max(bottom, top + 1), left : max(right, left + 1)]
        contrast.append(float(part.std((0, 1)).mean()) if part.size else 0.0)
        colour.append(float(part.std(2).mean()) if part.size else 0.0)
        coded.append(sum(length for _, length in items.items[number].extents))
    shown, bytes_ = np.log(np.add(contrast, 1)), np.log(np.add(coded, 1))
    spread = float(np.square(shown - shown.mean()).sum())
    slope = float(((shown - shown.mean()) * (bytes_ - bytes_.mean())).sum()) / max(spread, 1e-9)
    unlike = np.abs(bytes_ - bytes_.mean() - slope * (shown - shown.mean()))
    both = np.add(contrast, colour)
    return [both, unlike, np.array(colour), np.array(contrast)]


def _is_whole(grid: Grid, index: int) -> bool:
    left, top, right, bottom = grid.box(index)
    return (right - left, bottom - top) == grid.tile


def _apart(grid: Grid, index: int, chosen: list[int]) -> bool:
    row, column = divmod(index, grid.columns)
    return all(
        max(abs(row - other // grid.columns), abs(column - other % grid.columns)) > 1
        for other in chosen
    )
