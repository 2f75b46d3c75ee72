"""What a search finds: a picture, what it is to the one that was asked for, and how near.

This is the one home of a hit's fields, see :mod:`lookalike.fields`. A new field takes its line here
and its value where matches are made; the tests then name the rows that the documentation lacks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from lookalike.fields import documented, told

__all__ = ["Box", "EditName", "Kind", "Match", "NamedEdit", "Part", "Relation", "Side", "boxes_of"]

# Public, and described, in lookalike.types.
Part: TypeAlias = tuple[float, float, float, float]
Kind: TypeAlias = Literal["same-bytes", "same-pixels", "edited", "part", "alike"]

Side: TypeAlias = Literal["query", "hit"]
"""Which of the two pictures of a match."""

Relation: TypeAlias = Literal["burst", "raw+jpeg", "variant"]

EditName: TypeAlias = Literal[
    "mirror",
    "rotate",
    "resize",
    "stretch",
    "border",
    "recompress",
    "grey",
    "brightness",
    "contrast",
    "colour",
    "blur",
    "noise",
    "overlay",
    "screenshot",
]


@dataclass(frozen=True, slots=True)
class Box:
    """A part of one of the two pictures of a match."""

    of: Side = field(metadata=told("which of the two pictures it is a part of"))
    at: Part = field(
        metadata=told(
            "left, top, right and bottom as shares of its sides",
            schema={"items": {"type": "number", "minimum": 0, "maximum": 1}},
        )
    )


@documented
@dataclass(frozen=True, slots=True)
class NamedEdit:
    """One thing that was done to a picture: from the library's picture to the query."""

    name: EditName = field(metadata=told("what was done"))
    of: Side | None = field(
        default=None,
        metadata=told(
            "which of the two pictures shows it, where one has it and the other not; of "
            "`brightness`, `contrast` and `colour` which one lost levels by it",
            always_in_json=False,
        ),
    )
    degrees: float | None = field(
        default=None,
        metadata=told("of `rotate`: clockwise, from the hit to the query", always_in_json=False),
    )
    factor: float | None = field(
        default=None,
        metadata=told("of `resize`: the query's longer side by the hit's", always_in_json=False),
    )
    amount: float | None = field(
        default=None,
        metadata=told(
            "how much, from the hit to the query: of `brightness` the levels (of 255) added, of "
            "`contrast` the factor, of `noise` its standard deviation in levels, of `blur` its "
            "radius as a share of the shorter side",
            always_in_json=False,
        ),
    )
    at: Part | None = field(
        default=None,
        metadata=told(
            "where it is in that picture: left, top, right and bottom as shares of its sides",
            always_in_json=False,
            schema={"items": {"type": "number", "minimum": 0, "maximum": 1}},
        ),
    )


@documented
@dataclass(frozen=True, slots=True)
class Match:
    """One picture that a library's search found."""

    id: int = field(
        metadata=told("the picture's id in its library; stays as long as the file", public=False)
    )
    path: str = field(
        metadata=told(
            "of the file, absolute; bytes that aren't UTF-8 are lone surrogates (PEP 383)",
            heading="path",
            cell="{path}",
            last=True,
        )
    )
    kind: Kind = field(metadata=told("what the match is", heading="kind", cell="{kind}"))
    code: str = field(
        metadata=told(
            "which code found it: the perceptual hash, `pdq-area` (or `pdq` in a library of "
            "before), or the photo model, such as `photo-256`",
            heading="code",
            cell="{code}",
        )
    )
    distance: int | None = field(
        metadata=told(
            "bits in which the codes differ; none where codes were not compared, as for a text",
            heading="distance",
            cell="{distance}/{bits}",
            right=True,
            caption=(0, "{distance} of {bits} bits"),
        )
    )
    bits: int = field(metadata=told("width of that code"))
    similarity: float | None = field(
        metadata=told(
            "cosine of the embeddings where they were compared, 0.1 less where parts were; "
            "else none",
            heading="similarity",
            cell="{similarity:.2f}",
            right=True,
            caption=(0, "cosine {similarity:.2f}"),
            digits=4,
        )
    )
    width: int = field(
        metadata=told(
            "of the picture, in pixels, upright",
            heading="size",
            cell="{width}x{height}",
            right=True,
            caption=(1, "{width} x {height}"),
        )
    )
    height: int = field(metadata=told("of the picture, in pixels, upright"))
    part: Part | None = field(
        default=None,
        metadata=told(
            "where in it the picture that was asked for is, if that is a part of it: left, top, "
            "right and bottom as shares of its sides; else none",
            heading="part",
            cell="{part[0]:.0%},{part[1]:.0%},{part[2]:.0%},{part[3]:.0%}",
            always=False,
            schema={"items": {"type": "number", "minimum": 0, "maximum": 1}},
        ),
    )
    member: str | None = field(
        default=None,
        metadata=told(
            "which picture of its file it is, such as `page-2` or `frame-3`; none for the only or "
            "the first one",
            heading="member",
            cell="{member}",
            always=False,
            caption=(1, "{member}"),
        ),
    )
    chance: float | None = field(
        default=None,
        metadata=told(
            "how many hits as near as this one an unrelated picture would be expected to get in "
            "this library; none where that isn't known",
            heading="chance",
            cell="{chance:.2g}",
            right=True,
            always=False,
        ),
    )
    usual: bool = field(
        default=False,
        metadata=told(
            "whether it is no nearer than unrelated pictures usually are; commands, the page and "
            "REST leave such hits out",
            public=False,
        ),
    )
    verified: bool = field(
        default=False,
        metadata=told("whether the two pictures were compared, pixel by pixel, and not only codes"),
    )
    edits: tuple[NamedEdit, ...] = field(
        default=(),
        metadata=told(
            "what was done to get from this picture to the one that was asked for",
            heading="edits",
            cell="{edits}",
            always=False,
        ),
    )
    boxes: tuple[Box, ...] = field(
        default=(),
        metadata=told("what they share, where it isn't all of both: one box, or two that overlap"),
    )
    burst: bool = field(
        default=False,
        metadata=told("whether both were taken by one camera, seconds apart, and are near"),
    )
    relation: Relation | None = field(
        default=None, metadata=told("what else the two are to each other; none for nothing known")
    )


def boxes_of(match: Match, side: Side) -> tuple[Part, ...]:
    """The boxes of a match that are parts of one of its two pictures."""
    return tuple(box.at for box in match.boxes if box.of == side)
