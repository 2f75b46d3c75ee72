"""The plain scan gives what the compiled one gives, ties and all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.codes.bits import bytes_for, pack, to_words
from lookalike.errors import UsageError
from lookalike.indexes.plain_scan import PlainScan
from lookalike.indexes.scan import Scan
from lookalike.types import Index

WIDTHS = [1, 7, 8, 48, 63, 64, 65, 128, 130, 256, 257, 512, 4096]


def same(one: Any, other: Any) -> None:
    for name in one.__dataclass_fields__:
        a, b = getattr(one, name), getattr(other, name)
        np.testing.assert_array_equal(a, b)
        if isinstance(a, np.ndarray):
            assert a.dtype == b.dtype
            assert a.shape == b.shape


def adversarial(kind: str, n: int, bits: int, rng: np.random.Generator) -> np.ndarray:
    if kind == "zeros":
        return np.zeros((n, bytes_for(bits)), np.uint8)
    if kind == "ones":
        return pack(np.ones((n, bits), np.uint8))
    if kind == "ties":
        return pack(rng.integers(0, 2, (3, bits)))[rng.integers(0, 3, n)]
    if kind == "falling":  # every code displaces another
        return pack(np.arange(bits) < np.linspace(bits, 0, n).astype(int)[:, None])
    return pack(rng.integers(0, 2, (n, bits)))


@given(
    bits=st.sampled_from(WIDTHS),
    n=st.integers(0, 300),
    asked=st.integers(0, 20),
    k=st.integers(1, 400),
    share=st.sampled_from([0.0, 0.3, 1.0, None]),
    kind=st.sampled_from(["zeros", "ones", "ties", "falling", "random"]),
    as_words=st.booleans(),
    named=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_equals_the_compiled_scan(
    bits: int,
    n: int,
    asked: int,
    k: int,
    share: float | None,
    kind: str,
    as_words: bool,
    named: bool,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    codes = adversarial(kind, n, bits, rng) if n else np.empty((0, bytes_for(bits)), np.uint8)
    queries = np.concatenate([codes[:3], adversarial("random", 20, bits, rng)])[:asked]
    allowed = None if share is None else rng.random(n) < share
    ids = np.cumsum(rng.integers(1, 9, n)) if named else None
    given_codes: Any = to_words(codes) if as_words else codes
    compiled, plain = Scan(given_codes, bits, ids, threads=1), PlainScan(given_codes, bits, ids)
    same(plain.search(queries, k, allowed=allowed), compiled.search(queries, k, allowed=allowed))
    radius = k * bits // 400
    same(
        plain.within(queries, radius, allowed=allowed),
        compiled.within(queries, radius, allowed=allowed),
    )


@pytest.mark.parametrize("kind", ["zeros", "ties", "falling", "random"])
def test_equals_the_compiled_scan_of_many_codes(kind: str) -> None:
    rng = np.random.default_rng(1)
    codes = adversarial(kind, 30_000, 256, rng)
    queries = np.concatenate([codes[-1:], adversarial("random", 8, 256, rng)])
    allowed = rng.random(len(codes)) < 0.9
    compiled, plain = Scan(codes, 256), PlainScan(codes, 256)
    for k in (1, 200, 9_000):
        same(plain.search(queries, k), compiled.search(queries, k))
        same(
            plain.search(queries, k, allowed=allowed), compiled.search(queries, k, allowed=allowed)
        )
    for radius in (0, 31, 120):
        same(plain.within(queries, radius), compiled.within(queries, radius))


def test_is_an_index() -> None:
    scan = PlainScan(np.zeros((3, 1), np.uint8), 5)
    assert isinstance(scan, Index)
    assert (scan.bits, len(scan)) == (5, 3)


def test_takes_codes_that_are_mapped_read_only_or_not_contiguous() -> None:
    codes = np.random.default_rng(0).integers(0, 256, (50, 64), np.uint8)
    view = codes[::2, ::2]
    view.flags.writeable = False
    same(PlainScan(view, 256).search(view[:5], 3), Scan(view.copy(), 256).search(view[:5], 3))
    words = to_words(codes)[::3]
    same(PlainScan(words, 512).search(codes[:5], 3), Scan(words.copy(), 512).search(codes[:5], 3))


def test_refuses_what_the_compiled_scan_refuses() -> None:
    codes = np.zeros((3, 2), np.uint8)
    wrong: list[tuple[Any, ...]] = [
        ([[0]], 8),
        (codes.astype(np.int64), 16),
        (codes, 8),
        (codes, 0),
        (codes, 16, np.array([3, 2, 1])),
    ]
    for arguments in wrong:
        with pytest.raises(UsageError) as compiled:
            Scan(*arguments)
        with pytest.raises(UsageError) as plain:
            PlainScan(*arguments)
        assert str(plain.value) == str(compiled.value)
    scan = PlainScan(codes, 15)
    for call in (
        lambda: scan.search(codes, 0),
        lambda: scan.search(codes[:, :1], 1),
        lambda: scan.search(codes | np.uint8(1), 1),
        lambda: scan.within(codes, -1),
        lambda: scan.search(codes, 1, allowed=np.ones(2, np.bool_)),
    ):
        with pytest.raises(UsageError):
            call()
