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

from lookalike.images.pool.pool import DecodePool
from lookalike.library.candidates import Candidate, Found
from lookalike.library.filters import Filter
from lookalike.library.looks import Kept, Look, Looked, Rounds, looked, looked_question
from lookalike.library.pair_memory import PairMemory
from lookalike.library.preview_making import preview_made
from lookalike.library.previews import Previews, wants_previews
from lookalike.library.previews_aside import PreviewsAside
from lookalike.library.records import ContentKey, PictureInfo
from lookalike.library.store import Store
from lookalike.system.processors import processors
from lookalike.types import ContentId

__all__ = ["SECONDS", "SecondLook"]

SECONDS = 5.0
"""After which no more files are decoded for a question whose candidates have no previews."""


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
        self._memory = PairMemory()
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
        they are: frames of a burst are no copies, however near. Where many turn out to be copies,
        there may be more of them: as many again are looked at.

        Args:
            found: for each question what its codes say.
            k: hits that will be listed.
            names: of the questions' files.
            only: what is wanted.
        """
        rounds = [Rounds(one, k) for one in found if one.question.preview]
        pictures: dict[ContentId, list[PictureInfo]] = {}
        looks: list[Look] = []
        until = time.monotonic() + SECONDS * len(found)
        while chosen := [(one, candidate) for one in rounds for candidate in one.chosen()]:
            looks += self._look(chosen, pictures, until)
        shots = self._store.shots(list(pictures))
        for one in found:
            one.part_frames(shots)
            one.keep(only)
        self._name_others(looks)
        self._remember(looks)
        for one, name in zip(found, names, strict=True):
            one.relate(shots, pictures, name, k)

    def _look(
        self,
        chosen: Sequence[tuple[Rounds, Candidate]],
        pictures: dict[ContentId, list[PictureInfo]],
        until: float,
    ) -> list[Look]:
        """Look at some candidates of some questions; their pictures join the others."""
        from lookalike.matching.prepared import pack

        unknown = {c.content: None for _, c in chosen if c.content not in pictures}
        seen = self._store.pictures_of(list(unknown))
        pictures |= {content: list(held) for content, held in seen.items() if held}
        chosen = self._not_remembered(chosen, pictures)
        if not chosen:
            return []
        held = {c.content: pictures[c.content] for _, c in chosen if c.content in pictures}
        asked = list({id(one): one for one, _ in chosen}.values())
        keeping = self._keeping()
        kept = keeping.get([*(_key(p[0]) for p in held.values()), *(one.key for one in asked)])
        threads = self._pool_of_threads()
        # First, since it has no features yet, which take longest to make.
        for one in asked:
            if one.prepared is None:
                one.prepared = threads.submit(looked_question, one.found.question, kept)
        made = threads.map(partial(self._hit, kept=kept, until=until), held.values())
        hits = dict(zip(held, made, strict=True))
        ready = [hit for hit in hits.values() if hit is not None]
        keeping.put({hit.key: hit.preview for hit in ready if hit.key not in kept})
        looks = [
            Look(one, candidate, hit)
            for one, candidate in chosen
            if (hit := hits.get(candidate.content)) is not None
        ]
        for look, verdict in zip(looks, threads.map(Look.taken, looks), strict=True):
            look.said = verdict
            look.rounds.found.looked_at(look.candidate, verdict)
            look.rounds.tell(verdict)
        new = {hit.key: hit.prepared for hit in ready if hit.prepared.is_new}
        # Those of a question, too: one of the library is asked again, and is a hit of others.
        for one in asked:
            made_of = None if one.prepared is None else one.prepared.result()
            if made_of is not None and made_of.key in kept and made_of.prepared.is_new:
                new[made_of.key] = made_of.prepared
        keeping.put_features({key: pack(prepared) for key, prepared in new.items()})
        return looks

    def _not_remembered(
        self,
        chosen: Sequence[tuple[Rounds, Candidate]],
        pictures: Mapping[ContentId, Sequence[PictureInfo]],
    ) -> list[tuple[Rounds, Candidate]]:
        """Say of candidates what was said before; those of which nothing was are left."""
        keys = {content: _key(held[0]) for content, held in pictures.items()}
        said = {
            id(one): self._memory.get(one.asker, keys.values())
            for one in {id(one): one for one, _ in chosen}.values()
        }
        left = []
        for one, candidate in chosen:
            key = keys.get(candidate.content)
            verdict = None if key is None else said[id(one)].get(key)
            if verdict is None:
                left.append((one, candidate))
                continue
            one.found.looked_at(candidate, verdict)
            one.tell(verdict)
        return left

    def _remember(self, looks: Sequence[Look]) -> None:
        """Keep what was said, but for copies whose edits nobody wanted to know."""
        for look in looks:
            if look.said is not None and (look.said.kind == "alike" or look.is_named):
                self._memory.put(look.rounds.asker, {look.hit.key: look.said})

    def _name_others(self, looks: Sequence[Look]) -> None:
        """Name the edits of what is listed after all, and wasn't among the first that were seen."""
        listed = {
            id(c)
            for one in {id(look.rounds): look.rounds for look in looks}.values()
            for c in one.found.in_order()[: one.k + one.found.identical]
        }
        others = [
            (look, now)
            for look in looks
            if not look.is_named
            and (now := look.rounds.found.candidates.get(look.candidate.content)) is not None
            and id(now) in listed
            and now.verdict is not None
            and now.verdict.kind != "alike"
        ]
        named = self._pool_of_threads().map(lambda job: job[0].named(job[1].verdict), others)
        for (look, candidate), verdict in zip(others, named, strict=True):
            candidate.verdict = look.said = verdict
            look.is_named = True

    def _pool_of_threads(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(processors(), "lookalike-look")
            return self._threads

    def _hit(
        self,
        pictures: Sequence[PictureInfo],
        kept: Kept,
        until: float,
    ) -> Looked | None:
        """A content made ready; ``None`` where there is no preview, and none can be made."""
        first = pictures[0]
        preview, features = kept.get(_key(first), (None, None))
        for picture in pictures if preview is None else ():
            if time.monotonic() > until:
                return None
            preview = preview_made(self._pool, picture)
            if preview is not None:
                break
        if preview is None:
            return None
        size = first.width, first.height
        return looked(_key(first), preview, features, size, first.format, first.file_bytes)

    def _keeping(self) -> Previews:
        """Where what has to be made is kept: in memory for a library that keeps nothing."""
        keeps = self._previews.writable and wants_previews(self._store)
        return self._previews if keeps else self._aside


def _key(picture: PictureInfo) -> ContentKey:
    return ContentKey(picture.digest, picture.member)
