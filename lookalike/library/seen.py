"""What a run has met of the files that a library knows."""

from __future__ import annotations

from typing import Final

from lookalike.types import FileId

__all__ = ["CHANGED", "NEW", "STAYS", "UNSEEN", "Seen"]

UNSEEN: Final = 0
STAYS: Final = 1
"""It is there and shows what it showed."""
CHANGED: Final = 2
"""It is there and shows something else, or nothing that can be read."""
NEW: Final = 3
"""The library came to know it in this run."""


_DENSE: Final = 1 << 33  # ids below are counted up by a library in a file, and so are dense


class Seen:
    """A state for each file id: a byte each, so that 100 million files take 100 MB.

    Ids that a library on a server gives out are far apart: those are kept by themselves, and take a
    hundred bytes each.
    """

    def __init__(self) -> None:
        self._states = bytearray()
        self._far: dict[FileId, int] = {}

    def note(self, file: FileId, state: int) -> None:
        """Remember what became of a file."""
        if file >= _DENSE:
            self._far[file] = state
            return
        if file >= len(self._states):
            self._states.extend(bytes(max(4096, file + 1 - len(self._states))))
        self._states[file] = state

    def __getitem__(self, file: FileId) -> int:
        if file >= _DENSE:
            return self._far.get(file, UNSEEN)
        return self._states[file] if file < len(self._states) else UNSEEN
