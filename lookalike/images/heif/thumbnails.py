"""The thumbnail of a picture, believed only where it shows what tiles of the picture show.

A thumbnail may be of another crop, or from before an edit: nothing in a file ties the two together.
"""

from __future__ import annotations

from collections.abc import Iterator

from PIL import Image

from lookalike.images.heif.choosing import place_of, tiles_to_check
from lookalike.images.heif.items import Items
from lookalike.images.heif.layout import CODED, Grid, coded_size, turns_of, upright
from lookalike.images.heif.likeness import compare
from lookalike.images.heif.stills import decode_still
from lookalike.images.heif.tiles import Tiles
from lookalike.images.reasons import cause_of

__all__ = ["ENLARGED", "sound_thumbnail"]

ENLARGED = 1.6
"""How far a thumbnail may be enlarged to what is asked for: 320 pixels will do for 512."""

_SMALLER = 2  # a thumbnail has at most half of the picture's width: else nothing is gained
_MOST_TRIED = 3
_BACK = {
    Image.Transpose.ROTATE_90: Image.Transpose.ROTATE_270,
    Image.Transpose.ROTATE_270: Image.Transpose.ROTATE_90,
}


def sound_thumbnail(
    items: Items, number: int, grid: Grid, least: tuple[int, int]
) -> Image.Image | None:
    """The smallest thumbnail that will do and shows what the picture shows, as the picture lies.

    Nothing is raised: whatever is wrong with a thumbnail, the picture is there without it.

    Args:
        items: of the file.
        number: of the picture.
        grid: its layout.
        least: width and height that are asked for, as the picture lies in the file.

    Returns:
        An image of mode ``RGB`` or ``L``, of the picture's aspect; ``None`` where there is none.
    """
    tiles = Tiles(items, number, grid)
    samples: dict[tuple[int, int], Image.Image] = {}  # those that were decoded
    for thumbnail in _candidates(items, number, grid, least):
        try:
            still = decode_still(items, thumbnail, number)
            for laid in _as_picture(still, turns_of(items.items[thumbnail]) or (), grid):
                if _shows_the_same(items, grid, laid, tiles, samples):
                    return laid
        except Exception as error:
            if cause_of(error) == "memory":
                return None
            continue  # damaged: as if it weren't there
    return None


def _candidates(items: Items, number: int, grid: Grid, least: tuple[int, int]) -> list[int]:
    """Thumbnails large enough, the smallest first."""
    found = []
    for thumbnail in items.thumbnails(number):
        item = items.items[thumbnail]
        size = coded_size(item)
        if item.kind not in CODED or size is None or turns_of(item) is None:
            continue
        longest, asked = max(size), max(least)
        if longest * ENLARGED >= asked and longest * _SMALLER <= max(grid.size):
            found.append((longest, thumbnail))
    return [thumbnail for _, thumbnail in sorted(found)[:_MOST_TRIED]]


def _as_picture(
    still: Image.Image, turns: tuple[Image.Transpose, ...], grid: Grid
) -> Iterator[Image.Image]:
    """The thumbnail as the picture lies in the file: by its own turns, and else by the picture's.

    Some writers leave it to the reader to turn a thumbnail as the picture is.
    """
    laid = upright(still, turns)
    for turn in reversed(grid.turns):
        laid = laid.transpose(_BACK.get(turn, turn))
    if _same_aspect(laid.size, grid.size):
        yield laid
    if not turns and grid.turns and _same_aspect(still.size, grid.size):
        yield still


def _same_aspect(small: tuple[int, int], large: tuple[int, int]) -> bool:
    """Whether a height or a width differs by no more than a pixel from what the aspect says."""
    across = abs(small[0] * large[1] - small[1] * large[0])
    return across <= max(large)


def _shows_the_same(
    items: Items,
    grid: Grid,
    laid: Image.Image,
    tiles: Tiles,
    samples: dict[tuple[int, int], Image.Image],
) -> bool:
    """Whether the tiles that tell most show what the thumbnail has there."""
    chosen = tiles_to_check(items, grid, laid)
    scale = max(grid.size) / max(laid.size)
    reduction = next(n for n in (8, 4, 2, 1) if n <= scale)
    for index in chosen:
        if (index, reduction) not in samples:
            samples[index, reduction] = tiles.sample(index, reduction)
    parts = [samples[index, reduction] for index in chosen]
    places = [place_of(grid, index, laid.size) for index in chosen]
    return bool(parts) and compare(parts, laid, places).same
