"""Questions that are compared with all embeddings: a text, or several pictures at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from lookalike.errors import PictureError
from lookalike.library.engine import Table
from lookalike.library.filters import Filter
from lookalike.library.models import Models
from lookalike.library.narrowed import narrowed
from lookalike.library.records import EncoderInfo
from lookalike.library.reports import SearchResult
from lookalike.library.stages import Clock, summed
from lookalike.library.store import Store
from lookalike.library.together import nearest_to_all
from lookalike.road import Question
from lookalike.types import ContentId, Encoded, Match, Slot

__all__ = ["Tables", "by_pictures", "by_text"]

Tables: TypeAlias = Callable[[Sequence[EncoderInfo]], Mapping[Slot, Table]]
"""Gives the codes of encoders, by slot."""


def by_text(
    store: Store,
    models: Models,
    row: EncoderInfo,
    tables: Tables,
    text: str,
    k: int,
    progress: Callable[[int, int], object] | None,
    only: Filter | None = None,
) -> SearchResult:
    """As :meth:`lookalike.library.library.Library.search_text` says.

    A text is compared with the embeddings of all pictures, and not with their codes. Models of two
    towers are trained so that the cosine of a text's and a picture's raw vectors is large where
    they belong together; but all texts lie in one cone and all pictures in another (Liang et al.,
    "Mind the gap", NeurIPS 2022). The codes are the sides of planes through the middle of the
    pictures, and every text lies on the same side of most of them: its code would say that it is a
    text, and little else. The cosines themselves can be had exactly, since embeddings are centred
    by a mean that is known.
    """
    clock = Clock()
    tower, fit_ = models.text(row, progress)
    clock.lap("load")
    weights, constant = fit_.query(tower.features(text))
    clock.lap("encode")
    table = narrowed(store, tables([row]), only)["photo"]
    clock.lap("open")
    contents, cosines = table.by_vector(weights, constant, k)
    similar = dict(zip(map(ContentId, contents.tolist()), cosines.tolist(), strict=True))
    hits = _hits(store, row, similar, k, only)
    clock.lap("search")
    return SearchResult(text, True, hits, summed(clock.laps))


def by_pictures(
    store: Store,
    row: EncoderInfo,
    tables: Tables,
    names: Sequence[str],
    asked: Sequence[Question | PictureError],
    weights: Sequence[float],
    k: int,
    only: Filter | None = None,
) -> SearchResult:
    """As :meth:`lookalike.library.library.Library.search_together` says.

    Args:
        store: of the library.
        row: the photo encoder.
        tables: of the library.
        names: of the pictures.
        asked: what became of each.
        weights: of each.
        k: pictures to find.
        only: what they have to be.

    Raises:
        PictureError: one of them couldn't be read; the message says which.
    """
    clock = Clock()
    photos: list[Encoded] = []
    for name, question in zip(names, asked, strict=True):
        if isinstance(question, PictureError):
            raise type(question)(f"{name}: {question}", cause=question.cause)
        if question.photo is not None:
            photos.append(question.photo)
    table = narrowed(store, tables([row]), only)["photo"]
    clock.lap("open")
    hits = _hits(store, row, nearest_to_all(table, photos, weights, k), k, only)
    clock.lap("search")
    told = " ".join(f"{w:+g} x {name}" for w, name in zip(weights, names, strict=True))
    return SearchResult(told, True, hits, summed(clock.laps))


def _hits(
    store: Store,
    row: EncoderInfo,
    similar: Mapping[ContentId, float],
    k: int,
    only: Filter | None,
) -> tuple[Match, ...]:
    """The first k pictures of contents, which are given best first with what orders them."""
    if only is not None and only.kinds and "alike" not in only.kinds:
        return ()
    pictures = store.pictures_of(list(similar))
    hits = [
        Match(
            id=picture.id,
            path=picture.path,
            kind="alike",
            code=row.name,
            distance=None,
            bits=row.bits,
            similarity=similarity,
            width=picture.width,
            height=picture.height,
            member=picture.member or None,
        )
        for content, similarity in similar.items()
        for picture in pictures[content]
        if only is None or only.fits_path(picture.path)
    ]
    return tuple(hits[:k])
