"""Decisions about duplicates: which are none, and which groups are fine as they are."""

from __future__ import annotations

from functools import partial

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from lookalike.errors import UsageError
from lookalike.library import Filter
from lookalike.server.answers import ApiError
from lookalike.server.context import Context
from lookalike.server.endpoints import Arguments
from lookalike.server.given import read_record
from lookalike.server.group_records import SettledGroup, Verdict, VerdictPair
from lookalike.server.latest import content_of
from lookalike.server.subjects import picture_of

__all__ = ["reject", "settle", "unreject", "unsettle"]


async def reject(request: Request, context: Context, _arguments: Arguments) -> Response:
    """Two pictures are no duplicates."""
    given = await read_record(request, context, Verdict)
    await to_thread.run_sync(partial(_decide, context, given.a, given.b, undo=False))
    return Response(status_code=204)


async def unreject(request: Request, context: Context, _arguments: Arguments) -> Response:
    """Take that back."""
    given = await read_record(request, context, VerdictPair)
    await to_thread.run_sync(partial(_decide, context, given.a, given.b, undo=True))
    return Response(status_code=204)


async def settle(request: Request, context: Context, _arguments: Arguments) -> Response:
    """A group is fine as it is."""
    given = await read_record(request, context, SettledGroup)
    await to_thread.run_sync(partial(_settle, context, given.group, undo=False))
    return Response(status_code=204)


async def unsettle(request: Request, context: Context, _arguments: Arguments) -> Response:
    """Take that back."""
    given = await read_record(request, context, SettledGroup)
    await to_thread.run_sync(partial(_settle, context, given.group, undo=True))
    return Response(status_code=204)


def _decide(context: Context, first: str, second: str, *, undo: bool) -> None:
    with context.shelf.volume() as volume:
        pair = [picture_of(volume, one) for one in (first, second)]
        try:
            volume.library.reject(pair[0].id, pair[1].id, undo=undo)
        except UsageError as error:
            raise ApiError(400, "bad_decision", str(error)) from error
    names = [content_of(one.digest.hex(), one.member) for one in pair]
    context.latest.reject(names[0], names[1], undo=undo)


def _settle(context: Context, group: str, *, undo: bool) -> None:
    latest = context.latest.duplicates
    under = None if latest is None else latest.under
    only = None if under is None else Filter.parse(under=[under])
    with context.shelf.volume() as volume:
        try:
            whole = volume.library.settle(group, only=only, undo=undo)
        except UsageError as error:
            raise ApiError(400, "bad_decision", str(error)) from error
    context.latest.settle(whole, undo=undo)
