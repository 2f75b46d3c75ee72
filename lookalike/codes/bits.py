"""Packed binary codes: packing, unpacking, checking, and what Hamming distance means.

A *packed* code is a row of ``ceil(bits / 8)`` bytes, ``uint8``, the first bit of the code being the
most significant bit of the first byte (the order of :func:`numpy.packbits`). Where the number of
bits is not a multiple of 8, the low bits of the last byte are padding and zero, so that a distance
over whole bytes, or over whole words, is the distance of the codes.

*Words* are the same bytes in groups of eight, ``uint64``: byte ``j`` of a row is the eight bits
from ``8 * (j % 8)`` on of word ``j // 8`` (little endian, on every machine), and missing bytes are
zero. The order of bits means nothing to a Hamming distance; it is fixed so that files of words can
be written on one machine and mapped on another.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.errors import UsageError
from lookalike.types import Codes

__all__ = [
    "MAX_BITS",
    "Words",
    "bytes_for",
    "check",
    "from_words",
    "hamming",
    "hamming_pairs",
    "pack",
    "to_words",
    "unpack",
    "words_for",
]

MAX_BITS = 4096
"""The widest code: its distances fit into 16 bits, and a code into eight cache lines."""

Words = npt.NDArray[np.uint64]
"""Codes as 64-bit words, shape (n, ceil(bits / 64))."""

_POPCOUNT = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).sum(1, dtype=np.uint8)
_BLOCK_BYTES = 1 << 24  # of a temporary array in `hamming`


def bytes_for(bits: int) -> int:
    """Bytes of one packed code of ``bits`` bits.

    Raises:
        UsageError: ``bits`` is no whole number, below 1 or above :data:`MAX_BITS`.
    """
    whole = isinstance(bits, int | np.integer) and not isinstance(bits, bool)
    if not whole or not 1 <= bits <= MAX_BITS:
        raise UsageError(f"a code has 1 to {MAX_BITS} bits, not {bits!r}")
    return (bits + 7) // 8


def words_for(bits: int) -> int:
    """64-bit words of one code of ``bits`` bits.

    Raises:
        UsageError: ``bits`` is below 1 or above :data:`MAX_BITS`.
    """
    return (bytes_for(bits) + 7) // 8


def pack(bits: npt.ArrayLike) -> Codes:
    """Pack codes that have one bit in each element.

    Args:
        bits: bool, or integers that are all 0 or 1, shape (n, bits).

    Returns:
        Packed codes, uint8 (n, ceil(bits / 8)), contiguous, the padding zero.

    Raises:
        UsageError: another shape, type, value or width.

    Example:
        >>> pack([[1, 0, 0, 0, 0, 0, 0, 1, 1]]).tolist()
        [[129, 128]]
    """
    array = np.asarray(bits)
    if array.ndim != 2:
        raise UsageError(
            f"bits have the shape (n, bits), not {array.shape}; give one code as [code]"
        )
    bytes_for(array.shape[1])
    if array.dtype != np.bool_:
        if not np.issubdtype(array.dtype, np.integer):
            raise UsageError(
                f"bits are bool or integers 0 and 1, not {array.dtype}; binarise features first"
            )
        wrong = (array != 0) & (array != 1)
        if wrong.any():
            raise UsageError(f"bits are 0 or 1, not {array[wrong][0]}")
        array = array.astype(np.bool_)
    return np.packbits(array, axis=1)


def unpack(codes: Codes, bits: int) -> npt.NDArray[np.uint8]:
    """The bits of packed codes, one in each element: uint8 0 or 1, shape (n, bits).

    Raises:
        UsageError: ``codes`` are no codes of that many bits (see :func:`check`).
    """
    return np.unpackbits(check(codes, bits), axis=1, count=bits)


def check(codes: Codes, bits: int, *, name: str = "codes") -> Codes:
    """Make sure that an array holds packed codes of ``bits`` bits.

    Args:
        codes: to be checked; nothing is converted except the layout in memory.
        bits: width that they should have.
        name: what the array is called in the message of an error.

    Returns:
        The same codes, C-contiguous; the same array where it is so already.

    Raises:
        UsageError: the type isn't uint8, the shape isn't (n, ceil(bits / 8)), or padding bits
            aren't zero.
    """
    width = bytes_for(bits)
    if not isinstance(codes, np.ndarray) or codes.dtype != np.uint8:
        found = codes.dtype if isinstance(codes, np.ndarray) else type(codes).__name__
        raise UsageError(
            f"{name} must be packed, an array of uint8, not {found}; see codes.bits.pack"
        )
    if codes.ndim != 2 or codes.shape[1] != width:
        raise UsageError(
            f"{name} of {bits} bits have the shape (n, {width}), not {codes.shape}; "
            "give one code as codes[None]"
        )
    padding = (1 << (8 * width - bits)) - 1
    if padding:
        # One column in `width`: cheap beside any use of the codes.
        wrong = np.flatnonzero(codes[:, -1] & padding)
        if len(wrong):
            row = int(wrong[0])
            raise UsageError(
                f"{name} of {bits} bits end in {8 * width - bits} padding bits that must be zero; "
                f"the last byte of row {row} is {int(codes[row, -1])}"
            )
    return np.ascontiguousarray(codes)


def to_words(codes: Codes) -> Words:
    """Packed codes as 64-bit words, each row padded with zero bytes.

    Args:
        codes: uint8 (n, bytes).

    Returns:
        uint64 (n, ceil(bytes / 8)), contiguous; always a copy.

    Raises:
        UsageError: not uint8, not two-dimensional, or wider than :data:`MAX_BITS`.

    Example:
        >>> to_words(np.array([[1, 2, 0]], dtype=np.uint8)).tolist()
        [[513]]
    """
    if codes.dtype != np.uint8 or codes.ndim != 2:
        raise UsageError(f"codes are uint8 (n, bytes), not {codes.dtype} {codes.shape}")
    n, width = codes.shape
    words = words_for(8 * width)
    padded = np.zeros((n, 8 * words), dtype=np.uint8)
    padded[:, :width] = codes
    return padded.view("<u8").astype(np.uint64, copy=False)


def from_words(words: Words, bits: int) -> Codes:
    """Undo :func:`to_words`.

    Args:
        words: uint64 (n, ceil(bits / 64)).
        bits: width of the codes.

    Returns:
        Packed codes, uint8 (n, ceil(bits / 8)), contiguous; always a copy.

    Raises:
        UsageError: another type or shape, or bits beyond ``bits`` aren't zero.
    """
    expected = words_for(bits)
    if words.dtype != np.uint64 or words.ndim != 2 or words.shape[1] != expected:
        raise UsageError(
            f"words of {bits} bits are uint64 (n, {expected}), not {words.dtype} {words.shape}"
        )
    raw = np.ascontiguousarray(words.astype("<u8")).view(np.uint8).reshape(len(words), 8 * expected)
    width = bytes_for(bits)
    if raw[:, width:].any():
        raise UsageError(f"words of {bits} bits must be zero beyond byte {width} of each row")
    return check(raw[:, :width].copy(), bits, name="words")


def hamming(a: Codes, b: Codes) -> npt.NDArray[np.int32]:
    """Distances in bits between every code of ``a`` and every code of ``b``, in plain NumPy.

    This is the definition that the compiled scan is tested against; for many codes use
    :class:`lookalike.indexes.scan.Scan`.

    Args:
        a: packed, uint8 (n, bytes).
        b: packed, uint8 (m, bytes).

    Returns:
        int32 (n, m).

    Raises:
        UsageError: not uint8, not two-dimensional, or of different widths.
    """
    _same_width(a, b)
    distances = np.empty((len(a), len(b)), dtype=np.int32)
    step = max(1, _BLOCK_BYTES // max(1, b.size))
    for start in range(0, len(a), step):
        differing = a[start : start + step, None, :] ^ b[None, :, :]  # (step, m, bytes)
        distances[start : start + step] = _POPCOUNT[differing].sum(2, dtype=np.int32)
    return distances


def hamming_pairs(a: Codes, b: Codes) -> npt.NDArray[np.int32]:
    """Distances in bits between the codes of ``a`` and ``b`` row by row: int32 (n,).

    Raises:
        UsageError: not uint8, or of different shapes.
    """
    _same_width(a, b)
    if len(a) != len(b):
        raise UsageError(f"pairs need as many codes on both sides, not {len(a)} and {len(b)}")
    distances: npt.NDArray[np.int32] = _POPCOUNT[a ^ b].sum(1, dtype=np.int32)
    return distances


def _same_width(a: Codes, b: Codes) -> None:
    for codes in (a, b):
        if codes.dtype != np.uint8 or codes.ndim != 2:
            raise UsageError(f"codes are uint8 (n, bytes), not {codes.dtype} {codes.shape}")
    if a.shape[1] != b.shape[1]:
        raise UsageError(
            f"codes of different widths have no distance: {a.shape[1]} and {b.shape[1]} bytes"
        )
