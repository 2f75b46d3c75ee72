"""What the photo code proposes: the nearest, as wholes and by parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import to_words
from lookalike.images.parts.nine import PARTS
from lookalike.library.batches import nearest, rows_of
from lookalike.library.candidates import LOOKED_AT, Candidate, Found
from lookalike.library.engine import ContentIds, PartHits, Table
from lookalike.ranking.short_list import Rows, cosines, in_order, length
from lookalike.types import Encoded, Hits, Part

__all__ = ["PART_HANDICAP", "PART_SHARE", "ask_parts", "ask_photo"]

Reals = npt.NDArray[np.floating[Any]]

_LOOKED_AT = 2 * LOOKED_AT  # where the first turn out to be copies, more are looked at

# Share of the bits in which a part and the whole of another picture may differ to be offered at
# all. Of parts of 30 per cent of each side 19 of 20 are nearer to one of the nine parts; of pairs
# of different photographs one in 700 is.
PART_SHARE = 0.3

# What a part's cosine counts less than that of a whole. The nearest of eighteen comparisons is what
# a picture is judged by, so that unrelated ones come nearer by parts than they do as a whole:
# without it they hide one in ten of the originals of crops to 70 per cent of each side.
PART_HANDICAP = 0.1


def ask_photo(table: Table, found: Sequence[Found], k: int) -> None:
    """Offer the nearest by the photo code, in the order of their short list."""
    asked = [(one, one.question.photo.codes) for one in found if one.question.photo is not None]
    for one, hits in nearest(table, asked, length(k)):
        if one.question.photo is not None:
            _offer_alike(table, one, hits, one.question.photo, k)


def _offer_alike(table: Table, one: Found, hits: Hits, photo: Encoded, k: int) -> None:
    # Of those that were offered before, as many more are needed to be sure of k new ones.
    wanted = max(k, _LOOKED_AT) + len(one.candidates)
    words = to_words(photo.codes)
    own = photo.embeddings
    for view in range(len(hits)):
        there = hits.ids[view] >= 0
        contents, distances = hits.ids[view][there], hits.distances[view][there]
        kept = table.stored(contents)
        query = Rows(words[[view]], own[[view]] if own is not None else None)
        made = in_order(query, Rows(kept.words, kept.embeddings), table.encoder.bits)
        best = made.order[:wanted]
        offered = zip(
            contents[best].tolist(),
            distances[best].tolist(),
            made.similarity[: len(best)],
            made.rank[: len(best)].tolist(),
            strict=True,
        )
        for content, distance, cosine, rank in offered:
            one.offer(Candidate(content, "alike", table.encoder, distance, cosine, rank))


def ask_parts(table: Table, found: Sequence[Found], k: int) -> None:
    """Offer the pictures that a query is a part of, then those that are parts of it.

    The library keeps codes of parts, and no embeddings. Two unit vectors that a random hyperplane
    parts with the probability p have the cosine of pi p (M. Charikar, "Similarity Estimation
    Techniques from Rounding Algorithms", 2002, section 3), so that distances of codes become
    comparable to the cosines of embeddings.
    """
    if not table.has_parts:
        return
    wanted = length(k)
    asked = [(one, one.question.photo.codes) for one in found if one.question.photo is not None]
    if not asked:
        return
    theirs = table.nearest_parts(np.concatenate([codes for _, codes in asked]), wanted)
    for one, rows in rows_of(asked):
        one.exact &= theirs.exact
        _offer_wholes(table, one, theirs, rows)
    own = [(one, one.question.parts) for one in found]
    parted = [(one, parts.codes) for one, parts in own if parts is not None]
    for one, hits in nearest(table, parted, wanted):
        if one.question.parts is not None:
            _offer_details(table, one, hits, one.question.parts)


def _offer_wholes(table: Table, one: Found, theirs: PartHits, rows: slice) -> None:
    contents, distances = theirs.contents[rows], theirs.distances[rows]
    near = np.nonzero((contents >= 0) & (distances <= _farthest(table)))
    parts = [PARTS[part] for part in theirs.parts[rows][near].tolist()]
    _offer_parts(
        table, one, contents[near], distances[near], _by_angle(table, distances[near]), parts
    )


def _offer_details(table: Table, one: Found, hits: Hits, parts: Encoded) -> None:
    asked, places = np.nonzero((hits.ids >= 0) & (hits.distances <= _farthest(table)))
    contents, distances = hits.ids[asked, places], hits.distances[asked, places]
    kept, own = table.stored(contents), parts.embeddings
    if own is not None and kept.embeddings is not None:
        near: Reals = cosines(own[asked], kept.embeddings) - np.float32(PART_HANDICAP)
    else:
        near = _by_angle(table, distances)
    _offer_parts(table, one, contents, distances, near, [None] * len(contents))


def _farthest(table: Table) -> int:
    return int(PART_SHARE * table.encoder.bits)


def _by_angle(table: Table, distances: npt.NDArray[np.int32]) -> Reals:
    near: Reals = np.cos(np.pi * distances / table.encoder.bits) - PART_HANDICAP
    return near


def _offer_parts(
    table: Table,
    one: Found,
    contents: ContentIds,
    distances: npt.NDArray[np.int32],
    near: Reals,
    parts: list[Part] | list[None],
) -> None:
    offered = zip(contents.tolist(), distances.tolist(), near.tolist(), parts, strict=True)
    for content, distance, cosine, part in offered:
        one.offer(Candidate(content, "alike", table.encoder, distance, cosine, cosine, part))
