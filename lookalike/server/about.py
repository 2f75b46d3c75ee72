"""What the server says of itself and its library, and logging in."""

from __future__ import annotations

from functools import partial
from typing import TypeVar

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from lookalike import __version__
from lookalike.fields import told_of
from lookalike.server import records
from lookalike.server.answers import ApiError, Json
from lookalike.server.context import Context
from lookalike.server.endpoints import Arguments
from lookalike.server.rates import client_of
from lookalike.server.records import LEDGER_SHOWN
from lookalike.server.scopes import scopes_here
from lookalike.server.uploads import STRANGERS_SECONDS, read_json
from lookalike.server.visitors import here

__all__ = ["LEDGER_SHOWN", "document", "health", "login", "logout", "status"]

T = TypeVar("T")


async def health(_request: Request, context: Context, _arguments: Arguments) -> Response:
    """Whether the server answers, and whether the first search would be fast."""
    return Json(records.Health("ok", context.ready.is_set()))


async def status(_request: Request, context: Context, _arguments: Arguments) -> Response:
    """What the library holds."""
    return Json(await to_thread.run_sync(partial(_status, context)))


async def document(request: Request, context: Context, _arguments: Arguments) -> Response:
    """The interface in the form of OpenAPI."""
    return context.document.answer(request)


async def login(request: Request, context: Context, _arguments: Arguments) -> Response:
    """A cookie for the token."""
    given = await read_json(request, min(context.settings.upload_seconds, STRANGERS_SECONDS))
    token = given.get("token") if isinstance(given, dict) else None
    if not isinstance(token, str):
        raise ApiError(400, "bad_json", 'the body is {"token": "..."}, and nothing else')
    known = context.sessions.enter(token)
    if known is None:
        await context.strangers.guessed(request, client_of(here().address))
        raise ApiError(401, "wrong_token", "this is not the token of this server")
    response = Response(status_code=204)
    if context.sessions.kept:
        context.sessions.begin(response, known, secure=_secure(request))
    return response


async def logout(request: Request, context: Context, _arguments: Arguments) -> Response:
    """End the session, and take the cookie away."""
    response = Response(status_code=204)
    context.sessions.end(response, request.cookies, secure=_secure(request))
    return response


def _secure(request: Request) -> bool:
    """Whether the browser came by HTTPS, also where a proxy comes on from there by HTTP."""
    return here().https or request.headers.get("origin", "").startswith("https://")


def _picked(record: type[T], found: object) -> T:
    """What the interface promises of a record, whatever else it may have one day."""
    return record(**{name: getattr(found, name) for name in told_of(record)})


def _status(context: Context) -> records.Status:
    with context.shelf.volume() as volume:
        found = volume.library.status()
    # Where the library lies and how large it is is the matter of who runs the server.
    return records.Status(
        version=__version__,
        pictures=found.pictures,
        distinct=found.distinct,
        missing=found.missing,
        read_only=found.read_only,
        codes=[_picked(records.CodeEntry, code) for code in found.codes],
        folders=[_picked(records.FolderEntry, folder) for folder in found.folders],
        skipped=sum(entry.status == "skipped" for entry in found.ledger),
        failed=sum(entry.status == "failed" for entry in found.ledger),
        ledger=[_picked(records.Skip, entry) for entry in found.ledger[:LEDGER_SHOWN]],
        lossy=len(found.losses),
        losses=[_picked(records.LossyFile, entry) for entry in found.losses[:LEDGER_SHOWN]],
        groups=[_picked(records.LedgerGroup, group) for group in found.groups],
        changes=[_picked(records.ChangeEntry, change) for change in found.changes[:LEDGER_SHOWN]],
        changes_count=found.changes_count,
        needs_token=context.sessions.needed,
        upload_bytes=context.settings.upload_bytes,
        changes_allowed=context.settings.allow_changes,
        scopes=list(scopes_here()),
    )
