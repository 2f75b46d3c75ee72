"""The rows of a PNG picture whose compressed pixels are cut or damaged."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.errors import PictureFailed
from lookalike.images.formats.partial import clear_where_missing, loss_of
from lookalike.images.formats.png_chunks import Header

__all__ = ["Rows", "inflated"]

_PIECE = 512  # bytes inflated at a time: of the piece with the fault nothing is kept
_MOST_TIMES = 1100  # deflate makes at most about 1,030 bytes of one
# Adam7: first column and row, and the steps between, of each pass; and the grid of pixels that is
# complete after it (PNG specification, third edition, section 8.1).
_PASSES = (
    (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4),
    (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
)  # fmt: skip
_GRIDS = ((8, 8), (4, 8), (4, 4), (2, 4), (2, 2), (1, 2), (1, 1))
_LEAST_PASSES = 5  # every second pixel each way: the whole picture at half its size


@dataclass(frozen=True, slots=True)
class Rows:
    """What is there.

    Attributes:
        header: of the picture.
        stream: pixels compressed anew, with what is missing filled in.
        rows: of the picture, from above, that are there.
        passes: of an interlaced one, those that are complete.
    """

    header: Header
    stream: bytes
    rows: int
    passes: int = 0

    @property
    def loss(self) -> str:
        """What is missing, in words.

        Raises:
            PictureFailed: too much.
        """
        if self.passes == len(_PASSES) or self.rows == self.header.height > 0 == self.passes:
            return "a wrong checksum inside of its pixels"
        if not self.header.interlaced:
            return loss_of(self.rows / self.header.height, "PNG")
        if self.passes < _LEAST_PASSES:
            raise PictureFailed("truncated PNG: less than every second of its pixels is there")
        return "fine detail is missing"

    def shown(self, image: Image.Image) -> Image.Image:
        """The decoded picture without what isn't there.

        Where an interlaced one has gaps, the pixel beside them fills them.
        """
        if not self.header.interlaced:
            if self.rows >= self.header.height:
                return image
            there: npt.NDArray[np.bool_] = np.arange(image.height) < self.rows
            return clear_where_missing(image, there)
        across, down = _GRIDS[self.passes - 1]
        if (across, down) == (1, 1):
            return image
        made = image.convert("RGBA")
        grid = np.asarray(made)[::down, ::across]
        full = grid.repeat(down, axis=0).repeat(across, axis=1)
        filled = Image.fromarray(np.ascontiguousarray(full[: image.height, : image.width]))
        filled.info = {k: v for k, v in image.info.items() if k != "transparency"}
        return filled


def inflated(header: Header, parts: list[memoryview], most: int) -> tuple[Rows, bool]:
    """Inflate the pixels as far as they go.

    Args:
        header: of the picture.
        parts: the data of its chunks with pixels.
        most: bytes that they may take.

    Returns:
        What is there; and whether the stream's own checksum is right.

    Raises:
        PictureFailed: the pixels would take more than ``most``, or there are none.
    """
    sizes = _pass_sizes(header)
    total = sum(sizes)
    if 3 * total > most:
        raise PictureFailed("damaged PNG, and too large to see how far it goes")
    made, stated = _inflate(parts, total)
    sound = len(made) >= total and stated == zlib.adler32(made).to_bytes(4, "big")
    made = made[:total]
    if not header.interlaced:
        step = header.row_bytes(header.width)
        rows, passes = len(made) // step, 0
        made = made[: rows * step]
    else:
        ends = np.cumsum(sizes)
        passes = int(np.searchsorted(ends, len(made), side="right"))
        rows = header.height
        made = made[: int(ends[passes - 1]) if passes else 0]
    made += bytes(total - len(made))  # rows of black, each with the filter "none"
    return Rows(header, zlib.compress(made, 1), rows, passes), sound


def _inflate(parts: list[memoryview], total: int) -> tuple[bytearray, bytes]:
    """What the stream holds up to its end or its first fault, and the checksum that it states."""
    made, head, tail, ended = bytearray(), b"", b"", False
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)  # without its header: so no checksum stops it
    try:
        for part in parts:
            missing = 2 - len(head)
            head += part[:missing]
            for at in range(missing, len(part), _PIECE):
                if ended:
                    tail += part[at : at + _PIECE]
                    continue
                made += unpacker.decompress(part[at : at + _PIECE], _PIECE * _MOST_TIMES)
                ended = unpacker.eof
                if ended:
                    tail += unpacker.unused_data
                elif len(made) > total:
                    return made, b""
    except zlib.error:
        pass
    if len(head) < 2 or head[0] & 0x0F != 8 or head[1] & 0x20:
        raise PictureFailed("damaged PNG: its pixels aren't compressed as they should be")
    return made, tail[:4]


def _pass_sizes(header: Header) -> list[int]:
    """Bytes of each pass; of a picture that isn't interlaced, of all."""
    if not header.interlaced:
        return [header.row_bytes(header.width) * header.height]
    sizes = []
    for left, top, across, down in _PASSES:
        width = max(0, -(-(header.width - left) // across))
        height = max(0, -(-(header.height - top) // down))
        sizes.append(header.row_bytes(width) * height if width and height else 0)
    return sizes
