"""What a search finds: a picture, what it is to the one that was asked for, and how near.

This is the one home of a hit's fields, see :mod:`lookalike.fields`. A new field takes its line here
and its value where matches are made; the tests then name the rows that the documentation lacks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from lookalike.fields import documented, told

__all__ = ["Kind", "Match", "Part"]

# Public, and described, in lookalike.types.
Part: TypeAlias = tuple[float, float, float, float]
Kind: TypeAlias = Literal["same-bytes", "same-pixels", "edited", "alike"]


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
