"""What the perceptual hash proposes: copies within its limit, and what is nearly one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lookalike.encoders import registry
from lookalike.encoders.perceptual_hash import CopyLimits
from lookalike.library.batches import nearest
from lookalike.library.candidates import LOOKED_AT, Candidate, Found
from lookalike.library.engine import Table
from lookalike.ranking.short_list import likeness
from lookalike.types import ContentId, Hits

__all__ = ["ask_hash", "limits_of", "match_distance"]

# Share of the bits up to which the nearest are looked at, and how many of them: half of those of
# the first round, the others where that found many copies.
_FAR = 0.4
_FAR_LOOKED_AT = 24


def match_distance(table: Table) -> int:
    """The distance in bits up to which a perceptual code calls two pictures copies of one."""
    return limits_of(table).edited


def ask_hash(table: Table, found: Sequence[Found], k: int, *, offer_all: bool) -> None:
    """Offer what is near by the perceptual hash; with ``offer_all`` the k nearest, however far."""
    asked = [(one, one.question.pdq) for one in found if one.question.pdq is not None]
    for one, hits in nearest(table, asked, max(k, LOOKED_AT)):
        quality = one.question.pdq_quality
        if quality is not None:
            _offer_edited(table, one, hits, quality, offer_all=offer_all)


def _offer_edited(
    table: Table, one: Found, hits: Hits, own_quality: npt.NDArray[np.uint8], *, offer_all: bool
) -> None:
    asked, places = np.nonzero(hits.ids >= 0)
    contents, distances = hits.ids[asked, places], hits.distances[asked, places]
    quality = table.stored(contents).quality
    limits = limits_of(table)
    usable = np.minimum(quality, own_quality[asked]) >= limits.quality
    near = usable & (distances <= limits.near)
    chosen = near | offer_all
    offered = (contents, distances, usable, likeness(distances, table.encoder.bits))
    for content, distance, trusted, rank in zip(
        *(column[chosen].tolist() for column in offered), strict=True
    ):
        if trusted and distance <= limits.edited:
            one.offer(Candidate(content, "edited", table.encoder, distance))
        else:
            one.offer(Candidate(content, "alike", table.encoder, distance, None, rank))
    # A copy that was cropped or framed may be far; of the nearest the second look finds out.
    rest = np.flatnonzero(~chosen & (distances <= _FAR * table.encoder.bits))
    order = np.lexsort((contents[rest], distances[rest]))[:_FAR_LOOKED_AT]
    for row in rest[order].tolist():
        content, distance = ContentId(int(contents[row])), int(distances[row])
        one.offer_look(Candidate(content, "alike", table.encoder, distance))


def limits_of(table: Table) -> CopyLimits:
    """Of the hash that made a table's codes, which its library has from when it was made."""
    made = registry.perceptual(table.encoder.fingerprint)
    if made is None:
        raise RuntimeError(f"{table.encoder.fingerprint} is no perceptual hash")
    return made.limits
