"""Finding duplicates: pairs, looks, groups, what is kept of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lookalike.images.pool.pool import DecodePool
from lookalike.library.calibration_sample import limits_of
from lookalike.library.calibrations import Calibrations
from lookalike.library.duplicates.facts import Facts
from lookalike.library.duplicates.grouping import beside, stars
from lookalike.library.duplicates.joining import Joining
from lookalike.library.duplicates.looking import GROUP, Asked, Looking, Pair
from lookalike.library.duplicates.packed import CLOSE
from lookalike.library.duplicates.proposing import Level
from lookalike.library.duplicates.records import (
    DuplicatesProgress,
    DuplicatesStage,
    GroupKind,
    OnDuplicates,
)
from lookalike.library.duplicates.rules import Rules
from lookalike.library.duplicates.settling import Chosen, Settling
from lookalike.library.engine import Table
from lookalike.library.look_store import Look, PairStore
from lookalike.library.records import PictureInfo
from lookalike.library.stages import Clock
from lookalike.library.store import Store
from lookalike.library.verdicts import Verdicts
from lookalike.types import ContentId, Slot

__all__ = ["Finding", "Groups"]

_ROUNDS = 3  # of grouping, while representatives turn out to be copies of each other
_SURE = 0.95  # agreement of copies where one of the two is near to far too many, flat or tiny


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """What was found, by content.

    Attributes:
        copies: groups of which one picture is enough.
        parts: of each other relation the groups around one content: by relation, then by content.
        pairs: that were proposed among what was asked about.
        whole: whether it came to its end.
    """

    copies: list[Chosen]
    parts: Mapping[GroupKind, Mapping[ContentId, Sequence[ContentId]]]
    pairs: int
    whole: bool


class Finding:
    """One search for duplicates in one library.

    Args:
        store: of the library.
        keeps: where pairs are kept.
        tables: of the codes.
        calibrations: of these.
        looking: looks at pairs.
        verdicts: what was decided.
        fits: which pictures are asked about.
        progress: called now and then.
        clock: counts the seconds of the stages.
    """

    def __init__(
        self,
        store: Store,
        keeps: PairStore,
        tables: Mapping[Slot, Table],
        calibrations: Calibrations,
        looking: Looking,
        verdicts: Verdicts,
        fits: Callable[[PictureInfo], bool],
        progress: OnDuplicates | None,
        clock: Clock,
    ) -> None:
        self._store, self._keeps, self._tables = store, keeps, tables
        self._looking, self._verdicts = looking, verdicts
        self._progress, self._clock = progress, clock
        self.facts = Facts(store, fits)
        self.joining = Joining(store, keeps, tables, calibrations, looking.features)
        self._done = self._total = self._named = 0
        self._doubtful: set[ContentId] = set()

    def find(
        self,
        level: Level,
        among: Iterable[ContentId] | None,
        pool: DecodePool,
        rules: Rules,
    ) -> Groups:
        """Find groups.

        Args:
            level: how far to look for candidates.
            among: contents that are asked about; ``None`` for all.
            pool: decodes files in full.
            rules: say what is kept.
        """
        whole = self.joining.join(level, self._told_pairs)
        self._clock.add("pairs")
        rows, repeated = self._known(None if among is None else set(among))
        rows = [row for row in rows if row.code != GROUP]
        due = [row for row in rows if self._matters(row)]
        self.facts.learn([c for row in due for c in row[:2]])
        self.facts.learn(repeated)
        due = [
            row
            for row in due
            if row.first in self.facts
            and row.second in self.facts
            and not self.facts.same_file(row.first, row.second)
        ]
        self._mark_doubtful(due)
        self._total = sum(self._is_due(row.first, row.second, row.wanted) for row in due)
        settling = Settling(
            self._store, self.facts, self._looking, pool, rules, self._are_copies, self._told_edits
        )
        found = self._copies(due, settling)
        parts = self._beside(due, found)
        inside = {c for group in found for c in group.contents}
        for content in repeated:
            known = content in self.facts and content not in inside
            if known and len(self.facts[content].pictures) > 1:
                found.append(settling.alone(content))
        self._clock.add("groups")
        return Groups(found, parts, len(rows), whole and not self._looking.stop.is_set())

    def _known(self, allowed: set[ContentId] | None) -> tuple[list[Look], list[ContentId]]:
        """The pairs that were proposed, and the contents of several files."""
        rows = [
            row
            for row in self._keeps.looks()
            if allowed is None or (row.first in allowed and row.second in allowed)
        ]
        self._looking.learn(rows)
        return rows, [c for c in self._store.repeated() if allowed is None or c in allowed]

    def _matters(self, row: Look) -> bool:
        """Whether a pair is a copy or a part, or may be."""
        known = self._looking.kind(row.first, row.second)
        return bool(known) or self._is_due(row.first, row.second, row.wanted)

    def _is_due(self, a: ContentId, b: ContentId, wanted: int) -> bool:
        return self._looking.is_due(Asked(a, b, wanted))

    def _mark_doubtful(self, due: Sequence[Look]) -> None:
        """Note what is near to far too many, flat or tiny: little says that two of them are one."""
        contents = np.array(sorted({c for row in due for c in row[:2]}), np.int64)
        table = self._tables["pdq"]
        flat = table.stored(contents).quality < limits_of(table.encoder).quality
        self._doubtful = {ContentId(int(c)) for c in contents[flat]}
        self._doubtful |= {ContentId(int(c)) for c in contents if self.facts[c].is_tiny}
        self._doubtful |= self.joining.hubs.keys()

    # Copies

    def _are_copies(self, a: ContentId, b: ContentId) -> bool:
        """Whether two contents that were looked at are the same picture, so that one is enough."""
        if self._apart(a, b):
            return False
        if self.facts.same_pixels(a, b):
            return True
        verdict = self._looking.verdict(a, b)
        if verdict is None or verdict.kind != "edited" or self.facts.relation(a, b):
            return False
        return verdict.agreement >= _SURE or not {a, b} & self._doubtful

    def _apart(self, a: ContentId, b: ContentId) -> bool:
        return self._verdicts.are_apart(self.facts[a].key, self.facts[b].key)

    def _copies(self, due: Sequence[Look], settling: Settling) -> list[Chosen]:
        near = {(row.first, row.second): row.wanted for row in due}
        found = self._grouped({c for pair in near for c in pair}, near, settling)
        # Two groups may have met in members only, of which the middles weren't proposed as a pair.
        met = self._meeting(due, found)
        self._look([(*pair, CLOSE) for pair in met])
        again = {pair for pair in met if self._are_copies(*pair)}
        if not again:
            return found
        of = {group.keep.option.content: group for group in found}
        loose: set[ContentId] = set()
        more: dict[Pair, int] = {}
        for pair in again:
            both = [c for end in pair for c in _contents_of(of, end)]
            loose.update(both)
            more |= {(end, c): CLOSE for end in pair for c in both if c != end}
        stay = [group for group in found if group.keep.option.content not in loose]
        return stay + self._grouped(loose, {**near, **more}, settling)

    def _grouped(
        self, contents: set[ContentId], near: Mapping[Pair, int], settling: Settling
    ) -> list[Chosen]:
        """Groups of some contents; what leaves one is tried again with what else has left."""
        found: list[Chosen] = []
        for _ in range(_ROUNDS):
            order = sorted(contents, key=lambda c: self.facts[c].order())
            links: dict[ContentId, list[ContentId]] = defaultdict(list)
            for a, b in near:
                if a in contents and b in contents:
                    links[a].append(b)
            groups = stars(order, links, lambda pairs: self._seen(pairs, near), self._apart)
            self._clock.add("looks")
            chosen, left = settling.settle(groups)
            self._clock.add("edits")
            found += chosen
            contents = left
            if not left:
                break
        return found

    def _seen(self, pairs: Sequence[Pair], near: Mapping[Pair, int]) -> list[bool]:
        self._look(
            [(a, b, near.get((a, b)) or near.get((b, a)) or CLOSE) for a, b in pairs
             if not self.facts.same_pixels(a, b)]
        )  # fmt: skip
        return [self._are_copies(*pair) for pair in pairs]

    def _meeting(self, due: Sequence[Look], found: Sequence[Chosen]) -> list[Pair]:
        """Pairs of what is kept, or alone, of which copies were proposed as pairs."""
        middle = {c: g.keep.option.content for g in found for c in g.contents}
        met = {
            (middle.get(row.first, row.first), middle.get(row.second, row.second))
            for row in due
            if self._matters(row)  # still: what was seen to be no copy links nothing
        }
        pairs = {(min(pair), max(pair)) for pair in met}
        return sorted(
            pair
            for pair in pairs
            if pair[0] != pair[1] and not self.facts.same_file(*pair) and not self._apart(*pair)
        )

    # What is beside copies

    def _beside(
        self, due: Sequence[Look], found: Sequence[Chosen]
    ) -> dict[GroupKind, dict[ContentId, list[ContentId]]]:
        """Parts, frames of a burst and the like, around the one that comes first."""
        met = self._meeting(due, found)
        self._look([(*pair, CLOSE) for pair in met])
        related: dict[GroupKind, list[Pair]] = defaultdict(list)
        for pair in met:
            kind = self._looking.kind(*pair)
            relation = self.facts.relation(*pair) if kind else None
            if relation is not None:
                related[relation].append(pair)
            elif kind == "part":
                related["part"].append(pair)
        return {
            relation: beside(
                sorted({c for pair in pairs for c in pair}, key=lambda c: self.facts[c].order()),
                pairs,
            )
            for relation, pairs in related.items()
        }

    def name(self, groups: Mapping[ContentId, Sequence[ContentId]]) -> None:
        """Name what was done to members, beside their middles."""
        pairs = [(middle, member) for middle, members in groups.items() for member in members]
        self._looking.name(pairs, self._told_edits)
        self._clock.add("edits")

    # Looking, and telling of it

    def _look(self, pairs: Iterable[tuple[ContentId, ContentId, int]]) -> None:
        hubs = self.joining.hubs
        asked = [Asked(a, b, wanted, a in hubs and b in hubs) for a, b, wanted in pairs]
        self._looking.look(asked, self._told_looks)

    def _told_pairs(self, done: int, total: int) -> bool:
        self._tell("pairs", done, total)
        return not self._looking.stop.is_set()

    def _told_looks(self, count: int) -> None:
        self._done += count
        self._tell("looks", self._done, max(self._total, self._done))

    def _told_edits(self, count: int) -> None:
        self._named += count
        self._tell("edits", self._named, self._named)

    def _tell(self, stage: DuplicatesStage, done: int, total: int) -> None:
        if self._progress is not None:
            self._progress(DuplicatesProgress(stage, done, total))


def _contents_of(groups: Mapping[ContentId, Chosen], content: ContentId) -> Sequence[ContentId]:
    group = groups.get(content)
    return (content,) if group is None else group.contents
