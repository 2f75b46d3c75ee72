"""What a user decides about duplicates, once: by content, so that it outlives moves and runs.

Two pictures are *rejected* as duplicates of each other; a group is *settled* as it is. A settled
group comes back only when it has something that it hadn't: a picture, or a further file of one.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from lookalike.errors import UsageError
from lookalike.library.records import ContentKey
from lookalike.library.verdict_store import Rejection, Settlement, VerdictStore

__all__ = ["Imported", "Verdicts", "key_text"]

_FORM: Final = "lookalike_decisions"
_VERSION: Final = 1
_DIGEST = 64  # letters
_MOST_MEMBER = 200


class Imported(NamedTuple):
    """What came of an import.

    Attributes:
        rejected: pairs that were not known.
        settled: groups that were not known.
    """

    rejected: int
    settled: int


class Verdicts:
    """The decisions of one library, as they are now.

    Args:
        store: of the library.
    """

    def __init__(self, store: VerdictStore) -> None:
        self._store = store
        self._apart: dict[ContentKey, set[ContentKey]] = defaultdict(set)
        for one in store.rejections():
            self._apart[one.first].add(one.second)
            self._apart[one.second].add(one.first)
        self._settled = store.settlements()
        self._of: dict[ContentKey, list[int]] = defaultdict(list)
        for number, group in enumerate(self._settled):
            for key in group.members:
                self._of[key].append(number)

    def are_apart(self, a: ContentKey, b: ContentKey) -> bool:
        """Whether two contents were rejected as duplicates of each other."""
        return b in self._apart.get(a, ())

    def settled(self, members: Mapping[ContentKey, int]) -> tuple[bool, str | None]:
        """Whether a group is settled, and, if it was but isn't any more, what has changed.

        Args:
            members: contents of the group, and how many files show each.
        """
        met = sorted({number for key in members for number in self._of.get(key, ())})
        most: Settlement | None = None
        for number in met:
            group = self._settled[number]
            if all(group.members.get(key, 0) >= count for key, count in members.items()):
                return True, None
            if most is None or _shared(group, members) > _shared(most, members):
                most = group
        # One picture that was in another group is no group that has changed.
        if most is None or _shared(most, members) < min(2, len(most.members)):
            return False, None
        new = sum(key not in most.members for key in members)
        more = sum(
            max(0, count - most.members[key])
            for key, count in members.items()
            if key in most.members
        )
        said = [f"{new:,} new"] if new else []
        if more:
            said.append(f"{more:,} more of the same bytes")
        return False, f"{' and '.join(said)} since it was settled"

    def reject(self, pairs: Iterable[tuple[ContentKey, ContentKey]]) -> None:
        """Decide that pairs are no duplicates.

        Raises:
            UsageError: the two of a pair are the same content.
        """
        rows = []
        for pair in pairs:
            first, second = sorted(pair)
            if first == second:
                raise UsageError(
                    "these two files hold the same bytes: settle their group instead, if it is"
                    " fine as it is"
                )
            rows.append(Rejection(first, second, _now()))
        self._store.put_rejections(rows)

    def unreject(self, pairs: Iterable[tuple[ContentKey, ContentKey]]) -> None:
        """Take such decisions back."""
        self._store.drop_rejections([Rejection(min(pair), max(pair), "") for pair in pairs])

    def settle(self, group: str, members: Mapping[ContentKey, int]) -> None:
        """Decide that a group is fine as it is."""
        self._store.put_settlements([Settlement(group, dict(members), _now())])

    def groups(self) -> list[str]:
        """Ids of the groups that are settled."""
        return [group.group for group in self._settled]

    def unsettle(self, groups: Sequence[str]) -> None:
        """Take such decisions back."""
        self._store.drop_settlements(groups)

    def export(self) -> str:
        """All decisions as JSON."""
        return json.dumps(
            {
                _FORM: _VERSION,
                "rejected": [
                    {"pictures": [key_text(one.first), key_text(one.second)], "made": one.made}
                    for one in self._store.rejections()
                ],
                "settled": [
                    {
                        "group": one.group,
                        "pictures": {key_text(k): n for k, n in sorted(one.members.items())},
                        "made": one.made,
                    }
                    for one in self._store.settlements()
                ],
            },
            indent=1,
        )

    def take(self, text: str) -> Imported:
        """Take over decisions that were exported; what is known already stays.

        Raises:
            UsageError: they are something else, or damaged; nothing is taken over.
        """
        try:
            given = json.loads(text)
            if given[_FORM] != _VERSION:
                raise UsageError(f"decisions of version {given[_FORM]!r}: {_VERSION} is known")
            rejected = [_rejection(one) for one in given["rejected"]]
            settled = [_settlement(one) for one in given["settled"]]
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise UsageError("these are no decisions that lookalike exported") from error
        before = {(one.first, one.second) for one in self._store.rejections()}
        there = {one.group for one in self._store.settlements()}
        self._store.put_rejections(rejected)
        fresh = [one for one in settled if one.group not in there]
        self._store.put_settlements(fresh)
        return Imported(len({(one.first, one.second) for one in rejected} - before), len(fresh))


def key_text(key: ContentKey) -> str:
    """A content as text: its digest in hexadecimal, and its member behind a colon if it has one."""
    return key.digest.hex() + (f":{key.member}" if key.member else "")


def _key(text: Any) -> ContentKey:
    digest, _, member = text.partition(":")
    if len(digest) != _DIGEST or len(member) > _MOST_MEMBER or not member.isprintable():
        raise ValueError("not a digest")
    return ContentKey(bytes.fromhex(digest), member)


def _rejection(one: Any) -> Rejection:
    first, second = sorted(map(_key, one["pictures"]))
    if first == second:
        raise ValueError("a picture beside itself")
    return Rejection(first, second, _time(one["made"]))


def _settlement(one: Any) -> Settlement:
    members = {_key(text): count for text, count in one["pictures"].items()}
    if not members or any(type(n) is not int or not 0 < n < 1 << 31 for n in members.values()):
        raise ValueError("not a number of files")
    group = one["group"]
    if not isinstance(group, str) or not group.isalnum() or len(group) > _DIGEST:
        raise ValueError("not a group")
    return Settlement(group, members, _time(one["made"]))


def _time(text: Any) -> str:
    return datetime.fromisoformat(text).isoformat()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _shared(group: Settlement, members: Mapping[ContentKey, int]) -> int:
    return len(group.members.keys() & members.keys())
