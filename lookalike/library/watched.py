"""What a library says while it follows its folders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from lookalike.library.reports import IndexReport
from lookalike.library.run_records import Event
from lookalike.match import Match

__all__ = ["Watched", "What"]

What: TypeAlias = Literal["indexed", "new", "copy", "unread", "polling", "busy"] | Event


@dataclass(frozen=True, slots=True)
class Watched:
    """One thing that happened while folders were watched.

    Attributes:
        what: ``indexed``: a run over the folders ended, the first of all comes once; ``new``: a
            picture came, or another took its place in the file, and the library has no copy of it;
            ``copy``: it has one; ``unread``: a file can't be read; ``polling``: the folders are
            looked through again and again, since the system doesn't tell; ``busy``: another process
            is writing to the library, and is waited for. Else what became of a file that the
            library knew, see :data:`lookalike.library.run_records.Event`.
        path: of the file; empty where it is about none.
        source: where it was before, if it was ``moved``.
        match: what it is a copy of: the best hit, from that to the new one.
        reason: why, in one line.
        report: of the run.
    """

    what: What
    path: str = ""
    source: str | None = None
    match: Match | None = None
    reason: str = ""
    report: IndexReport | None = None
