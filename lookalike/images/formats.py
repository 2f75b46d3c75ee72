"""The picture formats that lookalike reads: an explicit list, by suffix and by first bytes.

Suffixes decide which files of a folder are looked at; the first bytes decide what a file is.
Pillow is told that one format only, so that none of its other readers ever sees a file.
"""

from __future__ import annotations

import importlib
import struct
from typing import Final

__all__ = [
    "RAW_SUFFIXES",
    "SUFFIXES",
    "is_candidate",
    "load_plugin",
    "sniff",
    "suffix_of",
    "webp_size",
]

RAW: Final = "RAW"

# fmt: off
RAW_SUFFIXES: Final = frozenset(
    (
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".iiq", ".kdc", ".mos",
    ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2", ".rwl", ".sr2", ".srf", ".srw",
    ".x3f",
    )
)
"""Camera raw: read by the embedded preview, with the extra ``raw``."""

SUFFIXES: Final = RAW_SUFFIXES | frozenset(
    (
    ".apng", ".avif", ".avifs", ".bmp", ".dib", ".gif", ".heic", ".heics", ".heif", ".heifs",
    ".hif", ".j2c", ".j2k", ".jfif", ".jp2", ".jpc", ".jpe", ".jpeg", ".jpf", ".jpg", ".jpx",
    ".mpo", ".png", ".tif", ".tiff", ".webp",
    )
)
# fmt: on
"""Suffixes of the files that a walk takes up, lower case."""

# Pillow's name of the format: the module that reads it.
_PLUGINS: Final = {
    "AVIF": "PIL.AvifImagePlugin",
    "BMP": "PIL.BmpImagePlugin",
    "GIF": "PIL.GifImagePlugin",
    "JPEG": "PIL.JpegImagePlugin",  # hands over to MPO by itself
    "JPEG2000": "PIL.Jpeg2KImagePlugin",
    "PNG": "PIL.PngImagePlugin",
    "TIFF": "PIL.TiffImagePlugin",
    "WEBP": "PIL.WebPImagePlugin",
}

_SIGNATURES: Final = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
    (b"FUJIFILMCCD-RAW", RAW),
    (b"FOVb", RAW),
    (b"\x00MRM", RAW),
    (b"IIU\x00", RAW),  # Panasonic
    (b"IIRO", RAW),  # Olympus
    (b"IIRS", RAW),
    (b"MMOR", RAW),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),  # BigTIFF
    (b"MM\x00+", "TIFF"),
)

_HEIF_BRANDS: Final = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
)
_AVIF_BRANDS: Final = frozenset((b"avif", b"avis"))


def suffix_of(name: str) -> str:
    """The suffix of a file's name, lower case, with its dot; empty where there is none."""
    _, dot, suffix = name.rpartition(".")
    return dot + suffix.lower() if dot else ""


def is_candidate(name: str) -> bool:
    """Whether a file of this name is taken up: by its suffix, whatever its case."""
    return suffix_of(name) in SUFFIXES


def sniff(data: bytes, suffix: str = "") -> str | None:
    """Pillow's name of a file's format, ``RAW`` for camera raw, ``None`` for no picture.

    Args:
        data: the file, or at least its first 64 bytes (4 KiB for camera raw without a suffix).
        suffix: of the file's name; tells camera raw from the TIFF that most of it looks like.
    """
    if data[4:8] == b"ftyp":
        return _sniff_iso(data)
    if data[:4] == b"RIFF":
        return "WEBP" if data[8:12] == b"WEBP" else None
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            if name == "TIFF" and (suffix in RAW_SUFFIXES or _is_raw_tiff(data)):
                return RAW
            if name == "BMP" and not _is_bmp(data):
                return None
            return name
    return RAW if suffix == ".crw" and data[6:14] == b"HEAPCCDR" else None


def _sniff_iso(data: bytes) -> str | None:
    """What a file of the ISO base media kind is, by its major and its compatible brands."""
    (length,) = struct.unpack(">I", data[:4])
    brands = {data[8:12]} | {data[i : i + 4] for i in range(16, min(length, len(data), 256), 4)}
    if data[8:12] == b"crx ":
        return RAW
    if brands & _AVIF_BRANDS:
        return "AVIF"
    if brands & _HEIF_BRANDS:
        return "HEIF"
    return None


def _is_bmp(data: bytes) -> bool:
    # Two letters are a weak signature ("BMW brochure.txt"): ask for a header of a known length.
    return len(data) >= 18 and struct.unpack("<I", data[14:18])[0] in (
        12,
        16,
        40,
        52,
        56,
        64,
        108,
        124,
    )


def _is_raw_tiff(data: bytes) -> bool:
    """Whether a TIFF is camera raw: DNG, Canon, or a small first picture with others below it."""
    if data[8:10] == b"CR":
        return True
    order = "<" if data[:2] == b"II" else ">"
    try:
        (at,) = struct.unpack_from(order + "I", data, 4)
        (entries,) = struct.unpack_from(order + "H", data, at)
        tags = {}
        for i in range(min(entries, 200)):
            tag, _kind, _count, value = struct.unpack_from(order + "HHII", data, at + 2 + 12 * i)
            tags[tag] = value
    except struct.error:
        return False
    dng_version, subfile_type, sub_ifds, make = 50706, 254, 330, 271
    if dng_version in tags:
        return True
    return tags.get(subfile_type) == 1 and sub_ifds in tags and make in tags


def load_plugin(name: str) -> None:
    """Import what reads a format, and nothing else.

    Raises:
        ImportError: this build has no reader for it.
    """
    if name == "HEIF":
        import pillow_heif

        # One thread: the pool runs as many children as there are processors.
        pillow_heif.options.DECODE_THREADS = 1
        pillow_heif.register_heif_opener(thumbnails=False)
        return
    module = importlib.import_module(_PLUGINS[name])
    if name == "AVIF":
        setattr(module, "DEFAULT_MAX_THREADS", 1)  # noqa: B010 - no such name in Pillow's types


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a WebP file from its header; ``None`` where it can't be told.

    Pillow opens a WebP file by allocating its canvas twice, so the size is needed before.
    Source: RFC 9649, sections 2.5 to 2.7 and 3.4.
    """
    kind, body = data[12:16], data[20:30]
    if len(body) < 10:
        return None
    if kind == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        packed = int.from_bytes(body[1:5], "little")
        return 1 + (packed & 0x3FFF), 1 + ((packed >> 14) & 0x3FFF)
    return None
