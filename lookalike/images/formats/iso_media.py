"""The brands of a file of the ISO base media kind, by which AVIF, HEIF and Canon's raw are told."""

from __future__ import annotations

__all__ = ["AVIF_BRANDS", "CANON_RAW", "HEIF_BRANDS", "brands"]

AVIF_BRANDS = frozenset((b"avif", b"avis"))
HEIF_BRANDS = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
)
CANON_RAW = b"crx "

_LONGEST = 256  # bytes of the first box that are looked at


def brands(data: bytes) -> frozenset[bytes]:
    """The major and the compatible brands, empty for other files; Canon's raw has that one only.

    Source: ISO/IEC 14496-12, section 4.3.
    """
    if data[4:8] != b"ftyp":
        return frozenset()
    if data[8:12] == CANON_RAW:
        return frozenset((CANON_RAW,))
    end = min(int.from_bytes(data[:4], "big"), len(data), _LONGEST)
    return frozenset((data[8:12], *(data[at : at + 4] for at in range(16, end, 4))))
