"""A picture of a group that may be kept, and what rules ask of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lookalike.library.records import PictureInfo
from lookalike.shot import Shot
from lookalike.types import ContentId

__all__ = ["Option"]


@dataclass(frozen=True, slots=True, eq=False)
class Option:
    """A picture that may be kept.

    Attributes:
        picture: of the library.
        content: what it shows.
        pixels: names what it shows to the last bit; equal ones are the same pixels.
        shot: how it was taken; ``None`` where its file says nothing.
        held: pictures in its file.
        is_edited: whether it came of another one of the group.
        is_odd: whether it is mirrored, turned or lit otherwise than most of the group.
        traces: tells the quality of the JPEG that its pixels show it to have been; ``None`` where
            they don't. It takes decoding the file, and is asked where it may decide.
    """

    picture: PictureInfo
    content: ContentId
    pixels: object
    shot: Shot | None
    held: int
    is_edited: bool
    is_odd: bool
    traces: Callable[[], int | None]
