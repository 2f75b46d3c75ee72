"""Telling a library that lookalike itself moved, linked or brought back files."""

from __future__ import annotations

import os
from collections.abc import Sequence

from lookalike.actions.report import Report
from lookalike.library import Library
from lookalike.sources.folders import is_under

__all__ = ["taken_by", "tell"]


def taken_by(report: Report) -> list[str]:
    """The files that a run took away from where they were, as :func:`tell` wants them."""
    return [one.path for one in report.outcomes if one.result == "done" and one.to is not None]


def tell(library: Library, changed: Sequence[str], taken: Sequence[str] = ()) -> None:
    """Index the library's folders in which something changed.

    A folder without pictures is taken for a disk that was unplugged, but not if all that the
    library had there are files that were taken away.

    Args:
        library: that is told.
        changed: folders, as the reports of :mod:`lookalike.actions` name them.
        taken: files that were in them, and aren't now.

    Raises:
        LibraryError: it can't be written to, or somebody else is writing.
    """
    places = {os.path.realpath(folder) for folder in changed}
    held: list[str] = []
    emptied: list[str] = []
    for folder in library.status().folders if places else ():
        real = os.path.realpath(folder.path)
        if not folder.online or not any(p == real or is_under(p, real) for p in places):
            continue
        gone = sum(is_under(os.path.realpath(file), real) for file in taken)
        (emptied if gone == folder.pictures else held).append(folder.path)
    if held:
        library.index(*held)
    if emptied:
        library.index(*emptied, gone=True)
