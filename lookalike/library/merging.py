"""Questions to both codes, and the merge of their answers.

Many questions are asked at once, which costs each of them a fraction; the answers are those that
each would get alone.

Best first, the kinds are: ``same-bytes`` and ``same-pixels`` by digest; ``edited`` by the
perceptual hash within its limit, asked with the eight rotations and flips of the query; ``alike``
by the photo code, whose short list is ordered by the embeddings, or else by the codes: the query's
nearest first, the others by how walks among all of them reach them. Among the alike ones the hash
has a say up to twice its limit, and so have the codes of parts, where the library has them: those
of its pictures against the query, and those of the query against its pictures. A picture is listed
once, as the best kind that it has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import to_words
from lookalike.encoders import registry
from lookalike.encoders.perceptual_hash import CopyLimits
from lookalike.images.parts.nine import PARTS
from lookalike.library.candidates import Candidate, Found
from lookalike.library.engine import ContentIds, PartHits, Table
from lookalike.library.records import ContentKey, PictureInfo
from lookalike.library.store import Store
from lookalike.ranking.short_list import Rows, cosines, in_order, length, likeness
from lookalike.road import Question
from lookalike.types import Codes, ContentId, Encoded, Hits, Kind, Match, Part, Slot

__all__ = ["CodeChoice", "listed", "match_distance", "propose"]

Reals = npt.NDArray[np.floating[Any]]

CodeChoice: TypeAlias = Literal["pdq", "photo", "both"]

# Share of the bits in which a part and the whole of another picture may differ to be offered at
# all. Of parts of 30 per cent of each side 19 of 20 are nearer to one of the nine parts; of pairs
# of different photographs one in 700 is.
PART_SHARE = 0.3

# What a part's cosine counts less than that of a whole. The nearest of eighteen comparisons is what
# a picture is judged by, so that unrelated ones come nearer by parts than they do as a whole:
# without it they hide one in ten of the originals of crops to 70 per cent of each side.
PART_HANDICAP = 0.1


def match_distance(table: Table) -> int:
    """The distance in bits up to which a perceptual code calls two pictures copies of one."""
    return _limits(table).edited


def propose(
    store: Store,
    tables: Mapping[Slot, Table],
    questions: Sequence[Question],
    k: int,
    equal: Sequence[Collection[ContentId]],
) -> list[Found]:
    """For each question what its codes say may be a hit, and whether that is exact.

    Args:
        store: to look up digests.
        tables: by slot, those of the codes to ask.
        questions: with codes for each of the tables.
        k: pictures to find.
        equal: for each question the contents that show the same, sample by sample, as
            :class:`lookalike.library.sameness.Sameness` finds them.
    """
    found = [Found(question) for question in questions]
    _ask_digests(store, tables, found, equal)
    if "pdq" in tables:
        _ask_pdq(tables["pdq"], found, k, offer_all="photo" not in tables)
    if "photo" in tables:
        _ask_photo(tables["photo"], found, k)
        _ask_parts(tables["photo"], found, k)
    return found


def listed(store: Store, found: Sequence[Found], k: int) -> list[tuple[Match, ...]]:
    """The best k pictures of what was found for each question."""
    # Hidden pictures may be among the identical ones: look up more contents than are asked for.
    best = [one.in_order()[: k + one.identical] for one in found]
    pictures = store.pictures_of(list(dict.fromkeys(c.content for row in best for c in row)))
    return [
        tuple(_match(c, picture) for c in row for picture in pictures[c.content])[:k]
        for row in best
    ]


def _match(candidate: Candidate, picture: PictureInfo) -> Match:
    return Match(
        id=picture.id,
        path=picture.path,
        kind=candidate.kind,
        code=candidate.encoder.name,
        distance=candidate.distance,
        bits=candidate.encoder.bits,
        similarity=candidate.similarity,
        width=picture.width,
        height=picture.height,
        part=candidate.part,
        member=picture.member or None,
    )


def _ask_digests(
    store: Store,
    tables: Mapping[Slot, Table],
    found: Sequence[Found],
    equal: Sequence[Collection[ContentId]],
) -> None:
    """Offer what has the bytes or the pixels of a question."""
    questions = [one.question for one in found]
    same = store.contents([ContentKey(q.content_digest, q.member) for q in questions])
    for one, with_bytes, with_pixels in zip(found, same, equal, strict=True):
        identical: dict[ContentId, Kind] = dict.fromkeys(with_pixels, "same-pixels")
        if with_bytes is not None:
            identical[with_bytes] = "same-bytes"
        one.identical = len(identical)
        for content, kind in identical.items():
            candidate = _identical(tables, one.question, content, kind)
            if candidate is not None:
                one.offer(candidate)


def _identical(
    tables: Mapping[Slot, Table], question: Question, content: ContentId, kind: Kind
) -> Candidate | None:
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
            return Candidate(content, kind, table.encoder, int(distance))
    return None


def _ask_pdq(table: Table, found: Sequence[Found], k: int, *, offer_all: bool) -> None:
    """Offer what is near by the perceptual hash; with ``offer_all`` the k nearest, however far."""
    asked = [(one, one.question.pdq) for one in found if one.question.pdq is not None]
    for one, hits in _nearest(table, asked, k):
        quality = one.question.pdq_quality
        if quality is not None:
            _offer_edited(table, one, hits, quality, offer_all=offer_all)


def _nearest(
    table: Table, asked: Sequence[tuple[Found, Codes]], k: int
) -> Iterator[tuple[Found, Hits]]:
    """The k nearest of each one's codes, asked for all at once."""
    if not asked:
        return
    hits = table.nearest(np.concatenate([codes for _, codes in asked]), k)
    for one, rows in _rows(asked):
        one.exact &= hits.exact
        yield one, Hits(hits.ids[rows], hits.distances[rows], hits.exact)


def _rows(asked: Sequence[tuple[Found, Codes]]) -> Iterator[tuple[Found, slice]]:
    """Where the answers to each one's codes are, of all that were asked one after the other."""
    start = 0
    for one, codes in asked:
        yield one, slice(start, start := start + len(codes))


def _offer_edited(
    table: Table, one: Found, hits: Hits, own_quality: npt.NDArray[np.uint8], *, offer_all: bool
) -> None:
    asked, places = np.nonzero(hits.ids >= 0)
    contents, distances = hits.ids[asked, places], hits.distances[asked, places]
    quality = table.stored(contents).quality
    limits = _limits(table)
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


def _limits(table: Table) -> CopyLimits:
    """Of the hash that made a table's codes, which its library has from when it was made."""
    made = registry.perceptual(table.encoder.fingerprint)
    if made is None:
        raise RuntimeError(f"{table.encoder.fingerprint} is no perceptual hash")
    return made.limits


def _ask_photo(table: Table, found: Sequence[Found], k: int) -> None:
    """Offer the nearest by the photo code, in the order of their short list."""
    asked = [(one, one.question.photo.codes) for one in found if one.question.photo is not None]
    for one, hits in _nearest(table, asked, length(k)):
        if one.question.photo is not None:
            _offer_alike(table, one, hits, one.question.photo, k)


def _offer_alike(table: Table, one: Found, hits: Hits, photo: Encoded, k: int) -> None:
    # Of those that were offered before, as many more are needed to be sure of k new ones.
    wanted = k + len(one.candidates)
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


def _ask_parts(table: Table, found: Sequence[Found], k: int) -> None:
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
    for one, rows in _rows(asked):
        one.exact &= theirs.exact
        _offer_wholes(table, one, theirs, rows)
    own = [(one, one.question.parts) for one in found]
    parted = [(one, parts.codes) for one, parts in own if parts is not None]
    for one, hits in _nearest(table, parted, wanted):
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
