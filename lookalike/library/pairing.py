"""Two pictures compared, of which the library may have one or both."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lookalike.errors import PictureError
from lookalike.images.pool.pool import DecodePool
from lookalike.library.asked import Asked
from lookalike.matching.compare import Comparison, compare_pictures, rows_of
from lookalike.matching.edits import name_edits
from lookalike.matching.look import look
from lookalike.matching.view import View
from lookalike.types import Kind, Pixels

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["ComparedPictures", "compare_asked"]


@dataclass(frozen=True, slots=True, eq=False)
class ComparedPictures:
    """What two pictures are to each other, and what of them was compared.

    Attributes:
        comparison: what was found, with the chance in the library.
        query: the first picture, small: RGB, uint8 (height, width, 3).
        hit: the second one.
        previews: whether the library's previews were compared in place of the files, since one of
            these is not what was indexed, or can't be read.
    """

    comparison: Comparison
    query: Pixels
    hit: Pixels
    previews: bool

    def drawing(self, names: tuple[str, str], lines: tuple[str, str]) -> Image.Image:
        """Both on one sheet, laid the same way, with what differs marked.

        Args:
            names: of the first and of the second picture.
            lines: what else is said below each.
        """
        from lookalike.matching.drawing import Panel, draw_pair

        told = self.comparison
        return draw_pair(
            Panel(names[0], self.query, lines[0]),
            Panel(names[1], self.hit, lines[1]),
            told.kind,
            edits=told.edits,
            boxes=told.boxes,
            transform=None if told.transform is None else np.array(told.transform),
        )


def compare_asked(
    query: Asked, hit: Asked, chance: float | None, pool: DecodePool
) -> ComparedPictures:
    """Compare two pictures by their files, or else by previews.

    Args:
        query: one picture.
        hit: the other one.
        chance: of the pair, in the library.
        pool: decodes.

    Raises:
        PictureError: one can't be read, and there is no preview of it.
    """
    try:
        found = compare_pictures(query.given, hit.given, pool=pool)
        for asked, decoded in zip((query, hit), found.decoded, strict=True):
            if asked.known is not None and decoded.content_digest != asked.known.digest:
                raise PictureError(f"{asked.name} has changed since it was indexed")
    except PictureError:
        if all(asked.known is None for asked in (query, hit)):
            raise
        made = _by_previews(query, hit, chance)
        if made is None:
            raise
        return made
    return ComparedPictures(replace(found.comparison, chance=chance), found.query, found.hit, False)


def _by_previews(query: Asked, hit: Asked, chance: float | None) -> ComparedPictures | None:
    began = time.perf_counter()
    views = []
    for number, asked in enumerate((query, hit)):
        question = asked.question
        if question.preview is None:
            return None
        name = question.content_digest + question.member.encode() + bytes([number])
        views.append(
            View(
                question.preview,
                question.size,
                name,
                format=question.format,
                file_bytes=question.file_bytes,
            )
        )
    verdict = look(views[0], views[1])
    kind: Kind = verdict.kind
    edits = name_edits(views[0], views[1], verdict)
    first, second = query.question, hit.question
    if (first.content_digest, first.member) == (second.content_digest, second.member):
        kind, edits = "same-bytes", ()
    seconds = round(time.perf_counter() - began, 3)
    comparison = Comparison(kind, edits, verdict.boxes, rows_of(verdict), chance, seconds)
    return ComparedPictures(comparison, views[0].pixels, views[1].pixels, True)
