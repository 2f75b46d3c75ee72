"""The brands of a file of the ISO base media kind, which HEIF, AVIF and some camera raw are."""

from __future__ import annotations

import struct

__all__ = ["brands_of"]


def brands_of(data: bytes) -> tuple[bytes, frozenset[bytes]]:
    """The major brand, and that with the compatible ones; empty of another kind of file.

    Source: ISO/IEC 14496-12, section 4.3.
    """
    if data[4:8] != b"ftyp":
        return b"", frozenset()
    (length,) = struct.unpack(">I", data[:4])
    listed = {data[i : i + 4] for i in range(16, min(length, len(data), 256), 4)}
    return data[8:12], frozenset({data[8:12]} | listed)
