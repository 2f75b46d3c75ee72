"""What a search finds for one question, before it is put in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

import numpy as np

from lookalike.library.filters import Filter
from lookalike.library.records import EncoderInfo, PictureInfo
from lookalike.library.relations import is_burst, relation_of
from lookalike.match import Relation
from lookalike.matching.verdict import Verdict
from lookalike.ranking.short_list import likeness
from lookalike.road import Question
from lookalike.shot import Shot
from lookalike.types import ContentId, Kind, Part

__all__ = ["LOOKED_AT", "MOST_LOOKED_AT", "Candidate", "Found"]

LOOKED_AT = 24
"""Candidates of a question that a second look is taken at, the most promising first; with larger k
as many as are listed, and as many again while a quarter of them are copies."""

MOST_LOOKED_AT = 120
"""As many at most."""

_ORDER: dict[Kind, int] = {"same-bytes": 0, "same-pixels": 1, "edited": 2, "part": 3, "alike": 4}


@dataclass(slots=True)
class Candidate:
    """A content that may be a hit, and why."""

    content: ContentId
    kind: Kind
    encoder: EncoderInfo
    distance: int
    similarity: float | None = None
    rank: float = 0.0  # within its kind; alike ones on the scale of cosines
    part: Part | None = None
    verdict: Verdict | None = None  # of the second look; None where nobody looked
    relation: Relation | None = None
    chance: float | None = None
    usual: bool = False

    def key(self) -> tuple[int, float, int, int]:
        """Sorts best first."""
        return _ORDER[self.kind], -self.rank, self.distance, self.content


@dataclass(slots=True, eq=False)
class Found:
    """What was found for one question so far.

    Attributes:
        question: that is asked.
        candidates: the best of each content.
        far: what is too far by its code to be listed, but worth a second look.
        alike: the best of each content that is alike, be it listed as something better or not.
        identical: contents with the bytes or the pixels of the question, hidden ones included.
        exact: whether nothing nearer can have been missed.
    """

    question: Question
    candidates: dict[ContentId, Candidate] = field(default_factory=dict)
    far: dict[ContentId, Candidate] = field(default_factory=dict)
    alike: dict[ContentId, Candidate] = field(default_factory=dict)
    identical: int = 0
    exact: bool = True

    def offer(self, candidate: Candidate) -> None:
        """Keep a candidate, unless its content is known as a better one."""
        _keep(self.candidates, candidate)
        if candidate.kind == "alike":
            _keep(self.alike, candidate)

    def offer_look(self, candidate: Candidate) -> None:
        """Have a candidate looked at that is listed only if it turns out to be more than alike."""
        _keep(self.far, candidate)

    def promising(self) -> list[Candidate]:
        """What a second look is taken at: copies by their codes, then what may be one.

        Of the others as many that are alike as there are that are far but nearest by the hash, in
        turns.
        """
        copies = [c for c in self.in_order() if c.kind in ("edited", "part")]
        alike = iter([c for c in self.in_order() if c.kind == "alike"])
        rest = [c for c in self.far.values() if c.content not in self.candidates]
        far = iter(sorted(rest, key=lambda c: (c.distance, c.content)))
        for pair in zip_longest(alike, far):
            copies += [one for one in pair if one is not None]
        return copies

    def looked_at(self, candidate: Candidate, verdict: Verdict | None) -> None:
        """Let a candidate be what a second look says; nothing where that couldn't be taken."""
        if verdict is None:
            return
        content = candidate.content
        if verdict.kind != "alike":
            self.candidates[content] = replace(
                candidate, kind=verdict.kind, rank=verdict.agreement, verdict=verdict
            )
        elif content in self.candidates:  # it is no copy, whatever its code says
            rank = likeness(np.array([candidate.distance]), candidate.encoder.bits).item()
            plain = replace(candidate, kind="alike", rank=rank, part=None)
            self.candidates[content] = replace(self.alike.get(content, plain), verdict=verdict)

    def part_frames(self, shots: Mapping[ContentId, Shot]) -> None:
        """Let frames of a burst be alike, and come first among those."""
        for content, c in list(self.candidates.items()):
            if c.kind in ("edited", "part") and is_burst(self.question.shot, shots.get(content)):
                told = None if c.verdict is None else Verdict("alike", c.verdict.agreement)
                self.candidates[content] = replace(
                    c, kind="alike", rank=1.0, verdict=told, relation="burst"
                )

    def relate(
        self,
        shots: Mapping[ContentId, Shot],
        pictures: Mapping[ContentId, Sequence[PictureInfo]],
        name: str,
        k: int,
    ) -> None:
        """Note what else the k best are to the question."""
        for c in self.in_order()[: k + self.identical]:
            held = pictures.get(c.content)
            if c.relation is None and held:
                c.relation = relation_of(
                    self.question.shot,
                    shots.get(c.content),
                    c.kind,
                    similarity=c.similarity,
                    edits=() if c.verdict is None else c.verdict.edits,
                    formats=(self.question.format, held[0].format),
                    names=(name, held[0].path),
                )

    def keep(self, only: Filter | None) -> None:
        """Forget the candidates that are of another kind than is wanted."""
        if only is not None and only.kinds:
            self.candidates = {c: o for c, o in self.candidates.items() if o.kind in only.kinds}

    def in_order(self) -> list[Candidate]:
        """All candidates, best first."""
        return sorted(self.candidates.values(), key=Candidate.key)


def _keep(best: dict[ContentId, Candidate], candidate: Candidate) -> None:
    known = best.get(candidate.content)
    if known is None or candidate.key() < known.key():
        best[candidate.content] = candidate
