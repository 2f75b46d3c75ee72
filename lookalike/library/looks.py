"""Pictures made ready for a second look, and looks."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from itertools import count, islice
from typing import TYPE_CHECKING, NamedTuple

from lookalike.errors import PictureError, UsageError
from lookalike.library.candidates import LOOKED_AT, MOST_LOOKED_AT, Candidate, Found
from lookalike.library.pair_memory import Asker
from lookalike.library.records import ContentKey
from lookalike.road import Question

if TYPE_CHECKING:
    from lookalike.matching.prepared import Prepared
    from lookalike.matching.verdict import Verdict

__all__ = ["Kept", "Look", "Looked", "Rounds", "looked", "looked_question"]

_MANY = 0.25  # of the candidates of a round: there may be more where they came from

Kept = Mapping[ContentKey, tuple[bytes, bytes | None]]
"""Previews, and features where they are known."""


class Looked(NamedTuple):
    """A picture made ready to be looked at."""

    key: ContentKey
    preview: bytes
    prepared: Prepared


def _own_key(question: Question) -> ContentKey:
    return ContentKey(question.content_digest, question.member)


def looked(
    key: ContentKey,
    preview: bytes,
    features: bytes | None,
    size: tuple[int, int],
    kind: str,
    file_bytes: int,
) -> Looked | None:
    """A preview made ready; ``None`` if it is damaged, as far as that shows already."""
    from lookalike.matching.prepared import prepare, unpack
    from lookalike.matching.view import View

    kept = None
    with suppress(UsageError):  # damaged, or of another version
        kept = None if features is None else unpack(features)
    view = View(preview, size, key.digest + key.member.encode(), None, kind, file_bytes)
    try:
        return Looked(key, preview, prepare(view, kept))
    except PictureError:
        return None


def looked_question(question: Question, kept: Kept) -> Looked | None:
    """A question made ready; ``None`` where it has no preview, or a damaged one."""
    key = _own_key(question)
    preview, features = kept.get(key, (question.preview, None))
    if preview is None:
        return None
    made = looked(key, preview, features, question.size, question.format, question.file_bytes)
    if made is not None:
        _ = made.prepared.directions  # once, before several threads ask for them
    return made


class Rounds:
    """What is looked at for one question, some candidates at a time.

    Args:
        found: for the question.
        k: hits that are listed of it.

    Attributes:
        found: as given.
        k: as given.
        key: what the question's preview is kept by.
        asker: tells the question from others, where what was said of pairs is kept.
        prepared: the question made ready, when that has begun.
    """

    def __init__(self, found: Found, k: int) -> None:
        self.found, self.k = found, k
        self.key = _own_key(found.question)
        asked = found.question
        self.asker = Asker(self.key, asked.size, asked.format, asked.file_bytes)
        self.prepared: Future[Looked | None] | None = None
        self._waiting = iter(found.promising())
        self._size = min(max(k, LOOKED_AT), MOST_LOOKED_AT)
        self._left = MOST_LOOKED_AT
        self._copies = _MANY * self._size  # as if there had been a round before the first
        self._named = count()

    def chosen(self) -> list[Candidate]:
        """What comes next: nothing once the last ones were hardly ever copies."""
        if self._copies < _MANY * self._size:
            return []
        chosen = list(islice(self._waiting, min(self._size, self._left)))
        self._left -= len(chosen)
        self._copies = 0
        return chosen

    def tell(self, verdict: Verdict | None) -> None:
        """What a look at one of them said."""
        self._copies += verdict is not None and verdict.kind != "alike"

    def is_named(self) -> bool:
        """Whether edits are named of one more copy: of the first k, it takes longer than a look."""
        return next(self._named) < self.k


class Look:
    """One look to be taken.

    Args:
        rounds: of the question.
        candidate: to look at.
        hit: the candidate, made ready.

    Attributes:
        rounds: as given.
        candidate: as given.
        hit: as given.
        said: what it says; ``None`` before it is taken, and where it can't be.
        is_named: whether edits are named.
    """

    def __init__(self, rounds: Rounds, candidate: Candidate, hit: Looked) -> None:
        self.rounds, self.candidate = rounds, candidate
        self.hit = hit
        self.said: Verdict | None = None
        self.is_named = False

    def taken(self) -> Verdict | None:
        """What it says; with edits, of the first k copies."""
        from lookalike.matching.look import look

        question = self._question()
        if question is None:
            return None
        try:
            verdict = look(question, self.hit.prepared)
        except PictureError:  # its preview is damaged after all
            return None
        if verdict.kind == "alike" or not self.rounds.is_named():
            return verdict
        self.is_named = True
        return self.named(verdict)

    def named(self, verdict: Verdict) -> Verdict:
        """The same with edits."""
        from lookalike.matching.edits import name_edits

        question = self._question()
        if question is None:
            return verdict
        return verdict.with_edits(name_edits(question.view, self.hit.prepared.view, verdict))

    def _question(self) -> Prepared | None:
        made = None if self.rounds.prepared is None else self.rounds.prepared.result()
        return None if made is None else made.prepared
