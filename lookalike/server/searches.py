"""Searching: by a picture that is sent, or was before, and by a picture of the library."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from lookalike.errors import NoTextError, UsageError
from lookalike.fields import public_values
from lookalike.library import Filter, SearchResult
from lookalike.library.calibration_cut import shown
from lookalike.server import records
from lookalike.server.answers import ApiError, Json
from lookalike.server.context import Context
from lookalike.server.endpoints import Arguments
from lookalike.server.files import is_away
from lookalike.server.fitting import only_of
from lookalike.server.found import Found
from lookalike.server.pictures import links
from lookalike.server.shelf import Volume
from lookalike.server.subjects import Subject, part_of, subject_of, subjects_of
from lookalike.server.uploads import Upload, read_picture
from lookalike.types import Match, Part

__all__ = ["by_text", "results", "search", "shrink"]

_LONGEST_TEXT = 1_000  # characters
_LESS = -0.5  # weight of a picture that hits shall not be like; of the others 1


async def search(request: Request, context: Context, arguments: Arguments) -> Response:
    """The library's pictures that are the same as a picture that is sent, edited or alike."""
    settings = context.settings
    async with context.uploading.place():
        picture = await read_picture(request, settings.upload_bytes, settings.upload_seconds)
        found = await context.searching.run(partial(_by_bytes, context, picture, arguments))
    return Json(found)


async def shrink(request: Request, context: Context, arguments: Arguments) -> Response:
    """A small JPEG of a picture that is sent, for browsers that can't show it themselves."""
    settings = context.settings
    async with context.uploading.place():
        picture = await read_picture(request, settings.upload_bytes, settings.upload_seconds)
        work = partial(context.thumbnails.of_bytes, picture, arguments["size"])
        return Response(await context.shrinking.run(work), media_type="image/jpeg")


async def results(_request: Request, context: Context, arguments: Arguments) -> Response:
    """The same for a picture of the library, itself left out, or for one that was sent before."""
    return Json(await context.searching.run(partial(_by_id, context, arguments)))


async def by_text(_request: Request, context: Context, arguments: Arguments) -> Response:
    """The library's pictures that show what a text says."""
    return Json(await context.searching.run(partial(_by_text, context, arguments)))


def _by_text(context: Context, arguments: Arguments) -> records.SearchResult:
    only, text = only_of(arguments), " ".join(arguments["text"].split())
    after, k = arguments["after"], arguments["k"]
    if len(text) > _LONGEST_TEXT:
        raise ApiError(
            400,
            "bad_parameter",
            f"text has {len(text):,} characters: give at most {_LONGEST_TEXT:,}",
        )
    with context.shelf.volume() as volume:
        key = (volume.library.state(), "text", text, only)
        try:
            found = context.found.page(
                key, lambda k: volume.library.search_text(text, k, only=only), after, k
            )
        except NoTextError:
            raise  # which has a sentence of its own
        except UsageError as error:  # of the text: nothing else is wrong by now
            raise ApiError(400, "bad_parameter", f"text: {error}") from error
        return _answer(volume, found, {**arguments, "all": True, "max_chance": None})


def _by_bytes(context: Context, picture: Upload, arguments: Arguments) -> records.SearchResult:
    only = only_of(arguments)
    with context.shelf.volume() as volume:
        result = volume.library.search(
            picture.data, arguments["k"], code=arguments["code"], name=picture.name, only=only
        )
        found = Found(list(result.hits), False, result.exact, result.seconds)
        return _answer(volume, found, {**arguments, "after": 0})


def _by_id(context: Context, arguments: Arguments) -> records.SearchResult:
    only, part = only_of(arguments), part_of(arguments)
    after, k = arguments["after"], arguments["k"]
    with context.shelf.volume() as volume:
        about = subject_of(context, volume, arguments["id"])
        more = subjects_of(context, volume, arguments["more"])
        less = subjects_of(context, volume, arguments["less"])
        if (more or less) and arguments["code"] == "pdq":
            raise ApiError(
                400, "bad_parameter", "more and less ask the photo code: leave code=pdq out"
            )

        def search(k: int) -> SearchResult:
            if more or less:
                return _together(volume, (about, part), more, less, k, only)
            asked = about.asked(volume, part, look=arguments["look"])
            return volume.library.search(asked, k, code=arguments["code"], only=only)

        sides = tuple(one.id for one in more), tuple(one.id for one in less)
        code = "photo" if more or less else arguments["code"]
        key = (volume.library.state(), about.id, *sides, part, code, only, arguments["look"])
        given = (about, *more, *less)
        own = {one.picture.id for one in given if one.picture is not None}
        return _answer(volume, context.found.page(key, search, after, k, own), arguments)


def _together(
    volume: Volume,
    about: tuple[Subject, Part | None],
    more: Any,
    less: Any,
    k: int,
    only: Filter | None,
) -> SearchResult:
    subject, part = about
    asked = [subject.asked(volume, part), *(one.asked(volume) for one in (*more, *less))]
    weights = [1.0] * (1 + len(more)) + [_LESS] * len(less)
    return volume.library.search_together(asked, weights, k, only=only)


def _answer(volume: Volume, found: Found, arguments: Arguments) -> records.SearchResult:
    kept, _ = shown(found.hits, arguments["max_chance"])
    near = {hit.id for hit in kept}
    listed = found.hits if arguments["all"] else [*kept]
    # Behind the last hit that is near come only others: nobody has to page through them.
    goes_on = found.more and (arguments["all"] or not found.hits or found.hits[-1].id in near)
    return records.SearchResult(
        exact=found.exact,
        hits=[_hit(volume.ids.seal(hit.id), hit, hit.id not in near) for hit in listed],
        seconds={stage: round(seconds, 6) for stage, seconds in found.seconds.items()},
        left_out=len(found.hits) - len(listed),
        next=arguments["after"] + arguments["k"] if goes_on else None,
    )


def _hit(sealed: str, match: Match, folded: bool) -> dict[str, Any]:
    return {
        "id": sealed,
        "name": os.path.basename(match.path),
        **public_values(match),
        "folded": folded,
        "away": is_away(match.path),
        "links": links(sealed),
    }
