"""Searching: by a picture that is sent, by a picture of the library."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from lookalike.errors import PictureError
from lookalike.fields import public_values
from lookalike.library import SearchResult
from lookalike.library.calibration_cut import cut
from lookalike.road import Item
from lookalike.server import records
from lookalike.server.answers import Json
from lookalike.server.context import Context
from lookalike.server.endpoints import Arguments
from lookalike.server.files import changed, is_unchanged, open_original
from lookalike.server.fitting import only_of
from lookalike.server.pictures import find, links
from lookalike.server.shelf import Volume
from lookalike.server.uploads import Upload, read_picture
from lookalike.types import Match

__all__ = ["search", "shrink", "similar"]


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


async def similar(_request: Request, context: Context, arguments: Arguments) -> Response:
    """The same for a picture of the library, itself left out."""
    return Json(await context.searching.run(partial(_by_id, context, arguments)))


def _by_bytes(context: Context, picture: Upload, arguments: Arguments) -> records.SearchResult:
    only = only_of(arguments)
    with context.shelf.volume() as volume:
        result = volume.library.search(
            picture.data, arguments["k"], code=arguments["code"], name=picture.name, only=only
        )
        return _answer(volume, result, arguments)


def _by_id(context: Context, arguments: Arguments) -> records.SearchResult:
    k, only = arguments["k"], only_of(arguments)
    with context.shelf.volume() as volume:
        picture = find(volume, arguments["id"])
        open_original(picture).close()  # what isn't what was indexed is not even decoded
        try:
            # By the path, not by the bytes: the suffix tells some camera raw from TIFF.
            item = Item(picture.path, picture.member)
            result = volume.library.search(item, k + 1, code=arguments["code"], only=only)
        except PictureError:
            if not is_unchanged(picture):
                raise changed() from None
            raise
        others = [match for match in result.hits if match.id != picture.id]
        return _answer(volume, replace(result, hits=tuple(others[:k])), arguments)


def _answer(volume: Volume, result: SearchResult, arguments: Arguments) -> records.SearchResult:
    if not arguments["all"]:
        result = cut(result, arguments["max_chance"])
    return records.SearchResult(
        exact=result.exact,
        hits=[_hit(volume.ids.seal(match.id), match) for match in result.hits],
        seconds={stage: round(seconds, 6) for stage, seconds in result.seconds.items()},
        left_out=result.left_out,
    )


def _hit(sealed: str, match: Match) -> dict[str, Any]:
    name = os.path.basename(match.path)
    return {"id": sealed, "name": name, **public_values(match), "links": links(sealed)}
