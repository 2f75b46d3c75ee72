"""What small pictures don't show: noise that is finer than they are, and few levels."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from lookalike.match import EditName, NamedEdit
from lookalike.matching.edits import inverted
from lookalike.matching.edits_curve import match_colours
from lookalike.matching.edits_detail import noise
from lookalike.matching.edits_laid import inverse, lay, luminance
from lookalike.matching.edits_tone import posterised
from lookalike.matching.verdict import Transform, Verdict
from lookalike.matching.view import PREVIEW, View
from lookalike.types import InputSpec, Pixels

__all__ = ["FINE", "fine_edits"]

FINE: Final = InputSpec(1024, "within", "bilinear")
"""What two files are compared at."""

_FINER = 1.2  # times the small pictures: else they show what there is


def fine_edits(
    query: View,
    hit: View,
    pixels: tuple[Pixels, Pixels],
    verdict: Verdict,
    edits: tuple[NamedEdit, ...],
) -> tuple[NamedEdit, ...]:
    """The edits that larger pictures show, too.

    Args:
        query: the picture that was asked for.
        hit: the library's.
        pixels: of both, brought to :data:`FINE`.
        verdict: of the two.
        edits: that the small pictures show.

    Returns:
        These, and those; ``recompress`` is left out where it stood for want of another.
    """
    names = {edit.name for edit in edits}
    is_finer = min(max(some.shape[:2]) for some in pixels) > _FINER * PREVIEW.size
    if verdict.transform is None or not is_finer or names & {"noise", "blur"}:
        return edits
    if query.name <= hit.name:
        found = _fine(*pixels, verdict.transform, names)
    else:
        found = inverted(_fine(*pixels[::-1], inverse(verdict.transform), names))
    if not found:
        return edits
    instead = {"recompress"}
    if any(edit.name == "colour" for edit in found):  # fewer levels are darker by themselves
        instead |= {"brightness", "contrast"}
    return (*(edit for edit in edits if edit.name not in instead), *found)


def _fine(
    query: Pixels, hit: Pixels, transform: Transform, names: Collection[EditName]
) -> tuple[NamedEdit, ...]:
    laid = lay(query, hit, transform)
    shared = laid.shared
    found: list[NamedEdit] = []
    if "grey" not in names and "colour" not in names and posterised(laid, shared):
        found.append(NamedEdit("colour"))
    matched = match_colours(laid, shared)[0]
    grain = noise(luminance(matched.query), luminance(matched.hit), shared)
    if grain is not None and grain.edit is not None:
        found.append(grain.edit)
    return tuple(found)
