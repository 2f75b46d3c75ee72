"""What jobs do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lookalike import actions
from lookalike.actions.after import taken_by, tell
from lookalike.errors import ActionError, LookalikeError, UsageError
from lookalike.library import DuplicatesProgress, Filter, Progress
from lookalike.library.duplicates.records import GroupKind
from lookalike.server.answers import ApiError
from lookalike.server.context import Context
from lookalike.server.jobs import Job, Work
from lookalike.server.latest import FoundDuplicates, FoundSelfTest
from lookalike.server.maps import keep

__all__ = ["apply", "duplicates", "index", "lay_out", "selftest", "undo"]


def duplicates(context: Context, kinds: tuple[GroupKind, ...], under: str | None) -> Work:
    """Search for duplicates."""
    only = None if under is None else Filter.parse(under=[under])

    def work(job: Job) -> Mapping[str, Any]:
        def progress(now: DuplicatesProgress) -> None:
            job.tell(now.stage, now.done, now.total)

        with context.shelf.volume() as volume:
            state = volume.library.state()
            found = volume.library.duplicates(
                kinds=kinds, only=only, progress=progress, stop=job.stop
            )
        context.latest.put_duplicates(FoundDuplicates(found, kinds, under, state))
        return {
            "groups": len(found.groups),
            "pairs": found.pairs,
            "bytes_to_free": sum(group.bytes_to_free for group in found.groups),
            "pictures": found.pictures,
            "interrupted": found.interrupted,
        }

    return work


def index(context: Context, folders: Sequence[str]) -> Work:
    """Bring the library up to date."""

    def work(job: Job) -> Mapping[str, Any]:
        def progress(now: Progress) -> None:
            job.tell(now.stage, now.done, now.total)

        with context.shelf.volume() as volume:
            try:
                report = volume.library.index(*folders, progress=progress, stop=job.stop)
            except UsageError as error:
                raise ApiError(400, "bad_parameter", str(error)) from error
        names = ("added", "updated", "moved", "unchanged", "missing", "skipped", "failed", "lossy")
        counts = {name: getattr(report, name) for name in names}
        seconds = {"seconds": round(report.seconds, 3), "interrupted": report.interrupted}
        return {**counts, **seconds, "offline": list(report.offline)}

    return work


def selftest(context: Context, sample: int) -> Work:
    """Test the library on edited copies of its own pictures."""

    def work(job: Job) -> Mapping[str, Any]:
        # Here, not above: nobody else pays for it.
        from lookalike.evaluation.library_selftest import run_selftest

        with context.shelf.volume() as volume:
            state, location = volume.library.state(), volume.library.location
            try:
                found = run_selftest(
                    location,
                    sample=sample,
                    progress=lambda done, total: job.tell("searches", done, total),
                    stop=job.stop,
                )
            except UsageError as error:
                raise ApiError(400, "bad_parameter", str(error)) from error
        told = found.as_json()
        del told["library"]
        context.latest.selftest = FoundSelfTest(told, state)
        return {"sampled": found.sampled, "seconds": found.seconds, "advice": list(found.advice)}

    return work


def lay_out(context: Context) -> Work:
    """Lay out all pictures in the plane."""

    def work(job: Job) -> Mapping[str, Any]:
        with context.shelf.volume() as volume:
            state = volume.library.state()
            layout = volume.library.layout(progress=job.tell, stop=job.stop)
            if layout is None:
                return {"pictures": 0}
            keep(context, volume.library, layout, state)
        return {"pictures": len(layout.ids)}

    return work


def apply(context: Context, plan: actions.Plan, *, dry_run: bool, save_metadata: bool) -> Work:
    """Do what a plan says, or try it, and tell the library."""
    total = sum(len(group.act) for group in plan.groups)

    def work(job: Job) -> Mapping[str, Any]:
        done = 0

        def step(_outcome: actions.Outcome) -> None:
            nonlocal done
            done += 1
            job.tell("files", done, total)

        with context.shelf.volume() as volume:
            library = volume.library
            try:
                report = actions.apply(
                    plan,
                    dry_run=dry_run,
                    journal=actions.journal_folder(library.location),
                    save_metadata=save_metadata,
                    on_step=step,
                    stop=job.stop,
                )
            except (UsageError, ActionError) as error:
                raise ApiError(400, "bad_plan", str(error)) from error
            told = ""
            if not dry_run:
                acted = [one.path for one in report.outcomes if one.result == "done"]
                context.latest.acted(acted)
                told = _told(context, report.changed, taken_by(report))
        return {**report.pack(), "library": told}

    return work


def undo(context: Context, number: int | None) -> Work:
    """Bring back what a run did, and tell the library."""

    def work(job: Job) -> Mapping[str, Any]:
        with context.shelf.volume() as volume:
            folder = actions.journal_folder(volume.library.location)
            try:
                report = actions.undo(
                    folder,
                    number,
                    on_step=lambda step: job.tell("files", step.number, None),
                    stop=job.stop,
                )
            except ActionError as error:
                raise ApiError(400, "nothing_to_undo", str(error)) from error
            context.latest.acted(report.back, undo=True)
            told = _told(context, report.changed)
        return {**report.pack(), "library": told}

    return work


def _told(context: Context, changed: Sequence[str], taken: Sequence[str] = ()) -> str:
    """Tell the library of folders; what to do where that can't be."""
    try:
        with context.shelf.volume() as volume:
            tell(volume.library, changed, taken)
    except LookalikeError as error:
        return f"the library doesn't know of it yet ({error}): run 'lookalike index'"
    return ""
