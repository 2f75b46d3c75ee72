"""Doing what a plan says, file by file, each verified by its bytes at the moment."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

from lookalike.actions.acts import Acts, undoable
from lookalike.actions.guarding import Guard
from lookalike.actions.journal import Journal, acting
from lookalike.actions.metadata import Metadata, ShotOf
from lookalike.actions.plan import Plan, PlannedFile, PlannedGroup
from lookalike.actions.report import Outcome, Report
from lookalike.actions.seen import LeftAlone, Seen
from lookalike.actions.sidecars import Folders
from lookalike.actions.undo import take_back
from lookalike.errors import ActionError, UsageError
from lookalike.images.reasons import os_reason

__all__ = ["apply"]

_FULL = (errno.ENOSPC, errno.EDQUOT)
_DONE_BY_MOVING = ("trash", "move")


def apply(
    plan: Plan,
    *,
    dry_run: bool = True,
    protected: Iterable[str | os.PathLike[str]] = (),
    journal: str | os.PathLike[str] | None = None,
    save_metadata: bool = False,
    shots: ShotOf | None = None,
    on_step: Callable[[Outcome], object] | None = None,
    stop: threading.Event | None = None,
) -> Report:
    """Do what a plan says, or find out what would be done.

    Just before a file is touched it is read, and so is one that its group keeps. Both must have the
    bytes that they had when the plan was made; else the file is left alone. Each step is on the
    disk in a journal before it is done, so that :func:`lookalike.actions.undo` brings all back,
    also after the process was killed.

    Args:
        plan: what to do. The action ``list`` touches nothing.
        dry_run: touch nothing, and report what would be done. All is verified the same way.
        protected: folders, and files, that nothing is done to.
        journal: the folder of the journals, see :func:`lookalike.actions.journal_folder`; not
            needed for a dry run.
        save_metadata: write what only the file that goes says (date, position, camera, rating,
            keywords) into an XMP sidecar of the kept file; for ``trash`` and ``move``.
        shots: what a file says of how it was taken, where somebody knows; by default it is read.
        on_step: called after each file.
        stop: set it, from any thread, to end after the file in hand.

    Returns:
        What became of each file. Those whose place changed are in ``moved`` and ``changed``, so
        that a library can be told.

    Raises:
        UsageError: something protected isn't there, files would be moved into it, or there is no
            folder for a journal.
        ActionError: no journal can be kept, or another run is at it; nothing was touched.
    """
    guard = Guard(plan, protected)
    if plan.to is not None and os.path.lexists(plan.to) and not os.path.isdir(plan.to):
        raise UsageError(f"{plan.to} is a file: name a folder to move to")
    dry = dry_run or plan.action == "list"
    if not dry and journal is None:
        raise UsageError("nothing is touched without a journal: name the folder for it")
    with ExitStack() as held:
        open_journal: Journal | None = None
        if not dry and journal is not None and any(group.act for group in plan.groups):
            held.enter_context(acting(Path(journal)))
            open_journal = Journal.create(Path(journal), plan.action, plan.to)
            held.callback(open_journal.close)
        folders = Folders()
        metadata = held.enter_context(Metadata(shots, folders))
        run = _Run(plan, guard, metadata, folders, open_journal, save_metadata)
        return run.report(dry, on_step, stop)


class _Stopped(Exception):  # noqa: N818 - carries what became of the file in hand
    def __init__(self, outcome: Outcome, why: str) -> None:
        super().__init__(why)
        self.outcome = outcome


class _Run:
    """One run over a plan; without a journal it is a dry one."""

    def __init__(
        self,
        plan: Plan,
        guard: Guard,
        metadata: Metadata,
        folders: Folders,
        journal: Journal | None,
        save_metadata: bool,
    ) -> None:
        self._plan, self._guard, self._metadata = plan, guard, metadata
        self._folders, self._journal, self._save = folders, journal, save_metadata
        self._acts = Acts(plan, journal, folders)
        self._names: dict[tuple[int, int], int] = {}

    def report(
        self, dry: bool, on_step: Callable[[Outcome], object] | None, stop: threading.Event | None
    ) -> Report:
        outcomes: list[Outcome] = []
        why = ""
        for group, file in ((g, f) for g in self._plan.groups for f in g.act):
            if stop is not None and stop.is_set():
                why = "it was asked to stop"
                break
            try:
                outcome = self._one(group, file)
            except _Stopped as stopped:
                outcome, why = stopped.outcome, str(stopped)
            outcomes.append(outcome)
            if on_step is not None:
                on_step(outcome)
            if why:
                break
        if self._journal is not None:
            with suppress(ActionError):
                self._acts.tidy()
                self._journal.end(why)
        touched = self._journal is not None and self._journal.steps > 0
        run = self._journal.number if self._journal is not None and touched else None
        warning = undoable(self._plan.action)
        return Report(self._plan.action, dry, run, outcomes, why, warning)

    def _one(self, group: PlannedGroup, file: PlannedFile) -> Outcome:
        outcome = Outcome(group.id, file.path, "left", bytes=file.bytes)
        try:
            return self._act(group, file, outcome)
        except LeftAlone as error:
            return replace(outcome, why=str(error))
        except OSError as error:
            outcome = replace(outcome, result="failed", why=_told(error))
            if error.errno in _FULL:
                raise _Stopped(outcome, f"{_told(error)}: make room, and run it again") from error
            return outcome
        except ActionError as error:
            raise _Stopped(replace(outcome, result="failed", why=str(error)), str(error)) from error

    def _act(self, group: PlannedGroup, file: PlannedFile, outcome: Outcome) -> Outcome:
        action = self._plan.action
        if action in ("hardlink", "reflink") and file.kind != "same-bytes":
            raise LeftAlone(f"is {file.kind}, and links take the place of equal bytes only")
        seen, kept, there = self._guard.check(group, file)
        if action == "hardlink" and (by := self._guard.is_protected(kept.path)):
            raise LeftAlone(
                f"would become the same file as {kept.path}, which is protected by {by}: use"
                " reflink, or trash"
            )
        only_one = self._names_left(seen) == 1
        if action not in _DONE_BY_MOVING:
            if action != "list":
                self._acts.link(file, seen, there)
                outcome = replace(outcome, freed=file.bytes if only_one else 0)
            self._gone(seen)
            return replace(outcome, result="would" if self._journal is None else "done")
        sidecars, stay = self._sidecars(seen.path)
        only_here = self._metadata.only_in(file, sidecars, kept)
        size = file.bytes + sum(os.path.getsize(path) for path in sidecars)
        notes = [f"{path} stays: it is protected" for path in stay]
        if not only_one:
            notes.append("it has further names (hard links): those keep its bytes on the disk")
        outcome = replace(outcome, bytes=size, only_here=tuple(only_here.words()))
        saves = bool(self._save and only_here)
        if saves and (by := self._guard.is_protected(kept.path)):
            saves = False
            notes.append(f"what only it says is not written beside {kept.path}: {by} is protected")
        if self._journal is None:
            saved = self._metadata.sidecar_of(there.path) if saves else None
            targets = self._acts.would(seen.path, sidecars)
        else:
            first = self._journal.steps
            try:
                if not there.is_untouched():
                    raise LeftAlone(f"{kept.path}, which is kept, was changed in the meantime")
                saved = None
                if saves:
                    saved = self._metadata.add(self._journal, file.path, there.path, only_here)
                targets = self._acts.move(file, seen, sidecars)
            except (OSError, LeftAlone):
                self._take_back(first)
                raise
        self._gone(seen)
        return replace(
            outcome,
            result="would" if self._journal is None else "done",
            to=targets.pop(seen.path, None),
            sidecars=targets,
            freed=size if only_one and self._acts.frees(seen) else 0,
            saved=saved,
            notes=tuple(notes),
        )

    def _names_left(self, seen: Seen) -> int:
        """Names of a file that this run has not dealt with; its bytes go with the last one."""
        known = seen.status.st_dev, seen.status.st_ino
        return self._names.setdefault(known, seen.status.st_nlink)

    def _gone(self, seen: Seen) -> None:
        """Note that a name of a file is gone, or would be."""
        self._names[seen.status.st_dev, seen.status.st_ino] -= 1

    def _sidecars(self, path: str) -> tuple[list[str], list[str]]:
        """Those that go with a picture, and those that are protected."""
        go: list[str] = []
        stay: list[str] = []
        for sidecar in self._folders.sidecars(path):
            try:
                self._guard.place(sidecar)
                go.append(sidecar)
            except LeftAlone:
                stay.append(sidecar)
        return go, stay

    def _take_back(self, first: int) -> None:
        """Undo the steps that were done for a file of which another one failed."""
        if self._journal is None:
            return
        for step in self._journal.open_since(first):
            try:
                take_back(step, done=True)
                self._journal.back(step)
            except (OSError, LeftAlone) as error:
                self._journal.left(step, str(error))


def _told(error: OSError) -> str:
    named = f"{os.fsdecode(error.filename)}: " if error.filename is not None else ""
    return f"{named}{os_reason(error)}"
