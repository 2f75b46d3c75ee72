"""What searches found, page by page: kept for a while, so that going on costs no further search."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass

from lookalike.library import SearchResult
from lookalike.library.asking import MOST_HITS
from lookalike.match import Match

__all__ = ["Found", "Kept"]

_MOST = 64  # searches
_MOST_MATCHES = 50_000  # of all together; about a kilobyte each
_AHEAD = 3  # pages beyond the one that is asked for, from the second one on


@dataclass(slots=True)
class _List:
    """What one search found so far."""

    hits: list[Match]
    whole: bool
    exact: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A page of hits.

    Attributes:
        hits: best first.
        more: whether there are hits beyond.
        exact: whether nothing nearer can have been missed.
        seconds: of the search by stage; none where it had been asked before.
    """

    hits: list[Match]
    more: bool
    exact: bool
    seconds: dict[str, float]


class Kept:
    """What searches found; any number of threads may ask."""

    def __init__(self) -> None:
        self._lists: OrderedDict[Hashable, _List] = OrderedDict()
        self._lock = threading.Lock()

    def page(
        self,
        key: Hashable,
        search: Callable[[int], SearchResult],
        after: int,
        k: int,
        without: Collection[int] = (),
    ) -> Found:
        """Some hits of a search.

        How many candidates are looked at depends on how many hits are wanted, so that a deeper
        search may find a copy that belongs before what was shown. It is listed behind that: no hit
        comes twice, and none is passed over.

        Args:
            key: tells the search from others, and the library from what it was before.
            search: finds so many hits.
            after: hits that were passed.
            k: hits wanted.
            without: ids of pictures that are left out.
        """
        wanted = after + k
        with self._lock:
            known = self._lists.get(key)
            if known is not None:
                self._lists.move_to_end(key)
        seconds: dict[str, float] = {}
        if known is None or (not known.whole and len(known.hits) <= wanted):
            ahead = 0 if known is None and not after else _AHEAD * k
            depth = min(wanted + ahead + 1 + len(without), MOST_HITS)
            result = search(depth)
            seconds = dict(result.seconds)
            hits = [hit for hit in result.hits if hit.id not in without]
            before = [] if known is None else known.hits
            shown = {hit.id for hit in before}
            whole = len(result.hits) < depth or depth == MOST_HITS
            known = _List(
                [*before, *(hit for hit in hits if hit.id not in shown)], whole, result.exact
            )
            self._keep(key, known)
        return Found(known.hits[after:wanted], len(known.hits) > wanted, known.exact, seconds)

    def _keep(self, key: Hashable, made: _List) -> None:
        with self._lock:
            self._lists[key] = made
            self._lists.move_to_end(key)
            while len(self._lists) > 1 and (
                len(self._lists) > _MOST
                or sum(len(one.hits) for one in self._lists.values()) > _MOST_MATCHES
            ):
                self._lists.popitem(last=False)
