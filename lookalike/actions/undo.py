"""Undoing a run: names, contents, times and rights as they were, as far as that can be."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lookalike.actions import calls
from lookalike.actions.journal import Journal, acting
from lookalike.actions.linking import take_back_link
from lookalike.actions.moving import take_back_move
from lookalike.actions.runs import Run, list_runs, read_run
from lookalike.actions.seen import LeftAlone, status_of
from lookalike.actions.step import Step
from lookalike.actions.writing import take_back_sidecar
from lookalike.errors import ActionError
from lookalike.images.reasons import os_reason

__all__ = ["NotBack", "UndoReport", "last_run", "take_back", "undo"]

_IN_USE = (errno.ENOTEMPTY, errno.EEXIST)  # a folder that isn't empty


@dataclass(frozen=True, slots=True)
class NotBack:
    """A file that could not be brought back.

    Attributes:
        path: where it was.
        why: it could not.
    """

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class UndoReport:
    """What undoing a run did, or would do.

    Attributes:
        run: its number.
        action: that was undone.
        dry_run: whether nothing was touched, and these are the files that would be tried.
        back: paths that are as they were before, sidecars included.
        left: those that are not.
        stopped: why it ended before the last file; empty where it didn't.
    """

    run: int
    action: str
    dry_run: bool
    back: Sequence[str]
    left: Sequence[NotBack]
    stopped: str = ""

    @property
    def changed(self) -> list[str]:
        """Folders in which something is otherwise than before, to be indexed again."""
        return [] if self.dry_run else sorted({os.path.dirname(path) for path in self.back})

    def pack(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {
            "run": self.run,
            "action": self.action,
            "dry_run": self.dry_run,
            "back": list(self.back),
            "left": [{"path": kept.path, "why": kept.why} for kept in self.left],
            "stopped": self.stopped,
        }


def last_run(folder: Path) -> Run:
    """The last run of which something is left to undo.

    Raises:
        ActionError: there is none.
    """
    runs = list_runs(folder)
    for run in runs:
        if run.state in ("done", "interrupted", "partly undone"):
            return run
    if runs:
        raise ActionError("there is nothing to undo: all that was done is undone already")
    raise ActionError("there is nothing to undo: no run of this library acted on files")


def undo(
    folder: str | os.PathLike[str],
    number: int | None = None,
    *,
    dry_run: bool = False,
    on_step: Callable[[Step], object] | None = None,
    stop: threading.Event | None = None,
) -> UndoReport:
    """Bring back what a run moved, linked or wrote: names, contents, times and rights.

    The last step is undone first. What stands at a place now is never replaced, and what was
    changed since stays as it is. It may be killed at any moment, and run again.

    Args:
        folder: with the journals, see :func:`lookalike.actions.journal_folder`.
        number: of the run; by default the last one of which something is left to undo.
        dry_run: touch nothing, and tell what would be tried.
        on_step: called before each step is undone.
        stop: set it, from any thread, to end after the step in hand.

    Raises:
        ActionError: there is no such run, its journal can't be read or written, or another run is
            at it.
    """
    place = Path(folder)
    if dry_run:
        run = _run(place, number)
        paths = [step.path for step in run.open if step.do != "folder"]
        return UndoReport(run.number, run.action, True, list(dict.fromkeys(paths)), [])
    _run(place, number)  # says that there is none before a folder for it is made
    with acting(place):
        run = _run(place, number)
        journal = Journal(run.path, run.number, run.token, max([0, *(s.number for s in run.steps)]))
        try:
            return _undo(journal, run, on_step, stop)
        finally:
            journal.close()


def _undo(
    journal: Journal,
    run: Run,
    on_step: Callable[[Step], object] | None,
    stop: threading.Event | None,
) -> UndoReport:
    back: list[str] = []
    left: list[NotBack] = []
    stuck: set[str] = set()
    stopped = ""
    if run.open:
        journal.undo()
    for step in run.open:
        if stop is not None and stop.is_set():
            stopped = "it was asked to stop"
            break
        if on_step is not None:
            on_step(step)
        try:
            if step.path in stuck:
                raise LeftAlone("waits for a later step at the same place, which is left, too")
            take_back(step, done=step.number in run.done)
        except (LeftAlone, OSError) as error:
            if step.do == "folder" and isinstance(error, OSError) and error.errno in _IN_USE:
                # By others; or by what is left, and then it is tried again with that.
                if not left:
                    journal.back(step)
                continue
            why = os_reason(error) if isinstance(error, OSError) else str(error)
            journal.left(step, why)
            stuck.add(step.path)
            left.append(NotBack(step.path, why))
        else:
            journal.back(step)
            if step.do != "folder":
                back.append(step.path)
    return UndoReport(run.number, run.action, False, list(dict.fromkeys(back)), left, stopped)


def _run(folder: Path, number: int | None) -> Run:
    if number is None:
        return last_run(folder)
    run = read_run(folder, number)
    if run is None:
        raise ActionError(f"run {number} was hardly begun: it touched no file")
    return run


def take_back(step: Step, *, done: bool) -> None:
    """Undo one step, however far it had come.

    Args:
        step: as the journal has it.
        done: whether the journal says that it was done.

    Raises:
        LeftAlone: it can't be undone, since something changed meanwhile.
        OSError: what the system says; it may be tried again.
    """
    if step.do in ("rename", "copy"):
        take_back_move(step, done=done)
    elif step.do in ("link", "clone"):
        take_back_link(step)
    elif step.do == "write":
        take_back_sidecar(step)
    elif step.do == "folder":
        with suppress(FileNotFoundError):
            calls.remove_folder(step.path)
    elif status_of(step.path) is None:
        raise LeftAlone("lies in the bin of this system: bring it back there")
