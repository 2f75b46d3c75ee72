"""Colour profiles made from what a file says in other words: primaries, a white point, a curve."""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["BT709", "Chromaticities", "Curve", "coded_profile", "known", "matrix_profile"]

Chromaticities: TypeAlias = tuple[float, float, float, float, float, float, float, float]
"""x and y of white, red, green and blue (CIE 1931)."""

Curve: TypeAlias = tuple[float, ...]
"""Parameters of an ICC parametric curve, numbers to light (ICC.1:2022, section 10.18): one for a
plain exponent, five for one with a straight beginning."""

_D65 = (0.3127, 0.3290)
BT709: Chromaticities = (*_D65, 0.640, 0.330, 0.300, 0.600, 0.150, 0.060)
"""The primaries of sRGB."""

_SRGB: Curve = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_TELEVISION: Curve = (2.4,)  # as screens show it (ITU-R BT.1886), not as cameras write it
# By their numbers in ITU-T H.273 (07/2024), tables 2 and 3. PQ and HLG aren't here: they need a
# mapping of tones, not a profile.
_PRIMARIES: dict[int, Chromaticities] = {
    1: BT709,
    5: (*_D65, 0.640, 0.330, 0.290, 0.600, 0.150, 0.060),
    6: (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    7: (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    9: (*_D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (*_D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
}
_CURVES: dict[int, Curve] = {4: (2.2,), 5: (2.8,), 8: (1.0,), 13: _SRGB}
_CURVES |= dict.fromkeys((1, 6, 14, 15), _TELEVISION)

# White of all profiles, and the matrix that carries colours between whites (Bradford; ICC.1:2022,
# annex E).
_D50 = np.array([0.9642, 1.0, 0.8249])
_CONES = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def known(primaries: int, transfer: int) -> bool:
    """Whether code points of ITU-T H.273 can be made a profile of."""
    return primaries in _PRIMARIES and transfer in _CURVES


def coded_profile(primaries: int, transfer: int) -> bytes | None:
    """A profile for code points of ITU-T H.273; ``None`` for sRGB's and for what isn't known."""
    colours, curve = _PRIMARIES.get(primaries), _CURVES.get(transfer)
    if colours is None or curve is None or (colours, curve) == (BT709, _SRGB):
        return None
    return matrix_profile(colours, curve)


@lru_cache(maxsize=32)
def matrix_profile(chromaticities: Chromaticities, curve: Curve) -> bytes | None:
    """An ICC profile for RGB, of version 4; ``None`` where the primaries can't be.

    Args:
        chromaticities: of white, red, green and blue.
        curve: of all three.
    """
    try:
        columns = _matrix(chromaticities)
    except (np.linalg.LinAlgError, ZeroDivisionError):
        return None
    if not np.isfinite(columns).all() or np.abs(columns).max() > 8:
        return None
    kind = {1: 0, 5: 3}[len(curve)]
    tone = b"para" + bytes(4) + struct.pack(">HH", kind, 0) + b"".join(map(_fixed, curve))
    text = "made from the file".encode("utf-16-be")
    named = b"mluc" + bytes(4) + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(text), 28) + text
    tags = [(b"desc", named), (b"cprt", named), (b"wtpt", _xyz(_D50))]
    tags += [(name, _xyz(columns[:, i])) for i, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))]
    tags += [(name, tone) for name in (b"rTRC", b"gTRC", b"bTRC")]
    return _assembled(tags)


def _matrix(chromaticities: Chromaticities) -> npt.NDArray[np.float64]:
    """XYZ of the primaries under D50, in columns."""
    points = np.array(chromaticities, np.float64).reshape(4, 2)
    if (points[:, 1] <= 0).any():
        raise ZeroDivisionError
    xyz = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in points]).T  # (3, 4)
    white, primaries = xyz[:, 0], xyz[:, 1:]
    columns = primaries * np.linalg.solve(primaries, white)
    scale = np.diag((_CONES @ _D50) / (_CONES @ white))
    carried: npt.NDArray[np.float64] = np.linalg.solve(_CONES, scale @ _CONES) @ columns
    return carried


def _assembled(tags: list[tuple[bytes, bytes]]) -> bytes:
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for name, data in tags:
        table += struct.pack(">4sII", name, start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = bytearray(128)
    head[8:12], head[12:24], head[36:40] = b"\x04\x30\0\0", b"mntrRGB XYZ ", b"acsp"
    head[68:80] = b"".join(map(_fixed, _D50.tolist()))
    made = bytes(head) + struct.pack(">I", len(tags)) + table + body
    return struct.pack(">I", len(made)) + made[4:]


def _xyz(values: npt.NDArray[np.float64]) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(map(_fixed, values.tolist()))


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))
