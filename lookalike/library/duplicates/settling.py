"""From stars to groups around what is kept: every member is compared with it once more.

The middle of a star is the largest picture, and what is kept is chosen by rules. So members are
looked at beside that one, and those that aren't seen to be copies of it leave the group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

from lookalike.errors import PictureError
from lookalike.images.pool.item import Item
from lookalike.images.pool.pool import DecodePool
from lookalike.library.duplicates.facts import Facts
from lookalike.library.duplicates.keeping import Choice, choose, derived
from lookalike.library.duplicates.looking import Asked, Looking
from lookalike.library.duplicates.majority import odd_ones
from lookalike.library.duplicates.option import Option
from lookalike.library.duplicates.packed import CLOSE
from lookalike.library.duplicates.rules import Rules
from lookalike.library.duplicates.traces import Traces
from lookalike.library.sameness import keep_digests
from lookalike.library.store import Store
from lookalike.match import NamedEdit
from lookalike.types import ContentId

__all__ = ["SEVERAL", "Chosen", "Settling"]

T = TypeVar("T")

_ROUNDS = 4  # of choosing what to keep, while it is seen to come of another one
SEVERAL: Final = frozenset({"GIF", "WEBP", "TIFF", "PNG", "HEIF", "AVIF", "MPO"})
"""Formats of which a file may hold several pictures."""
_PLAIN: Final = frozenset({"recompress"})


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """A group of contents.

    Attributes:
        keep: what is kept of it.
        members: the other contents, in their order; without those of the same bytes.
    """

    keep: Choice
    members: tuple[ContentId, ...]

    @property
    def contents(self) -> tuple[ContentId, ...]:
        """All of them, what is kept first."""
        return (self.keep.option.content, *self.members)


class Settling:
    """Chooses what is kept of groups.

    Args:
        store: of the library.
        facts: known of the contents.
        looking: looks at pairs.
        pool: decodes files in full.
        rules: that choose.
        are_copies: whether two contents that were looked at are copies of each other.
        told: called with how many pairs were dealt with.
    """

    def __init__(
        self,
        store: Store,
        facts: Facts,
        looking: Looking,
        pool: DecodePool,
        rules: Rules,
        are_copies: Callable[[ContentId, ContentId], bool],
        told: Callable[[int], object],
    ) -> None:
        self._store, self._facts, self._looking = store, facts, looking
        self._pool, self._rules, self._are_copies = pool, rules, are_copies
        self._told = told
        self._traces = Traces(store, pool, looking.stop)

    def settle(
        self, groups: Mapping[ContentId, Sequence[ContentId]]
    ) -> tuple[list[Chosen], set[ContentId]]:
        """Choose what is kept of each group.

        Returns:
            The groups, and the contents that turned out to be no copies of what is kept of theirs.
        """
        self._look(groups)
        self._learn_pixels(groups)
        self._learn_counts(groups)
        beside = {middle: [middle] for middle in groups}  # those that all others were named beside
        chosen = self._choices(groups, beside)
        for _ in range(_ROUNDS):
            new = {
                middle: choice.option.content
                for middle, choice in chosen.items()
                if choice.option.content not in beside[middle]
            }
            if not new:
                break
            self._look(
                {
                    keep: [c for c in (middle, *groups[middle]) if c not in (keep, *beside[middle])]
                    for middle, keep in new.items()
                }
            )
            for middle, keep in new.items():
                beside[middle].append(keep)
            chosen |= self._choices({middle: groups[middle] for middle in new}, beside)
        found, left = [], set()
        for middle, members in groups.items():
            keep = chosen[middle].option.content
            copies = [c for c in (middle, *members) if c != keep and self._are_copies(c, keep)]
            left |= {c for c in (middle, *members) if c != keep and c not in copies}
            if copies:
                found.append(Chosen(self._choice_of([keep, *copies], keep), tuple(copies)))
            else:
                left.add(keep)
        self._traces.keep()
        return found, left

    def alone(self, content: ContentId) -> Chosen:
        """The group of the files that hold one content."""
        return Chosen(choose(self._options(content), self._rules), ())

    def _look(self, groups: Mapping[ContentId, Sequence[ContentId]]) -> None:
        """Look at all members beside the middles, and name what was done to them."""
        pairs = [(middle, member) for middle, members in groups.items() for member in members]
        pairs = [pair for pair in pairs if not self._facts.same_pixels(*pair)]
        self._looking.look([Asked(*pair, CLOSE) for pair in pairs], self._told)
        self._looking.name(pairs, self._told)

    def _choices(
        self,
        groups: Mapping[ContentId, Sequence[ContentId]],
        beside: Mapping[ContentId, Sequence[ContentId]],
    ) -> dict[ContentId, Choice]:
        """Choose of each group; on all processors, since some files are decoded for it."""
        with ThreadPoolExecutor(self._pool.workers, "lookalike-choices") as threads:
            made = threads.map(
                lambda middle: self._choice(middle, groups[middle], beside[middle]), groups
            )
            return dict(zip(groups, made, strict=True))

    def _choice(
        self, middle: ContentId, members: Sequence[ContentId], beside: Sequence[ContentId]
    ) -> Choice:
        """Choose by what was seen beside some of them: the middle, and what was chosen before."""
        contents = [middle, *members]
        edited = set().union(*(self._edited(one, contents) for one in beside))
        return self._chosen(contents, edited, self._odd(middle, contents))

    def _chosen(
        self, contents: Sequence[ContentId], edited: Set[ContentId], odd: Set[ContentId]
    ) -> Choice:
        options = [
            option
            for one in contents
            for option in self._options(one, is_edited=one in edited, is_odd=one in odd)
        ]
        return choose(options, self._rules)

    def _choice_of(self, contents: Sequence[ContentId], keep: ContentId) -> Choice:
        """Of all that stays in a group: the same content, and the reasons that are left."""
        edited = self._edited(keep, contents) - {keep}
        choice = self._chosen(contents, edited, self._odd(keep, contents))
        if choice.option.content == keep:
            return choice
        # Its own files alone decide among themselves; it was chosen by what left the group.
        return choose(self._options(keep), self._rules)

    def _edited(self, one: ContentId, contents: Iterable[ContentId]) -> set[ContentId]:
        """Those that came of another one, as far as it shows beside one of them."""
        found = set()
        for other in contents:
            verdict = None if other == one else self._looking.verdict(other, one)
            side = None if verdict is None else derived(verdict.edits)
            if side is not None:
                found.add(other if side == "query" else one)
        return found

    def _odd(self, one: ContentId, contents: Iterable[ContentId]) -> set[ContentId]:
        """Those that lie or are lit otherwise than most, as far as it shows beside one of them."""
        named: dict[ContentId, tuple[NamedEdit, ...]] = {}
        for other in contents:
            if other == one or self._facts.same_pixels(other, one):  # which are not looked at
                named[other] = ()
            elif (verdict := self._looking.verdict(other, one)) is not None:
                named[other] = verdict.edits
        return odd_ones(named)

    def _options(
        self, content: ContentId, *, is_edited: bool = False, is_odd: bool = False
    ) -> list[Option]:
        fact = self._facts[content]
        pixels = content if fact.pixels is None else fact.pixels
        return [
            Option(
                picture,
                content,
                pixels,
                fact.shot,
                fact.held or 1,
                is_edited,
                is_odd,
                lambda: self._traces.of(fact),
            )
            for picture in fact.pictures
        ]

    # What decoding alone tells

    def _learn_pixels(self, groups: Mapping[ContentId, Sequence[ContentId]]) -> None:
        """Make digests of contents that may show just the same as another one."""
        wanted: dict[ContentId, None] = {}
        for middle, members in groups.items():
            plain = [c for c in members if self._is_plain(middle, c)]
            sizes = [self._facts[c].size for c in plain]
            if self._facts[middle].size in sizes:
                wanted |= dict.fromkeys([middle, *plain])
        lacking = [c for c in wanted if self._facts[c].pixels is None]
        new: dict[ContentId, bytes] = {}
        for content, digest in zip(lacking, self._each(self._digest, lacking), strict=True):
            if digest is not None:
                self._facts[content].pixels = digest
                new[content] = digest
        keep_digests(self._store, new)

    def _is_plain(self, middle: ContentId, member: ContentId) -> bool:
        """Whether a member was saved anew at most, of the same size."""
        verdict = self._looking.verdict(member, middle)
        same_size = self._facts[middle].size == self._facts[member].size
        return (
            verdict is not None
            and verdict.kind == "edited"
            and same_size
            and all(edit.name in _PLAIN for edit in verdict.edits)
        )

    def _digest(self, content: ContentId) -> bytes | None:
        fact = self._facts[content]
        if fact.loss:
            return None
        for picture in fact.pictures:
            try:
                read, digest = self._pool.digest(
                    Item(picture.path, picture.member), content=picture.digest
                )
            except PictureError:
                continue
            if read == picture.digest:
                return digest
        return None

    def _learn_counts(self, groups: Mapping[ContentId, Sequence[ContentId]]) -> None:
        """Count the pictures of files that may hold several."""
        contents = [c for middle, members in groups.items() for c in (middle, *members)]
        lacking = [
            c
            for c in contents
            if self._facts[c].held is None and self._facts[c].first.format in SEVERAL
        ]
        for content, held in zip(lacking, self._each(self._count, lacking), strict=True):
            self._facts[content].held = held

    def _count(self, content: ContentId) -> int | None:
        for picture in self._facts[content].pictures:
            try:
                decoded = self._pool.decode(picture.path, inputs={}, count=True)
            except PictureError:
                continue
            if decoded.content_digest == picture.digest:
                if not self._store.read_only:
                    self._store.put_contents([decoded])
                return decoded.members
        return None

    def _each(
        self, make: Callable[[ContentId], T | None], contents: Sequence[ContentId]
    ) -> list[T | None]:
        if not contents:
            return []

        def unless_stopped(content: ContentId) -> T | None:
            return None if self._looking.stop.is_set() else make(content)

        with ThreadPoolExecutor(self._pool.workers, "lookalike-same") as threads:
            return list(threads.map(unless_stopped, contents))
