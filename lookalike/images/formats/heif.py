"""HEIF and HEIC."""

from __future__ import annotations

from PIL import Image

from lookalike.images.formats import avif
from lookalike.images.formats.format import Format
from lookalike.images.formats.iso import brands_of

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


FORMAT = _HEIF()
