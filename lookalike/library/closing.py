"""What a library says after it was closed, whoever notices it."""

from __future__ import annotations

import os

from lookalike.errors import LibraryClosedError

__all__ = ["closed"]


def closed(location: str | os.PathLike[str]) -> LibraryClosedError:
    """The error of a library that was closed; what a library in memory held is gone by then."""
    if os.fspath(location) == ":memory:":
        return LibraryClosedError("the library :memory: was closed, and what it held is gone")
    return LibraryClosedError(f"the library {os.fspath(location)} was closed: open it again")
