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
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import to_words
from lookalike.encoders.perceptual import MATCH_DISTANCE, USABLE_QUALITY
from lookalike.images.parts.regions import REGIONS
from lookalike.indexes.exact import ExactScan, exact_scan
from lookalike.library.cache import CodeTable
from lookalike.library.catalog import Catalog
from lookalike.ranking.short_list import Rows, cosines, in_order, length, likeness
from lookalike.types import Codes, Encoded, Hits, Kind, Match, Part

__all__ = ["CodeChoice", "Question", "Table", "merge"]

CodeChoice: TypeAlias = Literal["pdq", "photo", "both"]

# Bits of PDQ up to which a picture that is no edited one may still come first among the alike:
# strong compression moves a copy that far, and photographs that are unrelated are hardly ever so
# near. Drawings in few strokes are, so that it doesn't outweigh a good likeness.
NEAR_DISTANCE = 64

# Share of the bits in which a part and the whole of another picture may differ to be offered at
# all. Of details of 30 per cent of each side 19 of 20 are nearer to one of the nine parts; of pairs
# of different photographs one in 700 is.
DETAIL_SHARE = 0.3

# What a part's cosine counts less than that of a whole. The nearest of eighteen comparisons is what
# a picture is judged by, so that unrelated ones come nearer by parts than they do as a whole:
# without it they hide one in ten of the originals of crops to 70 per cent of each side.
PART_HANDICAP = 0.1

_ORDER: dict[Kind, int] = {"same-bytes": 0, "same-pixels": 1, "edited": 2, "alike": 3}


class Table:
    """The codes of one encoder, ready to be searched. Rows are positions in the table."""

    def __init__(self, codes: CodeTable) -> None:
        self.codes = codes
        self.scan = exact_scan(codes.words, codes.encoder.bits)
        # No mask is cheaper than one that allows everything.
        self.allowed = None if bool(codes.visible.all()) else np.asarray(codes.visible)
        # The codes of parts, those of one picture one after the other.
        self.parts: ExactScan | None = None
        self.parts_allowed: npt.NDArray[np.bool_] | None = None
        if codes.regions.shape[1]:
            words = codes.regions.reshape(-1, codes.words.shape[1])
            self.parts = exact_scan(words, codes.encoder.bits)
            if self.allowed is not None:
                self.parts_allowed = np.repeat(self.allowed, len(REGIONS))

    def row_of(self, content: int) -> int | None:
        """The row of a content's code, if it has one."""
        row = int(np.searchsorted(self.codes.contents, content))
        if row < len(self.codes.contents) and self.codes.contents[row] == content:
            return row
        return None

    def distance(self, queries: Codes, row: int) -> int:
        """The smallest distance of a row to any of the queries, in bits."""
        stored = self.codes.words[row : row + 1].view(np.uint8)[:, : queries.shape[1]]
        return int(np.bitwise_count(stored ^ queries).sum(axis=1, dtype=np.int64).min())


@dataclass(frozen=True, slots=True)
class Question:
    """A picture to look for.

    Attributes:
        content_digest: SHA-256 of its bytes.
        pixel_digest: of its pixels.
        pdq: codes of the rotations and flips of each of its views, uint8 (8 x views, 32).
        pdq_quality: 0 to 100, of each of these codes, uint8 (8 x views,).
        photo: photo code and embedding of each of its views, the whole picture first.
        details: photo codes and embeddings of its parts, where the library has codes of those of
            its pictures.
    """

    content_digest: bytes
    pixel_digest: bytes
    pdq: Codes | None = None
    pdq_quality: npt.NDArray[np.uint8] | None = None
    photo: Encoded | None = None
    details: Encoded | None = None


@dataclass(slots=True)
class _Candidate:
    content: int
    kind: Kind
    code: str
    distance: int
    bits: int
    similarity: float | None
    rank: float = 0.0  # alike ones are placed by, on the scale of cosines
    part: Part | None = None

    def key(self) -> tuple[int, float, int, int]:
        """Sorts best first."""
        return _ORDER[self.kind], -self.rank, self.distance, self.content


def merge(
    catalog: Catalog, tables: Mapping[str, Table], question: Question, k: int
) -> tuple[tuple[Match, ...], bool]:
    """The best k pictures for a question, and whether the answer is exact.

    Args:
        catalog: to look up digests and paths.
        tables: by slot, those of the codes to ask.
        question: with codes for each of the tables.
        k: pictures to find.
    """
    found: dict[int, _Candidate] = {}
    exact = True

    def offer(candidate: _Candidate) -> None:
        known = found.get(candidate.content)
        if known is None or candidate.key() < known.key():
            found[candidate.content] = candidate

    same = catalog.content_of(question.content_digest)
    identical: dict[int, Kind] = dict.fromkeys(
        catalog.contents_with_pixels(question.pixel_digest), "same-pixels"
    )
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
        exact &= _ask_details(tables["photo"], question, k, offer=offer)
    best = sorted(found.values(), key=_Candidate.key)
    # Hidden pictures may be among the identical ones: look up more contents than are asked for.
    pictures = catalog.pictures_of([c.content for c in best[: k + len(identical)]])
    matches = [
        Match(
            id=picture.id,
            path=picture.path,
            kind=c.kind,
            code=c.code,
            distance=c.distance,
            bits=c.bits,
            similarity=c.similarity,
            width=picture.width,
            height=picture.height,
            part=c.part,
        )
        for c in best[: k + len(identical)]
        for picture in pictures[c.content]
    ]
    return tuple(matches[:k]), exact


def _identical(
    tables: Mapping[str, Table], question: Question, content: int, kind: Kind
) -> _Candidate | None:
    """A content that a digest found, with its distance in the first code that it has."""
    photo = None if question.photo is None else question.photo.codes
    for slot, codes in (("pdq", question.pdq), ("photo", photo)):
        table = tables.get(slot)
        row = None if table is None else table.row_of(content)
        if table is not None and row is not None and codes is not None:
            encoder = table.codes.encoder
            distance = table.distance(codes, row)
            return _Candidate(content, kind, encoder.name, distance, encoder.bits, None)
    return None


def _ask_pdq(
    table: Table,
    question: Question,
    k: int,
    *,
    offer_all: bool,
    offer: Callable[[_Candidate], None],
) -> bool:
    """Offer what is near by PDQ; with ``offer_all`` the k nearest, however far."""
    if question.pdq is None or question.pdq_quality is None:
        return True
    encoder, contents = table.codes.encoder, table.codes.contents
    hits = table.scan.search(question.pdq, k, allowed=table.allowed)
    asked, places = np.nonzero(hits.ids >= 0)
    rows, distances = hits.ids[asked, places], hits.distances[asked, places]
    usable = np.minimum(table.codes.quality[rows], question.pdq_quality[asked]) >= USABLE_QUALITY
    near = usable & (distances <= NEAR_DISTANCE)
    chosen = near | offer_all
    offered = (contents[rows], distances, usable, likeness(distances, encoder.bits))
    for content, distance, trusted, rank in zip(
        *(column[chosen].tolist() for column in offered), strict=True
    ):
        if trusted and distance <= MATCH_DISTANCE:
            offer(_Candidate(content, "edited", encoder.name, distance, encoder.bits, None))
        else:
            offer(_Candidate(content, "alike", encoder.name, distance, encoder.bits, None, rank))
    return hits.exact


def _ask_photo(
    table: Table, photo: Encoded, k: int, known: int, *, offer: Callable[[_Candidate], None]
) -> bool:
    """Offer the nearest by the photo code, in the order of its short list.

    ``known`` pictures were offered before, so that many more are needed to be sure of k new ones.
    """
    encoder, contents = table.codes.encoder, table.codes.contents
    hits = table.scan.search(photo.codes, length(k), allowed=table.allowed)
    words = to_words(photo.codes)
    own, embeddings = photo.embeddings, table.codes.embeddings
    for view in range(len(hits)):
        there = hits.ids[view] >= 0
        rows, distances = hits.ids[view][there], hits.distances[view][there]
        query = Rows(words[[view]], own[[view]] if own is not None else None)
        found = Rows(table.codes.words[rows], embeddings[rows] if embeddings.shape[1] else None)
        made = in_order(query, found, encoder.bits)
        best = made.order[: k + known]
        offered = zip(
            contents[rows[best]].tolist(),
            distances[best].tolist(),
            made.similarity[: len(best)],
            made.rank[: len(best)].tolist(),
            strict=True,
        )
        for content, distance, cosine, rank in offered:
            offer(_Candidate(content, "alike", encoder.name, distance, encoder.bits, cosine, rank))
    return hits.exact


def _ask_details(
    table: Table, question: Question, k: int, *, offer: Callable[[_Candidate], None]
) -> bool:
    """Offer the pictures that the query is a detail of, then those that are details of it.

    The library keeps codes of parts, and no embeddings. Two unit vectors that a random hyperplane
    parts with the probability p have the cosine of pi p (M. Charikar, "Similarity Estimation
    Techniques from Rounding Algorithms", 2002, section 3), so that distances of codes become
    comparable to the cosines of embeddings.
    """
    if table.parts is None or question.photo is None:
        return True
    encoder, contents = table.codes.encoder, table.codes.contents
    farthest = int(DETAIL_SHARE * encoder.bits)
    wanted = length(k)
    hits = table.parts.search(question.photo.codes, wanted, allowed=table.parts_allowed)
    found: list[tuple[Hits, int, npt.NDArray[np.int8] | None]] = [(hits, len(REGIONS), None)]
    if question.details is not None:
        hits = table.scan.search(question.details.codes, wanted, allowed=table.allowed)
        found.append((hits, 1, question.details.embeddings))
    for hits, parts, embeddings in found:
        asked, places = np.nonzero((hits.ids >= 0) & (hits.distances <= farthest))
        rows, distances = hits.ids[asked, places], hits.distances[asked, places]
        near = np.cos(np.pi * distances / encoder.bits)
        if embeddings is not None and table.codes.embeddings.shape[1]:
            near = cosines(embeddings[asked], table.codes.embeddings[rows])
        near = near - PART_HANDICAP
        offered = zip(rows.tolist(), distances.tolist(), near.tolist(), strict=True)
        for row, distance, cosine in offered:
            part = REGIONS[row % parts] if parts > 1 else None
            content = int(contents[row // parts])
            bits = encoder.bits
            offer(_Candidate(content, "alike", encoder.name, distance, bits, cosine, cosine, part))
    return all(hits.exact for hits, _, _ in found)
