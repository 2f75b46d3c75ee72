"""What the second look said of pairs, kept in memory: none of two contents is taken twice.

A content is its bytes, and what a look says depends on nothing else of two: it holds for as long as
the process runs. Who goes through a library by what is alike meets the same pairs again and again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from lookalike.library.records import ContentKey

if TYPE_CHECKING:
    from lookalike.matching.verdict import Verdict

__all__ = ["MOST", "Asker", "PairMemory"]

MOST = 100_000
"""Pairs that are kept; a third of a kilobyte each, and more of copies, which are few."""


class Asker(NamedTuple):
    """What makes a question one of before.

    Attributes:
        key: of its bytes, or of its pixels.
        size: width and height; a part may have the pixels of a preview, and another size.
        format: of its file.
        file_bytes: likewise.
    """

    key: ContentKey
    size: tuple[int, int]
    format: str
    file_bytes: int


class PairMemory:
    """Verdicts by question and hit; any number of threads may ask.

    Args:
        most: pairs; the questions that nobody asked longest go first.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: OrderedDict[Asker, dict[ContentKey, Verdict]] = OrderedDict()
        self._pairs = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._pairs

    def get(self, asker: Asker, hits: Iterable[ContentKey]) -> dict[ContentKey, Verdict]:
        """What was said of a question and these contents; those that nobody looked at lack."""
        with self._lock:
            known = self._kept.get(asker)
            if known is None:
                return {}
            self._kept.move_to_end(asker)
            return {hit: known[hit] for hit in hits if hit in known}

    def put(self, asker: Asker, verdicts: Mapping[ContentKey, Verdict]) -> None:
        """Keep what was said, with the names of edits where they are copies."""
        if not verdicts:
            return
        with self._lock:
            known = self._kept.setdefault(asker, {})
            self._pairs -= len(known)
            known.update(verdicts)
            self._pairs += len(known)
            self._kept.move_to_end(asker)
            while self._pairs > self._most and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._pairs -= len(dropped)
