"""Which contents show the same as a question, sample by sample: decided on what the files hold.

Few digests are made at indexing: those that cost nothing (:mod:`lookalike.images.sameness`). The
others are made when a search needs them, and kept. It needs those of contents that have the width
and the height of the question, and a code within the distance of copies; nothing else can be equal.
Each takes a full decode.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeGuard

import numpy as np
from PIL import Image

from lookalike.errors import LibraryClosedError, LibraryError, PictureError
from lookalike.images.pool.item import Item, PictureFile
from lookalike.images.pool.pool import DecodePool
from lookalike.library.by_hash import match_distance
from lookalike.library.engine import Table
from lookalike.library.records import Appearance, ContentKey
from lookalike.library.store import Store
from lookalike.road import Picture, Question
from lookalike.types import Codes, ContentId, Slot

__all__ = ["MOST_CONTENTS", "SECONDS", "Sameness", "keep_digests"]

_log = logging.getLogger(__name__)

MOST_CONTENTS = 64
"""Contents that are decoded for one question, the nearest first; what is over stays edited."""

SECONDS = 10.0
"""After which nothing more is decoded for a question, unless it has begun."""

_LOOKED_AT = 1_000  # contents of which the size is looked up, the nearest first
_PHOTO_SHARE = 8  # without a perceptual code: one bit in so many of the photo code may differ
_REMEMBERED = 100_000  # digests; 200 bytes each


class _Job(NamedTuple):
    """A digest to make: of a question, or of a content by one of its files."""

    key: ContentKey
    content: ContentId | None
    files: Sequence[Item]


class Sameness:
    """Makes, remembers and keeps digests for one library; any number of threads may ask.

    Args:
        store: of the library.
        pool: decodes.
    """

    def __init__(self, store: Store, pool: DecodePool) -> None:
        self._store = store
        self._pool = pool
        self._lock = threading.Lock()
        # What was made, and may not have been kept; None for what can't be told.
        self._made: dict[ContentKey, bytes | None] = {}

    def equal(
        self,
        tables: Mapping[Slot, Table],
        pictures: Sequence[Picture],
        questions: Sequence[Question],
    ) -> list[list[ContentId]]:
        """For each question the contents that are known to show the same, ascending.

        Args:
            tables: by slot, those of the codes that are asked.
            pictures: what the questions were made of.
            questions: with codes for each of the tables.
        """
        until = time.monotonic() + SECONDS * len(questions)
        near = self._near(tables, questions)
        asked = [
            (picture, question)
            for picture, question, row in zip(pictures, questions, near, strict=True)
            if row and question.pixel_digest is None and _is_file(picture)
        ]
        self._make([self._of_question(*one) for one in asked], until)
        digests = [
            question.pixel_digest or self._made.get(_key(question)) for question in questions
        ]
        lacking: dict[ContentId, Appearance] = {}
        for digest, row in zip(digests, near, strict=True):
            if digest is not None:
                lacking |= self._lacking(row)
        files = self._store.holding(list(lacking))
        self._make(
            [
                _Job(
                    known.key,
                    content,
                    [Item(file.path, known.key.member) for file in files[content] if file.present],
                )
                for content, known in lacking.items()
            ],
            until,
        )
        wanted = list(dict.fromkeys(digest for digest in digests if digest is not None))
        kept = dict(zip(wanted, self._store.contents_with_pixels(wanted), strict=True))
        return [
            []
            if digest is None
            else sorted(
                {*kept[digest], *(c for c, known in row.items() if self._known(known) == digest)}
            )
            for digest, row in zip(digests, near, strict=True)
        ]

    def _known(self, one: Appearance) -> bytes | None:
        return one.pixel_digest or self._made.get(one.key)

    def _near(
        self, tables: Mapping[Slot, Table], questions: Sequence[Question]
    ) -> list[dict[ContentId, Appearance]]:
        """For each question the contents of its size whose codes say that they may be copies."""
        found = _nearest(tables, questions)
        looked = self._store.appearances(sorted({content for row in found for content in row}))
        return [
            {
                content: looked[content]
                for content in row
                if content in looked
                and (looked[content].width, looked[content].height) == question.size
                and looked[content].key != _key(question)
            }
            for row, question in zip(found, questions, strict=True)
        ]

    def _lacking(self, row: Mapping[ContentId, Appearance]) -> dict[ContentId, Appearance]:
        """Those whose digest may be made, as many as are made for a question, nearest first."""
        lacking = [
            (content, known)
            for content, known in row.items()
            if known.pixel_digest is None and known.key not in self._made
        ]
        return dict(lacking[:MOST_CONTENTS])

    def _of_question(self, picture: PictureFile | Item, question: Question) -> _Job:
        key = _key(question)
        (content,) = self._store.contents([key])
        if content is not None:
            known = self._store.appearances([content]).get(content)
            if known is not None and known.pixel_digest is not None:
                self._remember({key: known.pixel_digest})
        item = picture if isinstance(picture, Item) else Item(picture)
        if isinstance(item.file, str | os.PathLike):
            item = item._replace(file=os.path.expanduser(os.fspath(item.file)))
        return _Job(key, content, [item])

    def _make(self, jobs: Sequence[_Job], until: float) -> None:
        """Make digests, as far as there is time to begin, and keep those of contents."""
        todo = list({job.key: job for job in jobs if job.key not in self._made}.values())
        if not todo:
            return

        def made(job: _Job) -> tuple[bool, bytes | None]:
            return self._digest(job) if time.monotonic() < until else (False, None)

        if len(todo) == 1:
            found = [made(todo[0])]
        else:
            workers = min(self._pool.workers, len(todo))
            with ThreadPoolExecutor(workers, "lookalike-same") as threads:
                found = list(threads.map(made, todo))
        self._remember({j.key: d for j, (told, d) in zip(todo, found, strict=True) if told})
        new = {
            job.content: digest
            for job, (_, digest) in zip(todo, found, strict=True)
            if job.content is not None and digest is not None
        }
        keep_digests(self._store, new)

    def _digest(self, job: _Job) -> tuple[bool, bytes | None]:
        """Whether it was looked at, and the digest of what it shows; ``None`` if it can't be told.

        A file that can't be read now, or that holds something else by now, says nothing.
        """
        for file in job.files:
            try:
                content, digest = self._pool.digest(file, content=job.key.digest)
            except PictureError as error:
                if error.cause == "access":
                    continue
                return True, None
            if content == job.key.digest:
                return True, digest
        return False, None

    def _remember(self, made: Mapping[ContentKey, bytes | None]) -> None:
        with self._lock:
            self._made |= made
            while len(self._made) > _REMEMBERED:
                del self._made[next(iter(self._made))]


def _key(question: Question) -> ContentKey:
    return ContentKey(question.content_digest, question.member)


def _is_file(picture: Picture) -> TypeGuard[PictureFile | Item]:
    """Pixels in memory had all that they have looked at when they became a question."""
    return not isinstance(picture, Image.Image | np.ndarray)


def _nearest(tables: Mapping[Slot, Table], questions: Sequence[Question]) -> list[list[ContentId]]:
    """For each question the contents that its code, as it is, calls copies, nearest first."""
    asked: list[Codes]
    if "pdq" in tables:
        table = tables["pdq"]
        limit = match_distance(table)
        asked = [question.pdq[:1] for question in questions if question.pdq is not None]
    else:
        table = tables["photo"]
        limit = table.encoder.bits // _PHOTO_SHARE
        asked = [question.photo.codes[:1] for question in questions if question.photo is not None]
    if len(asked) < len(questions) or not asked:
        return [[] for _ in questions]
    hits = table.nearest(np.concatenate(asked), _LOOKED_AT)
    near = (hits.ids >= 0) & (hits.distances <= limit)
    rows = zip(hits.ids, near, strict=True)
    return [[ContentId(content) for content in ids[there].tolist()] for ids, there in rows]


def keep_digests(store: Store, new: Mapping[ContentId, bytes]) -> None:
    """Keep what contents show, where that can be: the answer is the same without.

    Raises:
        LibraryClosedError: the library was closed meanwhile.
    """
    if not new or store.read_only:
        return
    try:
        store.put_pixel_digests(new)
    except LibraryClosedError:
        raise
    except LibraryError as error:  # locked or full
        _log.debug("what pictures show is not kept: %s", error)
