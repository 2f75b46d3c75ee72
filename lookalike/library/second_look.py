"""The second look: what codes propose for a question is compared with it, by pixels, and judged.

It is taken at previews: those that the library keeps, and the question's own. What it says
outweighs what the codes say, both ways: a copy that was cropped or framed beyond what a code bears
is found to be one, and what only has such a code is not. What can't be looked at stays as the codes
have it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from lookalike.errors import PictureError, UsageError
from lookalike.images.pool.item import Item
from lookalike.images.pool.pool import DecodePool
from lookalike.images.preview import pixels_of, preview_of
from lookalike.library.candidates import Found
from lookalike.library.filters import Filter
from lookalike.library.previews import Previews, wants_previews
from lookalike.library.records import ContentKey, PictureInfo
from lookalike.library.store import Store
from lookalike.road import LARGE, Question
from lookalike.system.processors import processors
from lookalike.types import ContentId

if TYPE_CHECKING:
    from lookalike.matching.prepared import Prepared
    from lookalike.matching.verdict import Verdict

__all__ = ["SECONDS", "SecondLook"]

SECONDS = 5.0
"""After which no more files are decoded for a question whose candidates have no previews."""

_LARGE = "large"
_ASIDE = 2_000  # pictures; 30 kB each


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
        # What was made for a library that keeps nothing.
        self._aside: dict[ContentKey, tuple[bytes, bytes | None]] = {}
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
        kept = self._previews.get(wanted)
        with self._lock:
            kept |= {key: self._aside[key] for key in wanted if key in self._aside}
        until = time.monotonic() + SECONDS * len(found)
        threads = self._pool_of_threads()
        hits = dict(
            zip(
                pictures,
                threads.map(partial(self._hit, kept=kept, until=until), pictures.values()),
                strict=True,
            )
        )
        self._keep(kept, [hit for hit in hits.values() if hit is not None])
        jobs = [
            (one, candidate, hit)
            for one, row in zip(found, chosen, strict=True)
            for candidate in row
            if (hit := hits.get(candidate.content)) is not None
        ]
        questions = dict(
            zip(
                asked,
                threads.map(partial(_question, kept=kept), (one.question for one in found)),
                strict=True,
            )
        )
        verdicts = threads.map(
            lambda job: _verdict(questions[_own_key(job[0].question)], job[2]), jobs
        )
        for (one, candidate, _), verdict in zip(jobs, list(verdicts), strict=True):
            one.looked_at(candidate, verdict)
        shots = self._store.shots(contents)
        for one in found:
            one.part_frames(shots)
            one.keep(only)
        self._name(found, k, questions, hits)
        for one, name in zip(found, names, strict=True):
            one.relate(shots, pictures, name, k)

    def _name(
        self,
        found: Sequence[Found],
        k: int,
        questions: Mapping[ContentKey, _Looked | None],
        hits: Mapping[ContentId, _Looked | None],
    ) -> None:
        """Name the edits of what will be listed: it costs more than the look itself."""
        listed = [
            (questions[_own_key(one.question)], c)
            for one in found
            for c in one.in_order()[: k + one.identical]
            if c.verdict is not None and c.verdict.kind != "alike"
        ]
        for candidate, verdict in self._pool_of_threads().map(
            lambda job: (job[1], _named(job[0], hits.get(job[1].content), job[1].verdict)), listed
        ):
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

    def _keep(
        self,
        kept: Mapping[ContentKey, tuple[bytes, bytes | None]],
        made: Sequence[_Looked],
    ) -> None:
        """Keep what had to be made, where the library keeps any."""
        if not self._previews.writable or not wants_previews(self._store):
            with self._lock:
                self._aside |= {one.key: (one.preview, one.features) for one in made}
                while len(self._aside) > _ASIDE:
                    del self._aside[next(iter(self._aside))]
            return
        self._previews.put({one.key: one.preview for one in made if one.key not in kept})
        self._previews.put_features({one.key: one.features for one in made if one.is_new})


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


def _verdict(question: _Looked | None, hit: _Looked) -> Verdict | None:
    from lookalike.matching.look import look

    return None if question is None else look(question.prepared, hit.prepared)


def _named(
    question: _Looked | None, hit: _Looked | None, verdict: Verdict | None
) -> Verdict | None:
    from lookalike.matching.edits import name_edits

    if question is None or hit is None or verdict is None:
        return verdict
    return verdict.with_edits(name_edits(question.prepared.view, hit.prepared.view, verdict))
