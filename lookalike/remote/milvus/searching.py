"""Exact answers from a collection of codes in Milvus: complete, and in the order of (distance, id).

Milvus gives the k nearest by distance alone: which of several at the last distance it leaves out is
chance, and so is their order. So more than k are asked for. Where the last of them is farther than
the k-th, all at the k-th distance are among them; where it isn't, a second call asks for all within
that distance. What is more than one answer may hold is asked for by parts of the ids.

A radius of Milvus excludes its rim, and is cut to a whole number: for at most 31 bits it is 32.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from lookalike.remote.milvus.connection import MOST_ROWS, Connection

__all__ = ["Found", "nearest", "within"]

_SPARE: Final = 32  # asked for beyond k
_FIRST: Final = 1_024  # of a radius, before it is known that there are more
_ROWS: Final = 200_000  # of all queries of one call together
_QUERIES: Final = 64  # of one call, which looks at all codes for each
_DEADLINE: Final = 120.0  # seconds for one call
_ALL = 2**63 - 1

Ids = npt.NDArray[np.int64]


class Found(NamedTuple):
    """What one query found, by (distance, id).

    Attributes:
        ids: int64 (n,).
        distances: int32 (n,).
        exact: whether nothing was left out.
    """

    ids: Ids
    distances: npt.NDArray[np.int32]
    exact: bool


def nearest(
    connection: Connection, collection: str, queries: Sequence[bytes], k: int, where: str
) -> list[Found]:
    """The k nearest rows of each query among those that an expression is true of."""
    asked = min(MOST_ROWS, k + max(_SPARE, k // 4))
    found: list[Found] = []
    for some in _portions(queries, asked):
        answers = _search(connection, collection, some, asked, where)
        for query, (ids, distances) in zip(some, answers, strict=True):
            found.append(_settled(connection, collection, query, k, asked, where, ids, distances))
    return found


def _settled(
    connection: Connection,
    collection: str,
    query: bytes,
    k: int,
    asked: int,
    where: str,
    ids: Ids,
    distances: npt.NDArray[np.int32],
) -> Found:
    """The k nearest, when some of what was asked for is there."""
    if len(ids) < asked or (k <= len(ids) and distances[-1] > distances[k - 1]):
        return _cut(Found(ids, distances, True), k)
    if k > MOST_ROWS:
        return _most(connection, collection, query, k, where)
    # Those at the last distance that were left out may have lesser ids.
    (all_,) = within(connection, collection, [query], int(distances[k - 1]), where)
    return _cut(all_, k)


def _most(connection: Connection, collection: str, query: bytes, k: int, where: str) -> Found:
    """More than one answer holds: from parts of the ids that are small enough, all rows."""
    return _cut(_halved(connection, collection, query, None, where), k)


def within(
    connection: Connection, collection: str, queries: Sequence[bytes], radius: int, where: str
) -> list[Found]:
    """All rows within a radius of each query, its rim included."""
    found: list[Found] = []
    for some in _portions(queries, _FIRST):
        answers = _search(connection, collection, some, _FIRST, where, radius)
        for query, (ids, distances) in zip(some, answers, strict=True):
            if len(ids) < _FIRST:
                found.append(Found(ids, distances, True))
                continue
            found.append(_halved(connection, collection, query, radius, where))
    return found


def _halved(
    connection: Connection,
    collection: str,
    query: bytes,
    radius: int | None,
    where: str,
) -> Found:
    """All rows; where they are too many for one answer, those of lesser and of greater ids.

    The middle of the ids that an answer holds, whichever these are, leaves out a half of it on
    either side. So each part has fewer rows, however close together ids are.
    """
    parts: list[Found] = []
    todo = [(0, _ALL)]
    while todo:
        low, high = todo.pop()
        some = where if (low, high) == (0, _ALL) else f"{where} and id >= {low} and id <= {high}"
        ((ids, distances),) = _search(connection, collection, [query], MOST_ROWS, some, radius)
        middle = int(np.sort(ids)[len(ids) // 2 - 1]) if len(ids) else high
        if len(ids) < MOST_ROWS or not low <= middle < high:  # the latter if a server errs
            parts.append(Found(ids, distances, len(ids) < MOST_ROWS))
        else:
            todo += [(low, middle), (middle + 1, high)]
    ids = np.concatenate([part.ids for part in parts])
    distances = np.concatenate([part.distances for part in parts])
    order = np.lexsort((ids, distances))
    return Found(ids[order], distances[order], all(part.exact for part in parts))


def _search(
    connection: Connection,
    collection: str,
    queries: Sequence[bytes],
    limit: int,
    where: str,
    radius: int | None = None,
) -> list[tuple[Ids, npt.NDArray[np.int32]]]:
    params: dict[str, Any] = {} if radius is None else {"radius": radius + 1}
    answer = connection.reading(
        "search",
        collection,
        data=list(queries),
        filter=where,
        limit=limit,
        deadline=_DEADLINE,
        anns_field="code",
        search_params={"metric_type": "HAMMING", "params": params},
    )
    return [_arrays(hits) for hits in answer]


def _arrays(hits: Any) -> tuple[Ids, npt.NDArray[np.int32]]:
    ids = np.fromiter((hit["id"] for hit in hits), np.int64)
    distances = np.fromiter((hit["distance"] for hit in hits), np.float32)
    whole = np.rint(distances).astype(np.int32)
    order = np.lexsort((ids, whole))
    return ids[order], whole[order]


def _cut(found: Found, k: int) -> Found:
    return Found(found.ids[:k], found.distances[:k], found.exact)


def _portions(queries: Sequence[bytes], rows: int) -> list[Sequence[bytes]]:
    size = max(1, min(_QUERIES, _ROWS // rows))
    return [queries[n : n + size] for n in range(0, len(queries), size)]
