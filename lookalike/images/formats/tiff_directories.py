"""The directories of a TIFF: what a file says of each picture in it, and which belong together."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

__all__ = ["Directory", "Page", "chain", "directory_at", "is_tiff", "pages_of", "sub_directories"]

_MAGIC: Final = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")  # the last two are BigTIFF
_MOST_ENTRIES = 1_000  # of a directory that are looked at
_MOST_VALUES = 2_000_000  # of a tag: tiles of 16 x 16 of the largest picture that is read
_MOST_SUB_DIRECTORIES = 64
# Widths and codes of the types of values (TIFF 6.0, section 2; BigTIFF adds 16 to 18).
_TYPES: Final = {
    1: (1, "B"), 2: (1, "B"), 3: (2, "H"), 4: (4, "I"), 6: (1, "b"), 7: (1, "B"), 8: (2, "h"),
    9: (4, "i"), 11: (4, "f"), 12: (8, "d"), 13: (4, "I"), 16: (8, "Q"), 17: (8, "q"), 18: (8, "Q"),
    5: (8, ""), 10: (8, ""),  # fractions
}  # fmt: skip

SUBFILE_TYPE, OLD_SUBFILE_TYPE, WIDTH, LENGTH, BITS, COMPRESSION = 254, 255, 256, 257, 258, 259
PHOTOMETRIC, DESCRIPTION, STRIP_OFFSETS, ORIENTATION, SAMPLES = 262, 270, 273, 274, 277
ROWS, STRIP_BYTES, PLANAR, PREDICTOR, COLOUR_MAP = 278, 279, 284, 317, 320
TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_BYTES, SUB_DIRECTORIES = 322, 323, 324, 325, 330
EXTRA, SAMPLE_FORMAT, PROFILE, NO_DATA, DEPTH = 338, 339, 34675, 42113, 32997

REDUCED, MASK = 1, 4  # bits of NewSubfileType: a smaller version of another picture, or a mask


def is_tiff(data: bytes) -> bool:
    """Whether a file is a TIFF, camera raw or not."""
    return data.startswith(_MAGIC) and data[4:8] != b"ftyp"


@dataclass(frozen=True)
class Directory:
    """What a file says of one of its pictures.

    Attributes:
        data: the file.
        at: where the directory begins.
        frame: its place on the chain of directories, from 0; -1 for one that is reached by another.
        entries: for each tag its type, the number of its values and where in the file they lie.
    """

    data: bytes = field(repr=False)
    at: int
    frame: int
    entries: dict[int, tuple[int, int, int]] = field(repr=False)

    def numbers(self, tag: int) -> tuple[float, ...]:
        """The values of a tag; none where it is missing, or doesn't lie in the file."""
        kind, count, at = self.entries.get(tag, (0, 0, 0))
        width, code = _TYPES.get(kind, (0, ""))
        if not code or count > _MOST_VALUES or at + count * width > len(self.data):
            return ()
        return struct.unpack_from(f"{_order(self.data)}{count}{code}", self.data, at)

    def number(self, tag: int, default: int = 0) -> int:
        """The first value of a tag, as a whole number."""
        values = self.numbers(tag)
        return int(values[0]) if values and values[0] == values[0] else default

    def rationals(self, tag: int) -> tuple[float, ...]:
        """The values of a tag that are fractions, as far as they make sense; at most 100."""
        kind, count, at = self.entries.get(tag, (0, 0, 0))
        if kind not in (5, 10) or count > 100 or at + 8 * count > len(self.data):
            return ()
        code = f"{_order(self.data)}{2 * count}{'I' if kind == 5 else 'i'}"
        values = struct.unpack_from(code, self.data, at)
        if not all(values[1::2]):
            return ()
        return tuple(a / b for a, b in zip(values[::2], values[1::2], strict=True))

    def raw(self, tag: int) -> bytes:
        """The bytes of a tag whose values are text or bytes."""
        kind, count, at = self.entries.get(tag, (0, 0, 0))
        return self.data[at : at + count] if kind in (1, 2, 7) else b""

    @cached_property
    def size(self) -> tuple[int, int]:
        """Width and height, in pixels."""
        return self.number(WIDTH), self.number(LENGTH)

    @cached_property
    def kind(self) -> int:
        """The bits of NewSubfileType, or what the older tag says; 0 where there is neither."""
        if SUBFILE_TYPE in self.entries:
            return self.number(SUBFILE_TYPE)
        return REDUCED if self.number(OLD_SUBFILE_TYPE) == 2 else 0

    @property
    def is_picture(self) -> bool:
        """Whether it is neither a smaller version of another one nor a mask."""
        return not self.kind & (REDUCED | MASK)


@dataclass(frozen=True)
class Page:
    """A picture, with the smaller versions that the file says it has.

    Attributes:
        main: the picture at its full size.
        smaller: in the file's order; each has less width and height than the picture.
    """

    main: Directory
    smaller: list[Directory]


def pages_of(data: bytes, most: int) -> list[Page]:
    """The pictures of a file, each once: no smaller versions, no masks.

    A picture that says of itself that it is a smaller version, and that has the larger one below it
    (SubIFDs) or behind it on the chain, gives place to that one: so scanners write their pictures.

    Args:
        data: the file.
        most: directories on the chain that are looked at.
    """
    pages: list[Page] = []
    early: list[Directory] = []  # smaller versions before any picture
    for directory in chain(data, most):
        if directory.kind & MASK and directory.frame:
            continue
        below = sub_directories(directory)
        main = directory
        if directory.kind & REDUCED:
            wholes = [sub for sub in below if sub.is_picture and _is_larger(sub, directory)]
            if wholes:
                main = max(wholes, key=lambda sub: sub.size)
                below.append(directory)
            elif not pages:
                early.append(directory)
                continue
            else:
                _add(pages[-1], [directory])
                continue
        elif not pages and early:  # which of them are smaller is known only now
            if not _is_larger(directory, early[0]):
                pages.append(Page(early[0], []))
            else:
                below += early
        pages.append(Page(main, []))
        _add(pages[-1], below)
    return pages or [Page(directory, []) for directory in early[:1]]


def _add(page: Page, smaller: list[Directory]) -> None:
    page.smaller.extend(one for one in smaller if one.kind & REDUCED and _is_larger(page.main, one))


def _is_larger(one: Directory, other: Directory) -> bool:
    return one.size[0] > other.size[0] and one.size[1] > other.size[1]


def chain(data: bytes, most: int) -> Iterator[Directory]:
    """The directories on the chain.

    It ends where it is broken or comes back to itself. Pillow's reader would set up each page to be
    decoded, which takes a hundred times as long.

    Source: Adobe, "TIFF Revision 6.0", 1992, sections 2 and 8; for BigTIFF libtiff's "BigTIFF
    Design", 2007.
    """
    link = struct.Struct(_order(data) + ("Q" if _is_big(data) else "I"))
    seen: set[int] = set()
    try:
        (at,) = link.unpack_from(data, 8 if _is_big(data) else 4)
        while at and at not in seen and len(seen) < most:
            seen.add(at)
            directory, end = _read(data, at, len(seen) - 1)
            (at,) = link.unpack_from(data, end)
            yield directory
    except (struct.error, OverflowError):
        return


def sub_directories(directory: Directory) -> list[Directory]:
    """The directories that one names in its tag SubIFDs; those that are broken are left out."""
    found = []
    for at in directory.numbers(SUB_DIRECTORIES)[:_MOST_SUB_DIRECTORIES]:
        try:
            found.append(_read(directory.data, int(at), -1)[0])
        except (struct.error, OverflowError, ValueError):
            continue
    return found


def directory_at(data: bytes, at: int) -> Directory:
    """The directory that begins at ``at``.

    Raises:
        struct.error: it doesn't lie in the file.
    """
    return _read(data, at, -1)[0]


def _read(data: bytes, at: int, frame: int) -> tuple[Directory, int]:
    """The directory that begins at ``at``, and where its entries end.

    Raises:
        struct.error: it doesn't lie in the file.
    """
    order, big = _order(data), _is_big(data)
    head, entry, room = ("Q", "HHQ", 8) if big else ("H", "HHI", 4)
    (count,) = struct.unpack_from(order + head, data, at)
    at_entries = at + struct.calcsize("=" + head)
    step = struct.calcsize("=" + entry) + room
    end = at_entries + count * step
    if end > len(data):
        raise struct.error("the file ends inside a directory")
    few = data[at_entries : at_entries + min(count, _MOST_ENTRIES) * step]
    place = at_entries + step - room
    entries: dict[int, tuple[int, int, int]] = {}
    for tag, kind, values, value in struct.iter_unpack(order + entry + ("Q" if big else "I"), few):
        fits = values * _TYPES.get(kind, (1, ""))[0] <= room
        entries.setdefault(tag, (kind, values, place if fits else value))
        place += step
    return Directory(data, at, frame, entries), end


def _order(data: bytes) -> str:
    return "<" if data[:2] == b"II" else ">"


def _is_big(data: bytes) -> bool:
    return data[2:4] in (b"+\x00", b"\x00+")
