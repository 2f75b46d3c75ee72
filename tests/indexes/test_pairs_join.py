"""The join of pairs by any plan against its NumPy twin: whatever chunks and shares, all pairs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookalike.codes.bits import bytes_for, hamming, pack, to_words
from lookalike.codes.pair_join import PENDING
from lookalike.errors import UsageError
from lookalike.indexes import pairs_join
from lookalike.indexes.pairs import PairsJoin
from lookalike.indexes.pairs_plan import Plan

Codes = npt.NDArray[np.uint8]
Triples = list[tuple[int, int, int]]


def twin(codes: Codes, radius: int, allowed: npt.NDArray[np.bool_] | None = None) -> Triples:
    distances = hamming(codes, codes)
    near = np.triu(distances <= radius, 1)
    if allowed is not None:
        near &= allowed & allowed[:, None]
    first, second = np.nonzero(near)
    return list(
        zip(first.tolist(), second.tolist(), distances[first, second].tolist(), strict=True)
    )


def found(join: PairsJoin) -> Triples:
    result: Triples = []
    for unit in range(join.units):
        for i, j, distances in join.pairs(unit):
            assert len(i) > 0
            assert (i.dtype, j.dtype, distances.dtype) == (np.int64, np.int64, np.int32)
            result += zip(i.tolist(), j.tolist(), distances.tolist(), strict=True)
    return sorted(result)


def make(kind: str, n: int, bits: int, rng: np.random.Generator) -> Codes:
    if kind == "zeros":
        return np.zeros((n, bytes_for(bits)), np.uint8)
    if kind == "ones":
        return pack(np.ones((n, bits), np.uint8))
    if kind == "ties":
        return pack(rng.integers(0, 2, (3, bits)))[rng.integers(0, 3, n)]
    centres = rng.integers(0, 2, (n // 4 + 1, bits))[rng.integers(0, n // 4 + 1, n)]
    return pack(centres ^ (rng.random((n, bits)) < (0.04 if kind == "near" else 0.2)))


def any_plan(bits: int, radius: int, rng: np.random.Generator) -> Plan:
    length = 8 * bytes_for(bits)
    if length % 16 == 0 and length > 48 and rng.random() < 0.5:  # what vectors compare
        shares = np.bincount(rng.integers(0, length // 16, radius + 1), minlength=length // 16)
        edges = tuple(range(0, length + 1, 16))
        return Plan("join", edges, tuple(shares.tolist()), int(rng.integers(1, 19)), 0.0)
    count = int(rng.integers(1, min(length, 20) + 1))
    cuts = np.sort(rng.choice(np.arange(1, length), count - 1, replace=False))
    shares = np.bincount(rng.integers(0, count, radius + 1), minlength=count)
    chunks = (0, *cuts.tolist(), length)
    return Plan("join", chunks, tuple(shares.tolist()), int(rng.integers(1, 13)), 0.0)


@settings(deadline=None, max_examples=120)
@given(
    bits=st.sampled_from([1, 7, 9, 48, 60, 64, 65, 100, 128, 256, 512, 520]),
    n=st.sampled_from([0, 1, 2, 30, 300, 700]),
    kind=st.sampled_from(["zeros", "ones", "ties", "near", "far"]),
    threads=st.integers(1, 3),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_plan_finds_each_pair_once(
    bits: int, n: int, kind: str, threads: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    codes = make(kind, n, bits, rng)
    radius = int(rng.integers(0, bits + 2)) if n < 100 else int(rng.integers(0, bits // 4 + 1))
    allowed = rng.random(n) < 0.6 if rng.random() < 0.5 else None
    plan = any_plan(bits, radius, rng)
    given_codes = to_words(codes) if rng.random() < 0.5 else codes
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs_join, "_LEAST_SHARE", 64)
        patch.setattr(pairs_join, "_SPACE", int(rng.choice([PENDING + 1, 5000, 1 << 17])))
        patch.setattr(pairs_join, "_BLOCK_ROWS", int(rng.choice([1, 64, 1 << 15])))
        patch.setattr(pairs_join, "_BUDGET", int(rng.choice([1, 100, 1 << 26])))
        join = PairsJoin(given_codes, bits, radius, threads, allowed=allowed, plan=plan)
        assert found(join) == twin(codes, radius, allowed)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), bits=st.sampled_from([48, 64, 256]))
def test_a_mask_over_all_codes_changes_nothing(seed: int, bits: int) -> None:
    rng = np.random.default_rng(seed)
    codes = make("near", 600, bits, rng)
    mask = pack(rng.integers(0, 2, (1, bits)))
    plan = any_plan(bits, bits // 8, rng)
    plain = found(PairsJoin(codes, bits, bits // 8, 2, plan=plan))
    assert found(PairsJoin(codes ^ mask, bits, bits // 8, 2, plan=plan)) == plain != []


def test_units_of_two_runs_are_the_same() -> None:
    rng = np.random.default_rng(5)
    codes = make("near", 900, 256, rng)
    plan = any_plan(256, 31, rng)
    first = PairsJoin(codes, 256, 31, 1, plan=plan)
    second = PairsJoin(codes, 256, 31, 3, plan=plan)
    assert first.units == len(plan.passes) > 1
    parts = []
    for unit in range(first.units):
        one, other = (
            sorted(
                triple
                for pairs in join.pairs(unit)
                for triple in zip(*(column.tolist() for column in pairs), strict=True)
            )
            for join in (first, second)
        )
        assert one == other
        parts += one
    assert sorted(parts) == twin(codes, 31)


def test_no_such_unit() -> None:
    join = PairsJoin(np.zeros((9, 8), np.uint8), 64, 3)
    for unit in (-1, join.units):
        with pytest.raises(UsageError, match=str(unit)):
            join.pairs(unit)


@pytest.mark.parametrize(
    "plan",
    [
        Plan("join", (0, 32, 64), (2, 1), 8, 0.0),  # shares of a smaller radius
        Plan("join", (0, 32), (4,), 8, 0.0),  # half of a code
        Plan("join", (0, 32, 32, 64), (2, 1, 1), 8, 0.0),  # an empty chunk
        Plan("join", (0, 32, 64), (5, -1), 8, 0.0),
        Plan("join", (0, 32, 64), (2, 2, 0), 8, 0.0),
        Plan("join", (0, 32, 64), (2, 2), 25, 0.0),
    ],
)
def test_a_plan_of_something_else_is_refused(plan: Plan) -> None:
    with pytest.raises(UsageError, match="plan"):
        PairsJoin(np.zeros((9, 8), np.uint8), 64, 3, plan=plan)
