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

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, TypeAlias

import numpy as np

from lookalike.codes.bits import to_words
from lookalike.library.by_hash import ask_hash
from lookalike.library.by_photo import ask_parts, ask_photo
from lookalike.library.by_views import ask_views_by_hash, ask_views_by_photo
from lookalike.library.candidates import Candidate, Found
from lookalike.library.engine import Table
from lookalike.library.filters import Filter
from lookalike.library.records import ContentKey, PictureInfo
from lookalike.library.store import Store
from lookalike.match import Box
from lookalike.road import Question
from lookalike.types import Codes, ContentId, Kind, Match, Slot

__all__ = ["CodeChoice", "listed", "propose"]

CodeChoice: TypeAlias = Literal["pdq", "photo", "both"]


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
        ask_hash(tables["pdq"], found, k, offer_all="photo" not in tables)
        ask_views_by_hash(tables["pdq"], found)
    if "photo" in tables:
        ask_photo(tables["photo"], found, k)
        ask_parts(tables["photo"], found, k)
        ask_views_by_photo(tables["photo"], found)
    return found


def listed(
    store: Store, found: Sequence[Found], k: int, only: Filter | None = None
) -> list[tuple[Match, ...]]:
    """The best k pictures of what was found for each question, in the folders of a filter."""
    # Hidden pictures may be among the identical ones: look up more contents than are asked for.
    best = [one.in_order()[: k + one.identical] for one in found]
    pictures = store.pictures_of(list(dict.fromkeys(c.content for row in best for c in row)))
    return [
        tuple(
            _match(c, picture)
            for c in row
            for picture in pictures[c.content]
            if only is None or only.fits_path(picture.path)
        )[:k]
        for row in best
    ]


def _match(candidate: Candidate, picture: PictureInfo) -> Match:
    verdict, same = candidate.verdict, candidate.kind in ("same-bytes", "same-pixels")
    boxes: tuple[Box, ...] = ()
    if candidate.part is not None:
        boxes = (Box("hit", candidate.part),)
    if verdict is not None:
        boxes = verdict.boxes
    of_hit = [box.at for box in boxes if box.of == "hit"]
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
        part=of_hit[0] if of_hit else None,
        member=picture.member or None,
        chance=candidate.chance,
        usual=candidate.usual,
        verified=same or verdict is not None,
        edits=() if same or verdict is None else verdict.edits,
        boxes=() if same else boxes,
        burst=candidate.relation == "burst",
        relation=candidate.relation,
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
