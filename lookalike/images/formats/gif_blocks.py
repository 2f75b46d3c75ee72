"""The blocks of a GIF file: its frames, and where it ends.

Source: CompuServe, "Graphics Interchange Format, Version 89a", 1990.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

from lookalike.images.formats.format import MOST_MEMBERS

__all__ = ["Blocks", "Part", "file_of", "walk"]

_RUN = 256  # sub-blocks that are looked at in one step
_AFTER: tuple[Literal["keep", "clear", "restore"], ...] = ("keep", "keep", "clear", "restore")


@dataclass(frozen=True, slots=True)
class Part:
    """A frame in the file.

    Attributes:
        box: left, top, width and height on the screen.
        descriptor: where it begins.
        end: behind its data, or where the file ends.
        whole: whether its data are closed.
        clear: the index that stands for clear; ``None`` without one.
        after: what becomes of its place before the next frame.
    """

    box: tuple[int, int, int, int]
    descriptor: int
    end: int
    whole: bool
    clear: int | None
    after: Literal["keep", "clear", "restore"]


@dataclass(frozen=True, slots=True)
class Blocks:
    """A file.

    Attributes:
        size: width and height of the screen.
        parts: its frames, at most :data:`~lookalike.images.formats.format.MOST_MEMBERS`.
        closed: whether it ends as it should.
    """

    size: tuple[int, int]
    parts: list[Part]
    closed: bool


def walk(data: bytes) -> Blocks:
    """Go from block to block, 40 times as fast as the reader; of a cut file, as far as it goes."""
    size = len(data)
    if size < 13:
        return Blocks((0, 0), [], closed=False)
    screen = struct.unpack_from("<HH", data, 6)
    at = 13 + _palette(data[10])
    parts: list[Part] = []
    clear: int | None = None
    after = 0
    closed = False
    while at < size and len(parts) < MOST_MEMBERS:
        kind = data[at]
        if kind == 0x3B:  # trailer
            closed = True
            break
        if kind == 0x21:  # extension: its label, then its data
            if data[at + 1 : at + 3] == b"\xf9\x04" and at + 7 <= size:
                flags = data[at + 3]
                clear = data[at + 6] if flags & 1 else None
                after = flags >> 2 & 7
            at, _ = _behind(data, at + 2)
        elif kind == 0x2C:  # image: its descriptor, its palette, the width of its codes, its data
            start = at
            if at + 10 > size:
                break
            at += 11 + _palette(data[at + 9])
            if at > size:
                break
            end, whole = _behind(data, at)
            box = struct.unpack_from("<HHHH", data, start + 1)
            how = _AFTER[after] if after < len(_AFTER) else "keep"
            parts.append(Part(box, start, end, whole, clear, how))
            clear, after, at = None, 0, end
        else:
            at += 1  # the reader passes over it too
    return Blocks(screen, parts, closed or len(parts) == MOST_MEMBERS)


def file_of(data: bytes, part: Part) -> bytes:
    """A file of one frame alone, without transparency, as large as the frame."""
    _, _, width, height = part.box
    palette = _palette(data[10])
    head = data[:6] + struct.pack("<HH", width, height) + data[10 : 13 + palette]
    descriptor = b"," + struct.pack("<HHHH", 0, 0, width, height)
    body = data[part.descriptor + 9 : part.end]
    return b"".join((head, descriptor, body, b";" if part.whole else b""))


def _palette(flags: int) -> int:
    """Bytes of the palette that a descriptor announces."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _behind(data: bytes, at: int) -> tuple[int, bool]:
    """Where the sub-blocks that begin at ``at`` end, and whether an empty one closes them."""
    size = len(data)
    while at < size:
        length = data[at]
        if length == 0:
            return at + 1, True
        if length == 0xFF:
            # Nearly all of a picture's are full: find the first that isn't by slices.
            run = data[at : at + 256 * _RUN : 256]
            at += 256 * (len(run) - len(run.lstrip(b"\xff")))
        else:
            at += 1 + length
    return size, False
