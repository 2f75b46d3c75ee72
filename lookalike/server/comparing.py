"""Two pictures beside each other."""

from __future__ import annotations

import os
from functools import partial
from io import BytesIO

from starlette.requests import Request
from starlette.responses import Response

from lookalike.fields import record_values
from lookalike.library.pairing import ComparedPictures
from lookalike.server.answers import Json
from lookalike.server.context import Context
from lookalike.server.endpoints import Arguments
from lookalike.server.records import PairComparison
from lookalike.server.shelf import Volume
from lookalike.server.subjects import Subject, subject_of

__all__ = ["compare", "drawing"]

_QUALITY = 88  # of a drawing, which has fine lines


async def compare(_request: Request, context: Context, arguments: Arguments) -> Response:
    """What two pictures are to each other."""
    return Json(await context.searching.run(partial(_compare, context, arguments)))


async def drawing(_request: Request, context: Context, arguments: Arguments) -> Response:
    """Both on one sheet, with what differs marked."""
    made = await context.searching.run(partial(_draw, context, arguments))
    return Response(made, media_type="image/jpeg")


def _compare(context: Context, arguments: Arguments) -> PairComparison:
    with context.shelf.volume() as volume:
        _, found = _pair(context, volume, arguments)
    return PairComparison(
        **record_values(found.comparison),
        a=arguments["a"],
        b=arguments["b"],
        previews=found.previews,
    )


def _draw(context: Context, arguments: Arguments) -> bytes:
    with context.shelf.volume() as volume:
        pair, found = _pair(context, volume, arguments)
        asked = [one.asked(volume) for one in pair]
    names = [os.path.basename(one.name) for one in pair]
    lines = [f"{one.size[0]} x {one.size[1]}, {one.question.format}" for one in asked]
    sheet = found.drawing((names[0], names[1]), (lines[0], lines[1]))
    buffer = BytesIO()
    sheet.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()


def _pair(
    context: Context, volume: Volume, arguments: Arguments
) -> tuple[tuple[Subject, Subject], ComparedPictures]:
    first, second = (subject_of(context, volume, arguments[name]) for name in ("a", "b"))

    def compare() -> ComparedPictures:
        return volume.library.compare(first.asked(volume), second.asked(volume))

    key = (volume.library.state(), first.id, second.id)
    return (first, second), context.pairs.get(key, compare)
