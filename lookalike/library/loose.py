"""Contents that files let go of: they are forgotten when a run ends, if no file holds them then."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from lookalike.library.store import Store
from lookalike.types import ContentId

__all__ = ["Loose", "forget", "forgotten"]

# A setting: 1 while contents that no file holds may be left from a run that didn't end.
_SETTING = "loose"

# A setting: grows whenever contents are forgotten, so that what is kept of them elsewhere goes.
_FORGOTTEN = "forgotten"

# Contents that are remembered one by one; beyond, the store is asked for all that nobody holds.
_MOST = 100_000


class Loose:
    """Contents to be looked at when the run ends.

    Args:
        store: that holds them.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._contents: set[ContentId] = set()
        self._left_over = self._noted = store.setting(_SETTING) == "1"

    def note(self, contents: Iterable[ContentId] = ()) -> None:
        """Contents that a file doesn't hold any more, or doesn't hold yet; in a transaction."""
        if not self._noted:
            self._noted = True
            self._store.put_setting(_SETTING, "1")
        if not self._left_over:
            self._contents.update(contents)
            self._left_over = len(self._contents) > _MOST

    def drop(self) -> None:
        """Forget those that no file holds now; in a transaction."""
        if self._left_over:
            forget(self._store, list(self._store.unused()))
        elif self._contents:
            forget(self._store, self._contents)
        if self._noted:
            self._store.put_setting(_SETTING, "0")
        self._contents.clear()
        self._left_over = self._noted = False


def forget(store: Store, contents: Collection[ContentId]) -> None:
    """Forget those of the contents that no file holds, and note it; in a transaction."""
    if contents:
        store.drop_unused(contents)
        store.put_setting(_FORGOTTEN, str(int(store.setting(_FORGOTTEN) or 0) + 1))


def forgotten(store: Store) -> str:
    """Changes whenever the library has forgotten contents; empty if it never did."""
    count = store.setting(_FORGOTTEN)
    return "" if count is None else f"{store.stamp().uuid} {count}"
