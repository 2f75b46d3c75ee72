"""JPEG, and MPO, which is a JPEG file with further pictures behind it."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import numpy as np
from PIL import Image

from lookalike.errors import PictureFailed, PictureSkipped
from lookalike.images.formats.format import MOST_MEMBERS, Format, Opened
from lookalike.images.formats.jpeg_marks import Scans, frame_kind, mended_header, scans
from lookalike.images.formats.partial import clear_where_missing, loss_of
from lookalike.types import Limits

__all__ = ["FORMAT", "JPEG"]

_END = b"\xff\xd9"
_RUBBISH = (b"\0" * 65_536, b"\x55" * 65_536)
_COARSE, _HEADER, _NO_END = "fine detail is missing", "a damaged header", "no end marker"


class JPEG(Format):
    """Of MPO only the first picture counts: the others are the same scene once more."""

    name = "JPEG"
    also = ("MPO",)
    suffixes = (".jfif", ".jpe", ".jpeg", ".jpg", ".mpo")
    signatures = (b"\xff\xd8\xff",)  # a start of image, and another marker
    reader = "PIL.JpegImagePlugin"  # hands over to MPO by itself
    media_type = "image/jpeg"

    def open(self, data: bytes, limits: Limits) -> Opened:
        """As the reader does; of what it refuses, without what stands before the tables."""
        try:
            return super().open(data, limits)
        except PictureFailed as error:
            if error.cause != "file":
                raise
            _check_kind(data)
            mended = mended_header(data)
            if mended is None or mended == data:
                raise
            opened = super().open(mended, limits)
            # Decoded from what was mended; if that fails, too, from there on.
            return replace(opened, loss=_HEADER)

    def salvage(self, opened: Opened, data: bytes, limits: Limits, error: Exception) -> Opened:
        """Without what stands behind the picture, and as far as that goes."""
        _check_kind(data)
        damaged = opened.loss
        for file in (data, mended_header(data)):
            held = None if file is None else scans(file)
            if file is None or held is None:
                continue
            try:
                if held.single:
                    made = self._rows(file, held, opened)
                else:
                    made = self._scans(file, held, opened)
            except PictureFailed:
                raise
            except Exception:  # as many kinds as there are of damage: try the next way
                damaged = _HEADER
                continue
            return replace(made, loss=damaged, whole=False) if damaged else made
        raise error

    def _rows(self, data: bytes, held: Scans, opened: Opened) -> Opened:
        """Of a picture whose rows come one after the other, those that are there.

        It is decoded with two kinds of rubbish behind what is there: rows that are equal are none.
        """
        there = data[: held.end]
        images = [self._again(there + filler + _END, opened) for filler in _RUBBISH]
        for image in images:
            image.load()
        one, other = (np.asarray(image) for image in images)
        same = (one == other).reshape(one.shape[0], -1).all(axis=1)
        rows = np.logical_and.accumulate(same)
        if rows.all():
            ended = data[held.end : held.end + 2] == _END
            return Opened(
                images[0], opened.name, loss=_HEADER if ended else _NO_END, whole=not ended
            )
        loss = loss_of(float(rows.mean()), self.name)
        return Opened(clear_where_missing(images[0], rows), opened.name, loss=loss)

    def _scans(self, data: bytes, held: Scans, opened: Opened) -> Opened:
        """Of a picture that becomes finer from scan to scan, those that are there."""
        if not held.coarse:
            raise PictureFailed("truncated JPEG: not even its coarse picture is there")
        loss = _NO_END if held.complete else _COARSE
        image = self._again(data[: held.end] + _END, opened)
        image.load()
        return Opened(image, opened.name, loss=loss, whole=held.complete)

    def _again(self, data: bytes, opened: Opened) -> Image.Image:
        """Open what is there of the file, reduced as it was."""
        image = Image.open(BytesIO(data), formats=[self.name])
        image.draft(None, opened.image.size)
        return image

    def reduced(
        self, opened: Opened, data: bytes, least: tuple[int, int], limits: Limits
    ) -> Opened:
        """To a half, a quarter or an eighth, kept in its mode: only the size is drafted."""
        opened.image.draft(None, least)
        return opened

    def extra_bytes(self, image: Image.Image, full: tuple[int, int]) -> int:
        """All coefficients of a progressive one are kept, two bytes each."""
        return full[0] * full[1] * 6 if image.info.get("progressive") else 0

    def is_exact(self, image: Image.Image, data: bytes) -> bool:
        """The reader knows 8 bits only, and refuses others."""
        return True

    def everything(self, image: Image.Image, data: bytes) -> list[int]:
        """Of MPO all: the other eye's view, the map that makes it brighter."""
        return list(range(min(int(getattr(image, "n_frames", 1)), MOST_MEMBERS)))


def _check_kind(data: bytes) -> None:
    """Tell what is sound and not read from what is damaged."""
    kind = frame_kind(data)
    if kind:
        raise PictureSkipped(
            f"{kind} isn't read: save it as PNG, or as JPEG of the usual kind", cause="kind"
        )


FORMAT = JPEG()
