"""Two answers as one, by hand."""

from __future__ import annotations

import numpy as np

from lookalike.indexes import joined
from lookalike.types import Hits, RadiusHits


def test_nearest() -> None:
    first = Hits(np.array([[4, 2, -1]]), np.array([[1, 3, -1]], np.int32), True)
    second = Hits(np.array([[1, 9, -1]]), np.array([[3, 5, -1]], np.int32), True)
    found = joined.nearest(first, second)
    assert found.ids.tolist() == [[4, 1, 2]]  # of equally far ones the smaller id first
    assert found.distances.tolist() == [[1, 3, 3]]
    few = Hits(np.array([[-1, -1, -1]]), np.array([[-1, -1, -1]], np.int32), True)
    assert joined.nearest(few, second).ids.tolist() == [[1, 9, -1]]
    assert joined.nearest(few, few).distances.tolist() == [[-1, -1, -1]]
    assert not joined.nearest(first, Hits(few.ids, few.distances, False)).exact


def test_within() -> None:
    first = RadiusHits(np.array([0, 2, 2]), np.array([4, 2]), np.array([1, 3], np.int32), True)
    second = RadiusHits(np.array([0, 1, 2]), np.array([1, 6]), np.array([3, 0], np.int32), True)
    found = joined.within(first, second)
    assert found.offsets.tolist() == [0, 3, 4]
    assert found.ids.tolist() == [4, 1, 2, 6]
    assert found.distances.tolist() == [1, 3, 3, 0]
    assert joined.owners_of(found).tolist() == [0, 0, 0, 1]
