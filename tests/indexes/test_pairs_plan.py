"""Which way all pairs are found: what a plan promises, and that it follows the codes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from lookalike.codes.bits import bytes_for, pack, to_words
from lookalike.indexes.pairs import PairsJoin
from lookalike.indexes.pairs_costs import PIECE_BITS
from lookalike.indexes.pairs_plan import LEAST_ROWS, Plan, even, plan


def uniform(n: int, bits: int) -> npt.NDArray[np.uint8]:
    return pack(np.random.default_rng([n, bits]).integers(0, 2, (n, bits), dtype=np.uint8))


@pytest.mark.parametrize("bits", [48, 64, 100, 256, 512])
@pytest.mark.parametrize("radius", [0, 1, 4, 12, 31, 64])
def test_shares_are_one_more_than_the_radius(bits: int, radius: int) -> None:
    found = plan(uniform(60_000, bits), bits, radius)
    if found.way == "scan":
        assert radius > bits // 8
        return
    length = 8 * bytes_for(bits)
    assert sum(found.shares) == radius + 1
    assert found.chunks[0] == 0
    assert found.chunks[-1] == length
    assert all(low < high for low, high in pairwise(found.chunks))
    found.check(60_000, bits, radius)
    for chunk in found.passes:
        assert 1 <= found.key(chunk) <= 24
        assert found.length(chunk) == min(found.key(chunk) + PIECE_BITS, length)
        covered = found.run(chunk)
        ring = [*found.chunks[1:], *(length + end for end in found.chunks[1:])]
        assert ring[chunk + covered - 1] - found.chunks[chunk] >= found.length(chunk)
        assert found.limit(chunk) >= found.shares[chunk]


def test_few_codes_and_wide_radii_are_scanned() -> None:
    codes = uniform(50_000, 256)
    assert plan(codes, 256, 31).way == "join"
    assert plan(codes, 256, 100).way == "scan"
    assert plan(codes, 256, 300).way == "scan"
    assert plan(codes[: LEAST_ROWS - 1], 256, 4).way == "scan"
    assert plan(codes, 256, 31, np.arange(100)).way == "scan"


def test_a_plan_is_the_same_again_and_for_words() -> None:
    codes = uniform(30_000, 100)
    first = plan(codes, 100, 9)
    assert first.way == "join"
    assert first == plan(codes, 100, 9) == plan(to_words(codes), 100, 9)
    assert first == plan(codes, 100, 9, np.arange(30_000))


def test_bits_that_say_nothing_get_no_pass() -> None:
    codes = np.random.default_rng(0).integers(0, 256, (300_000, 32), np.uint8)
    codes[:, :16] = 0
    found = plan(codes, 256, 20)
    assert found.way == "join"
    dead = [share for end, share in zip(found.chunks[1:], found.shares, strict=True) if end <= 128]
    assert len(dead) >= 5
    assert sum(dead) == 0


def test_codes_that_crowd_are_scanned() -> None:
    """Each pass would find nearly all of their pairs anew."""
    codes = uniform(50_000, 256)
    codes[:25_000] = codes[0]
    rows = np.flatnonzero(np.random.default_rng(0).random(50_000) < 0.9)
    assert plan(codes, 256, 31).way == "scan"
    assert plan(codes, 256, 31, rows).way == "scan"
    assert plan(codes, 256, 31, np.arange(25_000, 50_000)).way == "join"
    assert plan(np.zeros((50_000, 32), np.uint8), 256, 31).way == "scan"


def test_codes_in_clusters_get_chunks_of_other_widths() -> None:
    """Chunks of one width in all of them: a narrow one would be met by all pairs of a cluster."""
    rng = np.random.default_rng(0)
    flips = pack((rng.random((200_000, 256)) < 1 / 16).astype(np.uint8))
    codes = uniform(2_000, 256)[np.arange(200_000) % 2_000] ^ flips
    found = plan(codes, 256, 26)
    usual = even(len(codes).bit_length(), 256, 26)
    assert found.way == "join"
    assert found.chunks != usual.chunks
    found.check(len(codes), 256, 26)
    # Of uniform ones nothing is to be gained.
    assert plan(uniform(200_000, 256), 256, 26).chunks == usual.chunks
    some = codes[np.sort(rng.choice(len(codes), 12_000, replace=False))]
    joined, compared = (pairs_of(some, way) for way in (found, Plan("scan", (), (), 0, 0.0)))
    assert joined == compared != set()


def pairs_of(codes: npt.NDArray[np.uint8], way: Plan) -> set[tuple[int, ...]]:
    """All pairs within 26 bits."""
    join = PairsJoin(codes, 256, 26, plan=way)
    return {
        pair
        for unit in range(join.units)
        for columns in join.pairs(unit)
        for pair in zip(*(column.tolist() for column in columns), strict=True)
    }


def test_a_scan_fits_any_codes() -> None:
    scan = Plan("scan", (), (), 0, 0.0)
    join = PairsJoin(uniform(30_000, 64), 64, 2, plan=scan)
    assert join.plan is scan
    assert join.units == 1
