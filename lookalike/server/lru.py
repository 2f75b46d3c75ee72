"""What was made last, so that it isn't made again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["Lru"]

T = TypeVar("T")


class Lru(Generic[T]):
    """Keeps some things by name; the one that nobody asked for longest goes first.

    Any number of threads may ask. Two that ask for the same at once may both make it.

    Args:
        most: that are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What has a name, or is made now.

        Args:
            key: the name, which tells of everything that the thing is made of.
            make: makes it.
        """
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made
