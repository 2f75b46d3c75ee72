"""What a search finds for one question, before it is put in order."""

from __future__ import annotations

from dataclasses import dataclass, field

from lookalike.library.records import EncoderInfo
from lookalike.road import Question
from lookalike.types import ContentId, Kind, Part

__all__ = ["Candidate", "Found"]

_ORDER: dict[Kind, int] = {"same-bytes": 0, "same-pixels": 1, "edited": 2, "part": 3, "alike": 4}


@dataclass(slots=True)
class Candidate:
    """A content that may be a hit, and why."""

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


@dataclass(slots=True, eq=False)
class Found:
    """What was found for one question so far.

    Attributes:
        question: that is asked.
        candidates: the best of each content.
        identical: contents with the bytes or the pixels of the question, hidden ones included.
        exact: whether nothing nearer can have been missed.
    """

    question: Question
    candidates: dict[ContentId, Candidate] = field(default_factory=dict)
    identical: int = 0
    exact: bool = True

    def offer(self, candidate: Candidate) -> None:
        """Keep a candidate, unless its content is known as a better one."""
        known = self.candidates.get(candidate.content)
        if known is None or candidate.key() < known.key():
            self.candidates[candidate.content] = candidate

    def in_order(self) -> list[Candidate]:
        """All candidates, best first."""
        return sorted(self.candidates.values(), key=Candidate.key)
