"""One coded picture of a HEIF file, decoded by itself: a tile, or a thumbnail."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from lookalike.images.heif.items import Item, Items
from lookalike.images.heif.writing import write_items

__all__ = ["decode_still"]

# What says how the bytes are decoded, and to which colours. What turns and cuts is left to whoever
# lays the picture, and what else there is isn't needed.
_KEPT = (b"hvcC", b"ispe", b"pixi", b"colr")


def decode_still(items: Items, number: int, whole: int) -> Image.Image:
    """An item as it lies in the file, decoded by pillow-heif's reader for Pillow.

    Args:
        items: of the file.
        number: of the item.
        whole: of the picture that the item is a part or a smaller version of. Its colours hold
            where the item states none.

    Returns:
        An image of mode ``RGB`` or ``L``, neither turned nor cut.

    Raises:
        MalformedError: its bytes aren't all there.
        Exception: whatever the reader raises at damage.
    """
    item = items.items[number]
    kept = [made for made in item.properties if made.kind in _KEPT]
    if not any(made.kind == b"colr" for made in kept):
        kept += [made for made in items.items[whole].properties if made.kind == b"colr"]
    content = items.content(number)
    data = write_items({1: (Item(item.kind, kept), content)}, 1)
    image = Image.open(BytesIO(data), formats=["HEIF"])
    image.load()
    return image if image.mode in ("RGB", "L") else image.convert("RGB")
