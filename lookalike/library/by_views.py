"""What the codes of the pictures that the library's pictures hold propose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from lookalike.library.batches import rows_of
from lookalike.library.by_hash import limits_of
from lookalike.library.by_photo import PART_HANDICAP, PART_SHARE
from lookalike.library.candidates import Candidate, Found
from lookalike.library.engine import Table, ViewHits
from lookalike.ranking.short_list import likeness
from lookalike.types import Codes, ContentId, Part

__all__ = ["ask_views_by_hash", "ask_views_by_photo"]

# Nearest views of each code of a question. Of a content there may be seven, and few come near.
_NEAREST = 40
# As for whole pictures: the share of bits up to which the nearest are looked at; but fewer, since
# most libraries hold few pictures with views, so that those left over are strangers.
_FAR = 0.4
_FAR_LOOKED_AT = 4


def ask_views_by_hash(table: Table, found: Sequence[Found]) -> None:
    """Offer pictures that hold what a question shows, by the perceptual hash and its limits."""
    limits, bits = limits_of(table), table.encoder.bits
    asked = [(one, one.question.pdq) for one in found if one.question.pdq is not None]
    for one, hits in _nearest(table, asked):
        own = one.question.pdq_quality
        if own is None:
            continue
        rows, places = np.nonzero((hits.contents >= 0) & (hits.distances <= _FAR * bits))
        contents, distances = hits.contents[rows, places], hits.distances[rows, places]
        quality = np.minimum(hits.quality[rows, places], own[rows])
        usable = (quality >= limits.quality) & (distances <= limits.near)
        order = np.lexsort((contents, distances))
        # Nothing is made of the many that are too far to be listed, but for the first of them.
        chosen = usable[order]
        chosen[np.flatnonzero(~chosen)[:_FAR_LOOKED_AT]] = True
        for at in order[chosen].tolist():
            distance = int(distances[at])
            candidate = Candidate(
                ContentId(int(contents[at])),
                "edited" if usable[at] and distance <= limits.edited else "alike",
                table.encoder,
                distance,
                part=_box(hits.boxes[rows[at], places[at]]),
            )
            if not usable[at]:
                one.offer_look(candidate)
                continue
            if candidate.kind == "alike":
                candidate.rank = likeness(np.array([distance]), bits).item()
            one.offer(candidate)


def ask_views_by_photo(table: Table, found: Sequence[Found]) -> None:
    """Offer pictures that hold what looks like a question, by the photo code.

    There are no embeddings of views: the angle is estimated from the code, as it is for parts.
    """
    bits = table.encoder.bits
    asked = [(one, one.question.photo.codes) for one in found if one.question.photo is not None]
    for one, hits in _nearest(table, asked):
        rows, places = np.nonzero((hits.contents >= 0) & (hits.distances <= PART_SHARE * bits))
        for row, place in zip(rows.tolist(), places.tolist(), strict=True):
            distance = int(hits.distances[row, place])
            cosine = float(np.cos(np.pi * distance / bits)) - PART_HANDICAP
            content, box = ContentId(int(hits.contents[row, place])), _box(hits.boxes[row, place])
            one.offer(Candidate(content, "alike", table.encoder, distance, cosine, cosine, box))


def _nearest(
    table: Table, asked: Sequence[tuple[Found, Codes]]
) -> Iterator[tuple[Found, ViewHits]]:
    if not asked or not table.has_views:
        return
    hits = table.nearest_views(np.concatenate([codes for _, codes in asked]), _NEAREST)
    for one, rows in rows_of(asked):
        one.exact &= hits.exact
        yield (
            one,
            ViewHits(
                hits.contents[rows],
                hits.boxes[rows],
                hits.quality[rows],
                hits.distances[rows],
                hits.exact,
            ),
        )


def _box(shares: npt.NDArray[np.float64]) -> Part:
    left, top, right, bottom = (round(share, 6) for share in shares.tolist())
    return left, top, right, bottom
