"""HEIF and HEIC."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PIL import Image

from lookalike.images.formats import avif
from lookalike.images.formats.format import Format, Opened
from lookalike.images.formats.iso import brands_of
from lookalike.images.formats.iso_samples import colours_of, has_films, heif_samples
from lookalike.images.sameness import Samples
from lookalike.types import Limits

__all__ = ["FORMAT"]

_BRANDS = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
)


class _HEIF(Format):
    name = "HEIF"
    suffixes = (".heic", ".heics", ".heif", ".heifs", ".hif")
    members = "page"

    def recognises(self, data: bytes, suffix: str) -> bool:
        major, brands = brands_of(data)
        return major != b"crx " and bool(brands & _BRANDS) and not brands & avif.BRANDS

    def load_reader(self) -> None:
        import pillow_heif

        # One thread: the pool runs as many children as there are processors.
        pillow_heif.options.DECODE_THREADS = 1
        pillow_heif.register_heif_opener(thumbnails=False)

    def frames(self, image: Image.Image, data: bytes) -> list[int]:
        """The primary picture, which the reader opens, and the others of the collection."""
        first = image.tell()
        return [first, *(frame for frame in super().frames(image, data) if frame != first)]

    def is_exact(self, image: Image.Image, data: bytes) -> bool:
        """Of 8 bits, with nothing beside it."""
        plain = image.info.get("bit_depth") == 8 and not image.info.get("aux")
        return plain and not has_films(data)

    def meaning(self, image: Image.Image, data: bytes) -> bytes:
        return colours_of(data)

    def samples(
        self, opened: Opened, data: bytes, frames: Sequence[int], limits: Limits
    ) -> Iterator[Samples | Image.Image | None]:
        if has_films(data):
            return iter([None])
        return heif_samples(data, frames, limits)


FORMAT = _HEIF()
