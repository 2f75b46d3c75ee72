"""What a run of indexing leaves beside the files: a part of a library's contract."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from lookalike.library.run_records import Change, LossEntry, Refusal, Waiting

__all__ = ["RunStore"]


class RunStore(Protocol):
    """What waits for the end of a run, what became of files, which gave no code or not all.

    A part of :class:`lookalike.library.store.Store`, and atomic as that says.
    """

    # What waits for the end of a run, and what became of files

    def wait_for(self, waiting: Sequence[Waiting]) -> None:
        """Note what files will hold when the run ends, in place of what was noted of them."""

    def waiting(self) -> Iterator[Waiting]:
        """All that waits, by path."""

    def waiting_at(self, paths: Sequence[str]) -> dict[str, Waiting]:
        """What waits at these paths."""

    def drop_waiting(self) -> None:
        """Forget what waits."""

    def put_changes(self, changes: Sequence[Change], count: int) -> None:
        """Keep what became of files, in place of what was kept before.

        Args:
            changes: as many as are to be told.
            count: how many there were.
        """

    def changes(self) -> tuple[list[Change], int]:
        """The changes that are kept, in their order, and how many there were."""

    # The ledger

    def refused(self, paths: Sequence[str]) -> dict[str, Refusal]:
        """What the ledger says of these paths."""

    def refuse(self, refusals: Sequence[Refusal]) -> None:
        """Put files into the ledger, or write anew what it says of them."""

    def unrefuse(self, paths: Sequence[str]) -> None:
        """Take files out of the ledger."""

    def ledger(self, folder: str | None = None) -> Iterator[Refusal]:
        """The ledger by path, of all folders or of one."""

    def losses(self, folder: str | None = None) -> Iterator[LossEntry]:
        """The files that are there and were read with a loss, by path, of all folders or of one.

        A file of several such pictures comes once, with what the first of them lacks.
        """
