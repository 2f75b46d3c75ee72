"""The chunks of a PNG file: which there are, which are sound, and files made of them anew."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from lookalike.errors import PictureFailed

__all__ = ["SIGNATURE", "Chunks", "Header", "Piece", "assembled", "chunk", "walk"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type


@dataclass(frozen=True, slots=True)
class Header:
    """What IHDR says (PNG specification, third edition, section 11.2.1)."""

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool

    @property
    def grey(self) -> bool:
        """Whether the picture is grey, with or without transparency."""
        return self.colour in (0, 4)

    def row_bytes(self, width: int) -> int:
        """Bytes of a row of some pixels, with its filter."""
        return 1 + (width * self.depth * _CHANNELS.get(self.colour, 1) + 7) // 8


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk.

    Attributes:
        name: four letters.
        at: where its data begin in the file.
        end: and where they end; of a cut one, where the file ends.
        sound: whether it is whole and its checksum right.
    """

    name: bytes
    at: int
    end: int
    sound: bool


@dataclass(frozen=True, slots=True)
class Chunks:
    """All chunks of a file.

    Attributes:
        header: the picture's.
        pieces: in the order of the file, without IHDR and IEND.
        end: how the file ends: ``whole``, without a sound IEND, or ``cut`` inside of a chunk.
        unsound: the names of chunks with a wrong checksum, each once.
    """

    header: Header
    pieces: list[Piece] = field(default_factory=list)
    end: str = "whole"
    unsound: list[bytes] = field(default_factory=list)


def walk(data: bytes) -> Chunks:
    """Find the chunks of a file and compare their checksums (about 1 GB/s).

    Raises:
        PictureFailed: the header is missing, or its checksum is wrong.
    """
    if len(data) < 33:
        raise PictureFailed("truncated PNG: the file ends inside its header")
    length, name = struct.unpack_from(">I4s", data, 8)
    if name != b"IHDR" or length != 13:
        raise PictureFailed("damaged PNG: it doesn't begin with a header")
    view, unpack = memoryview(data), struct.Struct(">I4s").unpack_from
    if zlib.crc32(view[12:29]) != int.from_bytes(data[29:33], "big"):
        raise PictureFailed("damaged PNG: wrong checksum in chunk b'IHDR'")
    width, height, depth, colour, _, _, interlace = struct.unpack_from(">IIBBBBB", data, 16)
    header = Header(width, height, depth, colour, interlace == 1)
    pieces: list[Piece] = []
    unsound: list[bytes] = []
    at, size = 33, len(data)
    end = "open"
    while at + 12 <= size:
        length, name = unpack(data, at)
        behind = at + 12 + length
        if behind > size or not name.isalpha():
            end = "cut"
            if name in (b"IDAT", b"fdAT"):
                pieces.append(Piece(name, at + 8, size, sound=False))
            break
        sound = zlib.crc32(view[at + 4 : behind - 4]) == int.from_bytes(
            view[behind - 4 : behind], "big"
        )
        if name == b"IEND":
            end = "whole" if sound else "open"
            break
        if not sound and name not in unsound:
            unsound.append(name)
        pieces.append(Piece(name, at + 8, behind - 4, sound))
        at = behind
    return Chunks(header, pieces, end, unsound)


def chunk(name: bytes, data: bytes) -> bytes:
    """A chunk with its length and its checksum."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def assembled(
    header: Header, ancillary: Iterable[bytes], pixels: bytes, *, interlaced: bool | None = None
) -> bytes:
    """A PNG file of one picture.

    Args:
        header: its size and its layout.
        ancillary: chunks before the pixels, each whole.
        pixels: compressed.
        interlaced: whether they are, where that differs from the header.
    """
    woven = header.interlaced if interlaced is None else interlaced
    head = struct.pack(
        ">IIBBBBB", header.width, header.height, header.depth, header.colour, 0, 0, woven
    )
    made = [SIGNATURE, chunk(b"IHDR", head), *ancillary, chunk(b"IDAT", pixels)]
    return b"".join([*made, chunk(b"IEND", b"")])
