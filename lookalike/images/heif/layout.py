"""How a picture of a HEIF file is laid out: its tiles, and how it is turned to be shown.

Only plain pictures are understood here: one coded picture, or a grid of them, with no crop, overlay
or other derivation. Of any other there is no layout, and it is decoded whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PIL import Image

from lookalike.images.heif.boxes import MalformedError, Reader
from lookalike.images.heif.items import Item, Items

__all__ = ["CODED", "Grid", "coded_size", "grid_of", "turns_of", "upright", "upright_size"]

CODED: Final = (b"hvc1",)
"""Kinds of items that are one coded picture and can become a file of their own."""

_MOST_TILES = 1_000  # libheif opens no file of more items
# What changes where a pixel of an item is shown.
_MOVING = (b"irot", b"imir", b"clap")
_ROTATIONS = {
    1: Image.Transpose.ROTATE_90,
    2: Image.Transpose.ROTATE_180,
    3: Image.Transpose.ROTATE_270,
}
# As libheif and libavif have it: 0 exchanges top and bottom.
_MIRRORS = {0: Image.Transpose.FLIP_TOP_BOTTOM, 1: Image.Transpose.FLIP_LEFT_RIGHT}
_QUARTERS = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270)


@dataclass(frozen=True, slots=True)
class Grid:
    """A picture made of tiles of one size, in rows from the top left corner.

    Attributes:
        size: width and height of the picture as it lies in the file, before it is turned. Tiles at
            the right and at the bottom may reach beyond it.
        tile: width and height of a tile.
        columns: tiles in a row.
        numbers: of the items that are the tiles, row by row.
        turns: what makes the picture upright, the first first.
    """

    size: tuple[int, int]
    tile: tuple[int, int]
    columns: int
    numbers: tuple[int, ...]
    turns: tuple[Image.Transpose, ...]

    def box(self, index: int) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of what a tile shows of the picture."""
        left = index % self.columns * self.tile[0]
        top = index // self.columns * self.tile[1]
        right, bottom = min(left + self.tile[0], self.size[0]), top + self.tile[1]
        return left, top, right, min(bottom, self.size[1])


def grid_of(items: Items, number: int) -> Grid | None:
    """The grid of a picture; ``None`` where it is no grid, or isn't understood.

    Every tile is coded by itself, isn't turned or cut, and is needed to cover the picture.
    """
    try:
        return _grid(items, number)
    except (MalformedError, KeyError):
        return None


def _grid(items: Items, number: int) -> Grid | None:
    item = items.items[number]
    tiles = item.references.get(b"dimg", [])
    turns = turns_of(item)
    if item.kind != b"grid" or not 1 <= len(tiles) <= _MOST_TILES or turns is None:
        return None
    content = items.content(number)
    reader = Reader(content, 0, len(content))
    reader.number(1)  # its version
    flags = reader.number(1)
    rows, columns = reader.number(1) + 1, reader.number(1) + 1
    wide = 4 if flags & 1 else 2
    size = reader.number(wide), reader.number(wide)
    sizes = {coded_size(items.items[tile]) for tile in tiles}
    if len(sizes) != 1 or rows * columns != len(tiles) or size != coded_size(item, kinds=None):
        return None
    tile = sizes.pop()
    if tile is None or any(turns_of(items.items[n]) != () for n in tiles):
        return None
    if not all(
        (count - 1) * side < whole <= count * side
        for count, side, whole in zip((columns, rows), tile, size, strict=True)
    ):
        return None
    return Grid(size, tile, columns, tuple(tiles), turns)


def coded_size(item: Item, kinds: tuple[bytes, ...] | None = CODED) -> tuple[int, int] | None:
    """Width and height that an item states, if it is of one of the kinds (``None``: of any)."""
    stated = item.property(b"ispe")
    if stated is None or len(stated) != 12 or (kinds is not None and item.kind not in kinds):
        return None
    width, height = int.from_bytes(stated[4:8], "big"), int.from_bytes(stated[8:], "big")
    return (width, height) if width and height else None


def turns_of(item: Item) -> tuple[Image.Transpose, ...] | None:
    """What makes an item upright, the first first; ``None`` where it is cut or not understood."""
    turns = []
    for made in item.properties:
        if made.kind not in _MOVING:
            continue
        if made.kind == b"clap" or len(made.content) != 1:
            return None
        if made.kind == b"irot":
            if made.content[0] & 3:
                turns.append(_ROTATIONS[made.content[0] & 3])
        else:
            turns.append(_MIRRORS[made.content[0] & 1])
    return tuple(turns)


def upright(image: Image.Image, turns: tuple[Image.Transpose, ...]) -> Image.Image:
    """A picture turned as its item says."""
    for turn in turns:
        image = image.transpose(turn)
    return image


def upright_size(size: tuple[int, int], turns: tuple[Image.Transpose, ...]) -> tuple[int, int]:
    """Width and height of a picture that was turned so."""
    return size[::-1] if sum(turn in _QUARTERS for turn in turns) % 2 else size
