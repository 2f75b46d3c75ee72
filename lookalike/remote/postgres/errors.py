"""PostgreSQL's errors as lookalike's, by their SQLSTATE (appendix A of its manual)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from lookalike.errors import (
    LibraryAwayError,
    LibraryDamagedError,
    LibraryError,
    LibraryFullError,
    LibraryLockedError,
    LibraryNotFoundError,
    LibraryReadOnlyError,
)

__all__ = ["is_lost", "one_line", "translated"]

_GONE = ("42P01", "3F000")  # no such table, no such schema
_FORBIDDEN = ("42501", "25006")  # no right to, a transaction that only reads
_FULL = ("53100",)
_LOCKED = ("55P03", "40P01", "40001")
_DAMAGED = ("XX001", "XX002")
_CANCELLED = "57014"
# The server shuts down, has crashed, or starts; and all that is said of the connection.
_AWAY = ("57P01", "57P02", "57P03", "57P05", "25P03")


def one_line(error: Exception) -> str:
    """The first line of what a server says, without the label of its kind."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = lines[0] if lines else type(error).__name__
    # Of a connection libpq names the host first, and repeats the label of the last try.
    for label in ("connection failed: ", "connection is bad: "):
        told = told.removeprefix(label)
    return told.rpartition("FATAL:")[2].strip().rstrip(".")


def is_lost(error: psycopg.Error) -> bool:
    """Whether an error is of the connection or of a server that is away, not of what was asked."""
    state = error.sqlstate
    if state is None:  # libpq's own: there was no answer
        return isinstance(error, psycopg.OperationalError)
    return state.startswith("08") or state in _AWAY


@contextmanager
def translated(location: str) -> Iterator[None]:
    """Turn the server's errors into lookalike's.

    What is left, such as a broken constraint, is a fault of lookalike and stays as it is.

    Args:
        location: of the library, as it may be printed.
    """
    try:
        yield
    except psycopg.Error as error:
        found = _meaning(location, error)
        if found is None:
            raise
        raise found from error


def _meaning(location: str, error: psycopg.Error) -> LibraryError | None:
    state, told = error.sqlstate, one_line(error)
    if is_lost(error):
        return LibraryAwayError(f"the server of {location} went away ({told})")
    if state in _GONE:
        return LibraryNotFoundError(
            f"the library {location} was deleted while it was open ({told}): open another"
        )
    if state in _FORBIDDEN:
        return LibraryReadOnlyError(
            f"{location} can only be read ({told}): ask whoever runs the server for leave to write"
        )
    if state in _FULL:
        return LibraryFullError(
            f"no space left on the server of {location}: what was committed is kept; free some"
            " space there, then try again"
        )
    if state in _LOCKED:
        return LibraryLockedError(f"somebody else keeps {location} locked ({told}): try again")
    if state in _DAMAGED:
        return LibraryDamagedError(
            f"{location} is damaged on its server ({told}): restore a backup there"
        )
    if state == _CANCELLED:
        return LibraryError(f"the server of {location} gave up on a question ({told}): try again")
    return None
