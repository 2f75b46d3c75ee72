"""What two pictures are to each other beside their kind: by how they were taken, and as what."""

from __future__ import annotations

import os
from collections.abc import Iterable

from lookalike.match import Kind, NamedEdit, Relation
from lookalike.shot import Shot

__all__ = ["BURST_SECONDS", "is_burst", "relation_of"]

BURST_SECONDS = 10.0
"""Between two frames of one burst, at most."""

_NEAR_SIMILARITY = 0.8  # of two frames of one burst, where nothing was compared but embeddings
_RAW = "RAW"
# What saving a picture anew does by itself; all else makes a variant.
_PLAIN_EDITS = frozenset({"resize", "recompress"})


def is_burst(query: Shot | None, hit: Shot | None) -> bool:
    """Whether one camera took the two seconds apart, so that neither is a copy of the other.

    Clocks of cameras count seconds, many also parts of a second: two frames within the same second
    can only be told apart by the latter. Moments that are farther apart say nothing: copies are
    made of which somebody mends the date.
    """
    between = _between(query, hit)
    return between is not None and 0 < between <= BURST_SECONDS


def relation_of(
    query: Shot | None,
    hit: Shot | None,
    kind: Kind,
    *,
    similarity: float | None = None,
    edits: Iterable[NamedEdit] = (),
    formats: tuple[str, str] = ("", ""),
    names: tuple[str, str] = ("", ""),
) -> Relation | None:
    """What else they are to each other; ``None`` where nothing is known.

    Args:
        query: how the one that was asked for was taken.
        hit: how the other was.
        kind: what they are by their pixels, before a burst makes ``alike`` of it.
        similarity: cosine of their embeddings.
        edits: from the hit to the query.
        formats: of both, as Pillow calls them; ``RAW`` for camera raw.
        names: of both files; empty where there is none.
    """
    if kind == "same-bytes":
        return None
    between = _between(query, hit)
    is_pair = [f == _RAW for f in formats].count(True) == 1
    if is_pair and (between == 0 or (between is None and _stem(names[0]) == _stem(names[1]) != "")):
        return "raw+jpeg"
    near = kind in ("edited", "part") or (similarity or 0.0) >= _NEAR_SIMILARITY
    if near and is_burst(query, hit):
        return "burst"
    is_changed = kind == "part" or any(edit.name not in _PLAIN_EDITS for edit in edits)
    if between == 0 and kind in ("edited", "part") and is_changed:
        return "variant"
    return None


def _between(query: Shot | None, hit: Shot | None) -> float | None:
    """Seconds between two pictures of one camera; ``None`` where that isn't known."""
    if query is None or hit is None or not query.camera or query.camera != hit.camera:
        return None
    seconds = query.seconds_to(hit)
    return None if seconds is None else abs(seconds)


def _stem(name: str) -> str:
    return os.path.splitext(os.path.basename(name))[0].casefold()
