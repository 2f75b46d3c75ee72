"""Perceptual codes of turned pictures from the codes of the pictures, without the pictures.

Turning or flipping a picture changes the places and the signs of its frequencies, see
:func:`lookalike.encoders.perceptual_hash.eight`. A code keeps of each frequency whether it is above
their median, which is nearly zero, so that a change of its sign is a change of its bit. Only the
few frequencies between zero and the median go the other way: what comes out is some bits from the
turned picture's own code. That is enough to tell how near unrelated pictures come, turned; a query
is asked with codes of its turned pixels.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import unpack
from lookalike.types import Codes

__all__ = ["turned_codes"]

_BITS, _SIDE = 256, 16
_odd = (np.arange(_SIDE) % 2 == 0).astype(np.uint8)  # index 0 is frequency 1
_LEFT_RIGHT = np.broadcast_to(_odd, (_SIDE, _SIDE))
_TOP_BOTTOM = _LEFT_RIGHT.T


def turned_codes(codes: Codes) -> Codes:
    """Codes of the eight rotations and flips of pictures, as near as their codes tell.

    Args:
        codes: of a perceptual hash, packed, uint8 (n, 32).

    Returns:
        uint8 (8, n, 32), in the order of :data:`~lookalike.encoders.perceptual_hash.DIHEDRAL`; the
        first are the codes themselves.

    Raises:
        UsageError: the codes aren't of 256 bits.

    Example:
        >>> turned_codes(np.zeros((5, 32), np.uint8)).shape
        (8, 5, 32)
    """
    # The first bit of a code is its highest frequency.
    upright = unpack(codes, _BITS)[:, ::-1].reshape(-1, _SIDE, _SIDE)
    left_right, top_bottom = upright ^ _LEFT_RIGHT, upright ^ _TOP_BOTTOM
    both = left_right ^ _TOP_BOTTOM
    return np.stack(
        [
            _packed(upright),
            _packed(left_right.swapaxes(1, 2)),
            _packed(both),
            _packed(top_bottom.swapaxes(1, 2)),
            _packed(top_bottom),
            _packed(left_right),
            _packed(upright.swapaxes(1, 2)),
            _packed(both.swapaxes(1, 2)),
        ]
    )


def _packed(bits: npt.NDArray[np.uint8]) -> Codes:
    return np.packbits(bits.reshape(len(bits), _BITS)[:, ::-1], axis=1)
