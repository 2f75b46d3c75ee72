"""Which pictures an epoch shows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lookalike.training.order import balanced_order, epoch_order


@given(st.lists(st.integers(-1, 4), min_size=1, max_size=60), st.integers(0, 5))
def test_each_class_comes_equally_often(classes: list[int], seed: int) -> None:
    labels = np.array(classes, np.int64)
    rows = balanced_order(labels, np.random.default_rng(seed))
    assert len(rows) == len(labels)
    shown = np.unique(labels[rows], return_counts=True)[1]
    assert shown.max() - shown.min() <= 1
    times = np.bincount(rows, minlength=len(labels))
    for label in np.unique(labels):
        # A class goes round: none comes again before all of it have come.
        of = times[labels == label]
        assert of.max() - of.min() <= 1
    again = balanced_order(labels, np.random.default_rng(seed))
    assert (again == rows).all()


def test_otherwise_each_picture_comes_once() -> None:
    labels = np.array([0, 0, 0, 1], np.int64)
    rows = epoch_order(labels, np.random.default_rng(0))
    assert sorted(rows) == [0, 1, 2, 3]
    shown = labels[epoch_order(labels, np.random.default_rng(0), balanced=True)]
    assert sorted(shown) == [0, 0, 1, 1]
