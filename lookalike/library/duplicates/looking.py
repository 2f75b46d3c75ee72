"""Taking a second look at pairs of contents, and keeping what was seen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from lookalike.errors import UsageError
from lookalike.images.pool.pool import DecodePool
from lookalike.library.duplicates.eyes import Eyes, Sight, Task
from lookalike.library.duplicates.packed import (
    LYING,
    NAME,
    WHOLES,
    is_named,
    pack_verdict,
    unpack_verdict,
)
from lookalike.library.duplicates.sights import Sights
from lookalike.library.look_store import Look, PairStore
from lookalike.library.previews import Previews
from lookalike.library.store import Store
from lookalike.matching.edits import inverted
from lookalike.matching.features import Features, no_features
from lookalike.matching.prepared import unpack
from lookalike.matching.verdict import Verdict
from lookalike.types import ContentId

__all__ = ["GROUP", "LOOK", "Asked", "Looking", "Pair"]

GROUP = "group"
"""In place of a code, of pairs that no code proposed."""

LOOK = 3
"""Of the second look: what was seen by another one is looked at anew."""

Pair: TypeAlias = tuple[ContentId, ContentId]

_AT_ONCE = 256  # pairs whose previews are fetched, and whose looks are kept, at a time
_TASK = 12  # pairs of a task
_MADE = 16  # pictures of a task that makes features


class Asked(NamedTuple):
    """A pair to be looked at; see :class:`~lookalike.library.look_store.Look`.

    Where both are ``crowded``, near to far too many others, wholes are laid over each other as they
    lie, and that is all.
    """

    first: ContentId
    second: ContentId
    wanted: int
    crowded: bool = False


class Looking:
    """Looks at pairs of one library; what is known already isn't looked at again.

    Args:
        store: of the library.
        keeps: where looks are kept: the store, or memory for a library that can't be written to.
        previews: of the library, or in memory.
        pool: decodes what has no preview.
        eyes: the processes.
        stop: set to end after the pairs in hand.
    """

    def __init__(
        self,
        store: Store,
        keeps: PairStore,
        previews: Previews,
        pool: DecodePool,
        eyes: Eyes,
        stop: threading.Event,
    ) -> None:
        self._keeps, self._sights = keeps, Sights(store, previews, pool)
        self._eyes, self.stop = eyes, stop
        self._positive: dict[Pair, Look] = {}
        self._unpacked: dict[Pair, Verdict] = {}  # as they are asked for, several times each
        self._alike: dict[int, int] = {}  # of the many that are no copies only how closely
        self.looked = 0
        """Pairs that were looked at by now, and not known before."""

    def learn(self, looks: Iterable[Look]) -> None:
        """Take over what was seen before."""
        for look in looks:
            self._note(look)

    def _note(self, look: Look) -> None:
        if look.looked and look.kind in ("edited", "part"):
            self._positive[look.first, look.second] = look
            self._unpacked.pop((look.first, look.second), None)
            self._unpacked.pop((look.second, look.first), None)
        elif look.looked:
            self._alike[_number(look.first, look.second)] = look.looked

    def kind(self, a: ContentId, b: ContentId) -> str:
        """What two contents are by their pixels: ``edited``, ``part``, or nothing that is known."""
        look = self._positive.get((min(a, b), max(a, b)))
        return "" if look is None else look.kind

    def positive(self) -> Iterator[Pair]:
        """All pairs that were seen to be copies or parts, the lesser id first."""
        return iter(list(self._positive))

    def verdict(self, query: ContentId, hit: ContentId) -> Verdict | None:
        """What was seen of a pair, with edits from the hit to the query where they were named."""
        known = self._unpacked.get((query, hit))
        if known is not None:
            return known
        look = self._positive.get((min(query, hit), max(query, hit)))
        if look is None:
            return None
        verdict = unpack_verdict(look.found)
        if query != look.first:
            verdict = verdict.swapped().with_edits(inverted(verdict.edits))
        self._unpacked[query, hit] = verdict
        return verdict

    def is_due(self, asked: Asked) -> bool:
        """Whether a pair has yet to be looked at so closely."""
        first, second = min(asked[:2]), max(asked[:2])
        if (first, second) in self._positive:
            return False
        return self._alike.get(_number(first, second), 0) < asked.wanted

    def look(self, asked: Iterable[Asked], told: Callable[[int], object]) -> None:
        """Look at pairs that nobody has looked at so closely yet.

        Args:
            asked: the pairs; those of the same first content one after the other.
            told: called with how many of them were dealt with, now and then.
        """
        due = {
            (min(one[:2]), max(one[:2])): LYING
            if one.crowded and one.wanted == WHOLES
            else one.wanted
            for one in asked
            if self.is_due(one)
        }
        self._take([(*pair, wanted) for pair, wanted in due.items()], told)

    def name(self, pairs: Iterable[Pair], told: Callable[[int], object]) -> None:
        """Name the edits of pairs that were seen to be copies or parts."""
        due = []
        for a, b in pairs:
            look = self._positive.get((min(a, b), max(a, b)))
            if look is not None and not is_named(look.found):
                due.append((look.first, look.second, NAME))
        self._take(list(dict.fromkeys(due)), told)

    def features(self, contents: Sequence[ContentId]) -> Iterator[Features]:
        """The local features of contents, in their order; none of what can't be looked at.

        Those that nobody has kept are made, and kept. It ends early where it is to stop.
        """
        for start in range(0, len(contents), _AT_ONCE):
            if self.stop.is_set():
                return
            some = contents[start : start + _AT_ONCE]
            sights = self._sights.get(some)
            found = {c: _unpacked(sight.features) for c, sight in sights.items()}
            lacking = [c for c, features in found.items() if features is None]
            portions = [lacking[n : n + _MADE] for n in range(0, len(lacking), _MADE)]
            tasks = (Task([sights[c] for c in portion], features=True) for portion in portions)
            made: dict[ContentId, bytes] = {}
            for portion, result in zip(portions, self._eyes.look(tasks), strict=True):
                made |= {portion[place]: data for place, data in result.features.items()}
            self._sights.put_features(made)
            found |= {content: _unpacked(data) for content, data in made.items()}
            for content in some:
                yield found.get(content) or no_features()

    def _take(
        self, due: Sequence[tuple[ContentId, ContentId, int]], told: Callable[[int], object]
    ) -> None:
        for start in range(0, len(due), _AT_ONCE):
            if self.stop.is_set():
                return
            self._take_some(due[start : start + _AT_ONCE])
            told(min(_AT_ONCE, len(due) - start))

    def _take_some(self, due: Sequence[tuple[ContentId, ContentId, int]]) -> None:
        contents = list(dict.fromkeys(c for pair in due for c in pair[:2]))
        sights = self._sights.get(contents)
        can = [pair for pair in due if pair[0] in sights and pair[1] in sights]
        portions = [can[start : start + _TASK] for start in range(0, len(can), _TASK)]
        seen: dict[Pair, Look] = {}
        features: dict[ContentId, bytes] = {}
        tasks = [self._task(portion, sights) for portion in portions]
        for portion, names, result in zip(
            portions,
            [list(dict.fromkeys(c for p in portion for c in p[:2])) for portion in portions],
            self._eyes.look(tasks),
            strict=True,
        ):
            for (first, second, how), verdict in zip(portion, result.verdicts, strict=True):
                if verdict is None:
                    continue
                if how == NAME:
                    known = self._positive[first, second]
                    seen[first, second] = known._replace(found=pack_verdict(verdict, named=True))
                else:
                    told = verdict.kind != "alike"
                    found = pack_verdict(verdict) if told else ""
                    closely = WHOLES if how == LYING else how
                    look = Look(first, second, GROUP, 0, closely, closely)
                    seen[first, second] = look._replace(
                        kind=verdict.kind, agreement=verdict.agreement, found=found
                    )
                    self.looked += 1
            features |= {names[place]: data for place, data in result.features.items()}
        self._sights.put_features(features)
        self._keeps.put_looks(list(seen.values()))
        for look in seen.values():
            self._note(look)

    def _task(
        self,
        portion: Sequence[tuple[ContentId, ContentId, int]],
        sights: dict[ContentId, Sight],
    ) -> Task:
        places = {c: n for n, c in enumerate(dict.fromkeys(c for p in portion for c in p[:2]))}
        return Task(
            [sights[content] for content in places],
            [(places[a], places[b], how) for a, b, how in portion],
            [self._positive[a, b].found if how == NAME else "" for a, b, how in portion],
        )


def _unpacked(packed: bytes | None) -> Features | None:
    """Features that were kept; ``None`` where nobody kept any, or they are damaged."""
    try:
        return None if packed is None else unpack(packed).features
    except UsageError:
        return None


def _number(first: ContentId, second: ContentId) -> int:
    return first << 32 | second
