"""What was done to a picture to get the other one, by name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lookalike.match import EditName, NamedEdit, Side
from lookalike.matching.edits_curve import Matched, match_colours
from lookalike.matching.edits_detail import Detail, detail, smooth
from lookalike.matching.edits_files import is_coarse, recompressed
from lookalike.matching.edits_geometry import Geometry, geometry, geometry_edits
from lookalike.matching.edits_laid import Laid, Mask, inverse, lay, luminance
from lookalike.matching.edits_overlay import Overlay, overlay
from lookalike.matching.edits_surround import Surround, surround
from lookalike.matching.edits_tone import posterised, tone_edits
from lookalike.matching.verdict import Transform, Verdict
from lookalike.matching.view import View

__all__ = ["inverted", "name_edits"]

_ORDER: tuple[EditName, ...] = (
    "mirror",
    "rotate",
    "resize",
    "stretch",
    "screenshot",
    "border",
    "overlay",
    "grey",
    "brightness",
    "contrast",
    "colour",
    "blur",
    "noise",
    "recompress",
)
_OTHER: dict[Side | None, Side | None] = {"query": "hit", "hit": "query", None: None}


def name_edits(query: View, hit: View, verdict: Verdict) -> tuple[NamedEdit, ...]:
    """Name what was done to the hit to get the query.

    The two are laid over each other as the verdict says, and what then differs is explained, from
    the coarse to the fine. Each name needs more than compressing and resizing do by themselves. A
    pair of which nothing else can be told was saved anew: ``recompress``.

    Asked the other way round, the answer is :func:`inverted`.

    Args:
        query: the picture that was asked for.
        hit: the library's.
        verdict: of the two, in this order; ``edited`` or ``part``, else nothing is named.

    Returns:
        At most one edit of a name, except overlays; geometry first.
    """
    if verdict.transform is None or verdict.kind == "alike":
        return ()
    if query.name <= hit.name:
        return _name(query, hit, verdict, verdict.transform)
    return inverted(_name(hit, query, verdict, inverse(verdict.transform)))


def inverted(edits: tuple[NamedEdit, ...]) -> tuple[NamedEdit, ...]:
    """The same edits, from the query to the hit: amounts, factors and sides exchanged.

    Twice is the same as not at all, up to the last digit of a factor.
    """
    mirrored = any(edit.name == "mirror" for edit in edits)
    turned = any(e.name == "rotate" and e.degrees in (90.0, -90.0) for e in edits)
    return tuple(_invert(edit, mirrored, turned) for edit in edits)


def _invert(edit: NamedEdit, mirrored: bool, turned: bool) -> NamedEdit:
    degrees, factor, amount = edit.degrees, edit.factor, edit.amount
    # A mirrored picture that was turned is got back by turning it the same way: (RF)(RF) = 1.
    if degrees is not None and degrees != 180 and not mirrored:
        degrees = -degrees
    # What was made wider, then lies on its side, is made wider again to stand as it did.
    if factor is not None and not (edit.name == "stretch" and turned):
        factor = float(f"{1 / factor:.6g}")
    if amount is not None:
        amount = float(f"{1 / amount:.6g}") if edit.name == "contrast" else -amount
    return replace(edit, of=_OTHER[edit.of], degrees=degrees, factor=factor, amount=amount)


def _name(query: View, hit: View, verdict: Verdict, transform: Transform) -> tuple[NamedEdit, ...]:
    laid = lay(query.pixels, hit.pixels, transform)
    plane = geometry(laid.transform, query.size, hit.size)
    around = _around(query, hit, verdict, laid, plane)
    is_screen = any(edit.name == "screenshot" for edit in around)
    edits = geometry_edits(plane, query.size, hit.size, sized=not is_screen) + around
    resized = any(edit.name in ("resize", "stretch") for edit in edits)
    seen = _compare(laid, resized, is_coarse(query) or is_coarse(hit))
    edits += seen
    named = {edit.name for edit in edits}
    saved = recompressed(query, hit, bool(edits) or verdict.kind == "part", "blur" in named)
    if saved is not None:
        edits.append(saved)
    return tuple(sorted(edits, key=lambda edit: _ORDER.index(edit.name)))


def _around(
    query: View, hit: View, verdict: Verdict, laid: Laid, plane: Geometry
) -> list[NamedEdit]:
    """Borders and screens; in a picture that was turned by a free angle, corners are no border."""
    if verdict.kind != "edited" or plane.quarter_turns is None:
        return []
    edits = []
    looks: tuple[tuple[Side, View, Transform], ...] = (
        ("query", query, inverse(laid.transform)),
        ("hit", hit, laid.transform),
    )
    for of, view, transform in looks:
        found: Surround | None = surround(view.pixels, transform)
        if found is not None:
            edits.append(NamedEdit(found.name, of=of))
            if found.words is not None:
                edits.append(NamedEdit("overlay", of=of, at=_rounded(found.words)))
    return edits


def _compare(laid: Laid, resized: bool, coarse: bool) -> list[NamedEdit]:
    """What differs where both pictures are."""
    shared = laid.shared
    if shared.sum() < 64:
        return []
    matched = match_colours(laid, shared)
    stepped = None if coarse else posterised(laid, shared)
    fine = _detail(matched[0], shared, resized)
    over = overlay(matched, shared, fine)
    rest = shared
    if over is not None:
        rest = shared & ~over.where
        fine = _detail(match_colours(laid, rest)[0], rest, resized)
    if fine.sigma:
        laid = _as_sharp(laid, fine)
    edits = tone_edits(
        laid, rest, fine.noise, coarse=coarse, stepped=stepped, blurred=fine.sigma > 0
    )
    if over is not None:
        edits.append(NamedEdit("overlay", of=over.of, at=_at(laid, over)))
    if fine.edit is not None and not (stepped and fine.noise):  # the steps are no noise
        edits.append(fine.edit)
    return edits


def _as_sharp(laid: Laid, fine: Detail) -> Laid:
    """The pair with the sharper one blurred, too."""
    if fine.sharper == "hit":
        return replace(laid, hit=smooth(laid.hit, fine.sigma))
    return replace(laid, query=smooth(laid.query, fine.sigma))


def _detail(matched: Matched, shared: Mask, resized: bool) -> Detail:
    return detail(luminance(matched.query), luminance(matched.hit), shared, resized=resized)


def _at(laid: Laid, over: Overlay) -> tuple[float, float, float, float]:
    """Where it is in the picture that has it."""
    height, width = laid.shared.shape
    left, top, right, bottom = over.box
    corners = np.array(
        [[x / width, y / height, 1] for x in (left, right) for y in (top, bottom)], np.float64
    )
    if laid.of != over.of:
        across = laid.transform if over.of == "hit" else inverse(laid.transform)
        corners = corners @ across.T
    low, high = corners.min(axis=0)[:2], corners.max(axis=0)[:2]
    return _rounded((float(low[0]), float(low[1]), float(high[0]), float(high[1])))


def _rounded(box: tuple[float, ...]) -> tuple[float, float, float, float]:
    left, top, right, bottom = (round(min(max(value, 0.0), 1.0), 4) for value in box)
    return left, top, right, bottom
