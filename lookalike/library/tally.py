"""What a run counts, and what it has to tell of single files."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from lookalike.library.reports import CHANGES_SHOWN
from lookalike.library.run_records import Change, Event

__all__ = ["Tally"]

# What matters most comes first.
_ORDER: tuple[Event, ...] = (
    "changed silently",
    "missing",
    "unreadable",
    "replaced",
    "left out",
    "returned",
    "moved",
    "updated",
)


@dataclass(slots=True)
class Tally:
    """Files by what became of them, and pictures that were encoded.

    Attributes:
        waiting: files whose fate is decided when the run ends.
        committed: of those that were added, how many are kept whatever happens to the run.
    """

    added: int = 0
    updated: int = 0
    moved: int = 0
    unchanged: int = 0
    reread: int = 0
    replaced: int = 0
    missing: int = 0
    left_out: int = 0
    skipped: int = 0
    failed: int = 0
    encoded: int = 0
    waiting: int = 0
    committed: int = 0
    events: int = 0
    _told: dict[Event, list[Change]] = field(default_factory=lambda: defaultdict(list))

    @property
    def done(self) -> int:
        """Files that were dealt with."""
        met = self.added + self.updated + self.moved + self.unchanged
        return met + self.skipped + self.failed + self.waiting

    def tell(self, what: Event, path: str, source: str | None = None) -> None:
        """Note what became of one file."""
        self.events += 1
        if len(self._told[what]) < CHANGES_SHOWN:
            self._told[what].append(Change(what, path, source))

    @property
    def changes(self) -> list[Change]:
        """What was noted, at most :data:`CHANGES_SHOWN` of each kind."""
        return [change for what in _ORDER for change in self._told[what]]
