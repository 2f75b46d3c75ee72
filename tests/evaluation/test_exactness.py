"""The index beside a comparison with every code."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.codes.bits import from_words, to_words
from lookalike.evaluation import exactness
from lookalike.evaluation.exactness import check_exact, nearest_by_comparison
from lookalike.library.records import EncoderInfo, Stamp
from lookalike.library.tables import ArrayTable
from lookalike.types import Codes, EncoderId, Hits


def table_of(codes: Codes, visible: np.ndarray[Any, Any], kind: type = ArrayTable) -> Any:
    bits = 8 * codes.shape[1]
    return kind(
        EncoderInfo(EncoderId(1), "pdq", "x", "x", "f", bits, 0, True),
        contents=np.arange(7, 7 + len(codes)),
        words=to_words(codes),
        quality=np.zeros(len(codes), np.uint8),
        embeddings=np.empty((len(codes), 0), np.int8),
        parts=np.empty((len(codes), 0), np.uint64),
        visible=visible,
        stamp=Stamp("u", 0, 0),
    )


@given(st.integers(0, 60), st.integers(1, 12), st.integers(1, 3), st.integers(1, 30), st.data())
def test_it_is_the_nearest_by_distance_and_id(
    n: int, k: int, width: int, block: int, data: st.DataObject
) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    codes = rng.choice(np.array([0, 1, 3, 255], np.uint8), (n, width))  # many ties
    visible = rng.random(n) < 0.8
    queries = rng.choice(np.array([0, 1, 255], np.uint8), (3, width))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exactness, "_BLOCK", block)
        table = table_of(codes, visible)
        ids, distances = nearest_by_comparison(table, to_words(queries), k)
    for row, query in enumerate(queries):
        near = np.unpackbits(codes ^ query, axis=1).sum(1)
        order = sorted((int(near[i]), 7 + i) for i in np.flatnonzero(visible))[:k]
        expected = order + [(-1, -1)] * (k - len(order))
        assert list(zip(distances[row].tolist(), ids[row].tolist(), strict=True)) == expected


def test_a_sound_index_agrees_and_another_does_not() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 256, (500, 32), np.uint8)
    engine: Any = SimpleNamespace(explain=lambda encoder: f"scan of {encoder.bits}")
    found = check_exact(engine, table_of(codes, np.ones(500, np.bool_)), 30)
    assert (found.code, found.index) == ("x", "scan of 256")
    assert (found.queries, found.equal, found.says_exact) == (30, 30, True)

    class Forgetful(ArrayTable):
        """Leaves out one of the codes."""

        def nearest(self, queries: Codes, k: int, *, among: Any = None) -> Hits:
            rest = self.contents[self.contents != 7 + int(np.argmin(self._near(queries)))]
            return super().nearest(queries, k, among=rest)

        def _near(self, queries: Codes) -> Any:
            return np.bitwise_count(self.words ^ to_words(queries)[0]).sum(1)

    found = check_exact(engine, table_of(codes, np.ones(500, np.bool_), Forgetful), 30)
    assert found.equal < 30
    empty = check_exact(engine, table_of(codes[:0], np.ones(0, np.bool_)), 30)
    assert (empty.queries, empty.equal) == (0, 0)
    assert from_words(to_words(codes), 256).tolist() == codes.tolist()
