"""The items of a HEIF file: coded pictures, grids of them, thumbnails, and what is known of each.

Source: ISO/IEC 23008-12 (HEIF) and, for the boxes of items, ISO/IEC 14496-12, section 8.11.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from lookalike.images.heif.boxes import Box, MalformedError, Reader, boxes

__all__ = ["Item", "Items", "Property", "read_items"]

_MOST_ITEMS = 4_000  # libheif opens no file of more than a thousand
_MOST_EXTENTS = 64  # of one item; writers make one
_MOST_REFERENCES = 16_000  # in all
_MOST_META_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class Property:
    """A property of items.

    Attributes:
        kind: its four letters, such as ``ispe``.
        content: the bytes of its box behind the header.
        essential: whether who doesn't know the property mustn't show the item.
    """

    kind: bytes
    content: bytes
    essential: bool = False


@dataclass(slots=True)
class Item:
    """An item.

    Attributes:
        kind: its four letters: ``hvc1`` for a coded picture, ``grid`` for one made of tiles.
        properties: in the order in which they apply.
        method: where its bytes are: 0 in the file, 1 in the ``idat`` box.
        extents: offset and length of each piece of its bytes; a length of 0 is all there is.
        references: numbers of items that it refers to, by the kind of reference.
        hidden: whether it isn't to be shown by itself, as a tile.
    """

    kind: bytes
    properties: list[Property] = field(default_factory=list)
    method: int = 0
    extents: list[tuple[int, int]] = field(default_factory=list)
    references: dict[bytes, list[int]] = field(default_factory=dict)
    hidden: bool = False

    def property(self, kind: bytes) -> bytes | None:
        """The content of the one property of a kind; ``None`` where there is none, or several."""
        found = [made.content for made in self.properties if made.kind == kind]
        return found[0] if len(found) == 1 else None


class Items:
    """The items of a file, by number.

    Args:
        data: the file.
        primary: the number of the picture that is shown.
        items: all of them.
        idat: start and end of the bytes in the ``idat`` box.
    """

    def __init__(
        self, data: bytes, primary: int, items: dict[int, Item], idat: tuple[int, int]
    ) -> None:
        self._data = data
        self._idat = idat
        self.primary = primary
        self.items = items

    def content(self, number: int) -> bytes:
        """The bytes of an item.

        Raises:
            MalformedError: they aren't all in the file.
        """
        item = self.items[number]
        start, end = self._idat if item.method == 1 else (0, len(self._data))
        if item.method not in (0, 1) or not item.extents:
            raise MalformedError("the bytes of an item lie where they aren't read from")
        pieces = []
        for offset, length in item.extents:
            place = start + offset
            length = length or end - place
            if not start <= place < place + length <= end:
                raise MalformedError("the bytes of an item lie beyond the file")
            pieces.append(self._data[place : place + length])
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def thumbnails(self, number: int) -> list[int]:
        """The items that say of themselves to be a thumbnail of this one."""
        return [n for n, item in self.items.items() if number in item.references.get(b"thmb", ())]


def read_items(data: bytes) -> Items | None:
    """The items of a file; ``None`` where they can't be made out. Nothing is decoded."""
    try:
        return _read(data)
    except MalformedError:
        return None


def _read(data: bytes) -> Items:
    meta = _first(data, 0, len(data), b"meta")
    if meta.end - meta.start > _MOST_META_BYTES:
        raise MalformedError("too much is said of the items")
    children: dict[bytes, Box] = {}
    for box in boxes(data, meta.start + 4, meta.end):  # behind its version
        children.setdefault(box.kind, box)
    items: dict[int, Item] = {}
    for kind, read in _PARTS.items():
        if kind in children:
            box = children[kind]
            read(data, box, items)
    if b"pitm" not in children:
        raise MalformedError("no picture is the primary one")
    reader = _reader(data, children[b"pitm"])
    version, _ = reader.version()
    primary = reader.number(4 if version else 2)
    if primary not in items:
        raise MalformedError("the primary picture isn't there")
    idat = children.get(b"idat")
    return Items(data, primary, items, (idat.start, idat.end) if idat else (0, 0))


def _first(data: bytes, start: int, end: int, kind: bytes) -> Box:
    # What follows the first may be cut: only what is needed has to be whole.
    for box in boxes(data, start, end):
        if box.kind == kind:
            return box
    raise MalformedError(f"there is no {kind.decode('latin-1')} box")


def _reader(data: bytes, box: Box) -> Reader:
    return Reader(data, box.start, box.end)


def _read_kinds(data: bytes, box: Box, items: dict[int, Item]) -> None:
    """Of ``iinf``: what items there are."""
    reader = _reader(data, box)
    version, _ = reader.version()
    count = reader.number(4 if version else 2)
    if count > _MOST_ITEMS:
        raise MalformedError("too many items")
    for entry in boxes(data, reader.at, box.end):
        if entry.kind != b"infe":
            continue
        inner = _reader(data, entry)
        version, flags = inner.version()
        if version < 2:
            raise MalformedError("items of an older standard")
        number = inner.number(4 if version > 2 else 2)
        protection = inner.number(2)
        if number in items:
            raise MalformedError("two items of one number")
        if not protection:
            items[number] = Item(inner.take(4), hidden=bool(flags & 1))
    if len(items) > _MOST_ITEMS:
        raise MalformedError("too many items")


def _read_places(data: bytes, box: Box, items: dict[int, Item]) -> None:
    """Of ``iloc``: where the bytes of each item are."""
    reader = _reader(data, box)
    version, _ = reader.version()
    if version > 2:
        raise MalformedError("a newer standard")
    sizes = reader.number(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    wide = 4 if version == 2 else 2
    seen = set()
    for _ in range(min(reader.number(wide), _MOST_ITEMS)):
        number = reader.number(wide)
        method = reader.number(2) & 15 if version else 0
        elsewhere = reader.number(2)
        base = reader.number(base_size)
        count = reader.number(2)
        if count > _MOST_EXTENTS or number in seen:
            raise MalformedError("an item in too many pieces, or placed twice")
        seen.add(number)
        extents = []
        for _ in range(count):
            reader.number(index_size)
            offset = reader.number(offset_size)
            extents.append((base + offset, reader.number(length_size)))
        if number in items:
            items[number].method = -1 if elsewhere else method
            items[number].extents = extents


def _read_properties(data: bytes, box: Box, items: dict[int, Item]) -> None:
    """Of ``iprp``: the properties, and which item has which."""
    inner = list(boxes(data, box.start, box.end))
    if not inner or inner[0].kind != b"ipco":
        raise MalformedError("no properties")
    made = [
        (held.kind, data[held.start : held.end])
        for held in boxes(data, inner[0].start, inner[0].end)
    ]
    for table in inner[1:]:
        if table.kind != b"ipma":
            continue
        reader = _reader(data, table)
        version, flags = reader.version()
        index_size = 2 if flags & 1 else 1
        for _ in range(min(reader.number(4), _MOST_ITEMS)):
            number = reader.number(4 if version else 2)
            for _ in range(reader.number(1)):
                index = reader.number(index_size)
                essential = bool(index >> (8 * index_size - 1))
                index &= (1 << (8 * index_size - 1)) - 1
                if index > len(made):
                    raise MalformedError("a property that isn't there")
                if index and number in items:
                    items[number].properties.append(Property(*made[index - 1], essential))


def _read_references(data: bytes, box: Box, items: dict[int, Item]) -> None:
    """Of ``iref``: which item refers to which."""
    reader = _reader(data, box)
    version, _ = reader.version()
    wide = 4 if version else 2
    left = _MOST_REFERENCES
    for held in boxes(data, reader.at, box.end):
        inner = _reader(data, held)
        origin = inner.number(wide)
        count = inner.number(2)
        left -= count
        if left < 0:
            raise MalformedError("too many references")
        targets = [inner.number(wide) for _ in range(count)]
        if origin in items:
            items[origin].references.setdefault(held.kind, []).extend(targets)


# In the order in which they are read: the first one makes the items.
_PARTS: dict[bytes, Callable[[bytes, Box, dict[int, Item]], None]] = {
    b"iinf": _read_kinds,
    b"iloc": _read_places,
    b"iprp": _read_properties,
    b"iref": _read_references,
}
