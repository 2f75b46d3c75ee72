"""Pictures of the library: all of them, one of them, its thumbnail, its file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import partial
from io import BytesIO
from typing import Any
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
from anyio import to_thread
from PIL import Image, ImageOps
from starlette.requests import Request
from starlette.responses import Response

from lookalike.images.preview import PREVIEW, QUALITY
from lookalike.library import PictureInfo
from lookalike.server.answers import ApiError, Json, is_known
from lookalike.server.context import Context
from lookalike.server.endpoints import PREFIX, Arguments
from lookalike.server.files import Original, changed, is_away, is_unchanged, open_original
from lookalike.server.fitting import only_of
from lookalike.server.ranges import wanted_range
from lookalike.server.records import Links, Picture, PictureDetails, PicturePage
from lookalike.server.shelf import Volume
from lookalike.server.subjects import picture_of
from lookalike.shot import Shot
from lookalike.system.times import moment

__all__ = [
    "details",
    "links",
    "original",
    "picture_facts",
    "pictures",
    "thumbnail",
    "thumbnail_tag",
]

_MOST_NAMED = 100  # ids in one request


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


async def pictures(_request: Request, context: Context, arguments: Arguments) -> Response:
    """A page of the library's pictures."""
    return Json(await to_thread.run_sync(partial(_page, context, arguments)))


async def details(_request: Request, context: Context, arguments: Arguments) -> Response:
    """All about one picture."""
    return Json(await to_thread.run_sync(partial(_details, context, arguments)))


async def thumbnail(request: Request, context: Context, arguments: Arguments) -> Response:
    """A small JPEG: the library's own preview where that is large enough, or the file is away."""
    size = arguments["size"]
    picture, small = await to_thread.run_sync(partial(_preview, context, arguments["id"], size))
    # A preview in place of something larger is another picture than that will be.
    tag = thumbnail_tag(picture, size if small is None else min(size, PREVIEW.size))
    if not is_known(request, tag) and small is None:
        try:
            small = await context.shrinking.run(partial(context.thumbnails.get, picture, size))
        except ApiError as error:
            if error.code != changed().code:
                raise
            work = partial(_preview, context, arguments["id"], PREVIEW.size)
            _, small = await to_thread.run_sync(work)
            if small is None:
                raise
            tag = thumbnail_tag(picture, PREVIEW.size)
    headers = {"Cache-Control": "private, max-age=300", "ETag": tag}
    if small is None or is_known(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(small, media_type="image/jpeg", headers=headers)


def _preview(context: Context, sealed: str, size: int) -> tuple[PictureInfo, bytes | None]:
    """A picture, and its preview where that will do."""
    with context.shelf.volume() as volume:
        picture = picture_of(volume, sealed)
        kept = None
        if size <= PREVIEW.size or not is_unchanged(picture):
            kept = volume.library.pictures.preview(picture.id)
    if kept is None or size >= PREVIEW.size:
        return picture, kept
    buffer = BytesIO()
    with Image.open(BytesIO(kept), formats=("JPEG",)) as opened:
        ImageOps.contain(opened, (size, size)).save(buffer, "JPEG", quality=QUALITY)
    return picture, buffer.getvalue()


def thumbnail_tag(picture: PictureInfo, size: int) -> str:
    """The ETag of a thumbnail; the name of a member is hashed, since a header takes few letters."""
    name = picture.member.encode("utf-8", "surrogateescape")
    of_file = f"-{hashlib.sha256(name).hexdigest()[:16]}" if name else ""
    return f'"{picture.digest[:16].hex()}{of_file}-{size}"'


async def original(request: Request, context: Context, arguments: Arguments) -> Response:
    """The file itself, if it is what was indexed."""
    picture = await to_thread.run_sync(partial(_find, context, arguments["id"]))
    tag = f'"{picture.digest.hex()}"'
    if is_known(request, tag) and await to_thread.run_sync(is_unchanged, picture):
        return Response(status_code=304, headers={"ETag": tag, "Cache-Control": "private"})
    file = await context.shrinking.run(partial(open_original, picture))
    try:
        part = wanted_range(request, picture.file_bytes, tag)
    except ApiError:
        file.close()
        raise
    name = os.path.basename(picture.path)
    return Original(file, picture, name, download=arguments["download"], part=part)


def _find(context: Context, sealed: str) -> PictureInfo:
    with context.shelf.volume() as volume:
        return picture_of(volume, sealed)


def _page(context: Context, arguments: Arguments) -> PicturePage:
    if arguments["ids"] is not None:
        return _named(context, arguments["ids"].split(","))
    limit, order, only = arguments["limit"], arguments["order"], only_of(arguments)
    with context.shelf.volume() as volume:
        pictures = volume.library.pictures
        after = None
        if arguments["after"] is not None:
            after = volume.ids.number(arguments["after"])
            if after is None:
                raise ApiError(400, "bad_parameter", "after is the 'next' of another page")
        if order in ("oldest", "newest") and only is None and not arguments["skip"]:
            # One more than asked for tells whether there is another page.
            found = pictures.page(limit + 1, after=after, newest=order == "newest")
            shown, more, total = found[:limit], len(found) > limit, pictures.count()
        else:
            key = (volume.library.state(), order, only)
            ids = context.orders.get(
                key, lambda: np.array(pictures.ordered(order, only=only), np.int64)
            )
            start = arguments["skip"] + (0 if after is None else _behind(ids, after))
            shown = pictures.many(ids[start : start + limit].tolist())
            more, total = len(ids) > start + limit, len(ids)
        entries = _entries(volume, shown)
    return PicturePage(entries, entries[-1].id if more and entries else None, total)


def _named(context: Context, ids: Sequence[str]) -> PicturePage:
    """The pictures of some ids, in their order; those that are gone are left out."""
    if len(ids) > _MOST_NAMED:
        told = f"{len(ids):,} ids at once: give at most {_MOST_NAMED}"
        raise ApiError(400, "bad_parameter", told)
    with context.shelf.volume() as volume:
        numbers = [volume.ids.number(one) for one in ids]
        found = volume.library.pictures.many(one for one in numbers if one is not None)
        entries = _entries(volume, found)
    return PicturePage(entries, None, len(entries))


def _entries(volume: Volume, pictures: Sequence[PictureInfo]) -> list[Picture]:
    shots = volume.library.pictures.shots(pictures)
    return [
        Picture(**picture_facts(volume.ids.seal(one.id), one, shots.get(one.id)))
        for one in pictures
    ]


def _behind(ids: npt.NDArray[np.int64], picture: int) -> int:
    """The place behind a picture."""
    places = np.flatnonzero(ids == picture)
    if not len(places):
        raise ApiError(
            400,
            "bad_parameter",
            "after is no picture of this list, or the library has changed: begin again without it",
        )
    return int(places[0]) + 1


def picture_facts(sealed: str, picture: PictureInfo, shot: Shot | None) -> dict[str, Any]:
    """What every list tells of a picture."""
    modified = moment(picture.mtime_ns)
    taken = None if shot is None else shot.moment
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
        "taken": None if taken is None else taken.isoformat(),
        "away": is_away(picture.path),
        "links": links(sealed),
    }


def _details(context: Context, arguments: Arguments) -> PictureDetails:
    with context.shelf.volume() as volume:
        sealed, pictures = arguments["id"], volume.library.pictures
        picture = picture_of(volume, sealed)
        shot = pictures.shot(picture.id, with_position=arguments["position"]) or Shot()
        copies = [volume.ids.seal(number) for number in pictures.copies(picture.id)]
    return PictureDetails(
        **picture_facts(sealed, picture, shot),
        sha256=picture.digest.hex(),
        unchanged=is_unchanged(picture),
        copies=copies,
        camera=shot.camera or None,
        lens=shot.lens or None,
        software=shot.software or None,
        latitude=shot.latitude,
        longitude=shot.longitude,
        altitude=shot.altitude,
    )
