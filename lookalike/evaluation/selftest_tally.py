"""What the searches of a library's test of itself found, while it goes on."""

from __future__ import annotations

from collections import Counter

from lookalike.evaluation.selftest_report import MISSING, EditOutcome, FalseAlarms, Suspect, Way
from lookalike.types import Match

__all__ = ["SelfTestTally"]


class SelfTestTally:
    """Counts, by edit and direction, and the pairs to be looked at.

    Attributes:
        searches: made in the library under test.
        flat_asked: of these, those by copies of flat pictures.
        flat_missed: of these, those that didn't find the original first.
    """

    def __init__(self) -> None:
        self.searches = self.flat_asked = self.flat_missed = 0
        self._asked: Counter[tuple[str, bool]] = Counter()
        self._first: Counter[tuple[str, bool]] = Counter()
        self._kinds: dict[tuple[str, bool], Counter[str]] = {}
        self._suspects: dict[tuple[str, str], Suspect] = {}

    def note(self, edit: str, reverse: bool, is_first: bool, hit: Match | None) -> None:
        """What became of one search.

        Args:
            edit: its name.
            reverse: whether the original asked for the copy.
            is_first: whether what was looked for came before all else.
            hit: what was looked for, as it was found.
        """
        way = (edit, reverse)
        self._asked[way] += 1
        self._first[way] += is_first
        self._kinds.setdefault(way, Counter())[MISSING if hit is None else hit.kind] += 1

    def suspect(self, asked: str, edit: str | None, hit: Match) -> None:
        """Note a hit that may be no copy; a pair of pictures counts once."""
        pair = (asked, hit.path)
        if pair not in self._suspects and pair[::-1] not in self._suspects:
            self._suspects[pair] = Suspect(asked, edit, hit.path, hit.kind, hit.distance)

    def outcome(self, edit: str) -> EditOutcome:
        """What came of an edit, both ways."""
        ways = [
            Way(self._asked[way], self._first[way], dict(self._kinds.get(way, Counter())))
            for way in ((edit, False), (edit, True))
        ]
        return EditOutcome(*ways)

    def false_alarms(self, pictures: int) -> FalseAlarms:
        """What may be false, of searches in a library of so many pictures."""
        suspects = tuple(self._suspects.values())
        return FalseAlarms(self.searches, self.searches * pictures, suspects)
