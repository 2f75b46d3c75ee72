"""The runs that acted on files, as their journals tell of them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

from lookalike.actions.step import Step
from lookalike.errors import ActionError
from lookalike.images.reasons import os_reason

__all__ = ["Run", "State", "ended_lines", "file_of_run", "list_runs", "numbers_of", "read_run"]

State: TypeAlias = Literal["done", "interrupted", "undone", "partly undone", "nothing done"]
"""Where a run stands.

``interrupted``: it was killed, or stopped by an error; undoing it is the same. ``nothing done``: no
file was touched.
"""

_NAME = re.compile(r"run-([1-9][0-9]{0,8})\.jsonl", re.ASCII)


@dataclass(frozen=True, slots=True)
class Run:
    """One run, as its journal tells of it.

    Attributes:
        number: by which it is named; a later run has a higher one.
        path: of its journal.
        token: by which its temporary names are told from others.
        made: when it began, in UTC.
        action: what was done.
        to: where files were moved to; ``None`` for other actions.
        steps: what was begun, in this order.
        done: numbers of the steps that were done.
        back: numbers of the steps that are undone, or never happened.
        left: why steps can't be undone, by their numbers, as it was the last time.
        ended: whether it came to its end.
        tried: whether it was undone, or tried to.
        damaged: lines of the journal that can't be read.
    """

    number: int
    path: Path
    token: str
    made: datetime
    action: str
    to: str | None
    steps: Sequence[Step] = ()
    done: frozenset[int] = frozenset()
    back: frozenset[int] = frozenset()
    left: dict[int, str] = field(default_factory=dict)
    ended: bool = False
    tried: bool = False
    damaged: int = 0

    @property
    def open(self) -> list[Step]:
        """The steps that may still have to be undone, the last one first."""
        return [step for step in reversed(self.steps) if step.number not in self.back]

    @property
    def files(self) -> int:
        """How many files of the plan it acted on, those that are back by now included."""
        counted = self.done | {step.number for step in self.open}
        return len({step.file for step in self.steps if step.file and step.number in counted})

    @property
    def state(self) -> State:
        """Where it stands."""
        if self.open:
            if self.tried:
                return "partly undone"
            return "done" if self.ended else "interrupted"
        return "undone" if self.tried and self.steps else "nothing done"


def file_of_run(folder: Path, number: int) -> Path:
    """The journal of a run."""
    return folder / f"run-{number}.jsonl"


def numbers_of(folder: Path) -> list[int]:
    """The numbers of all runs, in rising order; none where there is no folder."""
    try:
        found = [_NAME.fullmatch(path.name) for path in folder.iterdir()]
    except OSError:
        return []
    return sorted(int(name[1]) for name in found if name is not None)


def list_runs(folder: Path) -> list[Run]:
    """All runs, the last one first; journals that were hardly begun are left out.

    Raises:
        ActionError: one can't be read.
    """
    found = [read_run(folder, number) for number in reversed(numbers_of(folder))]
    return [run for run in found if run is not None]


def ended_lines(data: bytes) -> bytes:
    """What a journal holds, without a last line that was cut off."""
    return data[: data.rfind(b"\n") + 1]


def read_run(folder: Path, number: int) -> Run | None:
    """What a journal says; ``None`` if it was hardly begun.

    Raises:
        ActionError: there is no such run, or its journal can't be read.
    """
    path = file_of_run(folder, number)
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ActionError(
            f"there is no run {number}: lookalike undo --list tells of all that there are"
        ) from error
    except OSError as error:
        raise ActionError(f"the journal {path} can't be read: {os_reason(error)}") from error
    lines = ended_lines(data).splitlines()
    if not lines:
        return None
    try:
        head = json.loads(lines[0])
        if head["journal"] != 1:
            raise ActionError(f"the journal {path} is of a newer lookalike: undo it with that one")
        token, action, to = head["token"], head["action"], head["to"]
        made = datetime.fromisoformat(head["made"])
    except (ValueError, TypeError, KeyError) as error:
        raise ActionError(f"the journal {path} is damaged in its first line") from error
    reading = _Reading()
    for line in lines[1:]:
        reading.take(line)
    return Run(
        number,
        path,
        str(token),
        made,
        str(action),
        to,
        tuple(reading.steps.values()),
        frozenset(reading.done),
        frozenset(reading.back),
        reading.left,
        reading.ended,
        reading.tried,
        reading.damaged,
    )


class _Reading:
    """What the lines of a journal say together."""

    def __init__(self) -> None:
        self.steps: dict[int, Step] = {}
        self.done: set[int] = set()
        self.back: set[int] = set()
        self.left: dict[int, str] = {}
        self.ended = self.tried = False
        self.damaged = 0

    def take(self, line: bytes) -> None:
        try:
            self._take(json.loads(line))
        except (ValueError, TypeError, KeyError):
            self.damaged += 1

    def _take(self, line: dict[str, Any]) -> None:
        if "begin" in line:
            step = Step.unpack(line["begin"])
            self.steps[step.number] = step
        elif "back" in line:
            self.back.add(int(line["back"]))
            self.left.pop(int(line["back"]), None)
        elif "left" in line:
            self.left[int(line["left"])] = str(line["why"])
        elif "end" in line:
            self.ended = True
        elif "undo" in line:
            self.tried = True
        else:
            self.done.add(int(line["done"]))
