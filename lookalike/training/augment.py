"""Changing training pictures at random, on their 8-bit pixels.

All that moves pixels is done by one gather: for each place of the result the place that its pixel
comes from. What is drawn depends on the seed, the epoch and the step alone, so that a resumed
training sees what an uninterrupted one would have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.errors import UsageError
from lookalike.types import Pixels

__all__ = ["Augmentation", "augmented"]

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Augmentation:
    """What may happen to a picture.

    Attributes:
        flip: mirror it from left to right in every second epoch, starting with a coin's toss: the
            *alternating flip* of K. Jordan (2024), section 3.6, which shows a network both sides of
            each picture more evenly than a toss each time.
        turns: also turn it upside down and by quarters, for pictures from above.
        shift: move it by up to so many pixels each way; what comes in is its reflection.
        zoom: show a part of it, with sides of at least 1 - ``zoom`` of its own, at its size.
        cutout: paint a square of this side in the picture's mean grey (T. DeVries, G. W. Taylor,
            "Improved Regularization of Convolutional Neural Networks with Cutout", 2017).
        colour: change brightness, contrast and saturation by up to this share.
    """

    flip: bool = True
    turns: bool = False
    shift: int = 0
    zoom: float = 0.0
    cutout: int = 0
    colour: float = 0.0

    def __post_init__(self) -> None:
        if self.shift < 0 or self.cutout < 0:
            raise UsageError(f"shift {self.shift} and cutout {self.cutout} can't be negative")
        if not (0 <= self.zoom < 1 and 0 <= self.colour < 1):
            raise UsageError(f"zoom {self.zoom} and colour {self.colour} have to be from 0 to 1")


def augmented(
    pictures: Pixels,
    rows: npt.NDArray[np.int64],
    settings: Augmentation,
    seeds: Sequence[int],
    *,
    epoch: int = 0,
    view: int = 0,
) -> Pixels:
    """Some of the pictures, each changed at random.

    Args:
        pictures: uint8 (n, side, side, 3).
        rows: which of them, int64 (m,).
        settings: what may happen.
        seeds: what the draws depend on: the seed of the training, then whatever tells this batch
            from others.
        epoch: decides on the side that an alternating flip shows.
        view: 0, or the number of a further view, whose flips are drawn.

    Returns:
        uint8 (m, side, side, 3).
    """
    random = np.random.default_rng([*seeds, epoch, view])
    y, x = places(len(rows), pictures.shape[1], settings, random)
    if settings.flip:
        if view:
            mirrored = random.random(len(rows)) < 0.5
        else:
            coins = np.random.default_rng([seeds[0]]).random(len(pictures)) < 0.5
            mirrored = coins[rows] ^ bool(epoch % 2)
        x = np.where(mirrored[:, None, None], pictures.shape[2] - 1 - x, x)
    found: Pixels = pictures[rows[:, None, None], y, x]
    if settings.colour:
        found = recoloured(found, settings.colour, random)
    if settings.cutout:
        found[hidden(len(rows), pictures.shape[1], settings.cutout, random)] = 127
    return found


def places(
    count: int, side: int, settings: Augmentation, random: np.random.Generator
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Where each pixel comes from: rows and columns, (count, side, side) each."""
    line = np.arange(side)
    y = np.broadcast_to(line[:, None], (count, side, side))
    x = np.broadcast_to(line, (count, side, side))
    if settings.zoom:
        part = 1 - settings.zoom * random.random((count, 1, 1))
        corner = (1 - part) * (side - 1) * random.random((2, count, 1, 1))
        y = np.rint(corner[0] + y * part).astype(np.intp)
        x = np.rint(corner[1] + x * part).astype(np.intp)
    if settings.shift:
        dy, dx = random.integers(-settings.shift, settings.shift + 1, (2, count, 1, 1))
        y, x = reflected(y + dy, side), reflected(x + dx, side)
    if settings.turns:
        turned, upside_down = random.random((2, count, 1, 1)) < 0.5
        y, x = np.where(turned, x, y), np.where(turned, y, x)
        y = np.where(upside_down, side - 1 - y, y)
    return y, x


def reflected(place: npt.NDArray[np.intp], side: int) -> npt.NDArray[np.intp]:
    """Places beyond the borders, by less than a side, folded back at them."""
    inside: npt.NDArray[np.intp] = side - 1 - np.abs(side - 1 - np.abs(place))
    return np.clip(inside, 0, side - 1)


def hidden(
    count: int, side: int, square: int, random: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """One square in each picture, (count, side, side)."""
    size = min(square, side)
    top, left = random.integers(0, side - size + 1, (2, count, 1))
    line = np.arange(side)
    rows = (line >= top) & (line < top + size)
    columns = (line >= left) & (line < left + size)
    return np.asarray(rows[:, :, None] & columns[:, None, :])


def recoloured(pictures: Pixels, most: float, random: np.random.Generator) -> Pixels:
    """Brightness, contrast and saturation changed by factors from 1 - ``most`` to 1 + ``most``."""
    brightness, contrast, saturation = 1 + most * random.uniform(
        -1, 1, (3, len(pictures), 1, 1, 1)
    ).astype(np.float32)
    values = pictures.astype(np.float32) * brightness
    mean = values.mean((1, 2, 3), keepdims=True)
    values = mean + (values - mean) * contrast
    grey = values.mean(3, keepdims=True)
    values = grey + (values - grey) * saturation
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)
