"""Pairs that may be copies, and what was decided about duplicates: in dictionaries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from lookalike.library.look_store import Look
from lookalike.library.memory.listing import MemoryListing
from lookalike.library.records import ContentKey
from lookalike.library.verdict_store import Rejection, Settlement
from lookalike.types import ContentId

__all__ = ["MemoryLooks", "PairsInMemory"]


class PairsInMemory:
    """Pairs and what was seen of them: also of a library that can't be written to."""

    def __init__(self, looks: Iterable[Look] = ()) -> None:
        self._looks = {(look.first, look.second): look for look in looks}

    def put_pairs(self, pairs: Sequence[Look]) -> None:
        """See :class:`~lookalike.library.store.Store`, as for all that follow."""
        for pair in pairs:
            known = self._looks.get((pair.first, pair.second), pair)
            self._looks[pair.first, pair.second] = known._replace(
                wanted=max(known.wanted, pair.wanted)
            )

    def put_looks(self, looks: Sequence[Look]) -> None:
        for look in looks:
            known = self._looks.get((look.first, look.second), look)
            self._looks[look.first, look.second] = look._replace(
                code=known.code,
                distance=known.distance,
                wanted=max(known.wanted, look.wanted),
            )

    def looks(self) -> Iterator[Look]:
        return iter([look for _, look in sorted(self._looks.items())])

    def drop_looks(self) -> None:
        self._looks.clear()


class MemoryLooks(MemoryListing):
    """Duplicates: a part of :class:`~lookalike.library.memory.store.MemoryStore`."""

    def __init__(self) -> None:
        super().__init__()
        self._pairs = PairsInMemory()
        self._rejected: dict[tuple[ContentKey, ContentKey], Rejection] = {}
        self._settled: dict[str, Settlement] = {}

    def _known_pairs(self, pairs: Sequence[Look]) -> list[Look]:
        there = self._contents
        return [pair for pair in pairs if pair.first in there and pair.second in there]

    def put_pairs(self, pairs: Sequence[Look]) -> None:
        """See :class:`~lookalike.library.store.Store`, as for all that follow."""
        with self.writing():
            self._pairs.put_pairs(self._known_pairs(pairs))

    def put_looks(self, looks: Sequence[Look]) -> None:
        with self.writing():
            self._pairs.put_looks(self._known_pairs(looks))

    def looks(self) -> Iterator[Look]:
        with self.writing():
            return iter(self._known_pairs(list(self._pairs.looks())))

    def drop_looks(self) -> None:
        with self.writing():
            self._pairs.drop_looks()

    def repeated(self) -> Iterable[ContentId]:
        with self.writing():
            present = [file for file in self._files.values() if file.present]
            shown = Counter(member.content for file in present for member in file.members)
            return sorted(content for content, count in shown.items() if count > 1)

    # What was decided

    def rejections(self) -> list[Rejection]:
        with self.writing():
            return [self._rejected[pair] for pair in sorted(self._rejected)]

    def put_rejections(self, pairs: Sequence[Rejection]) -> None:
        with self.writing():
            for pair in pairs:
                self._rejected.setdefault((pair.first, pair.second), pair)

    def drop_rejections(self, pairs: Sequence[Rejection]) -> None:
        with self.writing():
            for pair in pairs:
                self._rejected.pop((pair.first, pair.second), None)

    def settlements(self) -> list[Settlement]:
        with self.writing():
            return [self._settled[group] for group in sorted(self._settled)]

    def put_settlements(self, groups: Sequence[Settlement]) -> None:
        with self.writing():
            self._settled |= {group.group: group for group in groups}

    def drop_settlements(self, groups: Sequence[str]) -> None:
        with self.writing():
            for group in groups:
                self._settled.pop(group, None)
