"""Pictures that are sent once and asked for as often as one likes."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from lookalike.server import records
from lookalike.server.answers import Json, is_known
from lookalike.server.context import Context
from lookalike.server.endpoints import PREFIX, Arguments
from lookalike.server.queries import Query
from lookalike.server.uploads import Upload, read_picture

__all__ = ["forget", "keep", "kept", "thumbnail"]


async def keep(request: Request, context: Context, _arguments: Arguments) -> Response:
    """Keep a picture that is sent."""
    settings = context.settings
    async with context.uploading.place():
        picture = await read_picture(request, settings.upload_bytes, settings.upload_seconds)
        made = await to_thread.run_sync(context.queries.known, picture)
        if made is None:
            made = await context.searching.run(partial(_keep, context, picture))
    return Json(_record(made), 201, headers={"Location": _record(made).links.self})


async def kept(_request: Request, context: Context, arguments: Arguments) -> Response:
    """What is kept of a picture that was sent."""
    return Json(_record(context.queries.get(arguments["id"])))


async def forget(_request: Request, context: Context, arguments: Arguments) -> Response:
    """Forget a picture that was sent."""
    context.queries.get(arguments["id"])
    context.queries.drop(arguments["id"])
    return Response(status_code=204)


async def thumbnail(request: Request, context: Context, arguments: Arguments) -> Response:
    """A small JPEG of a picture that was sent."""
    query, size = context.queries.get(arguments["id"]), arguments["size"]
    headers = {
        "Cache-Control": "private, max-age=300",
        "ETag": f'"{query.digest[:16].hex()}-{size}"',
    }
    if is_known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if size not in query.thumbnails:
        work = partial(context.thumbnails.of_bytes, query.upload, size)
        query.thumbnails[size] = await context.shrinking.run(work)
    return Response(query.thumbnails[size], media_type="image/jpeg", headers=headers)


def _keep(context: Context, picture: Upload) -> Query:
    with context.shelf.volume() as volume:
        asked = volume.library.asked(picture.data, name=picture.name)
    return context.queries.keep(picture, asked)


def _record(query: Query) -> records.QueryRecord:
    here = f"{PREFIX}/queries/{quote(query.id)}"
    width, height = query.asked.size
    return records.QueryRecord(
        id=query.id,
        name=query.upload.name,
        bytes=len(query.upload.data),
        width=width,
        height=height,
        expires=query.until,
        links=records.QueryLinks(here, f"{here}/results", f"{here}/thumbnail"),
    )
