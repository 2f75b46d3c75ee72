"""Jobs over HTTP: beginning them, watching them, ending them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from lookalike.errors import UsageError
from lookalike.fields import json_values
from lookalike.library.duplicating import check_group_kinds
from lookalike.server import tasks
from lookalike.server.answers import ApiError, Json
from lookalike.server.context import Context
from lookalike.server.endpoints import PREFIX, Arguments
from lookalike.server.given import read_record
from lookalike.server.job_records import JobLinks, JobList, JobProgress, JobRecord, JobRequest
from lookalike.server.jobs import ENDED, Job
from lookalike.server.records import Problem
from lookalike.server.scopes import check_scope

__all__ = ["accepted", "begin", "cancel", "events", "job", "jobs"]

_SAMPLE = 200  # pictures of a self-test
_LOOK_SECONDS = 0.2  # between two looks at a job that is watched
_QUIET_SECONDS = 15.0  # after which a line says that the server is there


async def begin(request: Request, context: Context, _arguments: Arguments) -> Response:
    """Have something done."""
    given = await read_record(request, context, JobRequest)
    options: dict[str, Any]
    try:
        if given.what == "duplicates":
            kinds = check_group_kinds(given.kinds or ["same-bytes", "same-pixels", "edited"])
            work = tasks.duplicates(context, kinds, given.under)
            options = {"kinds": list(kinds), "under": given.under}
        elif given.what == "index":
            check_scope(context, "change")
            work = tasks.index(context, given.folders or [])
            options = {"folders": given.folders or []}
        elif given.what == "map":
            work, options = tasks.lay_out(context), {}
        else:
            sample = _SAMPLE if given.sample is None else given.sample
            if not 1 <= sample <= 100_000:
                raise ApiError(400, "bad_json", f"sample is 1 to 100,000, not {sample}")
            work = tasks.selftest(context, sample)
            options = {"sample": sample}
    except UsageError as error:
        raise ApiError(400, "bad_json", str(error)) from error
    return accepted(context.jobs.add(given.what, options, work))


def accepted(job: Job) -> Json:
    """The answer of whatever becomes a job."""
    told = _record(job)
    return Json(told, 202, headers={"Location": told.links.self})


async def jobs(_request: Request, context: Context, _arguments: Arguments) -> Response:
    """All jobs of this server."""
    return Json(JobList([_record(job) for job in context.jobs.all()]))


async def job(_request: Request, context: Context, arguments: Arguments) -> Response:
    """Where a job stands."""
    return Json(_record(context.jobs.get(arguments["id"])))


async def cancel(_request: Request, context: Context, arguments: Arguments) -> Response:
    """End a job early."""
    found = context.jobs.get(arguments["id"])
    if found.what in ("index", "apply", "undo"):
        check_scope(context, "change")
    context.jobs.cancel(found)
    return Json(_record(found))


async def events(request: Request, context: Context, arguments: Arguments) -> Response:
    """Where a job stands, as it goes on: server-sent events."""
    found = context.jobs.get(arguments["id"])
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    if request.method == "HEAD":
        return Response(headers=headers)
    return StreamingResponse(_watch(found), headers=headers)


async def _watch(job: Job) -> AsyncIterator[bytes]:
    seen, said = -1, time.monotonic()
    while True:
        version = job.version
        if version != seen:
            seen, said = version, time.monotonic()
            told = _record(job)
            name = told.state if told.state in ENDED else "progress"
            data = json.dumps(told, default=json_values)
            yield f"event: {name}\ndata: {data}\n\n".encode("ascii")
            if name != "progress":
                return
        elif time.monotonic() - said > _QUIET_SECONDS:
            said = time.monotonic()
            yield b": still here\n\n"
        await asyncio.sleep(_LOOK_SECONDS)


def _record(job: Job) -> JobRecord:
    here = f"{PREFIX}/jobs/{job.id}"
    error = None if job.error is None else Problem(job.error.code, str(job.error))
    return JobRecord(
        job.id,
        job.what,
        job.options,
        job.state,
        JobProgress(job.stage, job.done, job.total),
        job.begun,
        job.ended,
        job.result,
        error,
        JobLinks(here, f"{here}/events"),
    )
