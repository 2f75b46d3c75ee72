"""The tiles of a picture, whole or reduced: so a large picture is never in memory as a whole."""

from __future__ import annotations

import numpy as np
from PIL import Image

from lookalike.images.heif.colours import to_rgb
from lookalike.images.heif.de265 import can_decode, decode_planes
from lookalike.images.heif.items import Items
from lookalike.images.heif.layout import Grid
from lookalike.images.heif.stills import decode_still

__all__ = ["TILE_BYTES", "Tiles", "reduction_of"]

TILE_BYTES = 24
"""What a pixel of a tile takes while it is decoded, roughly: planes, RGB twice, and the decoder."""

# Levels of 255, on average: what leaving out the filters and rounding later make is below 0.5.
_MOST_APART = 1.5


def reduction_of(grid: Grid, least: tuple[int, int]) -> int:
    """The largest power of two by which a grid can be reduced to at least a size, tile by tile.

    Cells of that many pixels each way lie in one tile, so that the result is that of reducing the
    whole picture. 1 where there is none.

    Args:
        grid: the picture.
        least: width and height that it has to have at least, as it lies in the file.
    """
    most = min(whole // side for whole, side in zip(grid.size, least, strict=True))
    powers = (2**power for power in range(10, 0, -1))
    return next((n for n in powers if n <= most and not any(s % n for s in grid.tile)), 1)


class Tiles:
    """The tiles of one picture, decoded one at a time.

    Args:
        items: of the file.
        number: of the picture.
        grid: its layout.
    """

    def __init__(self, items: Items, number: int, grid: Grid) -> None:
        self._items = items
        self._number = number
        self._grid = grid

    def whole(self, index: int) -> Image.Image:
        """What one tile shows of the picture, by libheif; of modes ``RGB`` or ``L``.

        Raises:
            ValueError: the tile has another size than it states.
            Exception: whatever the reader raises at damage.
        """
        image = decode_still(self._items, self._grid.numbers[index], self._number)
        if image.size != self._grid.tile:
            raise ValueError("a tile has another size than it states")
        return self._shown(image, index, (1, 1))

    def sample(self, index: int, reduction: int) -> Image.Image:
        """What one tile shows, reduced: good enough to compare with, not to be shown.

        Args:
            index: of the tile.
            reduction: a power of two; 1 for none.

        Raises:
            Exception: whatever the reader of a tile raises at damage.
        """
        made = self._directly(index, reduction) if can_decode() else None
        return made or self.whole(index).reduce(reduction)

    def reduced(self, reduction: int) -> Image.Image:
        """The picture, each pixel the mean of so many each way, as it lies in the file.

        Cells at the right and at the bottom that reach beyond the picture are the mean of what is
        in it, as :meth:`PIL.Image.Image.reduce` has it.

        Where libde265 can be asked directly, it is, if it gives for one tile what libheif gives.

        Args:
            reduction: as :func:`reduction_of` gives it.

        Raises:
            Exception: whatever the reader of a tile raises at damage.
        """
        count, grid = len(self._grid.numbers), self._grid
        middle = count // 2
        sample = self.whole(middle).reduce(reduction)
        directly = can_decode() and _alike(sample, self._directly(middle, reduction))
        width, height = (-(-side // reduction) for side in grid.size)
        made = Image.new(sample.mode, (width, height))
        for index in range(count):
            part = sample if index == middle else None
            if part is None and directly:
                part = self._directly(index, reduction)
            if part is None:
                part = self.whole(index).reduce(reduction)
            left, top, _, _ = grid.box(index)
            made.paste(part, (left // reduction, top // reduction))
        return made

    def _directly(self, index: int, reduction: int) -> Image.Image | None:
        item = self._items.items[self._grid.numbers[index]]
        planes = decode_planes(
            item.property(b"hvcC") or b"", self._items.content(self._grid.numbers[index])
        )
        if planes is None:
            return None
        made = []
        for samples in planes.samples:
            size = samples.shape[1], samples.shape[0]
            shares = self._grid.tile[0] // size[0], self._grid.tile[1] // size[1]
            if any(
                part * share != side or reduction % share
                for part, share, side in zip(size, shares, self._grid.tile, strict=True)
            ):
                return None
            shown = self._shown(Image.fromarray(samples), index, shares)
            made.append(shown.reduce((reduction // shares[0], reduction // shares[1])))
        if len(made) == 1:
            return made[0]
        properties = [*item.properties, *self._items.items[self._number].properties]
        return to_rgb((made[0], made[1], made[2]), properties, planes.matrix, planes.full_range)

    def _shown(self, image: Image.Image, index: int, shares: tuple[int, int]) -> Image.Image:
        """A tile, or one of its planes, without what reaches beyond the picture."""
        left, top, right, bottom = self._grid.box(index)
        size = -(-(right - left) // shares[0]), -(-(bottom - top) // shares[1])
        return image if image.size == size else image.crop((0, 0, *size))


def _alike(one: Image.Image, other: Image.Image | None) -> bool:
    if other is None or one.mode != other.mode or one.size != other.size:
        return False
    apart = np.abs(np.asarray(one, np.int16) - np.asarray(other, np.int16))
    return float(apart.mean()) <= _MOST_APART
