"""JPEG 2000, in a file or as a bare stream."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from PIL import Image

from lookalike.errors import PictureSkipped
from lookalike.images.formats.format import Format, Opened
from lookalike.images.samples import Told, to_bytes
from lookalike.types import Limits

__all__ = ["FORMAT"]

_STREAM = b"\xff\x4f\xff\x51"  # start of codestream, and of its size segment
_COD, _TILE_PART = 0x52, 0x90
_SYCC = b"colr\x01\x00\x00\x00\x00\x00\x12"  # luma and chroma, which Pillow makes RGB
_LONGEST_HEADER = 4_000_000  # with a colour profile
_DEEP = {"RGB": 3, "RGBA": 3, "LA": 1}  # and how many of their channels are colours
_MOST_CHANNELS = 4  # that Pillow's reader knows what to make of
_MOST_BITS = 16


class _Stream(NamedTuple):
    """What a codestream says of itself.

    Attributes:
        origin: where the picture begins on its grid, x and y.
        bits: of each channel.
        steps: how far its channels lie apart on the grid, x and y.
        levels: how many times it can be halved without decoding it whole.
    """

    origin: tuple[int, int]
    bits: list[int]
    steps: set[tuple[int, int]]
    levels: int


class _JPEG2000(Format):
    name = "JPEG2000"
    suffixes = (".j2c", ".j2k", ".jp2", ".jpc", ".jpf", ".jpx")
    signatures = (b"\x00\x00\x00\x0cjP  \r\n\x87\n", _STREAM)
    reader = "PIL.Jpeg2KImagePlugin"

    def check_before(self, data: bytes, limits: Limits) -> None:
        """Refuse sound files of kinds that Pillow's reader doesn't know."""
        stream = _stream(data)
        if stream is None:
            return
        kind = f"JPEG 2000 of {len(stream.bits)} channels of {max(stream.bits)} bits"
        if len(stream.bits) > _MOST_CHANNELS or max(stream.bits) > _MOST_BITS:
            raise PictureSkipped(
                f"{kind}: at most {_MOST_CHANNELS} channels of {_MOST_BITS} bits are read",
                cause="kind",
            )

    def reduced(
        self, opened: Opened, data: bytes, least: tuple[int, int], limits: Limits
    ) -> Opened:
        """To a half, a quarter and so on: those are kept in the file, one upon the other."""
        image, stream = opened.image, _stream(data)
        if stream is not None and len(stream.bits) > 1 and max(stream.bits) > 8:
            return _deep(opened, data, stream)
        if stream is None or stream.origin != (0, 0) or stream.steps != {(1, 1)}:
            return opened
        width, height = image.size
        times = 0
        while (
            times < stream.levels
            and width >> (times + 1) >= least[0]
            and height >> (times + 1) >= least[1]
            and _is_reached(image, times + 1)
        ):
            times += 1
        if times:
            image.reduce = times  # type: ignore[method-assign, assignment]
        needs = (width * height >> 2 * times) * 16
        return Opened(image, opened.name, load=lambda: _loaded(image), needs=needs)

    def is_exact(self, image: Image.Image, data: bytes) -> bool:
        """Of whole numbers of at most 8 bits above zero, in a colour space that the reader knows.

        Source: ISO/IEC 15444-1, sections A.5.1 and I.5.3.3.
        """
        at = data.find(b"\xff\x4f\xff\x51")
        if at < 0 or len(data) < at + 42 or image.mode not in ("L", "LA", "RGB", "RGBA"):
            return False
        (count,) = struct.unpack_from(">H", data, at + 40)
        depths = data[at + 42 : at + 42 + 3 * count : 3]
        plain = len(depths) == count == len(image.getbands()) and max(depths, default=255) <= 7
        return plain and b"pclr" not in data[:at]


def _deep(opened: Opened, data: bytes, stream: _Stream) -> Opened:
    """Colours of more than 8 bits. Pillow 13 rounds the brightest of them up to black."""
    image = opened.image
    if image.mode not in _DEEP or _SYCC in data[:_LONGEST_HEADER]:
        return opened
    try:
        import imagecodecs
    except ImportError:
        loss = "white may be shown as black: install lookalike[tiff]"
        return replace(opened, loss=loss)

    def load() -> Image.Image:
        samples = np.asarray(imagecodecs.jpeg2k_decode(data, numthreads=1))
        colours = _DEEP[image.mode]
        shown = to_bytes(samples[..., :colours], Told(bits=max(stream.bits), colour=True))
        if colours < samples.shape[2]:
            alpha = samples[..., colours] >> np.asarray(max(stream.bits) - 8, samples.dtype)
            shown = np.dstack([shown, alpha.astype(np.uint8)])
        made = Image.fromarray(shown)
        made.info = dict(image.info)
        return made

    return replace(opened, load=load, needs=image.width * image.height * 16)


def _loaded(image: Image.Image) -> Image.Image:
    image.load()
    return image


def _is_reached(image: Image.Image, times: int) -> bool:
    """Whether Pillow's reader knows the size: it rounds, and the format rounds up."""
    power = 1 << times
    return all((side + power // 2) // power == -(-side // power) for side in image.size)


def _stream(data: bytes) -> _Stream | None:
    """The codestream's main header; ``None`` where it is damaged.

    Source: ISO/IEC 15444-1:2019, annex A.
    """
    at = data.find(_STREAM)
    if at < 0:
        return None
    try:
        size_at = at + 6
        *_, left, top = struct.unpack_from(">H4I", data, size_at)
        (channels,) = struct.unpack_from(">H", data, size_at + 34)
        parts = list(struct.iter_unpack("3B", data[size_at + 36 : size_at + 36 + 3 * channels]))
        bits = [(depth & 0x7F) + 1 for depth, _, _ in parts]
        at += 2
        while True:
            _, marker, length = struct.unpack_from(">BBH", data, at)
            if marker == _COD:
                levels = data[at + 9]
                break
            if marker == _TILE_PART or length < 2:
                return None
            at += 2 + length
    except (struct.error, IndexError):
        return None
    if not bits:
        return None
    return _Stream((left, top), bits, {(x, y) for _, x, y in parts}, levels)


FORMAT = _JPEG2000()
