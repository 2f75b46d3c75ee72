"""The strips and tiles of a TIFF: their bytes, and the samples in them."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.images.formats.tiff_layout import Layout

__all__ = ["is_cut", "present_share", "segment_picture", "segment_samples"]

Samples = npt.NDArray[Any]

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_FILL_ORDER = 266

_Tag = tuple[int, int, tuple[int, ...]]


def _stated(layout: Layout, number: int) -> tuple[int, int]:
    """Where a strip or tile begins, and how many bytes it has by what the file says."""
    at = layout.offsets[number] if number < len(layout.offsets) else 0
    stated = layout.lengths[number] if number < len(layout.lengths) else 0
    if layout.compression == 1:  # the last strip may be said to be as long as the others
        rows = layout.segment[1]
        if not layout.tiled:
            rows = min(rows, layout.height - (number % layout.down) * rows)
        whole = row_bytes(layout) * rows
        return at, min(stated or whole, whole)
    return at, stated or max(0, len(layout.directory.data) - at)


def is_cut(layout: Layout, number: int) -> bool:
    """Whether the file ends before a strip or tile does."""
    at, length = _stated(layout, number)
    return at + length > len(layout.directory.data)


def present_share(layout: Layout) -> float:
    """How much of what the file says it has is there, in bytes of strips or tiles: 0 to 1."""
    end = len(layout.directory.data)
    if not layout.offsets:
        return 0.0
    if max(layout.offsets) + max(layout.lengths, default=0) <= end:
        return 1.0
    places = [_stated(layout, number) for number in range(len(layout.offsets))]
    whole = sum(length for _, length in places)
    there = sum(max(0, min(length, end - at)) for at, length in places)
    return there / whole if whole else 0.0


def _present(layout: Layout, number: int) -> bytes:
    """The bytes of a strip or tile that the file has: fewer than it says, where it is cut.

    Raises:
        ValueError: there are none.
    """
    at, length = _stated(layout, number)
    data = layout.directory.data
    if not 0 < at < len(data):
        raise ValueError("a strip or tile lies outside of the file")
    return data[at : at + length]


def segment_samples(layout: Layout, number: int) -> Samples:
    """The samples of a strip or tile, (rows, columns, samples), whose file may be cut inside it.

    Rows that are cut away are missing from the result. A tile at the border of the picture has
    columns and rows beyond it.

    Raises:
        ValueError, OSError, zlib.error: it can't be decoded.
    """
    width, rows = layout.segment
    if not layout.tiled:
        rows = min(rows, layout.height - (number % layout.down) * rows)
    packed = _present(layout, number)
    if not layout.by_hand:
        return _by_codecs(layout, number, packed)
    row = row_bytes(layout)
    data = _unpacked(packed, layout, row, rows)
    whole = min(rows, len(data) // row)
    if not whole:
        raise ValueError("a strip or tile is empty")
    flat = np.frombuffer(data, np.uint8, whole * row).reshape(whole, row)
    each = 1 if layout.planar else layout.samples
    return _samples(flat, layout, width, each)


def row_bytes(layout: Layout) -> int:
    each = 1 if layout.planar else layout.samples
    return (layout.segment[0] * each * layout.bits + 7) // 8


def _unpacked(packed: bytes, layout: Layout, row: int, rows: int) -> bytes:
    """A strip or tile with its compression undone, no more bytes than it should have."""
    most = row * rows
    if layout.compression == 1:
        data = packed[:most]
        if layout.bits < 8 and layout.directory.number(_FILL_ORDER, 1) == 2:
            data = data.translate(_REVERSED)
        return data
    if layout.compression in (8, 32946, 50013):
        return zlib.decompressobj().decompress(packed, most)
    # libtiff undoes the others, told that they are bytes.
    tags: list[_Tag] = [(258, 3, (8,)), (262, 3, (1,)), (277, 3, (1,))]
    made = _one_strip(packed, layout.compression, (row, rows), tags)
    return Image.open(BytesIO(made), formats=["TIFF"]).tobytes()


def segment_picture(layout: Layout, number: int) -> Image.Image:
    """A strip or tile as Pillow reads it, of a picture that it reads right.

    Raises:
        ValueError, OSError: it can't be decoded.
    """
    width, rows = layout.segment
    if not layout.tiled:
        rows = min(rows, layout.height - (number % layout.down) * rows)
    directory = layout.directory
    same: list[_Tag] = []
    for tag in _OF_SAMPLES:
        kind, _, _ = directory.entries.get(tag, (0, 0, 0))
        if values := directory.numbers(tag):
            same.append((tag, kind, tuple(int(n) for n in values)))
    made = _one_strip(_present(layout, number), layout.compression, (width, rows), same)
    return Image.open(BytesIO(made), formats=["TIFF"])


# What says how samples are kept and what they mean; those with fractions hold for all writers.
_OF_SAMPLES = (258, 262, 266, 277, 292, 293, 317, 320, 338, 339, 347, 530, 531)
_CODES = {1: "B", 3: "H", 4: "I", 7: "B"}


def _one_strip(packed: bytes, compression: int, size: tuple[int, int], more: list[_Tag]) -> bytes:
    """A little-endian TIFF of one strip."""
    tags: list[_Tag] = [
        (256, 4, (size[0],)),
        (257, 4, (size[1],)),
        (259, 3, (compression,)),
        (273, 4, (8,)),
        (278, 4, (size[1],)),
        (279, 4, (len(packed),)),
        *more,
    ]
    body = packed + b"\0" * (len(packed) % 2)
    entries = b""
    for tag, kind, values in sorted(tags):
        value = struct.pack(f"<{len(values)}{_CODES[kind]}", *values)
        if len(value) > 4:
            at = 8 + len(body)
            body += value + b"\0" * (len(value) % 2)
            value = struct.pack("<I", at)
        entries += struct.pack("<HHI4s", tag, kind, len(values), value)
    head = struct.pack("<2sHI", b"II", 42, 8 + len(body))
    return head + body + struct.pack("<H", len(tags)) + entries + bytes(4)


def _samples(flat: npt.NDArray[np.uint8], layout: Layout, width: int, each: int) -> Samples:
    """Rows of bytes to samples in this machine's order, with the predictor undone.

    Source: Adobe, "TIFF Revision 6.0", section 14; "TIFF Technical Note 3", 2005, for floats.
    """
    kind = layout.dtype
    stored = kind.newbyteorder("<" if layout.directory.data[:2] == b"II" else ">")
    if layout.bits != 8 * kind.itemsize:
        return _odd_bits(flat, layout.bits, width * each).reshape(len(flat), width, each)
    if layout.predictor == 3 and layout.format == 3:
        steps = flat.reshape(len(flat), -1, each)
        planes = np.cumsum(steps, axis=1, dtype=np.uint8).reshape(len(flat), kind.itemsize, -1)
        swapped = np.ascontiguousarray(planes.transpose(0, 2, 1))  # the highest byte comes first
        values = swapped.view(kind.newbyteorder(">"))
        return values.astype(kind).reshape(len(flat), width, each)
    values = flat.view(stored).astype(kind, copy=False)
    values = values.reshape(len(flat), width, each)
    if layout.predictor == 2:
        whole = values.view(f"u{kind.itemsize}")
        return np.cumsum(whole, axis=1, dtype=whole.dtype).view(kind)
    if layout.predictor != 1:
        raise ValueError(f"predictor {layout.predictor}")
    return values


def _odd_bits(flat: npt.NDArray[np.uint8], bits: int, count: int) -> Samples:
    """Whole numbers of any width up to 32 bits, the highest bit first, rows from whole bytes on."""
    kind = np.uint8 if bits <= 8 else np.uint16 if bits <= 16 else np.uint32
    made = np.empty((len(flat), count), kind)
    first = np.arange(count, dtype=np.int64) * bits
    block = max(1, 1_000_000 // count)
    for top in range(0, len(flat), block):
        padded = np.pad(flat[top : top + block], ((0, 0), (0, 8)))
        numbers = np.zeros((len(padded), count), np.uint64)
        for bit in range(0, bits + 7, 8):  # the bytes that a number may touch
            shift = first % 8 + bits - 8 - bit  # of this byte in the number; below 0: cut off
            byte = padded[:, first // 8 + bit // 8].astype(np.uint64)
            left = byte << np.maximum(shift, 0).astype(np.uint64)
            numbers |= left >> np.maximum(-shift, 0).astype(np.uint64)
        made[top : top + block] = numbers & np.uint64((1 << bits) - 1)
    return made


def _by_codecs(layout: Layout, number: int, packed: bytes) -> Samples:
    """A strip or tile by tifffile and imagecodecs."""
    page = layout.by_tifffile
    found, _, shape = page.decode(packed, number, jpegtables=page.jpegtables)
    if found is None or shape[0] != 1:
        raise ValueError("a strip or tile is empty")
    values: Samples = np.asarray(found)[0]
    return values
