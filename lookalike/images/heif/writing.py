"""A HEIF file written anew around coded pictures that are there already; nothing is encoded.

That is how one tile of a grid is decoded, and a thumbnail: their bytes become a file of their own.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from lookalike.images.heif.boxes import pack_box, pack_full_box
from lookalike.images.heif.items import Item, Property

__all__ = ["write_items"]


def write_items(
    items: Mapping[int, tuple[Item, bytes]], primary: int, brand: bytes = b"heic"
) -> bytes:
    """A file of these items.

    Args:
        items: for each number the item and its bytes; where the item says that they are is not
            looked at.
        primary: the number of the picture that is shown.
        brand: what the file is named as: ``heic``, ``avif``.
    """
    properties: list[Property] = []
    index: dict[tuple[bytes, bytes], int] = {}
    for item, _ in items.values():
        for made in item.properties:
            key = (made.kind, made.content)
            if key not in index:
                properties.append(made)
                index[key] = len(properties)
    parts = [
        pack_full_box(b"hdlr", 0, 0, b"\0\0\0\0pict", b"\0" * 13),
        pack_full_box(b"pitm", 1, 0, struct.pack(">I", primary)),
        pack_full_box(b"iinf", 1, 0, struct.pack(">I", len(items)), *map(_entry, items.items())),
        pack_box(
            b"iprp",
            pack_box(b"ipco", *(pack_box(made.kind, made.content) for made in properties)),
            _associations(items, index),
        ),
    ]
    references = _references(items)
    if references:
        parts.append(pack_full_box(b"iref", 1, 0, *references))
    head = pack_box(b"ftyp", brand, b"\0\0\0\0", b"mif1", brand)
    # The places are as long whatever they are, so that the first can be told before they are.
    length = len(_places(items, 0)) + sum(map(len, parts)) + len(pack_full_box(b"meta", 0, 0))
    start = len(head) + length + len(pack_box(b"mdat"))
    meta = pack_full_box(b"meta", 0, 0, *parts, _places(items, start))
    return head + meta + pack_box(b"mdat", *(content for _, content in items.values()))


def _entry(numbered: tuple[int, tuple[Item, bytes]]) -> bytes:
    number, (item, _) = numbered
    return pack_full_box(b"infe", 3, item.hidden, struct.pack(">IH", number, 0), item.kind, b"\0")


def _associations(
    items: Mapping[int, tuple[Item, bytes]], index: Mapping[tuple[bytes, bytes], int]
) -> bytes:
    rows = [struct.pack(">I", len(items))]
    for number, (item, _) in items.items():
        rows.append(struct.pack(">IB", number, len(item.properties)))
        for made in item.properties:
            at = index[made.kind, made.content]
            rows.append(struct.pack(">H", made.essential << 15 | at))
    return pack_full_box(b"ipma", 1, 1, *rows)


def _references(items: Mapping[int, tuple[Item, bytes]]) -> Sequence[bytes]:
    return [
        pack_box(kind, struct.pack(f">IH{len(targets)}I", number, len(targets), *targets))
        for number, (item, _) in items.items()
        for kind, targets in item.references.items()
    ]


def _places(items: Mapping[int, tuple[Item, bytes]], start: int) -> bytes:
    rows = [struct.pack(">HI", 0x4400, len(items))]
    for number, (_, content) in items.items():
        rows.append(struct.pack(">IHHHII", number, 0, 0, 1, start, len(content)))
        start += len(content)
    return pack_full_box(b"iloc", 2, 0, *rows)
