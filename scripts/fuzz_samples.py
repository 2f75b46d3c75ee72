"""Small sound picture files of every format, for scripts/fuzz_formats.py to damage."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pillow_heif
from fuzz_tiffs import raws, tiffs
from PIL import Image

SUFFIXES = {
    "JPEG": ".jpg",
    "PNG": ".png",
    "GIF": ".gif",
    "WEBP": ".webp",
    "TIFF": ".tif",
    "BMP": ".bmp",
    "AVIF": ".avif",
    "HEIF": ".heic",
    "JPEG2000": ".jp2",
    "RAW": ".dng",
    "ISO": ".heic",
}
"""Of the files of each format, as people have them. ISO: what has boxes, and is no picture."""

WIDTH, HEIGHT = 160, 120


def make_samples() -> dict[str, list[bytes]]:
    """Files by format."""
    pillow_heif.register_heif_opener()
    makers: dict[str, Callable[[], list[bytes]]] = {
        "JPEG": _jpeg,
        "PNG": _png,
        "GIF": _gif,
        "WEBP": _webp,
        "TIFF": partial(tiffs, _scene()),
        "BMP": _bmp,
        "AVIF": _avif,
        "HEIF": _heif,
        "JPEG2000": _jpeg2000,
        "RAW": partial(raws, _scene()),
        "ISO": _iso,
    }
    return {name: make() for name, make in makers.items()}


def _scene(width: int = WIDTH, height: int = HEIGHT, seed: int = 0) -> Image.Image:
    """Slopes, waves and some grain."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    planes = [
        255 * x / width + 20 * np.sin(y / 7 + seed),
        255 * y / height + 20 * np.sin(x / 9),
        128 + 90 * np.sin((x + 2 * y) / 23 + seed),
    ]
    pixels = np.stack(planes, 2) + rng.normal(0, 6, (height, width, 3))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _frames() -> list[Image.Image]:
    return [_scene(seed=seed) for seed in (1, 2, 3)]


def _all(**options: Any) -> dict[str, Any]:
    return {"save_all": True, "append_images": _frames(), **options}


def _exif(orientation: int = 6) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "maker"
    return exif


def _jpeg() -> list[bytes]:
    scene = _scene()
    return [
        _saved(scene, "JPEG", exif=_exif()),
        _saved(scene, "JPEG", progressive=True, icc_profile=_profile()),
        _saved(scene.convert("CMYK"), "JPEG"),
        _saved(scene.convert("L"), "JPEG"),
        _saved(scene, "JPEG", subsampling=0, restart_marker_blocks=4),
        _saved(_scene(700, 500), "JPEG", quality=60),
        _saved(scene, "MPO", **_all()),
    ]


def _profile() -> bytes:
    from PIL import ImageCms

    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    made[24:36] = struct.pack(">6H", 2026, 1, 1, 0, 0, 0)  # the time of day is no part of a seed
    return bytes(made)


def _png() -> list[bytes]:
    scene = _scene()
    clear = scene.copy()
    clear.putalpha(scene.convert("L"))
    deep = Image.fromarray(np.asarray(scene.convert("L")).astype(np.uint16) * 257)
    return [
        _saved(scene, "PNG", icc_profile=_profile()),
        _saved(scene.convert("L"), "PNG", transparency=7),
        _saved(scene.convert("1"), "PNG"),
        _saved(scene.quantize(64), "PNG", transparency=3),
        _saved(scene.quantize(4), "PNG", bits=2),
        _saved(clear, "PNG", exif=_exif()),
        _saved(clear.convert("LA"), "PNG"),
        _saved(deep, "PNG"),
        _deep_png(),
        _interlaced(scene),
        _saved(scene, "PNG", **_all()),
    ]


def png_chunk(name: bytes, data: bytes) -> bytes:
    """A chunk with its right checksum."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _png_of(head: tuple[int, ...], rows: bytes) -> bytes:
    pieces = [png_chunk(b"IHDR", struct.pack(">IIBBBBB", *head))]
    pieces += [png_chunk(b"gAMA", struct.pack(">I", 45_455)), png_chunk(b"tEXt", b"Title\0scene")]
    pieces += [png_chunk(b"IDAT", zlib.compress(rows)), png_chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(pieces)


def _deep_png() -> bytes:
    """Colour and alpha of 16 bits."""
    pixels = np.asarray(_scene().convert("RGBA")).astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    return _png_of((WIDTH, HEIGHT, 16, 6, 0, 0, 0), rows)


def _interlaced(scene: Image.Image) -> bytes:
    """By Adam7."""
    pixels = np.asarray(scene)
    steps = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
    rows = b""
    for left, top, across, down in (*steps, (0, 1, 1, 2)):
        rows += b"".join(b"\0" + row.tobytes() for row in pixels[top::down, left::across])
    return _png_of((WIDTH, HEIGHT, 8, 2, 0, 0, 1), rows)


def _gif() -> list[bytes]:
    scene = _scene()
    return [
        _saved(scene.quantize(32), "GIF"),
        _saved(scene.quantize(16), "GIF", transparency=2, interlace=1),
        _saved(scene, "GIF", **_all(duration=40, loop=0, disposal=2)),
        _saved(scene, "GIF", **_all(disposal=3)),
    ]


def _webp() -> list[bytes]:
    scene = _scene()
    clear = scene.copy()
    clear.putalpha(scene.convert("L"))
    return [
        _saved(scene, "WEBP"),
        _saved(scene, "WEBP", lossless=True),
        _saved(clear, "WEBP", exif=_exif().tobytes(), icc_profile=_profile()),
        _saved(clear, "WEBP", lossless=True),
        _saved(clear, "WEBP", **_all(lossless=True)),
        _saved(scene, "WEBP", **_all(quality=60)),
    ]


def _bmp() -> list[bytes]:
    scene = _scene()
    modes = ("RGB", "L", "1", "P", "RGBA")
    return [*(_saved(scene.convert(mode), "BMP") for mode in modes), _saved(scene, "DIB")]


def _avif() -> list[bytes]:
    scene = _scene()
    clear = scene.copy()
    clear.putalpha(scene.convert("L"))
    return [
        _saved(scene, "AVIF", speed=10),
        _saved(clear, "AVIF", speed=10, exif=_exif().tobytes()),
        _saved(scene, "AVIF", speed=10, subsampling="4:4:4", quality=40),
        _without_times(_saved(scene, "AVIF", **_all(speed=10))),
    ]


def _without_times(film: bytes) -> bytes:
    """The time of day, in the headers of a sequence, is no part of a seed."""
    made = bytearray(film)
    for name in (b"mvhd", b"tkhd", b"mdhd"):
        at = made.index(name) + 4
        size = 16 if made[at] else 8  # by the version of the box
        made[at + 4 : at + 4 + size] = bytes(size)
    return bytes(made)


def _heif() -> list[bytes]:
    options = pillow_heif.options
    scene, large = _scene(), _scene(400, 300)
    clear = scene.copy()
    clear.putalpha(scene.convert("L"))
    made = [
        _saved(scene, "HEIF", exif=_exif().tobytes()),
        _saved(clear, "HEIF"),
        _saved(scene, "HEIF", **_all()),
        _saved(scene.convert("L"), "HEIF"),
    ]
    before = options.GRID_TILE_SIZE
    try:
        options.GRID_TILE_SIZE = 128
        small = pillow_heif.from_pillow(large)
        small.info["thumbnails"] = [96]
        buffer = io.BytesIO()
        small.save(buffer, quality=50, exif=_exif().tobytes())
        made.append(buffer.getvalue())
    finally:
        options.GRID_TILE_SIZE = before
    # As a sequence, of which no encoder was at hand: by its brand.
    made.append(made[2].replace(b"heic", b"hevc", 1).replace(b"mif1", b"msf1", 1))
    return made


def _jpeg2000() -> list[bytes]:
    scene = _scene()
    deep = Image.fromarray(np.asarray(scene.convert("L")).astype(np.uint16) * 257)
    return [
        _saved(scene, "JPEG2000"),
        _saved(scene, "JPEG2000", irreversible=True, num_resolutions=4),
        _saved(scene, "JPEG2000", no_jp2=True),
        _saved(deep, "JPEG2000"),
        _saved(scene, "JPEG2000", tile_size=(64, 64)),
        _saved(scene.convert("RGBA"), "JPEG2000"),
    ]


def _box(name: bytes, *inside: bytes) -> bytes:
    data = b"".join(inside)
    return struct.pack(">I", 8 + len(data)) + name + data


def _iso() -> list[bytes]:
    scene = _saved(_scene(), "AVIF", speed=10)
    film = _box(b"moov", _box(b"mvhd", bytes(100)), _box(b"trak", _box(b"tkhd", bytes(84))))
    brands = (b"isom", b"mp42", b"qt  ", b"mif1", b"crx ", b"hevx", b"avis", b"miaf")
    heads = [_box(b"ftyp", brand, bytes(4), brand) for brand in brands]
    return [*(head + film + _box(b"mdat", bytes(64)) for head in heads), heads[3] + scene[24:]]
