"""Acting on people's pictures: the trash, another folder, links; a journal, and undoing it all.

The only code that touches a picture. It does so only as a :class:`Plan` says, and :func:`apply`
verifies each file by its bytes at the moment. :func:`undo` brings back names, contents and times.
"""

from __future__ import annotations

from lookalike.actions.apply import apply
from lookalike.actions.journal import journal_folder
from lookalike.actions.plan import (
    Plan,
    PlannedFile,
    PlannedGroup,
    read_plan,
    write_plan,
)
from lookalike.actions.report import Outcome, Report
from lookalike.actions.runs import Run, list_runs
from lookalike.actions.undo import NotBack, UndoReport, undo

__all__ = [
    "NotBack",
    "Outcome",
    "Plan",
    "PlannedFile",
    "PlannedGroup",
    "Report",
    "Run",
    "UndoReport",
    "apply",
    "journal_folder",
    "list_runs",
    "read_plan",
    "undo",
    "write_plan",
]
