"""TIFF and BigTIFF, but for the camera raw files that look like them."""

from __future__ import annotations

from PIL import Image

from lookalike.images.formats.format import Format
from lookalike.images.formats.raw import is_raw_tiff, is_tiff

__all__ = ["FORMAT"]

_SUBFILE_TYPE = 254  # tag: bit 0 says a reduced version of another picture, bit 2 a mask
_NO_PICTURE = 0b101


class _TIFF(Format):
    name = "TIFF"
    suffixes = (".tif", ".tiff")
    reader = "PIL.TiffImagePlugin"
    members = "page"

    def recognises(self, data: bytes, suffix: str) -> bool:
        return is_tiff(data) and not is_raw_tiff(data, suffix)

    def frames(self, image: Image.Image) -> list[int]:
        """Pages; what is a smaller version of another one, or a mask, is none."""
        every = super().frames(image)
        kept = every[:1]
        try:
            for number in every[1:]:
                image.seek(number)
                kind = getattr(image, "tag_v2", {}).get(_SUBFILE_TYPE, 0)
                if not int(kind) & _NO_PICTURE:
                    kept.append(number)
        except Exception:  # damaged from here on
            return kept
        finally:
            image.seek(0)
        return kept


FORMAT = _TIFF()
