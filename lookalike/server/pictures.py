"""Pictures of the library: all of them, one of them, its thumbnail, its file."""

from __future__ import annotations

import hashlib
import os
from functools import partial
from typing import Any
from urllib.parse import quote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from lookalike.library import PictureInfo
from lookalike.server.answers import ApiError, Json
from lookalike.server.context import Context
from lookalike.server.endpoints import PREFIX, Arguments
from lookalike.server.files import Original, is_unchanged, open_original
from lookalike.server.fitting import only_of
from lookalike.server.records import Links, Picture, PictureDetails, PicturePage
from lookalike.server.shelf import Volume
from lookalike.shot import Shot
from lookalike.system.times import moment

__all__ = ["details", "find", "links", "original", "pictures", "thumbnail", "thumbnail_tag"]


def links(sealed: str) -> Links:
    """Where all that belongs to a picture is."""
    here = f"{PREFIX}/pictures/{quote(sealed)}"
    return Links(
        here,
        similar=f"{here}/similar",
        thumbnail=f"{here}/thumbnail",
        original=f"{here}/original",
        page=f"/pictures/{quote(sealed)}",
    )


def find(volume: Volume, sealed: str) -> PictureInfo:
    """The picture of an id.

    Raises:
        ApiError: there is none.
    """
    number = volume.ids.number(sealed)
    found = None if number is None else volume.library.pictures.get(number)
    if found is None:
        raise ApiError(404, "no_such_picture", "the library has no picture with this id")
    return found


async def pictures(_request: Request, context: Context, arguments: Arguments) -> Response:
    """A page of the library's pictures."""
    return Json(await to_thread.run_sync(partial(_page, context, arguments)))


async def details(_request: Request, context: Context, arguments: Arguments) -> Response:
    """All about one picture."""
    return Json(await to_thread.run_sync(partial(_details, context, arguments)))


async def thumbnail(request: Request, context: Context, arguments: Arguments) -> Response:
    """A small JPEG."""
    size = arguments["size"]
    picture = await to_thread.run_sync(partial(_find, context, arguments["id"]))
    headers = {
        "Cache-Control": "private, max-age=300",
        "ETag": thumbnail_tag(picture, size),
    }
    if _known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    made = await context.shrinking.run(partial(_thumbnail, context, picture, size))
    return Response(made, media_type="image/jpeg", headers=headers)


def _thumbnail(context: Context, picture: PictureInfo, size: int) -> bytes:
    def preview() -> bytes | None:
        with context.shelf.volume() as volume:
            return volume.library.pictures.preview(picture.id)

    return context.thumbnails.get(picture, size, preview)


def thumbnail_tag(picture: PictureInfo, size: int) -> str:
    """The ETag of a thumbnail; the name of a member is hashed, since a header takes few letters."""
    name = picture.member.encode("utf-8", "surrogateescape")
    of_file = f"-{hashlib.sha256(name).hexdigest()[:16]}" if name else ""
    return f'"{picture.digest[:16].hex()}{of_file}-{size}"'


async def original(request: Request, context: Context, arguments: Arguments) -> Response:
    """The file itself, if it is what was indexed."""
    picture = await to_thread.run_sync(partial(_find, context, arguments["id"]))
    tag = f'"{picture.digest.hex()}"'
    if _known(request, tag) and await to_thread.run_sync(is_unchanged, picture):
        return Response(status_code=304, headers={"ETag": tag, "Cache-Control": "private"})
    file = await context.shrinking.run(partial(open_original, picture))
    name = os.path.basename(picture.path)
    return Original(file, picture, name, download=arguments["download"])


def _find(context: Context, sealed: str) -> PictureInfo:
    with context.shelf.volume() as volume:
        return find(volume, sealed)


def _page(context: Context, arguments: Arguments) -> PicturePage:
    limit, after, only = arguments["limit"], arguments["after"], only_of(arguments)
    with context.shelf.volume() as volume:
        number = None
        if after is not None:
            number = volume.ids.number(after)
            if number is None:
                raise ApiError(400, "bad_parameter", "after is the 'next' of another page")
        newest = arguments["order"] == "newest"
        # One more than asked for tells whether there is another page.
        found = volume.library.pictures.page(limit + 1, after=number, newest=newest, only=only)
        shown = found[:limit]
        entries = [Picture(**_entry(volume.ids.seal(one.id), one)) for one in shown]
    return PicturePage(entries, entries[-1].id if len(found) > limit else None)


def _entry(sealed: str, picture: PictureInfo) -> dict[str, Any]:
    modified = moment(picture.mtime_ns)
    return {
        "id": sealed,
        "name": os.path.basename(picture.path),
        "path": picture.path,
        "width": picture.width,
        "height": picture.height,
        "format": picture.format,
        "bytes": picture.file_bytes,
        "modified": modified.isoformat().replace("+00:00", "Z"),
        "member": picture.member or None,
        "links": links(sealed),
    }


def _details(context: Context, arguments: Arguments) -> PictureDetails:
    with context.shelf.volume() as volume:
        sealed, pictures = arguments["id"], volume.library.pictures
        picture = find(volume, sealed)
        shot = pictures.shot(picture.id, with_position=arguments["position"]) or Shot()
        copies = [volume.ids.seal(number) for number in pictures.copies(picture.id)]
    return PictureDetails(
        **_entry(sealed, picture),
        sha256=picture.digest.hex(),
        unchanged=is_unchanged(picture),
        copies=copies,
        taken=None if shot.moment is None else shot.moment.isoformat(),
        camera=shot.camera or None,
        lens=shot.lens or None,
        software=shot.software or None,
        latitude=shot.latitude,
        longitude=shot.longitude,
        altitude=shot.altitude,
    )


def _known(request: Request, tag: str) -> bool:
    given = request.headers.get("if-none-match", "")
    return tag in [known.strip().removeprefix("W/") for known in given.split(",")]
