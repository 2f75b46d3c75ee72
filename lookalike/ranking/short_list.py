"""The nearest by code, put in order by what says more than the distances of their codes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import Words
from lookalike.ranking.diffusion import diffused_order
from lookalike.ranking.products import LONGEST, products

__all__ = ["Ordered", "Rows", "cosines", "in_order", "length", "likeness"]

Embeddings = npt.NDArray[np.int8] | npt.NDArray[np.floating[Any]]
Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

WALKED = 1000
"""Pictures that walks go through at most, those most like the query."""


class Rows(NamedTuple):
    """Codes, and the embeddings of the same pictures.

    Attributes:
        words: (n, words).
        embeddings: (n, d), or ``None`` where there are none.
    """

    words: Words
    embeddings: Embeddings | None


class Ordered(NamedTuple):
    """A short list in its order, best first.

    Attributes:
        order: positions in the list as it was given.
        similarity: cosine of each one's embedding with the query's, or ``None`` where there is
            none.
        rank: what to place the pictures by among others, not increasing. It has the scale of a
            cosine: the i-th has the i-th highest of the list's cosines.
    """

    order: Ints
    similarity: list[float] | list[None]
    rank: Floats


def length(k: int) -> int:
    """Codes that are put in order for k hits that are asked for."""
    return max(200, 10 * k)


def in_order(query: Rows, found: Rows, bits: int) -> Ordered:
    """Order the nearest of a query: by embeddings where both have them, else by codes.

    The most similar one stays first, the others come as walks among all of them reach them
    (:mod:`~lookalike.ranking.diffusion`).

    Args:
        query: one code.
        found: the n nearest of it.
        bits: of a code.
    """
    own, known = query.embeddings, found.embeddings
    if own is None or known is None:
        near = likeness(np.bitwise_count(query.words ^ found.words).sum(1, dtype=np.int64), bits)
        order = _falling(near)
        pairs = _angles(np.concatenate([query.words, found.words[order[:WALKED]]]), bits)
    else:
        near = cosines(own[0], known)
        order = _falling(near)
        pairs = _cosines(np.concatenate([own, known[order[:WALKED]]]))
    rank = near[order]
    order[:WALKED] = order[:WALKED][diffused_order(pairs)]
    without = own is None or known is None
    return Ordered(order, [None] * len(order) if without else near[order].tolist(), rank)


def likeness(distances: npt.NDArray[np.integer], bits: int) -> Floats:
    """Cosines of codes as vectors of +-1, by their distances in bits."""
    return (1 - 2 * distances / bits).astype(np.float32)


def cosines(query: Embeddings, embeddings: Embeddings) -> Floats:
    """Cosines of one embedding (d,), or of n (n, d), to each of (n, d)."""
    q, e = query.astype(np.float32), embeddings.astype(np.float32)
    norms = np.sqrt((q * q).sum(-1) * (e * e).sum(1))
    return np.asarray((e * q).sum(1) / np.maximum(norms, 1e-9), np.float32)


def _falling(values: Floats) -> Ints:
    return np.argsort(-values, kind="stable").astype(np.int64)


def _cosines(embeddings: Embeddings) -> Floats:
    """Of all pairs, (n, n)."""
    if embeddings.dtype == np.int8 and embeddings.shape[1] < LONGEST:
        made = products(np.asarray(embeddings, np.int8))
        lengths = np.sqrt(np.maximum(made.diagonal(), 1e-9))
        return np.asarray(made / np.outer(lengths, lengths), np.float32)
    rows = embeddings.astype(np.float32)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return np.asarray(rows @ rows.T, np.float32)


def _angles(words: Words, bits: int) -> Floats:
    """Cosines of the angles at which random hyperplanes would part all pairs so, (n, n)."""
    # A product of matrices is several times as fast as counting the bits of all pairs.
    signs = 1 - 2 * np.unpackbits(words.view(np.uint8), axis=1).astype(np.int8)
    apart = (signs.shape[1] - products(signs)) / np.float32(2)
    return np.asarray(np.cos(np.float32(np.pi / bits) * apart), np.float32)
