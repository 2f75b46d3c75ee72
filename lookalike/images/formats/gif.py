"""GIF."""

from __future__ import annotations

from functools import partial
from io import BytesIO

import numpy as np
from PIL import Image

from lookalike.errors import PictureFailed
from lookalike.images.formats.animation import Animation, Frame
from lookalike.images.formats.format import Format, Opened
from lookalike.images.formats.gif_blocks import Blocks, Part, file_of, walk
from lookalike.images.formats.limits import check_pixels
from lookalike.images.formats.partial import as_far_as_it_goes, clear_where_missing, loss_of
from lookalike.types import Limits

__all__ = ["FORMAT"]


_COARSE = "fine detail is missing"


class _GIF(Format):
    name = "GIF"
    suffixes = (".gif",)
    signatures = (b"GIF87a", b"GIF89a")
    reader = "PIL.GifImagePlugin"
    media_type = "image/gif"
    members = "frame"

    def open(self, data: bytes, limits: Limits) -> Opened:
        """One frame that fills the screen is the reader's; all else is composed here.

        The reader takes the background colour for what lies outside of the frames, which browsers
        leave clear.
        """
        opened = super().open(data, limits)
        blocks = walk(data)
        parts, size = blocks.parts, _canvas(blocks)
        if not parts or (len(parts) == 1 and parts[0].box == (0, 0, *opened.image.size)):
            loss = "" if blocks.closed else "no end marker"
            return Opened(opened.image, self.name, loss=loss, whole=bool(parts) and parts[0].whole)
        frames = [_frame(data, part, limits) for part in parts]
        image = Animation(size, frames, dict(opened.image.info), self.name)
        image.info.pop("transparency", None)
        loss = "" if blocks.closed else "no end marker"
        if not parts[-1].whole:
            loss = "its last frame is cut"
        return Opened(image, self.name, loss=loss, whole=all(part.whole for part in parts))

    def salvage(self, opened: Opened, data: bytes, limits: Limits, error: Exception) -> Opened:
        """The rows that are there of the only frame."""
        parts = walk(data).parts
        if not parts or isinstance(opened.image, Animation):
            raise error
        made, share = _partly(data, parts[0])
        loss = loss_of(share, self.name)
        return Opened(made, self.name, loss=_COARSE if _woven(data, parts[0]) else loss)

    def frames(self, image: Image.Image, data: bytes) -> list[int]:
        """As the reader counts them, by their blocks."""
        return list(range(max(1, len(walk(data).parts))))

    def is_exact(self, image: Image.Image, data: bytes) -> bool:
        """Palettes of 8 bits, laid over each other as the reader does."""
        return True


def _canvas(blocks: Blocks) -> tuple[int, int]:
    """The screen; a first frame that is larger is shown whole, as browsers do."""
    left, top, width, height = blocks.parts[0].box if blocks.parts else (0, 0, 0, 0)
    return max(blocks.size[0], left + width), max(blocks.size[1], top + height)


def _frame(data: bytes, part: Part, limits: Limits) -> Frame:
    left, top, width, height = part.box
    read = partial(_decoded, data, part, limits)
    return Frame(left, top, width, height, part.after, over=True, read=read)


def _decoded(data: bytes, part: Part, limits: Limits) -> Image.Image:
    image: Image.Image = Image.open(BytesIO(file_of(data, part)), formats=["GIF"])
    check_pixels(image.width, image.height, limits)  # the screen may be small
    try:
        image.load()
    except OSError:
        made, share = _partly(data, part)
        loss_of(share, "GIF")  # raises where too little is there
        return made
    return _with_clear(image, part.clear)


def _partly(data: bytes, part: Part) -> tuple[Image.Image, float]:
    """What is there of a frame, as RGBA; and the share of its rows.

    Of an interlaced one the rows between are filled by those above them.
    """
    file = file_of(data, part)
    image, rows = as_far_as_it_goes(lambda: Image.open(BytesIO(file), formats=["GIF"]))
    if not rows.any():
        raise PictureFailed("truncated GIF: nothing of it is there")
    made = _with_clear(image, part.clear)
    if _woven(data, part):
        nearest = np.maximum.accumulate(np.where(rows, np.arange(len(rows)), 0))
        return Image.fromarray(np.asarray(made)[nearest]), float(rows.mean())
    return clear_where_missing(made, rows), float(rows.mean())


def _woven(data: bytes, part: Part) -> bool:
    """Whether a frame is interlaced."""
    return bool(data[part.descriptor + 9] & 0x40)


def _with_clear(image: Image.Image, clear: int | None) -> Image.Image:
    if clear is not None:
        image.info["transparency"] = clear
    return image.convert("RGBA")


FORMAT = _GIF()
