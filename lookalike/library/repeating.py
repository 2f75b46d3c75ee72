"""A run of indexing whose library is on a server that went away: it begins anew once that is back.

What was committed is found as it is then, so that nothing is done twice. Somebody else may have
written while the lock of the run was lost: nothing that the run knew is taken for granted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from lookalike.errors import LibraryAwayError
from lookalike.library.reports import IndexReport
from lookalike.library.store import Store

if TYPE_CHECKING:
    from lookalike.library.updating import Updating

__all__ = ["through"]


def through(store: Store, updating: Updating, run: Callable[[], IndexReport]) -> IndexReport:
    """Do a run to its end.

    Args:
        store: of the library, which waits for its server.
        updating: whose run it is.
        run: can be repeated.

    Raises:
        LibraryAwayError: the server didn't come back.
    """
    added = 0
    while True:
        try:
            report = run()
        except LibraryAwayError:
            added += updating.tally.committed
            updating.tally.committed = 0  # the next try may end before it has one of its own
            store.stamp()
            continue
        if not added:
            return report
        return replace(report, added=report.added + added, unchanged=report.unchanged - added)
