"""The library by month, by folder, and by what couldn't be read; and its test of itself."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from functools import partial

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from lookalike.library.ledger import group_of
from lookalike.server.answers import ApiError, Json
from lookalike.server.context import Context
from lookalike.server.endpoints import Arguments
from lookalike.server.fitting import only_of
from lookalike.server.list_records import (
    FolderList,
    LedgerItem,
    LedgerPage,
    Month,
    SelfTestResult,
    Subfolder,
    Timeline,
)
from lookalike.server.records import LedgerGroup
from lookalike.server.shelf import Volume

__all__ = ["folders", "ledger", "selftest", "timeline"]


async def timeline(_request: Request, context: Context, arguments: Arguments) -> Response:
    """How many pictures were taken in each month."""
    return Json(await to_thread.run_sync(partial(_timeline, context, arguments)))


async def folders(_request: Request, context: Context, arguments: Arguments) -> Response:
    """The folders of the library, or those in one of them."""
    return Json(await to_thread.run_sync(partial(_folders, context, arguments)))


async def ledger(_request: Request, context: Context, arguments: Arguments) -> Response:
    """Files that are not in the library, or not whole, by what is the matter."""
    return Json(await to_thread.run_sync(partial(_ledger, context, arguments)))


async def selftest(_request: Request, context: Context, _arguments: Arguments) -> Response:
    """What the last self-test found."""
    return Json(await to_thread.run_sync(partial(_selftest, context)))


def _timeline(context: Context, arguments: Arguments) -> Timeline:
    with context.shelf.volume() as volume:
        found = volume.library.pictures.months(only=only_of(arguments))
    months, skip = [], 0
    for month, count in found:
        if month is not None:
            months.append(Month(month, count, skip))
            skip += count
    total = sum(count for _, count in found)
    return Timeline(months, total - skip, total)


def _folders(context: Context, arguments: Arguments) -> FolderList:
    under = arguments["under"]
    only = only_of(arguments)
    with context.shelf.volume() as volume:
        key = (volume.library.state(), only)
        held = context.directories.get(key, lambda: volume.library.pictures.folders(only=only))
        if under is None:
            return FolderList(_roots(volume, held), 0)
    here = os.path.abspath(os.path.expanduser(under))
    inside = os.path.join(here, "")
    below: Counter[str] = Counter()
    deeper: dict[str, set[str]] = {}
    for path, count in held.items():
        if path.startswith(inside):
            name, _, rest = path.removeprefix(inside).partition(os.sep)
            below[name] += count
            deeper.setdefault(name, set())
            if rest:
                deeper[name].add(rest.partition(os.sep)[0])
    made = [
        Subfolder(path, name, below[name], len(deeper[name]), not os.path.isdir(path))
        for name in sorted(below, key=os.fsencode)
        for path in [inside + name]
    ]
    return FolderList(made, held.get(here, 0))


def _roots(volume: Volume, held: Mapping[str, int]) -> list[Subfolder]:
    """The folders that the library was told of."""
    made = []
    for folder in volume.library.status().folders:
        inside = os.path.join(folder.path, "")
        below = {path: n for path, n in held.items() if f"{path}{os.sep}".startswith(inside)}
        names = {path.removeprefix(inside).partition(os.sep)[0] for path in below}
        names -= {folder.path, ""}
        made.append(
            Subfolder(folder.path, folder.path, sum(below.values()), len(names), not folder.online)
        )
    return made


def _ledger(context: Context, arguments: Arguments) -> LedgerPage:
    after, limit, wanted = arguments["after"], arguments["limit"], arguments["group"]
    with context.shelf.volume() as volume:
        status = volume.library.status()
    known = {group.name: group for group in status.groups}
    if wanted is not None and wanted not in known:
        named = f": there are {', '.join(known)}" if known else ": there are none"
        raise ApiError(400, "bad_parameter", f"no file is in the group {wanted[:40]!r}{named}")
    files = [
        LedgerItem(one.path, one.status, one.cause, one.reason, group_of(one))
        for one in status.ledger
    ]
    files += [LedgerItem(one.path, "failed", "file", one.reason, "loss") for one in status.losses]
    files = [one for one in files if wanted in (None, one.group)]
    return LedgerPage(
        [LedgerGroup(one.name, one.files, one.title, one.advice) for one in status.groups],
        files[after : after + limit],
        len(files),
        after + limit if len(files) > after + limit else None,
    )


def _selftest(context: Context) -> SelfTestResult:
    found = context.latest.selftest
    if found is None:
        raise ApiError(
            409,
            "not_computed",
            "the library was not tested since the server started: "
            'send {"what": "selftest"} to /api/v1/jobs',
        )
    with context.shelf.volume() as volume:
        stale = volume.library.state() != found.state
    return SelfTestResult(found.told, found.as_of, stale)
