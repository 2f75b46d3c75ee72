"""How the samples of one TIFF picture lie in its file, and whether it is of a kind that is read."""

from __future__ import annotations

import importlib.util
import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from io import BytesIO
from typing import Any, Final

import numpy as np
from PIL import Image

from lookalike.errors import PictureFailed, PictureSkipped
from lookalike.images.formats import tiff_directories as tags
from lookalike.images.formats.tiff_directories import Directory

__all__ = ["Layout", "check_kind", "is_plain", "layout_of"]

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, MASK, CMYK, YCBCR = 0, 1, 2, 3, 4, 5, 6
CIELAB, ICCLAB, ITULAB = 8, 9, 10

_COLOURS: Final = {
    WHITE_IS_ZERO: "grey, white is zero", BLACK_IS_ZERO: "grey", RGB: "RGB", PALETTE: "palette",
    MASK: "mask", CMYK: "CMYK", YCBCR: "YCbCr", CIELAB: "CIELAB", ICCLAB: "ICC Lab",
    ITULAB: "ITU Lab", 32803: "colour filter array", 32844: "LogL", 32845: "LogLuv",
    34892: "linear raw", 51177: "depth map",
}  # fmt: skip
_CHANNELS: Final = {RGB: 3, CMYK: 4, YCBCR: 3, CIELAB: 3, ICCLAB: 3}
_COMPRESSIONS: Final = {
    1: "no", 2: "CCITT", 3: "CCITT fax 3", 4: "CCITT fax 4", 5: "LZW", 6: "old JPEG", 7: "JPEG",
    8: "Deflate", 32773: "PackBits", 32946: "Deflate", 33003: "JPEG 2000", 33005: "JPEG 2000",
    33007: "JPEG", 34712: "JPEG 2000", 34887: "LERC", 34892: "lossy JPEG", 34925: "LZMA",
    34927: "WebP", 34933: "PNG", 34934: "JPEG XR", 50000: "ZSTD", 50001: "WebP", 50002: "JPEG XL",
    50013: "Deflate", 52546: "JPEG XL",
}  # fmt: skip
_BY_HAND: Final = {1, 5, 8, 32773, 32946, 50013}  # undone without an extra
_BY_PILLOW: Final = {1, 2, 3, 4, 5, 6, 7, 8, 32773, 32946}
_BY_SOME_PILLOWS: Final = {34925: "lzma", 50000: "zstd"}  # as its libtiff was built
_FORMATS: Final = {1: "", 2: "signed", 3: "float", 4: "", 5: "complex", 6: "complex float"}
_MOST_SAMPLES = 10_000  # of a pixel


@dataclass(frozen=True)
class Layout:
    """Where the samples of a picture lie, and what they are.

    Attributes:
        width, height: in pixels.
        samples: of a pixel.
        bits: of a sample; 0 where they differ.
        format: 1 whole numbers, 2 signed ones, 3 floats; 5 and 6 are complex.
        colour: PhotometricInterpretation.
        compression: by its number.
        predictor: 1 none, 2 differences, 3 differences of the bytes of floats.
        planar: whether each channel lies by itself.
        extra: what each sample behind the colour's is: 1 associated alpha, 2 unassociated alpha.
        segment: width and height of a tile, or of a strip.
        offsets: of the strips or tiles in the file.
        lengths: of them, in bytes.
    """

    directory: Directory
    width: int
    height: int
    samples: int
    bits: int
    format: int
    colour: int
    compression: int
    predictor: int
    planar: bool
    extra: tuple[int, ...]
    segment: tuple[int, int]
    tiled: bool
    offsets: tuple[int, ...]
    lengths: tuple[int, ...]

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height once it is turned as its orientation says."""
        turned = self.directory.number(tags.ORIENTATION, 1) in (5, 6, 7, 8)
        return (self.height, self.width) if turned else (self.width, self.height)

    @property
    def by_hand(self) -> bool:
        """Whether its compression is undone without an extra."""
        return self.compression in _BY_HAND or _libtiff_has(self.compression)

    @property
    def across(self) -> int:
        """Strips or tiles beside each other."""
        return math.ceil(self.width / self.segment[0])

    @property
    def down(self) -> int:
        """Strips or tiles below each other, of one channel where those lie by themselves."""
        return math.ceil(self.height / self.segment[1])

    @property
    def channels(self) -> int:
        """Samples of a pixel that are its colour; the others are alpha or unknown."""
        return min(self.samples, _CHANNELS.get(self.colour, 1))

    @property
    def alpha(self) -> int | None:
        """The sample that is alpha, if one is."""
        for place, kind in enumerate(self.extra, self.samples - len(self.extra)):
            if kind in (1, 2):
                return place
        return None

    @cached_property
    def by_tifffile(self) -> Any:
        """The page as tifffile knows it. Nothing of other directories, or files, is looked at."""
        import tifffile

        makers = {f"is_{name}": False for name in ("lsm", "scanimage", "ndpi", "stk", "vista")}
        file = tifffile.TiffFile(BytesIO(self.directory.data), _multifile=False, **makers)  # type: ignore[arg-type]
        file.filehandle.seek(self.directory.at)
        return tifffile.TiffPage(file, index=0)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the samples in memory."""
        size = next((n for n in (8, 16, 32, 64) if self.bits <= n), 64) // 8
        return np.dtype({2: "i", 3: "f"}.get(self.format, "u") + str(size))

    def name(self) -> str:
        """The kind of picture, in words."""
        depth = f"{self.bits}-bit " if self.bits else "different depths of "
        form = _FORMATS.get(self.format, "unknown")
        named = _COLOURS.get(self.colour, f"photometric {self.colour}")
        packed = _COMPRESSIONS.get(self.compression, f"number {self.compression}")
        return f"TIFF of {depth}{form + ' ' if form else ''}{named}, {packed} compression"


def layout_of(directory: Directory) -> Layout:
    """What a directory says of its samples.

    Raises:
        PictureFailed: it says nothing that can be.
    """
    width, height = directory.size
    samples = directory.number(tags.SAMPLES, 1)
    if not (width > 0 and height > 0 and 0 < samples <= _MOST_SAMPLES):
        raise PictureFailed(
            f"damaged TIFF: {width} x {height} pixels of {samples} samples can't be"
        )
    depths = directory.numbers(tags.BITS)[:samples] or (1,)
    forms = directory.numbers(tags.SAMPLE_FORMAT)[:samples] or (1,)
    tiled = tags.TILE_WIDTH in directory.entries
    if tiled:
        segment = directory.number(tags.TILE_WIDTH), directory.number(tags.TILE_LENGTH)
        places, lengths = tags.TILE_OFFSETS, tags.TILE_BYTES
        if places not in directory.entries:  # some writers keep the tags of strips
            places, lengths = tags.STRIP_OFFSETS, tags.STRIP_BYTES
    else:
        rows = directory.number(tags.ROWS, height) or height
        segment = width, min(rows, height)
        places, lengths = tags.STRIP_OFFSETS, tags.STRIP_BYTES
    if min(segment) < 1:
        raise PictureFailed(f"damaged TIFF: tiles of {segment[0]} x {segment[1]} pixels can't be")
    colour = directory.number(tags.PHOTOMETRIC, RGB if samples >= 3 else BLACK_IS_ZERO)
    extra = tuple(int(n) for n in directory.numbers(tags.EXTRA))
    room = max(0, samples - _CHANNELS.get(colour, 1))
    return Layout(
        directory=directory,
        width=width,
        height=height,
        samples=samples,
        bits=int(depths[0]) if len(set(depths)) == 1 else 0,
        format=int(forms[0]) if len(set(forms)) == 1 else 0,
        colour=colour,
        compression=directory.number(tags.COMPRESSION, 1),
        predictor=directory.number(tags.PREDICTOR, 1),
        planar=directory.number(tags.PLANAR, 1) == 2 and samples > 1,
        extra=(extra + (0,) * room)[:room],
        segment=segment,
        tiled=tiled,
        offsets=tuple(int(n) for n in directory.numbers(places)),
        lengths=tuple(int(n) for n in directory.numbers(lengths)),
    )


def is_plain(layout: Layout) -> bool:
    """Whether Pillow reads it, and right: the usual kinds of 8 bits, and black and white."""
    one, data = layout, layout.directory.data
    if one.bits not in (1, 8) or one.format not in (1, 4):
        return False
    if one.compression not in _BY_PILLOW and not _libtiff_has(one.compression):
        return False
    if data[:4] == b"MM\x00+":  # Pillow's reader knows big-endian BigTIFF not at all
        return False
    if one.planar and (one.tiled or one.extra or one.colour != RGB):
        return False
    if one.bits == 1:
        return one.samples == 1 and one.colour in (WHITE_IS_ZERO, BLACK_IS_ZERO)
    if one.colour in (WHITE_IS_ZERO, BLACK_IS_ZERO):
        return one.samples == 1 or (one.extra == (2,) and one.colour == BLACK_IS_ZERO)
    if one.colour == PALETTE:
        return one.samples == 1 and max(one.directory.numbers(tags.COLOUR_MAP), default=0) > 255
    if one.colour == RGB:
        return one.extra in ((), (0,), (1,), (2,))
    if one.colour == YCBCR:
        return one.samples == 3
    return one.colour in (CMYK, CIELAB) and not one.extra


def check_kind(layout: Layout) -> None:
    """Refuse a sound picture of a kind that isn't read.

    Raises:
        PictureSkipped: the kind, and what would read it.
    """
    one = layout
    wrong = ""
    if one.format not in (1, 2, 3, 4):
        wrong = "such numbers aren't read"
    elif not one.bits:
        wrong = "different depths aren't read"
    elif not _depth_is_read(one):
        wrong = "this depth isn't read"
    elif one.directory.number(tags.DEPTH, 1) > 1:
        wrong = "volumes aren't read"
    elif one.colour not in (0, 1, RGB, PALETTE, MASK, CMYK, YCBCR, CIELAB, ICCLAB):
        wrong = "such colours aren't read"
    elif one.samples < _CHANNELS.get(one.colour, 1):
        wrong = f"{one.samples} samples of a pixel are too few"
    elif one.colour == CMYK and one.directory.number(332, 1) != 1:
        wrong = "inks other than CMYK aren't read"
    elif one.colour == YCBCR and one.by_hand and _is_subsampled(one):
        wrong = "chroma of fewer samples isn't read without JPEG"
    elif not one.by_hand and one.compression not in _COMPRESSIONS:
        wrong = "this compression isn't read"
    if wrong:
        raise PictureSkipped(f"{one.name()}: {wrong}", cause="kind")
    if not one.by_hand and not has_extra():
        raise PictureSkipped(f"{one.name()}: install lookalike[tiff] to read it", cause="extra")


def _depth_is_read(layout: Layout) -> bool:
    bits, form, colour = layout.bits, layout.format, layout.colour
    if form == 3:
        return bits in (16, 32, 64) and colour in (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, MASK)
    if colour in (CMYK, CIELAB, ICCLAB, YCBCR):
        return bits in (8, 16)
    if colour == PALETTE:
        return bits <= 16
    return bits in (8, 16, 32, 64) or (form != 2 and bits <= 32)


def has_extra() -> bool:
    """Whether what undoes the other compressions is installed."""
    try:
        return all(importlib.util.find_spec(name) for name in ("tifffile", "imagecodecs"))
    except (ImportError, ValueError):  # ValueError: set to None in sys.modules
        return False


@lru_cache(maxsize=8)
def _libtiff_has(compression: int) -> bool:
    """Whether the libtiff in Pillow knows a compression that not all of them know."""
    if compression not in _BY_SOME_PILLOWS:
        return False
    try:
        name = _BY_SOME_PILLOWS[compression]
        Image.new("L", (1, 1)).save(BytesIO(), "TIFF", compression=name)
    except Exception:  # whatever it is that a build without it raises
        return False
    return True


def _is_subsampled(layout: Layout) -> bool:
    return tuple(layout.directory.numbers(530)[:2] or (2, 2)) != (1, 1)
