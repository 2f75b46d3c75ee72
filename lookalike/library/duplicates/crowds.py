"""Proposed pairs as they come: counted, and of a picture that is near to too many the nearest kept.

A thousand screenshots of one program are as near to each other as copies are, which makes half a
million pairs. Of every picture only the nearest pairs are looked at, and of such a *hub* fewer. A
copy is nearer than what merely looks the same, so that it is among them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lookalike.library.engine import ContentIds
from lookalike.library.look_store import Look
from lookalike.types import ContentId

__all__ = ["HUB_PAIRS", "MOST_PAIRS", "Crowds", "Portion"]

MOST_PAIRS = 24
"""Of a content by one code, the nearest."""

HUB_PAIRS = 8
"""Of two contents that are both hubs."""

_HUB = 50  # near ones by the hash: no picture has as many copies, or hardly any
_ROOM = 2_000_000  # pairs that are held before the farthest go


class Portion(NamedTuple):
    """Some pairs.

    Attributes:
        code: what proposed them.
        first: contents, int64 (n,).
        second: others, in no order, int64 (n,).
        distances: in bits of that code, int32 (n,).
        wanted: how closely to look, int64 (n,).
    """

    code: str
    first: ContentIds
    second: ContentIds
    distances: npt.NDArray[np.int32]
    wanted: npt.NDArray[np.int64]


class Crowds:
    """Takes proposed pairs.

    Args:
        contents: that can be found, ascending.
        limit: bits of the hash up to which two are near.
    """

    def __init__(self, contents: ContentIds, limit: int) -> None:
        self._contents, self._limit = contents, limit
        self._near = np.zeros(len(contents), np.int64)
        self._held: dict[str, list[Portion]] = {}
        self._count = 0
        self.cut = False
        """Whether pairs were left out."""

    def add(self, portion: Portion) -> None:
        """Take some pairs, of which each may come several times."""
        first = np.minimum(portion.first, portion.second)
        second = np.maximum(portion.first, portion.second)
        if portion.code == "pdq":
            near = portion.distances <= self._limit
            for ends in (first[near], second[near]):
                self._near += np.bincount(
                    np.searchsorted(self._contents, ends), minlength=len(self._near)
                )
        self._held.setdefault(portion.code, []).append(portion._replace(first=first, second=second))
        self._count += len(first)
        if self._count > _ROOM:
            self._thin(MOST_PAIRS)

    def hubs(self) -> dict[ContentId, int]:
        """Contents that are near to far too many by the hash, and to how many; most first."""
        rows = np.flatnonzero(self._near >= _HUB)
        rows = rows[np.argsort(-self._near[rows], kind="stable")]
        return {ContentId(int(self._contents[r])): int(self._near[r]) for r in rows}

    def pairs(self) -> list[Look]:
        """All pairs that are to be looked at, each once: by the first code of those that found it.

        Hubs are told before.
        """
        self._thin(MOST_PAIRS)
        hubs = np.array(sorted(self.hubs()), np.int64)
        found: dict[tuple[int, int], Look] = {}
        for code in ("pdq", "turned", "view", "local", "photo", "part"):
            for portion in self._held.get(code, []):
                both = np.isin(portion.first, hubs) & np.isin(portion.second, hubs)
                if both.any():
                    kept = ~both
                    kept[np.flatnonzero(both)[_nearest(_rows(portion, both), HUB_PAIRS)]] = True
                    self.cut |= not bool(kept.all())
                    portion = _rows(portion, kept)
                for row in zip(*(column.tolist() for column in portion[1:]), strict=True):
                    first, second, distance, wanted = row
                    known = found.get((first, second))
                    if known is None:
                        found[first, second] = Look(first, second, code, distance, wanted)
                    elif known.wanted < wanted:
                        found[first, second] = known._replace(wanted=wanted)
        return [found[key] for key in sorted(found)]

    def _thin(self, most: int) -> None:
        """Keep the nearest pairs of each content by each code."""
        self._count = 0
        for code, portions in self._held.items():
            whole = Portion(
                code,
                np.concatenate([portion.first for portion in portions]),
                np.concatenate([portion.second for portion in portions]),
                np.concatenate([portion.distances for portion in portions]),
                np.concatenate([portion.wanted for portion in portions]),
            )
            # The nearest of those that came several times.
            order = np.lexsort((whole.distances, whole.second, whole.first))
            whole = _rows(whole, order)
            fresh = np.ones(len(order), np.bool_)
            fresh[1:] = (whole.first[1:] != whole.first[:-1]) | (
                whole.second[1:] != whole.second[:-1]
            )
            whole = _rows(whole, fresh)
            kept = _nearest(whole, most)
            self.cut |= len(kept) < len(whole.first)
            self._held[code] = [_rows(whole, kept)]
            self._count += len(kept)


def _rows(portion: Portion, rows: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> Portion:
    code, first, second, distances, wanted = portion
    return Portion(code, first[rows], second[rows], distances[rows], wanted[rows])


def _nearest(portion: Portion, most: int) -> npt.NDArray[np.int64]:
    """Rows that are among the nearest of one of their two contents, ascending."""
    n = len(portion.first)
    ends = np.concatenate([portion.first, portion.second])
    others = np.concatenate([portion.second, portion.first])
    distances = np.concatenate([portion.distances, portion.distances])
    order = np.lexsort((others, distances, ends))
    ranks = np.arange(2 * n) - np.searchsorted(ends[order], ends[order])
    return np.unique(order[ranks < most] % n) if n else np.empty(0, np.int64)
