"""The second look: what codes propose for a question is compared with it, by pixels, and judged.

It is taken at previews: those that the library keeps, and the question's own. What it says
outweighs what the codes say, both ways: a copy that was cropped or framed beyond what a code bears
is found to be one, and what only has such a code is not. What can't be looked at stays as the codes
have it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from lookalike.errors import PictureError, UsageError
from lookalike.images.pool.item import Item
from lookalike.images.pool.pool import DecodePool
from lookalike.images.preview import pixels_of, preview_of
from lookalike.library.candidates import Candidate, Found
from lookalike.library.filters import Filter
from lookalike.library.previews import Previews, wants_previews
from lookalike.library.previews_aside import PreviewsAside
from lookalike.library.records import ContentKey, PictureInfo
from lookalike.library.store import Store
from lookalike.road import LARGE, Question
from lookalike.system.processors import processors

if TYPE_CHECKING:
    from lookalike.matching.prepared import Prepared
    from lookalike.matching.verdict import Verdict

__all__ = ["SECONDS", "SecondLook"]

SECONDS = 5.0
"""After which no more files are decoded for a question whose candidates have no previews."""

_LARGE = "large"


class SecondLook:
    """Looks at what was found in one library; any number of threads may ask.

    Args:
        store: of the library.
        pool: decodes what has no preview.
        previews: of the library.
    """

    def __init__(self, store: Store, pool: DecodePool, previews: Previews) -> None:
        self._store = store
        self._pool = pool
        self._previews = previews
        self._lock = threading.Lock()
        self._aside = PreviewsAside(previews)
        self._threads: ThreadPoolExecutor | None = None

    def close(self) -> None:
        """End its threads."""
        with self._lock:
            if self._threads is not None:
                self._threads.shutdown(cancel_futures=True)

    def judge(
        self, found: Sequence[Found], k: int, names: Sequence[str], only: Filter | None = None
    ) -> None:
        """Take a second look at the most promising of each question's candidates.

        Their kinds, edits and boxes become what it says; what was too far by its code to be listed
        joins the candidates if it is a copy after all. Of the k best edits are named, and what else
        they are: frames of a burst are no copies, however near.

        Args:
            found: for each question what its codes say.
            k: hits that will be listed.
            names: of the questions' files.
            only: what is wanted.
        """
        chosen = [one.promising() if one.question.preview else [] for one in found]
        contents = list(dict.fromkeys(c.content for row in chosen for c in row))
        if not contents:
            return
        pictures = {c: list(p) for c, p in self._store.pictures_of(contents).items() if p}
        asked = [_own_key(one.question) for one in found]
        wanted = [*(_key(p[0]) for p in pictures.values()), *asked]
        keeping = self._keeping()
        kept = keeping.get(wanted)
        until = time.monotonic() + SECONDS * len(found)
        threads = self._pool_of_threads()
        # First, since it has no features yet, which take longest to make.
        questions = {
            key: threads.submit(_question, one.question, kept)
            for key, one in zip(asked, found, strict=True)
        }
        made = threads.map(partial(self._hit, kept=kept, until=until), pictures.values())
        hits = dict(zip(pictures, made, strict=True))
        new = [hit for hit in hits.values() if hit is not None]
        keeping.put({hit.key: hit.preview for hit in new if hit.key not in kept})
        keeping.put_features({hit.key: hit.features for hit in new if hit.is_new})
        looks = [
            _Look(one, candidate, hit, questions[key], turn, k)
            for one, key, row in zip(found, asked, chosen, strict=True)
            for turn in [count()]
            for candidate in row
            if (hit := hits.get(candidate.content)) is not None
        ]
        for look, verdict in zip(looks, threads.map(_Look.taken, looks), strict=True):
            look.one.looked_at(look.candidate, verdict)
        shots = self._store.shots(contents)
        for one in found:
            one.part_frames(shots)
            one.keep(only)
        self._name_others(looks)
        for one, name in zip(found, names, strict=True):
            one.relate(shots, pictures, name, k)

    def _name_others(self, looks: Sequence[_Look]) -> None:
        """Name the edits of what is listed after all, and wasn't among the first that were seen."""
        listed = {
            id(c)
            for one, k in {id(look.one): (look.one, look.k) for look in looks}.values()
            for c in one.in_order()[: k + one.identical]
        }
        others = [
            (look, now)
            for look in looks
            if not look.is_named
            and (now := look.one.candidates.get(look.candidate.content)) is not None
            and id(now) in listed
            and now.verdict is not None
            and now.verdict.kind != "alike"
        ]
        named = self._pool_of_threads().map(lambda job: job[0].named(job[1].verdict), others)
        for (_, candidate), verdict in zip(others, named, strict=True):
            candidate.verdict = verdict

    def _pool_of_threads(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(processors(), "lookalike-look")
            return self._threads

    def _hit(
        self,
        pictures: Sequence[PictureInfo],
        kept: Mapping[ContentKey, tuple[bytes, bytes | None]],
        until: float,
    ) -> _Looked | None:
        """A content made ready; ``None`` where there is no preview, and none can be made."""
        first = pictures[0]
        preview, features = kept.get(_key(first), (None, None))
        for picture in pictures if preview is None else ():
            if time.monotonic() > until:
                return None
            try:
                item = Item(picture.path, picture.member)
                decoded = self._pool.decode(
                    item.file, inputs={_LARGE: LARGE}, member=item.member, name=item.name
                )
            except PictureError:
                continue
            if decoded.content_digest == first.digest:
                preview = preview_of(decoded.inputs[_LARGE])
                break
        if preview is None:
            return None
        size = first.width, first.height
        return _looked(_key(first), preview, features, size, first.format, first.file_bytes)

    def _keeping(self) -> Previews:
        """Where what has to be made is kept: in memory for a library that keeps nothing."""
        keeps = self._previews.writable and wants_previews(self._store)
        return self._previews if keeps else self._aside


class _Looked(NamedTuple):
    """A picture made ready to be looked at, and what that took."""

    key: ContentKey
    preview: bytes
    features: bytes
    is_new: bool  # whether the features had to be made
    prepared: Prepared


def _key(picture: PictureInfo) -> ContentKey:
    return ContentKey(picture.digest, picture.member)


def _own_key(question: Question) -> ContentKey:
    return ContentKey(question.content_digest, question.member)


def _looked(
    key: ContentKey,
    preview: bytes,
    features: bytes | None,
    size: tuple[int, int],
    kind: str,
    file_bytes: int,
) -> _Looked | None:
    """A preview made ready; ``None`` if it is damaged."""
    from lookalike.matching.prepared import pack, prepare, unpack
    from lookalike.matching.view import View

    known, areas = None, None
    try:
        pixels = pixels_of(preview)
        if features is not None:
            known, areas = unpack(features)
    except PictureError:
        return None
    except UsageError:
        features = None  # damaged, or of another version
    name = key.digest + key.member.encode()
    prepared = prepare(View(pixels, size, name, known, kind, file_bytes), areas)
    if features is not None:
        return _Looked(key, preview, features, False, prepared)
    return _Looked(key, preview, pack(prepared), True, prepared)


def _question(
    question: Question, kept: Mapping[ContentKey, tuple[bytes, bytes | None]]
) -> _Looked | None:
    key = _own_key(question)
    preview, features = kept.get(key, (question.preview, None))
    if preview is None:
        return None
    return _looked(key, preview, features, question.size, question.format, question.file_bytes)


class _Look:
    """One look to be taken.

    Args:
        one: what was found for the question.
        candidate: to look at.
        hit: the candidate, made ready.
        question: the question, likewise, when it is there.
        turn: counts the copies that were seen for the question.
        k: hits that are listed of it.
    """

    def __init__(
        self,
        one: Found,
        candidate: Candidate,
        hit: _Looked,
        question: Future[_Looked | None],
        turn: Iterator[int],
        k: int,
    ) -> None:
        self.one, self.candidate, self.k = one, candidate, k
        self._hit, self._question, self._turn = hit, question, turn
        self.is_named = False

    def taken(self) -> Verdict | None:
        """What it says; with edits, of the first k copies: naming takes longer than looking."""
        from lookalike.matching.look import look

        question = self._question.result()
        if question is None:
            return None
        verdict = look(question.prepared, self._hit.prepared)
        if verdict.kind == "alike" or next(self._turn) >= self.k:
            return verdict
        self.is_named = True
        return self.named(verdict)

    def named(self, verdict: Verdict) -> Verdict:
        """The same with edits."""
        from lookalike.matching.edits import name_edits

        question = self._question.result()
        if question is None:
            return verdict
        views = question.prepared.view, self._hit.prepared.view
        return verdict.with_edits(name_edits(*views, verdict))
