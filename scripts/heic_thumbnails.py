"""Puts thumbnails into HEIC files: sound ones, and such as show something else than the picture.

What ``make_heic_photos.py`` and the tests share.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import pillow_heif
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from lookalike.images.heif.items import Item, read_items
from lookalike.images.heif.writing import write_items

THUMBNAIL = 320

Small = Image.Image
# What a thumbnail may show in place of the picture; the second argument is another picture's.
LIES: dict[str, Callable[[Small, Small], Small]] = {
    "another-crop-80": lambda small, _: part(small, 0.1, 0.1, 0.9, 0.9),
    "another-crop-90": lambda small, _: part(small, 0.05, 0.05, 0.95, 0.95),
    "another-crop-corner": lambda small, _: part(small, 0.0, 0.0, 0.75, 0.75),
    "mirrored": lambda small, _: ImageOps.mirror(small),
    "upside-down": lambda small, _: small.transpose(Image.Transpose.ROTATE_180),
    "left-half": lambda small, _: part(small, 0.0, 0.0, 0.5, 1.0),
    "right-half": lambda small, _: part(small, 0.5, 0.0, 1.0, 1.0),
    "halves-exchanged": lambda small, _: exchanged(small),
    "brighter": lambda small, _: ImageEnhance.Brightness(small).enhance(1.2),
    "darker": lambda small, _: ImageEnhance.Brightness(small).enhance(0.8),
    "warmer": lambda small, _: Image.blend(small, Image.new("RGB", small.size, "orange"), 0.15),
    "less-contrast": lambda small, _: ImageEnhance.Contrast(small).enhance(0.75),
    "grey": lambda small, _: ImageOps.grayscale(small).convert("RGB"),
    "negative": lambda small, _: ImageOps.invert(small),
    "another-aspect": lambda small, _: small.resize((small.width, small.width)),
    "another-aspect-cut": lambda small, _: part(small, 0.0, 0.125, 1.0, 0.875, fit=False),
    "too-small": lambda small, _: small.resize((32, 24), Image.Resampling.BOX),
    "another-picture": lambda _, other: other,
    "before-an-edit": lambda small, _: written(small),
    "blurred": lambda small, _: small.filter(ImageFilter.GaussianBlur(6)),
}


def small_of(image: Image.Image) -> Image.Image:
    """What a thumbnail should show."""
    small = image.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS, reducing_gap=None)
    return small


def with_thumbnail(data: bytes, small: Image.Image | None, turned: bool = True) -> bytes:
    """A HEIC file with another thumbnail, or none, and otherwise the same items.

    Args:
        data: the file.
        small: the thumbnail; as the picture lies in the file where it is to be turned.
        turned: whether the thumbnail is marked to be turned as the picture is.
    """
    items = read_items(data)
    if items is None:
        raise SystemExit("a HEIC file that isn't understood")
    old = items.thumbnails(items.primary)
    kept = {n: (item, items.content(n)) for n, item in items.items.items() if n not in old}
    if small is not None:
        coded = io.BytesIO()
        bare = Image.new("RGB", small.size)  # without EXIF, which would be written as a turn
        bare.paste(small)
        pillow_heif.from_pillow(bare).save(coded, quality=60, tile_size=0)
        read = read_items(coded.getvalue())
        assert read is not None
        primary = read.items[read.primary]
        turns = [p for p in items.items[items.primary].properties if p.kind in (b"irot", b"imir")]
        made = Item(primary.kind, [*primary.properties, *(turns if turned else ())])
        made.references[b"thmb"] = [items.primary]
        kept[max(kept) + 1] = made, read.content(read.primary)
    return write_items(kept, items.primary)


def part(
    small: Small, left: float, top: float, right: float, bottom: float, fit: bool = True
) -> Small:
    """A part of it, by shares of its sides, enlarged to its size if it is to fit."""
    width, height = small.size
    box = round(left * width), round(top * height), round(right * width), round(bottom * height)
    cut = small.crop(box)
    return cut.resize(small.size, Image.Resampling.BICUBIC) if fit else cut


def exchanged(small: Small) -> Small:
    """Its left half on the right."""
    made, half = small.copy(), small.width // 2
    made.paste(small.crop((0, 0, half, small.height)), (small.width - half, 0))
    made.paste(small.crop((small.width - half, 0, *small.size)), (0, 0))
    return made


def written(small: Small) -> Small:
    """With bars and a frame over all of it, as before they were taken away."""
    made = small.copy()
    drawn = ImageDraw.Draw(made)
    for top in range(10, small.height, 40):
        drawn.rectangle((0, top, small.width, top + 12), fill="white")
        drawn.rectangle((0, top + 4, small.width, top + 8), fill="black")
    return made
