"""ICC colour profiles: numbers in another colour space to sRGB, which the encoders expect."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

from PIL import Image

__all__ = ["lab_to_rgb", "to_srgb"]

_LONGEST_PROFILE = 4_000_000  # bytes; CMYK profiles of printers take about 2 MB


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image | None:
    """``image`` (RGB or CMYK) converted to sRGB, or ``None`` where there is nothing to do.

    There is nothing to do without a profile, with sRGB itself, with a profile for another number
    of channels (a grey one on a picture that was made RGB) and with a damaged profile, which
    viewers ignore too.

    The cost is about 10 ns a pixel, after 1 to 10 ms for the first picture with a profile.
    """
    if not profile or len(profile) > _LONGEST_PROFILE:
        return None
    transform = _transform(bytes(profile), image.mode)
    if transform is None:
        return None
    return transform.apply(image)  # type: ignore[attr-defined, no-any-return]


@lru_cache(maxsize=32)
def _transform(profile: bytes, mode: str) -> object | None:
    # Bytes 16 to 20 of a profile name its colour space (ICC.1:2022, section 7.2).
    if profile[16:20] != {"RGB": b"RGB ", "CMYK": b"CMYK"}.get(mode):
        return None
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return None
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def lab_to_rgb(image: Image.Image) -> Image.Image:
    """A CIELAB picture as sRGB."""
    from PIL import ImageCms

    transform = ImageCms.buildTransform(
        ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB"
    )
    converted = ImageCms.applyTransform(image, transform)
    if converted is None:
        raise ValueError("a LAB picture can't be converted")
    return converted
