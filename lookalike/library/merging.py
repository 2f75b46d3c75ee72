"""One question to both codes, and the merge of their answers.

Best first, the kinds are: ``same-bytes`` and ``same-pixels`` by digest; ``edited`` by PDQ within
its published threshold, asked with the eight rotations and flips of the query; ``alike`` by the
photo code, whose short list is ordered by the embeddings, or else by the codes: the query's nearest
first, the others by how walks among all of them reach them. Among the alike ones PDQ has a say up
to twice its threshold, and so have the codes of parts, where the library has them: those of its
pictures against the query, and those of the query against its pictures. A picture is listed once,
as the best kind that it has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import to_words
from lookalike.encoders.perceptual import MATCH_DISTANCE, USABLE_QUALITY
from lookalike.images.parts.nine import PARTS
from lookalike.library.engine import ContentIds, Table
from lookalike.library.records import ContentKey, EncoderInfo
from lookalike.library.store import Store
from lookalike.ranking.short_list import Rows, cosines, in_order, length, likeness
from lookalike.road import Question
from lookalike.types import Codes, ContentId, Encoded, Kind, Match, Part, Slot

__all__ = ["CodeChoice", "merge"]

CodeChoice: TypeAlias = Literal["pdq", "photo", "both"]

# Bits of PDQ up to which a picture that is no edited one may still come first among the alike:
# strong compression moves a copy that far, and photographs that are unrelated are hardly ever so
# near. Drawings in few strokes are, so that it doesn't outweigh a good likeness.
NEAR_DISTANCE = 64

# Share of the bits in which a part and the whole of another picture may differ to be offered at
# all. Of parts of 30 per cent of each side 19 of 20 are nearer to one of the nine parts; of pairs
# of different photographs one in 700 is.
PART_SHARE = 0.3

# What a part's cosine counts less than that of a whole. The nearest of eighteen comparisons is what
# a picture is judged by, so that unrelated ones come nearer by parts than they do as a whole:
# without it they hide one in ten of the originals of crops to 70 per cent of each side.
PART_HANDICAP = 0.1

_ORDER: dict[Kind, int] = {"same-bytes": 0, "same-pixels": 1, "edited": 2, "alike": 3}


@dataclass(slots=True)
class _Candidate:
    content: ContentId
    kind: Kind
    encoder: EncoderInfo
    distance: int
    similarity: float | None = None
    rank: float = 0.0  # alike ones are placed by, on the scale of cosines
    part: Part | None = None

    def key(self) -> tuple[int, float, int, int]:
        """Sorts best first."""
        return _ORDER[self.kind], -self.rank, self.distance, self.content


_Offer: TypeAlias = Callable[[_Candidate], None]


def merge(
    store: Store, tables: Mapping[Slot, Table], question: Question, k: int
) -> tuple[tuple[Match, ...], bool]:
    """The best k pictures for a question, and whether the answer is exact.

    Args:
        store: to look up digests and paths.
        tables: by slot, those of the codes to ask.
        question: with codes for each of the tables.
        k: pictures to find.
    """
    found: dict[ContentId, _Candidate] = {}
    exact = True

    def offer(candidate: _Candidate) -> None:
        known = found.get(candidate.content)
        if known is None or candidate.key() < known.key():
            found[candidate.content] = candidate

    (same,) = store.contents([ContentKey(question.content_digest, question.member)])
    (equal,) = store.contents_with_pixels([question.pixel_digest])
    identical: dict[ContentId, Kind] = dict.fromkeys(equal, "same-pixels")
    if same is not None:
        identical[same] = "same-bytes"
    for content, kind in identical.items():
        candidate = _identical(tables, question, content, kind)
        if candidate is not None:
            offer(candidate)
    if question.pdq is not None and "pdq" in tables:
        exact &= _ask_pdq(tables["pdq"], question, k, offer_all="photo" not in tables, offer=offer)
    if question.photo is not None and "photo" in tables:
        exact &= _ask_photo(tables["photo"], question.photo, k, len(found), offer=offer)
        exact &= _ask_parts(tables["photo"], question, k, offer=offer)
    best = sorted(found.values(), key=_Candidate.key)
    # Hidden pictures may be among the identical ones: look up more contents than are asked for.
    pictures = store.pictures_of([c.content for c in best[: k + len(identical)]])
    matches = [
        Match(
            id=picture.id,
            path=picture.path,
            kind=c.kind,
            code=c.encoder.name,
            distance=c.distance,
            bits=c.encoder.bits,
            similarity=c.similarity,
            width=picture.width,
            height=picture.height,
            part=c.part,
            member=picture.member or None,
        )
        for c in best[: k + len(identical)]
        for picture in pictures[c.content]
    ]
    return tuple(matches[:k]), exact


def _identical(
    tables: Mapping[Slot, Table], question: Question, content: ContentId, kind: Kind
) -> _Candidate | None:
    """A content that a digest found, with its distance in the first code that it has."""
    photo = None if question.photo is None else question.photo.codes
    asked: tuple[tuple[Slot, Codes | None], ...] = (("pdq", question.pdq), ("photo", photo))
    for slot, codes in asked:
        table = tables.get(slot)
        if table is None or codes is None:
            continue
        kept = table.stored(np.array([content], np.int64))
        if kept.there[0]:
            distance = np.bitwise_count(kept.words ^ to_words(codes)).sum(1, dtype=np.int64).min()
            return _Candidate(content, kind, table.encoder, int(distance))
    return None


def _ask_pdq(table: Table, question: Question, k: int, *, offer_all: bool, offer: _Offer) -> bool:
    """Offer what is near by PDQ; with ``offer_all`` the k nearest, however far."""
    if question.pdq is None or question.pdq_quality is None:
        return True
    hits = table.nearest(question.pdq, k)
    asked, places = np.nonzero(hits.ids >= 0)
    contents, distances = hits.ids[asked, places], hits.distances[asked, places]
    quality = table.stored(contents).quality
    usable = np.minimum(quality, question.pdq_quality[asked]) >= USABLE_QUALITY
    near = usable & (distances <= NEAR_DISTANCE)
    chosen = near | offer_all
    offered = (contents, distances, usable, likeness(distances, table.encoder.bits))
    for content, distance, trusted, rank in zip(
        *(column[chosen].tolist() for column in offered), strict=True
    ):
        if trusted and distance <= MATCH_DISTANCE:
            offer(_Candidate(content, "edited", table.encoder, distance))
        else:
            offer(_Candidate(content, "alike", table.encoder, distance, None, rank))
    return hits.exact


def _ask_photo(table: Table, photo: Encoded, k: int, known: int, *, offer: _Offer) -> bool:
    """Offer the nearest by the photo code, in the order of its short list.

    ``known`` pictures were offered before, so that many more are needed to be sure of k new ones.
    """
    hits = table.nearest(photo.codes, length(k))
    words = to_words(photo.codes)
    own = photo.embeddings
    for view in range(len(hits)):
        there = hits.ids[view] >= 0
        contents, distances = hits.ids[view][there], hits.distances[view][there]
        kept = table.stored(contents)
        query = Rows(words[[view]], own[[view]] if own is not None else None)
        made = in_order(query, Rows(kept.words, kept.embeddings), table.encoder.bits)
        best = made.order[: k + known]
        offered = zip(
            contents[best].tolist(),
            distances[best].tolist(),
            made.similarity[: len(best)],
            made.rank[: len(best)].tolist(),
            strict=True,
        )
        for content, distance, cosine, rank in offered:
            offer(_Candidate(content, "alike", table.encoder, distance, cosine, rank))
    return hits.exact


def _ask_parts(table: Table, question: Question, k: int, *, offer: _Offer) -> bool:
    """Offer the pictures that the query is a part of, then those that are parts of it.

    The library keeps codes of parts, and no embeddings. Two unit vectors that a random hyperplane
    parts with the probability p have the cosine of pi p (M. Charikar, "Similarity Estimation
    Techniques from Rounding Algorithms", 2002, section 3), so that distances of codes become
    comparable to the cosines of embeddings.
    """
    if not table.has_parts or question.photo is None:
        return True
    farthest = int(PART_SHARE * table.encoder.bits)
    wanted = length(k)
    of_theirs = table.nearest_parts(question.photo.codes, wanted)
    exact = of_theirs.exact
    asked, places = np.nonzero((of_theirs.contents >= 0) & (of_theirs.distances <= farthest))
    distances = of_theirs.distances[asked, places]
    near: npt.NDArray[np.floating[Any]]
    near = np.cos(np.pi * distances / table.encoder.bits) - PART_HANDICAP
    parts = [PARTS[part] for part in of_theirs.parts[asked, places].tolist()]
    _offer_parts(table, of_theirs.contents[asked, places], distances, near, parts, offer)
    if question.parts is not None:
        hits = table.nearest(question.parts.codes, wanted)
        exact &= hits.exact
        asked, places = np.nonzero((hits.ids >= 0) & (hits.distances <= farthest))
        contents, distances = hits.ids[asked, places], hits.distances[asked, places]
        kept, own = table.stored(contents), question.parts.embeddings
        if own is not None and kept.embeddings is not None:
            near = cosines(own[asked], kept.embeddings) - np.float32(PART_HANDICAP)
        else:
            near = np.cos(np.pi * distances / table.encoder.bits) - PART_HANDICAP
        _offer_parts(table, contents, distances, near, [None] * len(contents), offer)
    return exact


def _offer_parts(
    table: Table,
    contents: ContentIds,
    distances: npt.NDArray[np.int32],
    near: npt.NDArray[np.floating[Any]],
    parts: list[Part] | list[None],
    offer: _Offer,
) -> None:
    offered = zip(contents.tolist(), distances.tolist(), near.tolist(), parts, strict=True)
    for content, distance, cosine, part in offered:
        offer(_Candidate(content, "alike", table.encoder, distance, cosine, cosine, part))
