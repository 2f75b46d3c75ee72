"""PNG files of 16 bits and of few, which Pillow can't write."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
from pictures import png_chunk

__all__ = ["deep_png"]


def deep_png(
    values: npt.NDArray[Any],
    *,
    bits: int = 16,
    clear: tuple[int, ...] | None = None,
    chunks: tuple[tuple[bytes, bytes], ...] = (),
    seed: int = 0,
) -> bytes:
    """A PNG file of samples, (height, width) or (height, width, 2 to 4), each row filtered anew.

    Args:
        values: whole numbers below ``2 ** bits``.
        bits: 1, 2, 4, 8 or 16; below 8 of grey alone.
        clear: the colour that is transparent.
        chunks: names and data of what else is in it.
        seed: draws the filters of the rows.
    """
    samples = values.reshape(*values.shape[:2], -1)
    height, width, channels = samples.shape
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    if bits == 16:
        rows = np.ascontiguousarray(samples, ">u2").view(np.uint8).reshape(height, -1)
    elif bits == 8:
        rows = samples.astype(np.uint8).reshape(height, -1)
    else:
        places = (samples[..., 0, None] >> np.arange(bits - 1, -1, -1)) & 1
        rows = np.packbits(places.reshape(height, -1).astype(np.uint8), axis=1)
    draw = np.random.default_rng(seed)
    step = max(1, channels * bits // 8)
    body, above = b"", np.zeros(rows.shape[1], np.int64)
    for row in rows.astype(np.int64):
        left = np.concatenate([np.zeros(step, np.int64), row])[: len(row)]
        corner = np.concatenate([np.zeros(step, np.int64), above])[: len(row)]
        name = int(draw.integers(0, 5))
        guess = left + above - corner
        near = [abs(guess - one) for one in (left, above, corner)]
        paeth = np.where(
            (near[0] <= near[1]) & (near[0] <= near[2]),
            left,
            np.where(near[1] <= near[2], above, corner),
        )
        told = [0 * row, left, above, (left + above) // 2, paeth][name]
        body += bytes([name]) + ((row - told) % 256).astype(np.uint8).tobytes()
        above = row
    head = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    made = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head)
    for one, data in chunks:
        made += png_chunk(one, data)
    if clear is not None:
        made += png_chunk(b"tRNS", struct.pack(f">{len(clear)}H", *clear))
    return made + png_chunk(b"IDAT", zlib.compress(body)) + png_chunk(b"IEND", b"")
