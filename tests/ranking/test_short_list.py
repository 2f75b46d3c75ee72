"""The order of the nearest codes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from lookalike.codes import bits as packed
from lookalike.ranking import short_list
from lookalike.ranking.diffusion import diffused_order
from lookalike.ranking.short_list import Rows, cosines, in_order, length, likeness

BITS = 100


def rows(seed: int, size: int, embedded: bool) -> Rows:
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((5, BITS))[rng.integers(0, 5, size)]
    vectors += 0.7 * rng.standard_normal((size, BITS))
    embeddings = np.clip(np.round(30 * vectors), -127, 127).astype(np.int8)
    return Rows(packed.to_words(packed.pack(vectors > 0)), embeddings if embedded else None)


def split(made: Rows) -> tuple[Rows, Rows]:
    def part(of: slice) -> Rows:
        return Rows(made.words[of], None if made.embeddings is None else made.embeddings[of])

    return part(slice(1)), part(slice(1, None))


def test_by_embeddings() -> None:
    made = rows(0, 60, embedded=True)
    assert made.embeddings is not None
    ordered = in_order(*split(made), BITS)
    unit = made.embeddings / np.linalg.norm(made.embeddings.astype(float), axis=1, keepdims=True)
    near = unit[1:] @ unit[0]
    by_cosine = np.argsort(-near, kind="stable")
    again = diffused_order(unit[[0, *(1 + by_cosine)]] @ unit[[0, *(1 + by_cosine)]].T)
    assert ordered.order.tolist() == by_cosine[again].tolist()
    assert ordered.similarity == pytest.approx(near[ordered.order], abs=1e-6)
    assert ordered.rank == pytest.approx(np.sort(near)[::-1], abs=1e-6)


@pytest.mark.parametrize("without", ["query", "found", "both"])
def test_by_codes_where_one_has_no_embedding(without: str) -> None:
    made = rows(1, 40, embedded=True)
    query, found = split(made)
    query = query._replace(embeddings=None) if without != "found" else query
    found = found._replace(embeddings=None) if without != "query" else found
    ordered = in_order(query, found, BITS)
    assert ordered.similarity == [None] * 39
    distances = np.bitwise_count(query.words ^ found.words).sum(1)
    assert ordered.rank == pytest.approx(np.sort(1 - 2 * distances / BITS)[::-1])
    assert distances[ordered.order[0]] == distances.min()
    by_code = split(rows(1, 40, embedded=False))
    assert ordered.order.tolist() == in_order(*by_code, BITS).order.tolist()


@pytest.mark.parametrize("embedded", [True, False])
def test_the_rest_of_a_long_list_is_by_likeness(
    embedded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    query, found = split(rows(2, 90, embedded))
    monkeypatch.setattr(short_list, "WALKED", 30)
    ordered = in_order(query, found, BITS)
    near: npt.NDArray[np.float32]
    if query.embeddings is not None and found.embeddings is not None:
        near = cosines(query.embeddings[0], found.embeddings)
    else:
        near = likeness(np.bitwise_count(query.words ^ found.words).sum(1), BITS)
    by_likeness = np.argsort(-near, kind="stable")
    assert ordered.order[30:].tolist() == by_likeness[30:].tolist()
    assert sorted(ordered.order[:30].tolist()) == sorted(by_likeness[:30].tolist())
    assert ordered.order[:30].tolist() != by_likeness[:30].tolist()


@pytest.mark.parametrize("embedded", [True, False])
@pytest.mark.parametrize("size", [0, 1])
def test_short_ones(size: int, embedded: bool) -> None:
    ordered = in_order(*split(rows(3, size + 1, embedded)), BITS)
    assert ordered.order.tolist() == list(range(size))
    assert len(ordered.similarity) == len(ordered.rank) == size


def test_a_picture_without_an_embedding_is_unlike_all() -> None:
    query, found = split(rows(4, 20, embedded=True))
    assert found.embeddings is not None
    found.embeddings[7] = 0
    ordered = in_order(query, found, BITS)
    assert ordered.similarity[ordered.order.tolist().index(7)] == 0


def test_length() -> None:
    assert [length(k) for k in (1, 20, 21, 1000)] == [200, 200, 210, 10_000]
