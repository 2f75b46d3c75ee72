"""Saved anew: what files say of it beside their pixels."""

from __future__ import annotations

from typing import Final

from lookalike.match import NamedEdit, Side
from lookalike.matching.view import View

__all__ = ["is_coarse", "recompressed"]

_LOSSY: Final = frozenset({"JPEG", "MPO", "WEBP", "HEIF", "AVIF", "JPEG2000"})
_HEAD = 600  # bytes of tables that every JPEG has
_COARSE = 0.1  # bytes a pixel that make JPEG of a quality below 30
_VISIBLE = 0.06  # likewise, beyond doubt
_LESS = 0.5  # of the other's bytes a pixel
_COARSE_QUALITY = 35
_LESS_QUALITY = 25  # below the other's


def recompressed(query: View, hit: View, changed: bool, blurred: bool = False) -> NamedEdit | None:
    """Name ``recompress``, of the picture that was saved with the greater loss.

    Whoever edits a picture saves it anew. It is named where nothing else was done, and where so
    little is left that it shows: by the quality of both files, else by their bytes a pixel.

    Args:
        query: the picture that was asked for.
        hit: the library's.
        changed: whether anything else was done.
        blurred: whether one was blurred, which takes few bytes by itself.
    """
    if query.quality is not None and hit.quality is not None:
        of = _less(query.quality, hit.quality)
        poor, good = sorted((query.quality, hit.quality))
        shows = poor < _COARSE_QUALITY and poor < good - _LESS_QUALITY
    else:
        sizes = _bytes_a_pixel(query), _bytes_a_pixel(hit)
        if sizes[0] is None or sizes[1] is None:
            return None if changed else NamedEdit("recompress")
        of = _less(sizes[0], sizes[1])
        less, more = sorted((sizes[0], sizes[1]))
        shows = less < _VISIBLE and less < _LESS * more and not blurred
    return None if changed and not shows else NamedEdit("recompress", of=of)


def _less(query: float, hit: float) -> Side | None:
    return None if query == hit else "query" if query < hit else "hit"


def is_coarse(view: View) -> bool:
    """Whether so little is left of a picture that it shows."""
    if view.quality is not None:
        return view.quality < _COARSE_QUALITY
    size = _bytes_a_pixel(view)
    return size is not None and size < _COARSE


def _bytes_a_pixel(view: View) -> float | None:
    """Of a file that was saved with loss; ``None`` for others."""
    if view.format not in _LOSSY or not view.file_bytes:
        return None
    return max(view.file_bytes - _HEAD, 0) / (view.size[0] * view.size[1])
