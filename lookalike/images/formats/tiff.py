"""TIFF and BigTIFF, but for the camera raw files that look like them.

Pillow reads the usual kinds of 8 bits. The others are read by hand: see ``tiff_reader.py``.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from lookalike.errors import PictureError, PictureFailed
from lookalike.images.formats import tiff_directories as tags
from lookalike.images.formats.format import MOST_MEMBERS, Format, Opened
from lookalike.images.formats.limits import check_pixels
from lookalike.images.formats.partial import LEAST_SHARE
from lookalike.images.formats.raw import is_raw_tiff
from lookalike.images.formats.tiff_colours import as_picture
from lookalike.images.formats.tiff_directories import Directory, Page, is_tiff, pages_of
from lookalike.images.formats.tiff_layout import Layout, check_kind, has_extra, is_plain, layout_of
from lookalike.images.formats.tiff_levels import candidates, is_of
from lookalike.images.formats.tiff_reader import (
    BROKEN,
    bytes_needed,
    channels_shown,
    read_samples,
    reduction,
)
from lookalike.images.formats.tiff_samples import exact_samples, reads_all
from lookalike.images.formats.tiff_segments import (
    present_share,
    segment_picture,
    segment_samples,
)
from lookalike.images.modes import as_viewed
from lookalike.images.reasons import cause_of
from lookalike.images.sameness import Samples as Exact
from lookalike.types import Limits

__all__ = ["FORMAT"]

Samples = npt.NDArray[Any]

_FIRST = 32  # directories in which the first picture and its smaller versions are looked for
_SMALL_BYTES = 64_000_000  # a smaller version that takes more is no gain


class TIFFImage(Image.Image):
    """A TIFF whose directories were read; it stands at one of its pages, and isn't decoded.

    Attributes:
        pages: those that were looked at.
        page: the one that it stands at.
        layout: of that one.
        pillow: the file as Pillow opened it, where it did.
    """

    format = "TIFF"

    def __init__(self, pages: list[Page], layout: Layout, pillow: Image.Image | None) -> None:
        super().__init__()
        self.pages = pages
        self.pillow = pillow
        self.at = 0
        self.page = pages[0]
        self.layout = layout

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the page, upright, as Pillow's reader gives them."""
        return self.layout.upright

    @property
    def width(self) -> int:
        """Of the page."""
        return self.size[0]

    @property
    def height(self) -> int:
        """Of the page."""
        return self.size[1]

    def tell(self) -> int:
        """The number of the page."""
        return self.at

    def seek(self, frame: int) -> None:
        """Go to a page."""
        if frame >= len(self.pages):
            raise EOFError(f"there is no page {frame}")
        self.at, self.page = frame, self.pages[frame]
        self.layout = layout_of(self.page.main)


@dataclass(frozen=True, slots=True)
class _Road:
    """How one directory becomes a picture.

    Attributes:
        load: decodes it.
        needs: bytes of memory, roughly.
        loss: what is missing, in words.
    """

    load: Callable[[], Image.Image]
    needs: int
    loss: str = ""


class _TIFF(Format):
    name = "TIFF"
    suffixes = (".tif", ".tiff")
    reader = "PIL.TiffImagePlugin"
    members = "page"

    def recognises(self, data: bytes, suffix: str) -> bool:
        return is_tiff(data) and not is_raw_tiff(data, suffix)

    def open(self, data: bytes, limits: Limits) -> Opened:
        pages = pages_of(data, _FIRST)
        if not pages:
            return super().open(data, limits)
        layout = layout_of(pages[0].main)
        check_pixels(layout.width, layout.height, limits)
        pillow = None
        if is_plain(layout):
            try:
                pillow = super().open(data, limits).image
            except PictureFailed as error:
                if error.cause != "file":
                    raise
                check_kind(layout)
        else:
            self.load_reader()
            check_kind(layout)
        return Opened(TIFFImage(pages, layout, pillow), self.name)

    def frames(self, image: Image.Image, data: bytes) -> list[int]:
        """Pages; what is a smaller version of another one, or a mask, is none."""
        if not isinstance(image, TIFFImage):
            return super().frames(image, data)
        image.pages = pages_of(data, MOST_MEMBERS) or image.pages
        return list(range(len(image.pages)))

    def seek(self, image: Image.Image, frame: int, limits: Limits) -> None:
        """As for all formats, without a look at the pages before it."""
        image.seek(frame)
        check_pixels(image.width, image.height, limits)
        if isinstance(image, TIFFImage) and not is_plain(image.layout):
            check_kind(image.layout)

    def reduced(
        self, opened: Opened, data: bytes, least: tuple[int, int], limits: Limits
    ) -> Opened:
        """A smaller version in the file, where it shows what the picture does; else the picture."""
        image = opened.image
        if not isinstance(image, TIFFImage):
            return opened
        if image.layout.upright != (image.layout.width, image.layout.height):
            least = least[1], least[0]
        for smaller in candidates(image.page, least):
            if (found := _believed(smaller, image, limits)) is not None:
                return Opened(found, self.name, load=lambda: found, needs=1)
        if (pillow := _by_pillow(image, least, limits)) is not None:
            return Opened(pillow, self.name)
        road = _by_hand(image.layout, least, limits)
        return Opened(image, self.name, load=road.load, needs=road.needs, loss=road.loss)

    def is_exact(self, image: Image.Image, data: bytes) -> bool:
        """As Pillow read it: at most 8 bits, each channel one of the reader's image."""
        return reads_all(image)

    def samples(
        self, opened: Opened, data: bytes, frames: Sequence[int], limits: Limits
    ) -> Iterator[Exact | Image.Image | None]:
        """By Pillow what it reads right; all else by hand, unless something is cut away."""
        image = opened.image
        if not isinstance(image, TIFFImage):
            yield from super().samples(opened, data, frames, limits)
            return
        for frame in frames:
            self.seek(image, frame, limits)
            layout = image.layout
            pillow = _by_pillow(image, layout.upright, limits)
            if pillow is None:
                check_kind(layout)
                yield exact_samples(layout, limits)
                continue
            pillow.load()
            yield pillow if reads_all(pillow) else None


def _by_pillow(image: TIFFImage, least: tuple[int, int], limits: Limits) -> Image.Image | None:
    """The page as Pillow reads it; ``None`` for what it doesn't, or where much is missing."""
    layout = image.layout
    if not is_plain(layout):
        return None
    readable = layout.by_hand or has_extra()
    if readable and (present_share(layout) < 1 or reduction(layout, least, limits) > 1):
        return None
    frame = layout.directory.frame
    if image.pillow is None or frame < 0:
        return _opened_at(layout.directory)
    if frame != image.pillow.tell():
        image.pillow.info.pop("icc_profile", None)  # the reader would keep another page's
        image.pillow.seek(frame)
    return image.pillow


def _opened_at(directory: Directory, *, turned: bool = True) -> Image.Image:
    """A file as Pillow opens it if a directory is its first one; as it lies there if not turned."""
    data = bytearray(directory.data)
    order = "<" if directory.data[:2] == b"II" else ">"
    big = directory.data[2:4] in (b"+\x00", b"\x00+")
    struct.pack_into(order + ("Q" if big else "I"), data, 8 if big else 4, directory.at)
    if not turned and directory.number(tags.ORIENTATION, 1) != 1:
        _, _, at = directory.entries[tags.ORIENTATION]
        struct.pack_into(order + "H", data, at, 1)
    return Image.open(BytesIO(data), formats=["TIFF"])


def _by_hand(layout: Layout, least: tuple[int, int], limits: Limits) -> _Road:
    """The page as it is read without Pillow."""
    check_kind(layout)
    factor = reduction(layout, least, limits)
    share = present_share(layout)
    missing = max(1, round(100 * (1 - share)))
    if share < LEAST_SHARE:
        raise PictureFailed(f"truncated TIFF: {missing} % of it is missing")

    def load() -> Image.Image:
        return _turned(as_picture(read_samples(layout, factor, limits), layout), layout)

    loss = f"the last {missing} % are missing" if share < 1 else ""
    return _Road(load, bytes_needed(layout, factor), loss)


def _believed(smaller: Directory, image: TIFFImage, limits: Limits) -> Image.Image | None:
    """A smaller version, decoded, if it can be and shows what the page shows."""
    whole = image.layout
    try:
        layout = layout_of(smaller)
        if present_share(whole) < 1 or present_share(layout) < 1:
            return None
        if bytes_needed(layout, 1) > _SMALL_BYTES:
            return None
        if is_plain(whole) and is_plain(layout) and not whole.planar:
            made = _opened_at(smaller, turned=False)
            made.load()
            shown = _plain_samples(made)
            found = is_of(shown, whole, lambda n: _plain_samples(segment_picture(whole, n)))
        elif _is_alike(whole, layout) and not whole.planar:
            check_kind(layout)
            samples = read_samples(layout, 1, limits)
            of = channels_shown(whole)
            found = is_of(samples, whole, lambda n: segment_samples(whole, n)[..., of])
            made = as_picture(samples, layout)
        else:
            return None
    except PictureError:
        return None
    except BROKEN as error:
        if cause_of(error) == "memory":
            raise MemoryError from error
        return None
    made.info.pop("icc_profile", None)
    if profile := whole.directory.raw(tags.PROFILE):
        made.info["icc_profile"] = profile
    return _turned(made, whole) if found else None


def _turned(image: Image.Image, layout: Layout) -> Image.Image:
    """Upright, as Pillow's reader turns a page."""
    image.getexif()[tags.ORIENTATION] = layout.directory.number(tags.ORIENTATION, 1)
    ImageOps.exif_transpose(image, in_place=True)
    return image


def _is_alike(one: Layout, other: Layout) -> bool:
    return (one.bits, one.format, one.colour, one.samples, one.extra) == (
        other.bits, other.format, other.colour, other.samples, other.extra,
    )  # fmt: skip


def _plain_samples(image: Image.Image) -> Samples:
    return np.asarray(as_viewed(image).convert("RGB"))


FORMAT = _TIFF()
