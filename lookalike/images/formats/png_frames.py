"""The frames of an APNG file."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace

from PIL import Image

from lookalike.images.formats.animation import Frame
from lookalike.images.formats.format import MOST_MEMBERS
from lookalike.images.formats.png_chunks import Chunks, Header, Piece

__all__ = ["animation_frames"]

_AFTER = ("keep", "clear", "restore")


@dataclass(slots=True)
class _Found:
    control: tuple[int, ...]
    pixels: list[Piece]


def animation_frames(
    data: bytes,
    chunks: Chunks,
    read: Callable[[Header, list[memoryview]], Image.Image],
) -> tuple[list[Frame], str]:
    """The frames that browsers show, and what is lost of them.

    A still picture that isn't part of the animation (no fcTL before it) is no frame. The animation
    ends before the first frame that is damaged, as its later ones lie over it; a file without a
    sound first frame is no animation.

    Source: PNG specification, third edition, sections 4.9 and 11.3.6.

    Args:
        data: the file.
        chunks: that it has.
        read: decodes one frame from its header and the data of its chunks.
    """
    header = chunks.header
    claimed, found, next_number = 0, list[_Found](), 0
    loss = "its last frame is cut" if chunks.end == "cut" else ""
    seen_pixels = False
    for piece in chunks.pieces:
        if piece.name == b"acTL" and not seen_pixels and not claimed and piece.sound:
            (claimed,) = struct.unpack(">I", data[piece.at : piece.at + 4].rjust(4, b"\0"))
        elif piece.name == b"IDAT":
            seen_pixels = True
            if len(found) == 1:
                found[0].pixels.append(piece)
        elif piece.name in (b"fcTL", b"fdAT"):
            number = int.from_bytes(data[piece.at : piece.at + 4], "big")
            control = data[piece.at + 4 : piece.end]
            fits = piece.sound and number == next_number
            if piece.name == b"fcTL":
                fits = fits and len(control) == 22 and len(found) < min(claimed, MOST_MEMBERS)
            if not fits or (piece.name == b"fdAT" and not found):
                if piece.name == b"fdAT" and found:
                    found.pop()
                if not piece.sound:
                    loss = loss or "a damaged frame, and those behind it"
                break
            next_number += 1
            if piece.name == b"fcTL":
                found.append(_Found(struct.unpack(">IIIIHHBB", control), []))
            else:
                found[-1].pixels.append(replace(piece, at=piece.at + 4))
    frames = []
    for one in found:
        made = _frame(one, header, data, read)
        if made is None:
            break
        frames.append(made)
    return frames, loss if claimed else ""


def _frame(
    found: _Found,
    header: Header,
    data: bytes,
    read: Callable[[Header, list[memoryview]], Image.Image],
) -> Frame | None:
    width, height, left, top, _, _, after, blend = found.control
    inside = 0 < width <= header.width - left and 0 < height <= header.height - top
    if not (inside and found.pixels and all(piece.sound for piece in found.pixels) and after < 3):
        return None
    own = replace(header, width=width, height=height)
    view = memoryview(data)
    parts = [view[piece.at : piece.end] for piece in found.pixels]
    return Frame(
        left,
        top,
        width,
        height,
        _AFTER[after],  # type: ignore[arg-type]
        blend == 1,
        lambda: read(own, parts),
    )
