"""PNG and APNG."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from io import BytesIO

from PIL import Image

from lookalike.errors import PictureFailed
from lookalike.images.formats.animation import Animation
from lookalike.images.formats.format import Format, Opened
from lookalike.images.formats.limits import check_pixels
from lookalike.images.formats.png_chunks import SIGNATURE, Chunks, Header, Piece, assembled, walk
from lookalike.images.formats.png_clear import clear_loader, set_clear_level
from lookalike.images.formats.png_colour import colour_profile
from lookalike.images.formats.png_frames import animation_frames
from lookalike.images.formats.png_rows import inflated
from lookalike.images.formats.png_samples import deep_samples, is_deep
from lookalike.images.sameness import Samples
from lookalike.types import Limits

__all__ = ["FORMAT"]

_PIXELS = (b"IDAT", b"fcTL", b"fdAT", b"acTL")
_COLOUR = (b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM")
# All that a picture needs to be shown; the reader may stumble over texts and the like.
_NEEDED = (b"PLTE", b"tRNS", b"eXIf")
_LEFT_OUT = "a damaged chunk, which is left out"
_NO_END, _OF_PIXELS = "no end marker", "a wrong checksum of its sound pixels"
_STILL = -1  # stands for it among the numbers of frames
_SHARE_OF_MEMORY = 2  # of what is allowed, pixels of a damaged file may take a half


class _PNG(Format):
    name = "PNG"
    suffixes = (".apng", ".png")
    signatures = (SIGNATURE,)
    reader = "PIL.PngImagePlugin"
    media_type = "image/png"
    members = "frame"

    def open(self, data: bytes, limits: Limits) -> Opened:
        """Read all chunks, and hand only sound ones to the reader.

        A wrong checksum beside the pixels costs that chunk, and is noted. In the pixels it counts
        as nothing where the checksum of the compressed stream is right: that is one over the pixels
        themselves. Else rows are trusted up to the chunk that it is in.
        """
        chunks = walk(data)
        header = chunks.header
        if b"PLTE" in chunks.unsound:
            raise PictureFailed("damaged PNG: wrong checksum in chunk b'PLTE'")
        names = {piece.name for piece in chunks.pieces}
        if b"acTL" in names:
            frames, loss = animation_frames(data, chunks, partial(self._frame, data, chunks))
            if frames:
                image = self._read(assembled(header, _beside(data, chunks), b""), limits).image
                self._state(image, data, chunks)
                size, info = (header.width, header.height), image.info
                return Opened(
                    Animation(size, frames, info, self.name),
                    self.name,
                    loss=loss or _unsound_beside(chunks),
                    whole=not loss and _is_whole(chunks),
                )
        if chunks.end != "whole" or chunks.unsound or b"acTL" in names or _late_exif(chunks):
            return self._sound_part(data, chunks, limits)
        try:
            image = self._read(data, limits).image
        except PictureFailed as error:
            if error.cause != "file":
                raise
            opened = self._sound_part(data, chunks, limits, needed=True)
            return replace(opened, loss=_LEFT_OUT, whole=False)
        return self._still(image, data, chunks)

    def salvage(self, opened: Opened, data: bytes, limits: Limits, error: Exception) -> Opened:
        """As far as the pixels can be inflated; without what is behind them, if they are sound."""
        if opened.loss or isinstance(opened.image, Animation):
            raise error
        chunks = replace(walk(data), end="open")  # as of a cut one, see what is there
        made = self._sound_part(data, chunks, limits, needed=True)
        return replace(made, loss=_LEFT_OUT, whole=False) if made.loss == _NO_END else made

    def frames(self, image: Image.Image, data: bytes) -> list[int]:
        """Those that are there, whatever the header claims."""
        return list(range(getattr(image, "n_frames", 1)))

    def _read(self, data: bytes, limits: Limits) -> Opened:
        return super().open(data, limits)

    def _still(self, image: Image.Image, data: bytes, chunks: Chunks, loss: str = "") -> Opened:
        """A still picture, of which nothing is lost but what stands beside it."""
        self._state(image, data, chunks)
        load = clear_loader(image, chunks.header)
        return Opened(image, self.name, load=load, loss=loss, whole=_is_whole(chunks))

    def _state(self, image: Image.Image, data: bytes, chunks: Chunks) -> None:
        """Say of an opened picture what its numbers mean."""
        set_clear_level(image, chunks.header)
        held = {p.name: data[p.at : p.end] for p in _ahead(chunks) if p.sound and p.name in _COLOUR}
        image.info["icc_profile"] = colour_profile(held, grey=chunks.header.grey)

    def _sound_part(
        self, data: bytes, chunks: Chunks, limits: Limits, *, needed: bool = False
    ) -> Opened:
        """A file of what is sound in another one, opened."""
        header, view = chunks.header, memoryview(data)
        check_pixels(header.width, header.height, limits)
        pixels = [piece for piece in chunks.pieces if piece.name == b"IDAT"]
        beside = _beside(data, chunks, needed=needed)
        parts = [view[piece.at : piece.end] for piece in pixels]
        loss = _unsound_beside(chunks)
        if chunks.end == "whole" and all(piece.sound for piece in pixels):
            image = self._read(assembled(header, beside, b"".join(parts)), limits).image
            return self._still(image, data, chunks, loss)
        most = limits.memory_bytes // _SHARE_OF_MEMORY
        rows, sound = inflated(header, parts, most)
        if sound:
            unsound = b"IDAT" in chunks.unsound
            loss = loss or (_OF_PIXELS if unsound else _NO_END)
            image = self._read(assembled(header, beside, b"".join(parts)), limits).image
            return self._still(image, data, chunks, loss)
        if b"IDAT" in chunks.unsound:  # its bytes aren't what was written
            trusted = next(i for i, piece in enumerate(pixels) if not piece.sound)
            if not trusted:
                raise PictureFailed("damaged PNG: wrong checksum in chunk b'IDAT'")
            rows, _ = inflated(header, parts[:trusted], most)
        loss = rows.loss
        image = self._read(assembled(header, beside, rows.stream), limits).image
        opened = self._still(image, data, chunks, loss)
        load = opened.load or partial(_loaded, image)
        return replace(
            opened,
            whole=False,
            load=lambda: rows.shown(load()),
            needs=12 * header.width * header.height,
        )

    def _frame(
        self, data: bytes, chunks: Chunks, header: Header, parts: list[memoryview]
    ) -> Image.Image:
        """One frame of an animation, decoded."""
        beside = _beside(data, chunks, only=(b"PLTE", b"tRNS"))
        file = assembled(header, beside, b"".join(parts))
        image = Image.open(BytesIO(file), formats=[self.name])
        set_clear_level(image, header)
        load: Callable[[], Image.Image] = clear_loader(image, header) or partial(_loaded, image)
        return load()

    def is_exact(self, image: Image.Image, data: bytes) -> bool:
        """But for 16 bits, of which the reader cuts 8."""
        return not is_deep(data)

    def everything(self, image: Image.Image, data: bytes) -> list[int]:
        """With the still picture that isn't part of the animation: older viewers show it."""
        frames = self.frames(image, data)
        return [_STILL, *frames] if _has_still_beside(image, data) else frames

    def samples(
        self, opened: Opened, data: bytes, frames: Sequence[int], limits: Limits
    ) -> Iterator[Samples | Image.Image | None]:
        if is_deep(data) and not isinstance(opened.image, Animation):
            yield deep_samples(data, opened.image)
            return
        if frames[0] == _STILL:
            chunks, view = walk(data), memoryview(data)
            pixels = [view[p.at : p.end] for p in chunks.pieces if p.name == b"IDAT"]
            yield None if is_deep(data) else self._frame(data, chunks, chunks.header, pixels)
            frames = frames[1:]
        yield from super().samples(opened, data, frames, limits)


def _has_still_beside(image: Image.Image, data: bytes) -> bool:
    """Whether the still picture of an animated file is none of its frames."""
    if not isinstance(image, Animation):
        return False
    names = [piece.name for piece in _ahead(walk(data))]
    return b"fcTL" not in names


def _loaded(image: Image.Image) -> Image.Image:
    image.load()
    return image


def _ahead(chunks: Chunks) -> list[Piece]:
    """The chunks before the pixels."""
    names = [piece.name for piece in chunks.pieces]
    return chunks.pieces[: names.index(b"IDAT") if b"IDAT" in names else len(names)]


def _beside(
    data: bytes, chunks: Chunks, *, needed: bool = False, only: tuple[bytes, ...] = ()
) -> list[bytes]:
    """The sound chunks before the pixels, each with its length and its checksum."""
    least = {0: 2, 2: 6}.get(chunks.header.colour, 0)  # bytes of a tRNS; others are passed over
    return [
        data[piece.at - 8 : piece.end + 4]
        for piece in _ahead(chunks)
        if piece.sound
        and piece.name not in _PIXELS
        and (not needed or piece.name in _NEEDED)
        and (piece.name != b"tRNS" or piece.end - piece.at >= least)
        and (not only or piece.name in only)
    ]


def _unsound_beside(chunks: Chunks) -> str:
    """What the wrong checksums beside the pixels cost."""
    names = [name.decode() for name in chunks.unsound if name not in _PIXELS]
    return f"a wrong checksum in chunk {names[0]}, which is left out" if names else ""


def _is_whole(chunks: Chunks) -> bool:
    """Whether no chunk is lost that says how the pixels are shown."""
    return not any(name in (*_NEEDED, *_COLOUR) for name in chunks.unsound)


def _late_exif(chunks: Chunks) -> bool:
    """Whether EXIF stands behind the pixels, where browsers don't look and the reader does."""
    names = [piece.name for piece in chunks.pieces]
    if b"eXIf" not in names or b"IDAT" not in names:  # no pixels: of that the reader tells
        return False
    return names.index(b"eXIf") > names.index(b"IDAT")


FORMAT = _PNG()
