"""What the numbers of a PNG file mean: its chunks about colour, as a profile."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from typing import cast

from lookalike.images.matrix_profiles import (
    BT709,
    Chromaticities,
    coded_profile,
    known,
    matrix_profile,
)

__all__ = ["colour_profile"]

_PLAIN = 45_455  # 1 / 2.2, which every old program writes for sRGB
_NEAR = 0.05  # closer than that to it counts as nothing, in browsers too
_LEAST, _MOST = 1_000, 2_000_000  # what can be a gamma at all
_CLOSE = 500  # of 100,000: primaries of sRGB, as they are written
_LONGEST = 4_000_000  # bytes of a profile
_HDR = (16, 18)  # PQ and HLG


def colour_profile(chunks: Mapping[bytes, bytes], *, grey: bool) -> bytes | None:
    """The ICC profile that a picture is shown by; ``None`` for sRGB.

    cICP goes before an embedded profile, that before sRGB, and that before gAMA with cHRM. A cICP
    that says PQ or HLG is passed over with all else: its numbers are shown as they are. A gAMA
    close to 45455 is nothing where cHRM is missing or sRGB's: programs have always written that for
    sRGB.

    Source: PNG specification, third edition, section 4.3; the leeway is libpng's.

    Args:
        chunks: the first of each name, without those whose checksum is wrong.
        grey: whether the picture is grey, with or without transparency.
    """
    coded = chunks.get(b"cICP", b"")
    if len(coded) == 4 and coded[2] == 0:
        primaries, transfer = coded[0], coded[1]
        if transfer in _HDR:
            return None
        if known(primaries, transfer):
            return coded_profile(primaries, transfer)
    embedded = _unpacked(chunks.get(b"iCCP", b""))
    if embedded[16:20] == b"RGB " or (grey and embedded[16:20] == b"GRAY"):
        return embedded
    if b"sRGB" in chunks or len(chunks.get(b"gAMA", b"")) != 4:
        return None
    (gamma,) = struct.unpack(">I", chunks[b"gAMA"])
    if not _LEAST <= gamma <= _MOST:
        return None
    colours = _chromaticities(chunks.get(b"cHRM", b""))
    if colours == BT709 and abs(gamma / _PLAIN - 1) <= _NEAR:
        return None
    return matrix_profile(colours, (100_000 / gamma,))


def _unpacked(chunk: bytes) -> bytes:
    """The profile in iCCP; empty where there is none, or none that can be read."""
    _name, _, packed = chunk.partition(b"\0")
    if packed[:1] != b"\0":  # the one way of packing that there is
        return b""
    try:
        return zlib.decompressobj().decompress(packed[1:], _LONGEST)
    except zlib.error:
        return b""


def _chromaticities(chunk: bytes) -> Chromaticities:
    if len(chunk) != 32:
        return BT709
    values = struct.unpack(">8I", chunk)
    if all(abs(a - 100_000 * b) <= _CLOSE for a, b in zip(values, BT709, strict=True)):
        return BT709
    return cast("Chromaticities", tuple(value / 100_000 for value in values))
