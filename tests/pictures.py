"""Pictures that tests make for themselves."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image, ImageCms

FORMATS = [
    "JPEG",
    "progressive JPEG",
    "PNG",
    "animated PNG",
    "WEBP",
    "lossless WEBP",
    "animated WEBP",
    "GIF",
    "animated GIF",
    "TIFF",
    "LZW TIFF",
    "BMP",
    "AVIF",
    "HEIF",
    "JPEG2000",
]

_EXTRA: dict[str, dict[str, Any]] = {
    "progressive JPEG": {"progressive": True, "quality": 92},
    "lossless WEBP": {"lossless": True},
    "LZW TIFF": {"compression": "tiff_lzw"},
    "JPEG": {"quality": 92},
    "WEBP": {"quality": 92},
    "AVIF": {"quality": 92},
    "HEIF": {"quality": 92},
}


def scene(width: int, height: int) -> Image.Image:
    """A picture that no turn or flip maps to itself: slopes, a disc and a bar."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = x / width, y / height
    disc = (u - 0.3) ** 2 + (v - 0.25) ** 2 < 0.03
    bar = (u > 0.55) & (v > 0.7) & (u < 0.95) & (v < 0.8)
    waves = 20 * np.sin(x / 9) * np.sin(y / 7)
    red = np.where(disc, 230, 200 * u + waves)
    green = np.where(bar, 240, 160 * v + 30 + waves)
    blue = np.where(disc, 40, np.where(bar, 220, 120 * (1 - u) + 60))
    return Image.fromarray(np.stack([red, green, blue], 2).clip(0, 255).astype(np.uint8))


def encode(image: Image.Image, name: str, **options: Any) -> bytes:
    """A picture file of one of :data:`FORMATS`."""
    buffer = io.BytesIO()
    kind = name.split()[-1]
    settings = {**_EXTRA.get(name, {}), **options}
    if name.startswith("animated"):
        others = [image.transpose(Image.Transpose.ROTATE_180), image.convert("L").convert("RGB")]
        settings |= {"save_all": True, "append_images": others}
    if kind == "HEIF":
        pillow_heif.register_heif_opener(thumbnails=False)
    image.save(buffer, kind, **settings)
    return buffer.getvalue()


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_bomb(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(bytes(1 + (width + 7) // 8)) for _ in range(min(height, 2000)))
    body += packer.flush()
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", head)
        + png_chunk(b"IDAT", body)
        + png_chunk(b"IEND", b"")
    )


def profile_with_red_and_green_exchanged() -> bytes:
    """A profile like that of sRGB but for two colours, under another name."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = bytearray(
        srgb.replace(b"s\x00R\x00G\x00B", b"x\x00Y\x00Z\x00W").replace(b"sRGB", b"xYZW")
    )
    count = int.from_bytes(swapped[128:132], "big")
    at = {bytes(swapped[132 + 12 * i : 136 + 12 * i]): 132 + 12 * i for i in range(count)}
    red, green = at[b"rXYZ"], at[b"gXYZ"]
    swapped[red : red + 4], swapped[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(swapped)
