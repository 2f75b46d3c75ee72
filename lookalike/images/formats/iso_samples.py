"""What HEIF and AVIF files say of their samples, and HEIF's samples of more than 8 bits."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from lookalike.images.formats.limits import check_pixels
from lookalike.images.sameness import BYTES, Samples, meaning_of
from lookalike.types import Limits

__all__ = ["colours_of", "has_films", "heif_samples", "is_deep_avif"]

# Primaries and curves (ITU-T H.273) of what is shown as sRGB is: its own, those of BT.709 and
# BT.601, and what isn't said.
_PRIMARIES = frozenset((1, 2))
_CURVES = frozenset((1, 2, 6, 13))


def colours_of(data: bytes) -> bytes:
    """What the ``nclx`` boxes of a file say of its colours; empty where it isn't but sRGB.

    The matrix, which the decoder applies, isn't in it.

    Source: ISO/IEC 14496-12, section 12.1.5; ITU-T H.273.
    """
    said = set()
    at = data.find(b"colrnclx")
    while 0 <= at <= len(data) - 12:
        said.add(struct.unpack_from(">HH", data, at + 8))
        at = data.find(b"colrnclx", at + 8)
    return " ".join(f"{p}/{c}" for p, c in sorted(said) if not _is_usual(p, c)).encode()


def _is_usual(primaries: int, curve: int) -> bool:
    return primaries in _PRIMARIES and curve in _CURVES


def is_deep_avif(data: bytes) -> bool:
    """Whether an AVIF file has more than 8 bits a sample, or a map that makes it brighter.

    Source: Alliance for Open Media, "AV1 Codec ISO Media File Format Binding", section 2.3.
    """
    at = data.find(b"av1C")
    if at < 0 or b"tmap" in data[:65_536]:
        return True
    while 0 <= at < len(data) - 6:
        if data[at + 6] & 0x60:  # high_bitdepth, twelve_bit
            return True
        at = data.find(b"av1C", at + 4)
    return False


def has_films(data: bytes) -> bool:
    """Whether a HEIF file has a sequence of pictures, too, which its reader doesn't see."""
    at = 0
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        if name == b"moov":
            return True
        if length == 1 and at + 16 <= len(data):
            (length,) = struct.unpack_from(">Q", data, at + 8)
        if length < 8:  # up to the end, or none
            return False
        at += length
    return False


def heif_samples(
    data: bytes, frames: Sequence[int], limits: Limits
) -> Iterator[Samples | Image.Image | None]:
    """As :meth:`lookalike.images.formats.format.Format.samples`, with the maps beside pictures.

    Telephones put a map beside a picture by which a bright screen shows it brighter: the auxiliary
    images count. Transparency is a channel. Maps of depth and thumbnails don't count.
    """
    import pillow_heif

    opened = pillow_heif.open_heif(BytesIO(data), convert_hdr_to_8bit=False, hdr_to_16bit=False)
    colours = colours_of(data)
    for frame in frames:
        one = opened[frame]
        check_pixels(*one.size, limits)
        kind, _, bits = one.mode.partition(";")
        if kind not in ("L", "I", "LA", "RGB", "RGBA"):
            yield None  # transparency that is multiplied in
            continue
        values = np.asarray(one)
        space = "RGB" if kind.startswith("RGB") else "grey"
        alpha = values[..., -1] if kind.endswith("A") else None
        colour = values[..., :3] if space == "RGB" else values.reshape(*values.shape[:2], -1)
        if space == "grey":
            colour = colour[..., 0]
        deep = int(bits or 8)
        profile: Any = one.info.get("icc_profile")
        meaning = meaning_of(profile, space) + colours + _maps(one)
        depth = BYTES if deep <= 8 else f"u{deep}"
        yield Samples(colour, depth, space, alpha, (1 << deep) - 1, 1, meaning)


def _maps(picture: Any) -> bytes:
    """The auxiliary images of a picture, as bytes that are equal where all of them are."""
    made = b""
    for kind, numbers in sorted(picture.info.get("aux", {}).items()):
        for number in numbers:
            found = np.asarray(picture.get_aux_image(number))
            made += hashlib.sha256(f"{kind} {found.shape} ".encode() + found.tobytes()).digest()
    return made
