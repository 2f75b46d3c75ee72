"""The map: made once by a job, kept beside the library, and given out."""

from __future__ import annotations

import logging
import threading
import zipfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from lookalike.library import Library
from lookalike.library.laying import Layout
from lookalike.library.opening import cache_of
from lookalike.server.answers import ApiError, Json
from lookalike.server.context import Context
from lookalike.server.endpoints import Arguments
from lookalike.server.list_records import Map, MapPoint
from lookalike.server.times import now_text
from lookalike.system.replacing import replacing

__all__ = ["keep", "show"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    layout: Layout
    state: str
    as_of: str


_LOCK = threading.Lock()


def keep(context: Context, library: Library, layout: Layout, state: str) -> None:
    """Keep a map, in memory and beside the library."""
    made = _Made(layout, state, now_text())
    context.maps[library.pictures.uuid] = made
    path = _path(library)
    if path is None or context.settings.read_only:
        return
    try:
        with _LOCK, replacing(path) as partial_file, partial_file.open("wb") as file:
            np.savez(
                file,
                ids=layout.ids,
                places=layout.places,
                told=np.array([library.pictures.uuid, state, made.as_of]),
            )
    except OSError as error:  # it is there until the server ends
        _log.info("the map can't be kept in %s: %s", path, error)


def _kept(context: Context, library: Library) -> _Made | None:
    uuid = library.pictures.uuid
    if uuid not in context.maps:
        path = _path(library)
        made = None if path is None else _read(path, uuid)
        if made is None:
            return None
        context.maps[uuid] = made
    found = context.maps[uuid]
    assert isinstance(found, _Made)
    return found


def _read(path: Path, uuid: str) -> _Made | None:
    """A map that was kept; ``None`` where there is none, or a damaged one, or another library's."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            ids, places, told = kept["ids"], kept["places"], kept["told"].tolist()
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    good = ids.dtype == np.int64 and places.dtype == np.uint16 and places.shape == (len(ids), 2)
    if not good or len(told) != 3 or told[0] != uuid:
        return None
    return _Made(Layout(ids, places), told[1], told[2])


def _path(library: Library) -> Path | None:
    folder = cache_of(library.location)
    return None if folder is None else folder / "map.npz"


async def show(_request: Request, context: Context, _arguments: Arguments) -> Response:
    """All pictures in the plane."""
    body = await to_thread.run_sync(partial(_show, context))
    return Response(body, media_type="application/json")


def _show(context: Context) -> bytes:
    with context.shelf.volume() as volume:
        made = _kept(context, volume.library)
        if made is None:
            raise ApiError(
                409,
                "not_computed",
                'there is no map of this library yet: send {"what": "map"} to /api/v1/jobs',
            )
        state = volume.library.state()
        pictures = volume.library.pictures
        there = context.orders.get(
            (state, "oldest", None), lambda: np.array(pictures.ordered("oldest"), np.int64)
        )
        rows = np.flatnonzero(np.isin(made.layout.ids, there))

        def answer() -> bytes:
            ids = [volume.ids.seal(number) for number in made.layout.ids[rows].tolist()]
            places = made.layout.places[rows].tolist()
            points = [MapPoint(one, x, y) for one, (x, y) in zip(ids, places, strict=True)]
            return bytes(Json(Map(points, made.as_of, made.state != state)).body)

        # Sealing a hundred thousand ids takes a second.
        return context.map_answers.get((pictures.uuid, state, made.as_of), answer)
