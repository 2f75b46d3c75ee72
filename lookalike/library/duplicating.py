"""Duplicates within a library, and what is decided about them."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookalike.arguments import check_whole
from lookalike.errors import LibraryReadOnlyError, UsageError
from lookalike.library.arguments import check_callback, check_flag, check_path, check_stop
from lookalike.library.filters import Filter, check_filter
from lookalike.library.records import ContentKey

if TYPE_CHECKING:
    from lookalike.library.duplicates.records import Duplicates, GroupKind, OnDuplicates
    from lookalike.library.duplicates.rules import Rules
    from lookalike.library.engine import Engine
    from lookalike.library.models import Models
    from lookalike.library.previews import Previews
    from lookalike.library.store import Store
    from lookalike.library.verdicts import Imported
    from lookalike.types import Limits

__all__ = ["Duplicating"]

_MOST_GROUPS = 1_000_000_000


class Duplicating:
    """A part of :class:`~lookalike.library.reading.Reading`."""

    _store: Store
    _engine: Engine
    _models: Models
    _previews: Previews
    _limits: Limits
    _workers: int | None

    if TYPE_CHECKING:

        def _check_open(self) -> None:
            """See :class:`~lookalike.library.reading.Reading`."""

    def duplicates(
        self,
        *,
        kinds: Iterable[GroupKind] = ("same-bytes", "same-pixels", "edited"),
        max_chance: float | None = None,
        only: Filter | None = None,
        across: Sequence[str | os.PathLike[str]] | None = None,
        limit: int | None = None,
        rules: str | os.PathLike[str] | Rules | None = None,
        progress: OnDuplicates | None = None,
        stop: threading.Event | None = None,
    ) -> Duplicates:
        """Pictures that are there more than once, in groups around the one to keep.

        Pairs that the codes propose are compared by their pixels. What was seen of a pair is kept,
        so that the next search looks at what is new alone. Every member of a group was compared
        with the picture that is kept. Nothing is changed but what the library knows.

        Args:
            kinds: of the members that are told of. ``part`` and ``burst`` take longer the first
                time: the photo code is asked, too.
            max_chance: leave out members of which an unrelated picture would get more hits as near;
                those of the same bytes or pixels stay.
            only: which pictures are compared; its kinds say nothing here.
            across: two folders: groups that have pictures of both, and no others.
            limit: groups, at most; the first are those that free most.
            rules: which picture of a group to keep: a file of rules (TOML), or rules that were
                read; the usual ones by default.
            progress: called now and then, in this thread.
            stop: set it, from any thread, to end after the pairs in hand, with what was found.

        Raises:
            UsageError: no such kinds, an argument of another type, or rules that can't be
                understood.
            LibraryError: the library has no codes yet, or can't be read.
        """
        from lookalike.library.duplicates.search import DuplicateSearch

        wanted = check_group_kinds(kinds)
        if max_chance is not None and (
            isinstance(max_chance, bool)
            or not isinstance(max_chance, int | float)
            or not max_chance >= 0
        ):
            raise UsageError(f"max_chance is a number from 0 on, not {max_chance!r}")
        folders = None if across is None else _two(across)
        most = None if limit is None else check_whole("limit", limit, 1, _MOST_GROUPS)
        check_callback("progress", progress)
        check_stop(stop)
        self._check_open()
        search = DuplicateSearch(
            self._store, self._engine, self._models, self._previews, self._limits, self._workers
        )
        return search.find(
            wanted,
            max_chance=max_chance,
            only=check_filter(only),
            across=folders,
            limit=most,
            rules=_rules(rules),
            progress=progress,
            stop=stop or threading.Event(),
        )

    def reject(self, first: int, second: int, *, undo: bool = False) -> None:
        """Decide that two pictures are no duplicates of each other, whatever they look like.

        It holds of what they show, wherever their files go, and whatever is indexed again.

        Args:
            first: a picture's id.
            second: another one's.
            undo: take that back.

        Raises:
            UsageError: there is no such picture, or both hold the same bytes.
            LibraryReadOnlyError: nothing can be kept.
        """
        from lookalike.library.verdicts import Verdicts

        self._check_kept()
        pair = self._key(first), self._key(second)
        if check_flag("undo", undo):
            Verdicts(self._store).unreject([pair])
        else:
            Verdicts(self._store).reject([pair])

    def settle(
        self,
        group: str,
        *,
        only: Filter | None = None,
        across: Sequence[str | os.PathLike[str]] | None = None,
        undo: bool = False,
    ) -> str:
        """Decide that a group is fine as it is: it isn't told of again until it gets something new.

        Args:
            group: its id, as :meth:`duplicates` tells it; or its beginning, where that is enough.
            only: which pictures were compared, as for :meth:`duplicates`.
            across: likewise.
            undo: take that back, of a group that was settled.

        Returns:
            The whole id.

        Raises:
            UsageError: there is no such group now, or several that begin so.
            LibraryReadOnlyError: nothing can be kept.
        """
        from lookalike.library.duplicates.records import GROUP_KINDS
        from lookalike.library.duplicates.search import DuplicateSearch
        from lookalike.library.verdicts import Verdicts

        self._check_kept()
        if not isinstance(group, str) or not group.isalnum():
            raise UsageError(f"a group's id is letters and digits, not {group!r}")
        verdicts = Verdicts(self._store)
        if check_flag("undo", undo):
            named = [one for one in verdicts.groups() if one.startswith(group.lower())]
            verdicts.unsettle([_one(group, named, "settled group")])
            return named[0]
        search = DuplicateSearch(
            self._store, self._engine, self._models, self._previews, self._limits, self._workers
        )
        folders = None if across is None else _two(across)
        known = dict(search.known(GROUP_KINDS, check_filter(only), folders))
        name = _one(group, [one for one in known if one.startswith(group.lower())], "group")
        verdicts.settle(name, known[name])
        return name

    def export_decisions(self) -> str:
        """All that was rejected and settled, as JSON."""
        from lookalike.library.verdicts import Verdicts

        self._check_open()
        return Verdicts(self._store).export()

    def import_decisions(self, text: str) -> Imported:
        """Take over decisions from :meth:`export_decisions` of any library.

        They are about contents, so that they hold wherever these are indexed, now or later.

        Args:
            text: as it was exported.

        Returns:
            How many pairs and groups were not known.

        Raises:
            UsageError: it is something else; nothing is taken over.
            LibraryReadOnlyError: nothing can be kept.
        """
        from lookalike.library.verdicts import Verdicts

        self._check_kept()
        if not isinstance(text, str):
            raise UsageError(f"decisions are the text that was exported, not {type(text).__name__}")
        return Verdicts(self._store).take(text)

    def _check_kept(self) -> None:
        """Refuse a decision where it can't be kept."""
        self._check_open()
        if self._store.read_only:
            raise LibraryReadOnlyError(
                f"{self._store.location} can only be read, so that no decision can be kept: open"
                " it where it can be written to"
            )

    def _key(self, picture: int) -> ContentKey:
        from lookalike.library.pictures import Pictures

        found = Pictures(self._store, self._previews).get(picture)
        if found is None:
            raise UsageError(f"there is no picture {picture} in the library")
        return ContentKey(found.digest, found.member)


def check_group_kinds(kinds: Any) -> tuple[GroupKind, ...]:
    """Kinds of members of groups, in the order of the best.

    Raises:
        UsageError: none, or other words than those of the kinds.
    """
    from lookalike.library.duplicates.records import GROUP_KINDS

    if isinstance(kinds, str | bytes) or not isinstance(kinds, Iterable):
        raise UsageError(f"kinds are a list such as ['same-bytes', 'edited'], not {kinds!r}")
    given = list(kinds)
    for kind in given:
        if not isinstance(kind, str) or kind not in GROUP_KINDS:
            raise UsageError(f"a kind is one of {', '.join(GROUP_KINDS)}, not {kind!r}")
    if not given:
        raise UsageError(f"no kind is asked for: give some of {', '.join(GROUP_KINDS)}")
    return tuple(kind for kind in GROUP_KINDS if kind in given)


def _two(across: Any) -> tuple[str, str]:
    if isinstance(across, str | bytes) or not isinstance(across, Sequence) or len(across) != 2:
        raise UsageError(f"across are two folders, not {across!r}")
    first, second = (os.path.abspath(check_path("a folder of across", one)) for one in across)
    return first, second


def _one(group: str, found: Sequence[str], what: str) -> str:
    """The only one of the ids that begin with what was given."""
    if not found:
        raise UsageError(
            f"there is no {what} {group} now: 'lookalike duplicates' says which there are"
        )
    if len(found) > 1:
        raise UsageError(f"{len(found)} {what}s begin with {group}: give more of the id")
    return found[0]


def _rules(rules: Any) -> Rules:
    from lookalike.library.duplicates.rules import DEFAULT_RULES, Rules

    if rules is None:
        return Rules.parse(DEFAULT_RULES)
    return rules if isinstance(rules, Rules) else Rules.read(Path(check_path("rules", rules)))
