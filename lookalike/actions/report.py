"""What was done to the files of a plan, or would be."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from lookalike.actions.plan import Action

__all__ = ["Outcome", "Report", "Result"]

Result: TypeAlias = Literal["done", "would", "left", "failed"]
"""What became of a file.

``would``: a dry run found that it would be done. ``left``: it was left alone, and ``why`` says why.
``failed``: the system refused; what was begun was taken back, or ``why`` says what is left.
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file of a plan.

    Attributes:
        group: the id of its group.
        path: as the plan has it.
        result: what became of it.
        why: it was left alone, or failed; else empty.
        to: where it is now; ``None`` where it is at its place.
        sidecars: of its sidecars, where they were and where they are now.
        bytes: of it and its sidecars.
        freed: bytes that its disk has more, once a trash is emptied; 0 where the file has other
            names, or only moved to another folder of its disk.
        only_here: what it says of the picture, and the kept file doesn't, in words.
        saved: the sidecar of the kept file into which that was written; ``None`` for none.
        notes: what else is worth knowing, such as a sidecar that stays.
    """

    group: str
    path: str
    result: Result
    why: str = ""
    to: str | None = None
    sidecars: Mapping[str, str] | None = None
    bytes: int = 0
    freed: int = 0
    only_here: Sequence[str] = ()
    saved: str | None = None
    notes: Sequence[str] = ()

    def pack(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {
            "group": self.group,
            "path": self.path,
            "result": self.result,
            "why": self.why,
            "to": self.to,
            "sidecars": dict(self.sidecars or {}),
            "bytes": self.bytes,
            "freed": self.freed,
            "only_here": list(self.only_here),
            "saved": self.saved,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did, or a dry run would do.

    Attributes:
        action: of the plan.
        dry_run: whether nothing was touched.
        run: by which it is undone; ``None`` where there is nothing to undo.
        outcomes: of the files, in the order of the plan.
        stopped: why the run ended before the last file; empty where it didn't.
        warning: what has to be known before it is done, such as that lookalike can't undo it.
    """

    action: Action
    dry_run: bool
    run: int | None
    outcomes: Sequence[Outcome]
    stopped: str = ""
    warning: str = ""

    def count(self, *results: Result) -> int:
        """How many files had one of these results."""
        return sum(outcome.result in results for outcome in self.outcomes)

    @property
    def freed(self) -> int:
        """Bytes that are free now, or once the trash is emptied."""
        return sum(o.freed for o in self.outcomes if o.result in ("done", "would"))

    @property
    def moved(self) -> dict[str, str]:
        """Where files and sidecars were, and where they are now, in a trash or elsewhere."""
        found: dict[str, str] = {}
        for outcome in self.outcomes:
            if outcome.result == "done":
                if outcome.to is not None:
                    found[outcome.path] = outcome.to
                found.update(outcome.sidecars or {})
        return found

    @property
    def changed(self) -> list[str]:
        """Folders in which something is otherwise than before, to be indexed again."""
        paths: list[str] = []
        for outcome in self.outcomes:
            if outcome.result == "done":
                paths += [outcome.path, *filter(None, [outcome.to, outcome.saved])]
        return sorted({os.path.dirname(path) for path in paths})

    def pack(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {
            "action": self.action,
            "dry_run": self.dry_run,
            "run": self.run,
            "files": [outcome.pack() for outcome in self.outcomes],
            "done": self.count("done"),
            "would": self.count("would"),
            "left": self.count("left"),
            "failed": self.count("failed"),
            "freed": self.freed,
            "stopped": self.stopped,
            "warning": self.warning,
        }
