"""What a library's test of itself found out: plain frozen records."""

from __future__ import annotations

from dataclasses import dataclass, field

from lookalike.types import Kind

__all__ = [
    "FEW_SEEN",
    "MISSING",
    "CalibrationPoint",
    "EditOutcome",
    "Exactness",
    "FalseAlarms",
    "SelfTest",
    "Suspect",
    "Way",
]

FEW_SEEN = 20
"""Hits: of fewer chance alone may have doubled the number, so that they say little about a rate."""

MISSING = "missing"
"""Stands in place of a kind where a picture wasn't found at all."""


@dataclass(frozen=True, slots=True)
class Way:
    """What came of an edit, asked in one direction.

    Attributes:
        asked: searches.
        first: of these, how often what was looked for came before anything else.
        kinds: what kind of hit it was: a number for each, and of those that are ``missing``.
    """

    asked: int
    first: int
    kinds: dict[str, int]

    @property
    def recall_at_1(self) -> float | None:
        """Share that came first; ``None`` where nothing was asked."""
        return self.first / self.asked if self.asked else None


@dataclass(frozen=True, slots=True)
class EditOutcome:
    """What came of an edit.

    Attributes:
        by_copy: the edited copy was the query, the library was searched for its original.
        by_original: the original was the query, a library of such copies was searched for this one.
    """

    by_copy: Way
    by_original: Way


@dataclass(frozen=True, slots=True)
class Suspect:
    """A hit that is named an edited copy or a part, of a picture that isn't known to be one.

    Attributes:
        query: path of the picture that was asked with, or that was edited.
        edit: how it was edited; ``None`` where it was asked as it is.
        hit: path of the hit.
        kind: what the hit was called.
        distance: of their codes, in bits.
    """

    query: str
    edit: str | None
    hit: str
    kind: Kind
    distance: int | None


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """Hits that are named copies, and may be false: only somebody who looks at them can say.

    Attributes:
        searches: that were made.
        pairs: of a query and a picture of the library that these were answers about.
        suspects: hits of ``edited`` or ``part`` that aren't the picture that was edited, nor one
            that shows the same; each pair of pictures once.
    """

    searches: int
    pairs: int
    suspects: tuple[Suspect, ...]


@dataclass(frozen=True, slots=True)
class Exactness:
    """The index in use beside a comparison with every code.

    Attributes:
        code: name of the code.
        index: what answers, in one line.
        queries: that were answered by both.
        equal: of these, how many got the same answer.
        says_exact: whether the index called all of its answers exact.
    """

    code: str
    index: str
    queries: int
    equal: int
    says_exact: bool


@dataclass(frozen=True, slots=True)
class CalibrationPoint:
    """How many unrelated pictures come within a distance: what is expected, and what is there.

    Attributes:
        code: name of the code.
        distance: in bits.
        predicted: hits within it that an unrelated query is expected to get in this library.
        observed: hits within it that the sampled pictures got, on average.
        queries: that were asked.
    """

    code: str
    distance: int
    predicted: float
    observed: float
    queries: int


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What a library's test of itself found out.

    Attributes:
        library: where it is.
        pictures: that it holds.
        sampled: pictures that were edited.
        edits: by the name of the edit.
        false_alarms: hits that may be false.
        exact: for each code whether the index agrees with a comparison of all.
        calibration: predicted and observed numbers of chance hits, nearest first.
        left_out: sampled pictures that weren't edited, with the reason.
        flat: sampled pictures with so little in them that a perceptual hash says little.
        flat_missed: searches by edited copies of these that didn't find them first.
        flat_asked: searches by edited copies of these.
        seconds: that it took.
        interrupted: stopped by the user; the numbers are of what was done until then.
        advice: what to do, in words.
    """

    library: str
    pictures: int
    sampled: int
    edits: dict[str, EditOutcome]
    false_alarms: FalseAlarms
    exact: tuple[Exactness, ...]
    calibration: tuple[CalibrationPoint, ...]
    left_out: tuple[tuple[str, str], ...]
    flat: int
    flat_missed: int
    flat_asked: int
    seconds: float
    interrupted: bool = False
    advice: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, object]:
        """In the terms of JSON; lists and objects, numbers and text."""
        return {
            "library": self.library,
            "pictures": self.pictures,
            "sampled": self.sampled,
            "edits": {
                name: {**_way(one.by_copy), "reverse": _way(one.by_original)}
                for name, one in self.edits.items()
            },
            "false_alarms": {
                "searches": self.false_alarms.searches,
                "pairs": self.false_alarms.pairs,
                "suspects": [
                    {
                        "query": one.query,
                        "edit": one.edit,
                        "hit": one.hit,
                        "kind": one.kind,
                        "distance": one.distance,
                    }
                    for one in self.false_alarms.suspects
                ],
            },
            "exact": [
                {
                    "code": one.code,
                    "index": one.index,
                    "queries": one.queries,
                    "equal": one.equal,
                    "says_exact": one.says_exact,
                }
                for one in self.exact
            ],
            "calibration": [
                {
                    "code": one.code,
                    "distance": one.distance,
                    "predicted": one.predicted,
                    "observed": one.observed,
                    "queries": one.queries,
                }
                for one in self.calibration
            ],
            "left_out": [{"path": path, "reason": reason} for path, reason in self.left_out],
            "flat": self.flat,
            "seconds": self.seconds,
            "interrupted": self.interrupted,
            "advice": list(self.advice),
        }


def _way(way: Way) -> dict[str, object]:
    return {"recall_at_1": way.recall_at_1, "kinds": way.kinds, "copies": way.asked}
