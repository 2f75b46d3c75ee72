"""Plans of what could be done with duplicates; doing them, and undoing it."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from lookalike import actions
from lookalike.actions.plan import ACTIONS
from lookalike.actions.planning import Choice, Refused, plan_of, plan_of_choices
from lookalike.errors import ActionError, UsageError
from lookalike.library import PictureGroup
from lookalike.server import tasks
from lookalike.server.answers import ApiError, Json
from lookalike.server.context import Context
from lookalike.server.endpoints import PREFIX, Arguments
from lookalike.server.given import read_record
from lookalike.server.group_records import (
    ApplyRequest,
    Journal,
    JournalRun,
    PlanChoice,
    PlanLinks,
    PlanRecord,
    PlanRequest,
    UndoRequest,
)
from lookalike.server.groups import found
from lookalike.server.shelf import Volume
from lookalike.server.working import accepted

__all__ = ["apply", "journal", "make", "plan", "undo"]

_MOST_BYTES = 20_000_000  # of a request: some 700,000 ids
_MOVE = "move:"


async def make(request: Request, context: Context, _arguments: Arguments) -> Response:
    """Make a plan of what is chosen."""
    given = await read_record(request, context, PlanRequest, _MOST_BYTES)
    made = await to_thread.run_sync(partial(_make, context, given))
    return Json(made, 201, headers={"Location": made.links.self})


async def plan(_request: Request, context: Context, arguments: Arguments) -> Response:
    """The plan as a file."""
    kept = context.plans.get(arguments["id"])
    headers = {"Content-Disposition": 'attachment; filename="plan.json"'}
    return Json(kept.pack(), headers=headers)


async def apply(request: Request, context: Context, arguments: Arguments) -> Response:
    """Do what a plan says."""
    kept = context.plans.get(arguments["id"])
    given = await read_record(request, context, ApplyRequest)
    try:
        wanted = _with_action(kept, given.action)
    except UsageError as error:
        raise ApiError(400, "bad_plan", str(error)) from error
    options = {
        "plan": arguments["id"],
        "action": given.action,
        "dry_run": given.dry_run,
        "save_metadata": given.save_metadata,
    }
    work = tasks.apply(context, wanted, dry_run=given.dry_run, save_metadata=given.save_metadata)
    return accepted(context.jobs.add("apply", options, work))


async def journal(_request: Request, context: Context, _arguments: Arguments) -> Response:
    """What was done, and can be undone."""
    return Json(await to_thread.run_sync(partial(_journal, context)))


async def undo(request: Request, context: Context, _arguments: Arguments) -> Response:
    """Undo what was done."""
    given = await read_record(request, context, UndoRequest)
    if given.run is not None and given.run < 1:
        raise ApiError(400, "bad_json", f"run is the number of a run, not {given.run}")
    return accepted(context.jobs.add("undo", {"run": given.run}, tasks.undo(context, given.run)))


def _with_action(kept: actions.Plan, asked: str) -> actions.Plan:
    if asked.startswith(_MOVE) and len(asked) > len(_MOVE):
        folder = os.path.expanduser(asked.removeprefix(_MOVE))
        if not os.path.isabs(folder):
            raise UsageError(f"the folder to move to is absolute, such as move:/home/ana/out, not"
                             f" {asked[:60]!r}")  # fmt: skip
        return replace(kept, action="move", to=os.path.normpath(folder))
    for action in ACTIONS:
        if asked == action != "move":
            return replace(kept, action=action, to=None)
    raise UsageError(
        f"an action is trash, move:FOLDER, hardlink, reflink or list, not {asked[:40]!r}"
    )


def _make(context: Context, given: PlanRequest) -> PlanRecord:
    latest = found(context)
    groups = context.latest.groups()
    refused: list[Refused] = []
    try:
        if given.groups is None:
            made = plan_of(replace(latest.found, groups=tuple(groups)))
        else:
            with context.shelf.volume() as volume:
                choices = _choices(volume, groups, given.groups, refused)
            made, more = plan_of_choices(choices)
            refused += more
    except UsageError as error:
        raise ApiError(400, "bad_plan", str(error)) from error
    name = context.plans.keep(made)
    here = f"{PREFIX}/plans/{name}"
    acted = [file for group in made.groups for file in group.act]
    return PlanRecord(
        name,
        len(acted),
        sum(file.bytes for file in acted),
        refused,
        made.pack(),
        PlanLinks(here, f"{here}/apply"),
    )


def _choices(
    volume: Volume,
    groups: list[PictureGroup],
    given: list[PlanChoice],
    refused: list[Refused],
) -> list[Choice]:
    """What is chosen, by the groups that the pictures are in."""
    of: dict[int, list[PictureGroup]] = {}
    for group in groups:
        for one in group.pictures:
            of.setdefault(one.id, []).append(group)
    made = []
    for choice in given:
        keep = _number(volume, choice.keep)
        remove = [_number(volume, one) for one in choice.remove]
        best: tuple[int, PictureGroup] | None = None
        for group in of.get(keep, ()):
            there = {one.id for one in group.pictures}
            met = sum(one in there for one in remove)
            if best is None or met > best[0]:
                best = met, group
        there = set() if best is None else {one.id for one in best[1].pictures}
        for number in remove:
            if number not in there:
                picture = volume.library.pictures.get(number)
                path = choice.keep if picture is None else picture.path
                refused.append(Refused(path, "it is in no group with the picture to keep"))
        if best is not None:
            made.append(Choice(best[1], keep, [one for one in remove if one in there]))
    return made


def _number(volume: Volume, sealed: str) -> int:
    number = volume.ids.number(sealed)
    if number is None:
        raise ApiError(404, "no_such_picture", "the library has no picture with this id")
    return number


def _journal(context: Context) -> Journal:
    with context.shelf.volume() as volume:
        try:
            runs = actions.list_runs(actions.journal_folder(volume.library.location))
        except ActionError as error:
            raise ApiError(503, "unavailable", "the journal of actions can't be read") from error
    return Journal(
        [
            JournalRun(
                run.number,
                run.made.isoformat(),
                run.action,  # type: ignore[arg-type]
                run.to,
                run.files,
                run.state,
            )
            for run in runs
        ]
    )
