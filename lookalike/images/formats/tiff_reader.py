"""The picture of one TIFF directory, of kinds that Pillow doesn't read right."""

from __future__ import annotations

import re
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.errors import PictureFailed, PictureSkipped
from lookalike.images.formats import tiff_directories as tags
from lookalike.images.formats.partial import LEAST_SHARE
from lookalike.images.formats.tiff_layout import PALETTE, WHITE_IS_ZERO, Layout
from lookalike.images.formats.tiff_segments import is_cut, segment_samples
from lookalike.images.reasons import cause_of, one_line
from lookalike.images.samples import Told
from lookalike.types import Limits

__all__ = [
    "BROKEN",
    "bytes_needed",
    "channels_shown",
    "read_samples",
    "reduction",
    "told_by",
]

Samples = npt.NDArray[Any]

BROKEN = (ValueError, OSError, zlib.error, KeyError, TypeError, IndexError, RuntimeError)
"""What a strip or tile that can't be decoded raises. (imagecodecs' errors are RuntimeErrors.)"""


_MEMORY_SHARE = 0.6  # of what a picture may take; beyond, it is averaged while it is read
_IMAGEJ_RANGE = re.compile(rb"^(min|max)=([-+.\deE]+)$", re.MULTILINE)
_SIGNIFICANT_BITS = re.compile(rb'<Pixels\b[^>]*\bSignificantBits="(\d+)"')


def channels_shown(layout: Layout) -> list[int]:
    """The samples of a pixel that are shown: its colour, and its alpha behind that."""
    shown = list(range(layout.channels))
    return shown if layout.alpha is None else [*shown, layout.alpha]


def bytes_needed(layout: Layout, factor: int) -> int:
    """Memory that reading takes, roughly."""
    shown = len(channels_shown(layout))
    pixels = layout.width * layout.height // factor**2
    held = layout.dtype.itemsize if factor == 1 else 20  # sums, counts, and what is made of them
    each = 1 if layout.planar else layout.samples
    segment = min(layout.segment[0] * layout.segment[1], layout.width * layout.height * 2)
    return pixels * shown * (held + 2) + segment * each * layout.dtype.itemsize * 3


def reduction(layout: Layout, least: tuple[int, int], limits: Limits) -> int:
    """By how much each side is made smaller while reading: 1, unless memory doesn't suffice."""
    factor = 1
    if layout.colour == PALETTE:
        return factor
    while (
        bytes_needed(layout, factor) > limits.memory_bytes * _MEMORY_SHARE
        and layout.width // (factor * 2) >= least[0]
        and layout.height // (factor * 2) >= least[1]
    ):
        factor *= 2
    return factor


def read_samples(layout: Layout, factor: int, limits: Limits) -> Samples:
    """The samples that are shown, (height, width, n).

    Strips and tiles are decoded one after the other. What is cut away from the file is 0.

    Args:
        layout: of the picture.
        factor: each side is made smaller by it, by averaging.
        limits: to keep to.

    Raises:
        PictureSkipped: a strip or tile is larger than memory.
        PictureFailed: a strip or tile is damaged, or most of the picture is cut away.
    """
    each = 1 if layout.planar else layout.samples
    columns, rows = layout.segment
    if columns * rows * each * layout.dtype.itemsize > limits.memory_bytes:
        raise PictureSkipped(
            f"{layout.name()}: a tile of {columns} x {rows} pixels needs more than "
            f"{limits.memory_bytes:,} bytes of memory",
            cause="limit",
        )
    shown = channels_shown(layout)
    if factor == 1:
        canvas: _Canvas = _Canvas((layout.height, layout.width, len(shown)), layout.dtype)
    else:
        canvas = _Averaged((layout.height, layout.width, len(shown)), layout, factor)
    per_channel = layout.across * layout.down
    whole = lost = 0
    why: Exception | None = None
    for number in range(per_channel * (layout.samples if layout.planar else 1)):
        channel, place = divmod(number, per_channel)
        if layout.planar and channel not in shown:
            continue
        top, left = place // layout.across * rows, place % layout.across * columns
        height, width = min(rows, layout.height - top), min(columns, layout.width - left)
        found: Samples | None = None
        try:
            found = segment_samples(layout, number)[:height, :width]
            if found.shape[1] != width or found.shape[2] != each:
                found = None
        except BROKEN as error:
            if cause_of(error) == "memory":
                raise MemoryError from error
            why = error
        there = 0 if found is None else len(found)
        if there < height and not is_cut(layout, number):
            what = one_line(str(why or "")) or "a strip or tile is too short"
            raise PictureFailed(f"damaged TIFF: {what}")
        whole, lost = whole + height, lost + height - there
        if found is not None:
            at = shown.index(channel) if layout.planar else 0
            canvas.put(found if layout.planar else found[..., shown], top, left, at)
    if lost > whole * (1 - LEAST_SHARE):
        raise PictureFailed(f"truncated TIFF: {100 * lost // whole} % of it is missing")
    return canvas.made()


class _Canvas:
    """Where strips and tiles are put together."""

    def __init__(self, shape: tuple[int, int, int], kind: np.dtype[Any]) -> None:
        self._samples: Samples = np.zeros(shape, kind)

    def put(self, samples: Samples, top: int, left: int, channel: int) -> None:
        height, width, count = samples.shape
        self._samples[top : top + height, left : left + width, channel : channel + count] = samples

    def made(self) -> Samples:
        return self._samples


class _Averaged(_Canvas):
    """The same for a picture made smaller: sums of blocks of pixels, and how many were measured."""

    def __init__(self, shape: tuple[int, int, int], layout: Layout, factor: int) -> None:
        self._factor = factor
        self._kind = layout.dtype
        self._missing = told_by(layout).no_data
        small = -(-shape[0] // factor), -(-shape[1] // factor), shape[2]
        super().__init__(small, np.dtype(np.float32))
        self._counts = np.zeros(small, np.float32)

    def put(self, samples: Samples, top: int, left: int, channel: int) -> None:
        values = samples.astype(np.float32)
        there = np.abs(values) < 1e30
        if self._missing is not None:
            there &= values != np.float32(self._missing)
        values = np.where(there, values, 0)
        for target, source in ((self._samples, values), (self._counts, there.astype(np.float32))):
            small = self._blocks(self._blocks(source, top, 0), left, 1)
            super_top, super_left = top // self._factor, left // self._factor
            target[
                super_top : super_top + small.shape[0],
                super_left : super_left + small.shape[1],
                channel : channel + small.shape[2],
            ] += small

    def _blocks(self, values: Samples, start: int, axis: int) -> Samples:
        """Sums of the blocks that begin at whole multiples of the factor in the picture."""
        step = self._factor
        first = -(start % step)
        starts = [max(0, at) for at in range(first, values.shape[axis], step)]
        return np.asarray(np.add.reduceat(values, starts, axis=axis))

    def made(self) -> Samples:
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = self._samples / self._counts
        if self._kind.kind == "f":
            return mean.astype(np.float32)
        filled = np.where(self._counts > 0, mean, self._missing or 0)
        return np.rint(filled).astype(self._kind)


def told_by(layout: Layout) -> Told:
    """What a file says of its samples."""
    directory = layout.directory
    description = directory.raw(tags.DESCRIPTION)
    bits = layout.bits if layout.bits < 8 * layout.dtype.itemsize else 0
    if (stated := _SIGNIFICANT_BITS.search(description)) and 0 < int(stated[1]) < layout.bits:
        bits = int(stated[1])
    no_data = None
    try:
        text = directory.raw(tags.NO_DATA).split(b"\0")[0].strip()
        no_data = float(text.replace(b",", b".")) if text else None
    except ValueError:
        pass
    if no_data is not None and layout.dtype.kind != "f" and not abs(no_data) < 2**64:
        no_data = None
    grey = layout.channels == 1
    return Told(
        bits=bits,
        white_is_zero=layout.colour == WHITE_IS_ZERO,
        no_data=no_data,
        shown=_range(layout, description) if grey and layout.bits > 8 else None,
        colour=not grey,
        linear=tags.PROFILE not in directory.entries,
    )


def _range(layout: Layout, description: bytes) -> tuple[float, float] | None:
    """What is black and what is white by ImageJ, or by the TIFF tags for it.

    Full ranges say nothing: many writers state them whatever the picture holds.
    """
    if description.startswith(b"ImageJ="):
        try:
            found = {name: float(value) for name, value in _IMAGEJ_RANGE.findall(description)}
            if found[b"min"] < found[b"max"]:
                return found[b"min"], found[b"max"]
        except (KeyError, ValueError):
            pass
    directory = layout.directory
    for least, most in ((340, 341), (280, 281)):  # SMinSampleValue, MinSampleValue
        low, high = directory.numbers(least), directory.numbers(most)
        if not high:
            continue
        ends = float(low[0] if low else 0), float(high[0])
        full = layout.format != 3 and ends[1] >= 2**layout.bits - 1
        if ends[0] < ends[1] and not full and abs(ends[0]) < 1e30 and abs(ends[1]) < 1e30:
            return ends
    return None
