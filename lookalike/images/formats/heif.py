"""HEIF and HEIC."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PIL import Image

from lookalike.images.formats import avif
from lookalike.images.formats.format import Format, Opened
from lookalike.images.formats.iso import brands_of
from lookalike.images.formats.iso_samples import colours_of, has_films, heif_samples
from lookalike.images.heif.items import Items, read_items
from lookalike.images.heif.layout import Grid, grid_of, upright, upright_size
from lookalike.images.heif.thumbnails import sound_thumbnail
from lookalike.images.heif.tiles import TILE_BYTES, Tiles, reduction_of
from lookalike.images.sameness import Samples
from lookalike.types import Limits

__all__ = ["FORMAT"]

_BRANDS = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
)


class _HEIF(Format):
    name = "HEIF"
    suffixes = (".heic", ".heics", ".heif", ".heifs", ".hif")
    members = "page"

    def recognises(self, data: bytes, suffix: str) -> bool:
        major, brands = brands_of(data)
        return major != b"crx " and bool(brands & _BRANDS) and not brands & avif.BRANDS

    def load_reader(self) -> None:
        import pillow_heif

        # One thread: the pool runs as many children as there are processors.
        pillow_heif.options.DECODE_THREADS = 1
        pillow_heif.register_heif_opener(thumbnails=False)

    def reduced(
        self, opened: Opened, data: bytes, least: tuple[int, int], limits: Limits
    ) -> Opened:
        """By the thumbnail, if it shows what the picture shows; else tile by tile.

        So it is with the primary picture of a file, where that is a grid of tiles, as telephones
        write it. What isn't understood here is left to libheif, which decodes it whole.
        """
        image = opened.image
        if image.mode not in ("RGB", "L") or not image.info.get("primary", False):
            return opened
        items = read_items(data)
        grid = grid_of(items, items.primary) if items else None
        if items is None or grid is None or upright_size(grid.size, grid.turns) != image.size:
            return opened
        lying = upright_size(least, grid.turns)
        reduction = reduction_of(grid, lying)
        if reduction == 1:
            return opened
        profile = image.info.get("icc_profile")
        pixels = grid.size[0] * grid.size[1] // reduction**2
        return Opened(
            image,
            opened.name,
            size=image.size,
            load=lambda: _small(items, grid, lying, reduction, profile),
            needs=grid.tile[0] * grid.tile[1] * TILE_BYTES + 2 * len(data) + 8 * pixels,
            loss=opened.loss,
        )

    def frames(self, image: Image.Image, data: bytes) -> list[int]:
        """The primary picture, which the reader opens, and the others of the collection."""
        first = image.tell()
        return [first, *(frame for frame in super().frames(image, data) if frame != first)]

    def is_exact(self, image: Image.Image, data: bytes) -> bool:
        """Of 8 bits, with nothing beside it."""
        plain = image.info.get("bit_depth") == 8 and not image.info.get("aux")
        return plain and not has_films(data)

    def meaning(self, image: Image.Image, data: bytes) -> bytes:
        return colours_of(data)

    def samples(
        self, opened: Opened, data: bytes, frames: Sequence[int], limits: Limits
    ) -> Iterator[Samples | Image.Image | None]:
        if has_films(data):
            return iter([None])
        return heif_samples(data, frames, limits)


def _small(
    items: Items, grid: Grid, least: tuple[int, int], reduction: int, profile: bytes | None
) -> Image.Image:
    """The primary picture smaller, and upright. Its profile is that of the whole."""
    made = sound_thumbnail(items, items.primary, grid, least)
    if made is None:
        made = Tiles(items, items.primary, grid).reduced(reduction)
    made = upright(made, grid.turns)
    made.info = {"icc_profile": profile} if profile else {}
    return made


FORMAT = _HEIF()
