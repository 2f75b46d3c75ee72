"""What finding all pairs takes: by comparing all, or by a pass of the join.

The constants were measured with 10^5 to 10^7 codes (``lookalike benchmark pairs``).
"""

from __future__ import annotations

import math
from functools import lru_cache

from lookalike.codes.bits import words_for

__all__ = ["CHECK", "COMPARE", "PIECE_BITS", "SCAN_FOUND", "ball", "pass_seconds", "scan_seconds"]

PIECE_BITS = 32
"""Bits behind its key by which a code is compared at first; as in
:mod:`lookalike.codes.pair_keys`."""

# Seconds of two threads on two cores of an AMD EPYC (Zen 4); only ratios matter, and they differ
# little between machines.
_PLACE = 14e-9  # a code into its bucket, from and to the cache
_PLACE_FAR = 4e-9  # more for each doubling of the codes beyond a million
_PLACE_WIDE = 8e-9  # more for each bit of a key beyond 18
_BUCKET = 3e-9  # a bucket beside another
_CODE = 2.2e-9  # a code beside a bucket
COMPARE = 0.011e-9  # a code with one of it
_FETCH = 40e-9  # two codes as a whole, from memory
CHECK = 8e-9  # the same of a crowd, which is in the cache
_SCAN_WORD = 21e-12  # a word of two codes, by the scan
SCAN_FOUND = 5.5e-9  # a pair that the scan finds


def scan_seconds(count: int, bits: int, radius: int) -> float:
    """What comparing all takes where little is found.

    Most codes are known to be too far after two words, or four, or eight and so on.
    """
    words, enough = words_for(bits), 2
    while enough < words and 32 * enough - 16 * math.sqrt(enough) < radius:
        enough *= 2
    return count * count / 2 * min(words, enough) * _SCAN_WORD


def ball(bits: int, radius: int) -> int:
    """Numbers of so many bits that differ from one in at most so many."""
    return sum(math.comb(bits, differing) for differing in range(min(radius, bits) + 1))


@lru_cache(maxsize=4096)
def _near_share(key: int, limit: int) -> float:
    """Share of random pieces that differ in less than is left by a key that differs in so many."""
    left = limit - key
    return ball(PIECE_BITS, left - 1) / (1 << PIECE_BITS) if left > 0 else 0.0


@lru_cache(maxsize=16384)
def pass_seconds(count: int, width: int, key_bits: int, share: int) -> float:
    """What a pass takes whose key differs in less than a share, among bits that are even."""
    key = min(width, key_bits)
    near = ball(key, share - 1)
    buckets = 1 << key
    occupied = min(buckets, count)
    compared = count * count / 2 * near / buckets
    looked = near / 2 * (occupied * _BUCKET + count * _CODE * min(1.0, count / buckets))
    # The chunks behind have about the same share; most keys differ in as much as they may.
    limit = share * -(-(key + PIECE_BITS) // width)
    checked = compared * _near_share(min(share - 1, key // 2), limit)
    place = _PLACE + _PLACE_FAR * max(0.0, math.log2(count / 1e6)) + _PLACE_WIDE * max(0, key - 18)
    made = count * place + buckets * _BUCKET
    return made + looked + compared * COMPARE + checked * _FETCH
