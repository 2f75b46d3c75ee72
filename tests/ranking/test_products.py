"""Products of all pairs of rows."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lookalike.ranking.products import LONGEST, products


def twin(rows: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
    wide = rows.astype(np.int64)
    return wide @ wide.T


@pytest.fixture(params=["compiled", "plain"], autouse=True, scope="module")
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    """With and without compiled code."""
    import lookalike.ranking.product_kernels  # noqa: F401

    with pytest.MonkeyPatch.context() as patch:
        if request.param == "plain":
            patch.delitem(sys.modules, "numba")
        yield


@given(arrays(np.int8, st.tuples(st.integers(0, 9), st.integers(0, 70))))
def test_any_rows(rows: npt.NDArray[np.int8]) -> None:
    assert products(rows).tolist() == twin(rows).tolist()


@pytest.mark.parametrize("value", [-128, 127])
def test_the_largest_sums_fit(value: int) -> None:
    rows = np.full((2, LONGEST - 1), value, np.int8)
    assert products(rows).tolist() == twin(rows).tolist()


def test_rows_that_lie_apart_in_memory() -> None:
    rows = np.arange(60, dtype=np.int8).reshape(6, 10)[::2, ::3]
    assert products(rows).tolist() == twin(rows).tolist()
