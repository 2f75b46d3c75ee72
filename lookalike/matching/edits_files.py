"""Saved anew: what files say of it beside their pixels."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from lookalike.match import EditName, NamedEdit, Side
from lookalike.matching.view import View

__all__ = ["is_coarse", "recompressed"]

_LOSSY: Final = frozenset({"JPEG", "MPO", "WEBP", "HEIF", "AVIF", "JPEG2000"})
_COARSE = 0.1  # bytes a pixel: what shows, as JPEG of a quality below 30 does
_HEAD = 600  # bytes of tables that every JPEG has
_VISIBLE = 0.06  # likewise, beyond doubt
_LESS = 0.5  # of the other's bytes a pixel


def recompressed(query: View, hit: View, named: Collection[EditName]) -> NamedEdit | None:
    """Name ``recompress``, of the picture that was saved with the greater loss.

    Whoever edits a picture saves it anew. It is named where nothing else was done, and where so
    few bytes are left that it shows.

    Args:
        query: the picture that was asked for.
        hit: the library's.
        named: what else was done.
    """
    bytes_of = _bytes_a_pixel(query), _bytes_a_pixel(hit)
    of: Side | None = None
    if None not in bytes_of and bytes_of[0] != bytes_of[1]:
        of = "query" if bytes_of[0] < bytes_of[1] else "hit"  # type: ignore[operator]
    if not named:
        return NamedEdit("recompress", of=of)
    if bytes_of[0] is None or bytes_of[1] is None or "blur" in named:
        return None
    less, more = sorted((bytes_of[0], bytes_of[1]))
    if less < _VISIBLE and less < _LESS * more:
        return NamedEdit("recompress", of=of)
    return None


def is_coarse(view: View) -> bool:
    """Whether so little is left of a picture that it shows."""
    size = _bytes_a_pixel(view)
    return size is not None and size < _COARSE


def _bytes_a_pixel(view: View) -> float | None:
    """Of a file that was saved with loss; ``None`` for others."""
    if view.format not in _LOSSY or not view.file_bytes:
        return None
    return max(view.file_bytes - _HEAD, 0) / (view.size[0] * view.size[1])
