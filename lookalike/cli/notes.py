"""What the library logs and a person has to see at once: a line on standard error."""

from __future__ import annotations

import logging
import sys

from lookalike.cli.output import note

__all__ = ["say_notes"]


class _Notes(logging.Handler):
    """Prints the message of a record, above the progress bar where there is one."""

    def emit(self, record: logging.LogRecord) -> None:
        line = f"lookalike: {record.getMessage()}"
        bars = sys.modules.get("tqdm")
        if bars is None:
            note(line)
        else:
            bars.tqdm.write(line, file=sys.stderr)


def say_notes(logger: str) -> None:
    """Print what a logger is told, with or without ``--verbose``."""
    found = logging.getLogger(logger)
    found.setLevel(logging.INFO)
    found.propagate = False  # else --verbose would say it twice
    found.addHandler(_Notes())
