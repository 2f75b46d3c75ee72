"""The second look: what two pictures are to each other, by their pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from lookalike.match import Box, Side
from lookalike.matching.cells import cell
from lookalike.matching.comparison import evened, tiles
from lookalike.matching.frames import frame
from lookalike.matching.judging import Judgement, judged
from lookalike.matching.planes import Plane, in_shares, scale_of, skew_of, stretch_of
from lookalike.matching.prepared import Area, Prepared, prepare
from lookalike.matching.proposals import (
    LARGEST_SCALE,
    MOST_SKEW,
    MOST_STRETCH,
    Proposal,
    proposals,
)
from lookalike.matching.redrawn import is_redrawn
from lookalike.matching.refining import refined
from lookalike.matching.relation import meeting
from lookalike.matching.sharpness import is_noisy
from lookalike.matching.surroundings import is_ground
from lookalike.matching.verdict import Verdict
from lookalike.matching.view import View
from lookalike.types import Part

__all__ = ["look"]

# Pixels of the longer side of the frames: to move from far, to see whether to go on, to move a
# little, to decide.
_COARSE, _GLANCE, _FINE, _SIDE = 40, 72, 112, 256
_SURE = 0.96  # a score that no moving is needed for
_NEARLY_SAME = 0.85  # agreement below which moving a little makes no copies of wholes
_LITTLE = 0.01  # of the score: an exact fit wins over what is hardly better
_NEARLY_WHOLE = 0.85  # of a picture's area
_LEAST_SHOWN = 0.5  # of a picture, by one within another
_CELL = 1.3  # times as much of a picture as of the collage that it is in
_MOST_INNER = 2
_LEAST_OF_BOTH = 0.15
_LEAST_INNER = 0.08  # of the area: smaller ones are lines of text and faces of users
# Programs and pages that show a picture keep its shape. A sign in two photographs is seen from two
# sides: a drawing of one was found in a photograph, 1.07 times as high.
_KEEPS_SHAPE = 1.03
_ALIKE = Verdict("alike", 0.0)


def look(
    query: View | Prepared,
    hit: View | Prepared,
    *,
    by_features: bool = True,
    as_they_lie: bool = False,
) -> Verdict:
    """Look at two pictures a second time.

    Ways to lay one over the other are proposed by local features and by the wholes, refined, and
    judged by how well the two then agree. The outcome is the same whichever is asked with: pairs
    are looked at in the order of their names, and then :meth:`~Verdict.swapped`.

    Args:
        query: the picture that was asked for; prepared if it is looked at beside many.
        hit: the other one.
        by_features: whether local features propose ways, too. Without them a copy of the whole is
            found, framed or turned by quarters, and a picture of which a part was cut off is not;
            it takes a tenth of the time.
        as_they_lie: whether all of one is laid over all of the other and nothing else is tried: no
            parts, and no moving where they hardly agree. Two windows of one program take a fifth of
            the time so.

    Returns:
        Without names of edits.
    """
    asked = query if isinstance(query, Prepared) else prepare(query)
    other = hit if isinstance(hit, Prepared) else prepare(hit)
    sees = _lying if as_they_lie else partial(_look, by_features=by_features)
    if asked.view.name <= other.view.name:
        return sees(asked, other)
    return sees(other, asked).swapped()


@dataclass(frozen=True, slots=True, eq=False)
class _Try:
    """One way to lay them over each other, and what that looks like."""

    plane: Plane
    judgement: Judgement
    within: tuple[Area, Area] | None = None
    cell: tuple[Area, Area] | None = None


def _look(first: Prepared, second: Prepared, *, by_features: bool) -> Verdict:
    best = _ALIKE
    for proposal in proposals(first, second, by_features=by_features):
        whole = _whole(first, second, proposal)
        verdict = _verdict(first, second, whole)
        if verdict.kind == "alike" and (whole is None or not whole.judgement.same):
            plane = proposal.plane if whole is None else whole.plane
            inner = [
                _verdict(first, second, _tried(first, second, plane, within))
                for within in _within(first, second, plane, None if whole is None else whole.cell)
            ]
            verdict = next((v for v in inner if v.kind != "alike"), verdict)
        if verdict.kind != "alike":
            return verdict
        if verdict.agreement > best.agreement:
            best = verdict
    return best


def _lying(first: Prepared, second: Prepared) -> Verdict:
    """The wholes alone, as they lie."""
    best = _ALIKE
    for proposal in proposals(first, second, by_features=False):
        if not proposal.exact:
            continue
        found = _judged(first, second, proposal.plane, None)
        if found is not None and found.judgement.agreement > _NEARLY_SAME:
            found = _whole(first, second, proposal)
        verdict = _verdict(first, second, found)
        if verdict.kind != "alike":
            return verdict
        best = max(best, verdict, key=lambda one: one.agreement)
    return best


def _whole(first: Prepared, second: Prepared, proposal: Proposal) -> _Try | None:
    """All of both; where the wholes fit as they are, nothing is moved without need."""
    if not proposal.exact:
        return _tried(first, second, proposal.plane, None)
    as_it_is = _judged(first, second, proposal.plane, None)
    if as_it_is is None or (as_it_is.judgement.same and as_it_is.judgement.score > _SURE):
        return as_it_is
    moved = _tried(first, second, proposal.plane, None)
    if moved is None or not moved.judgement.same:
        return as_it_is
    need = as_it_is.judgement.score + _LITTLE < moved.judgement.score
    return moved if need or not as_it_is.judgement.same else as_it_is


def _tried(
    first: Prepared, second: Prepared, plane: Plane, within: tuple[Area, Area] | None
) -> _Try | None:
    plane = refined(first.grey, second.grey, plane, _COARSE, within)
    glance = frame(first.grey, second.grey, plane, _GLANCE, within)
    if glance is None or judged(tiles(glance)).hopeless:
        return None
    return _judged(first, second, refined(first.grey, second.grey, plane, _FINE, within), within)


def _judged(
    first: Prepared, second: Prepared, plane: Plane, within: tuple[Area, Area] | None
) -> _Try | None:
    scale = scale_of(plane)
    if not 1 / LARGEST_SCALE < scale < LARGEST_SCALE:
        return None
    if stretch_of(plane) > MOST_STRETCH or skew_of(plane) > MOST_SKEW:
        return None
    laid = frame(first.grey, second.grey, plane, _SIDE, within)
    if laid is not None and is_noisy(laid):
        laid = frame(first.grey, second.grey, plane, _FINE, within)
    if laid is None:
        return None
    levels = evened(laid)
    found = tiles(laid, levels)
    judgement = judged(found)
    if judgement.same and is_redrawn(laid, levels, found):
        judgement = replace(judgement, same=False)
    alone = None if judgement.same or within is not None else cell(laid, found)
    return _Try(plane, judgement, within, alone)


def _within(
    first: Prepared, second: Prepared, plane: Plane, alone: tuple[Area, Area] | None
) -> list[tuple[Area, Area]]:
    """Pictures within the one or the other that may be what they share."""
    sizes = first.size, second.size
    chosen = []
    for of in first.areas:
        for to in second.areas:
            if of == first.areas[0] and to == second.areas[0]:
                continue
            inner = min(_area_share(of, first), _area_share(to, second))
            least = _LEAST_SHOWN
            if of != first.areas[0] and to != second.areas[0]:
                # Programs share parts of their interfaces, but not what takes most of the screen.
                least = _NEARLY_WHOLE
                inner -= _LEAST_OF_BOTH
            if inner < _LEAST_INNER:
                continue
            met = meeting(plane, *sizes, (of, to))
            shown = (
                _share(met.first) / _area_share(of, first),
                _share(met.second) / _area_share(to, second),
            )
            # A cell of a collage is full of the picture, of which something may have been cut off.
            if min(shown) >= least and max(shown) >= _NEARLY_WHOLE:
                chosen.append((min(shown), (of, to)))
    chosen.sort(key=lambda item: (-item[0], item[1]))
    found = [within for _, within in chosen[:_MOST_INNER]]
    if alone is not None:
        shares = _area_share(alone[0], first), _area_share(alone[1], second)
        # What takes the same place in both is an interface, or a scene in which something moved.
        if max(shares) > _LEAST_SHOWN and max(shares) > _CELL * min(shares):
            found.append(alone)
    return found


def _area_share(area: Area, picture: Prepared) -> float:
    width, height = picture.size
    return (area[2] - area[0]) * (area[3] - area[1]) / (width * height)


def _verdict(first: Prepared, second: Prepared, found: _Try | None) -> Verdict:
    """What a way to lay them over each other makes of them."""
    if found is None:
        return _ALIKE
    judgement = found.judgement
    alike = Verdict("alike", round(min(judgement.agreement, 0.79), 4))
    if not judgement.same:
        return alike
    met = meeting(found.plane, first.size, second.size, found.within)
    # Frames of one scene overlap like this, and hardly any edit does.
    nearly = min(_share(met.first), _share(met.second)) > _NEARLY_WHOLE
    if met.shifted and nearly:
        return alike
    all_first = met.whole_first or is_ground(first.view.pixels, met.first)
    all_second = met.whole_second or is_ground(second.view.pixels, met.second)
    transform = in_shares(found.plane, first.size, second.size)
    verdict = Verdict("part", round(judgement.agreement, 4), transform=transform)
    if all_first and all_second:
        return replace(verdict, kind="edited")
    if all_first:
        return replace(verdict, boxes=(_box("hit", met.second),))
    if all_second:
        return replace(verdict, boxes=(_box("query", met.first),))
    inside_both = found.within is not None and _is_inner(found.within, first, second)
    if inside_both and stretch_of(found.plane) > _KEEPS_SHAPE:
        return alike
    return replace(verdict, boxes=(_box("query", met.first), _box("hit", met.second)))


def _is_inner(within: tuple[Area, Area], first: Prepared, second: Prepared) -> bool:
    """Whether what is compared is but a piece of either."""
    return within[0] != first.areas[0] and within[1] != second.areas[0]


def _share(box: Part) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _box(of: Side, box: Part) -> Box:
    left, top, right, bottom = (round(min(max(value, 0.0), 1.0), 4) for value in box)
    return Box(of, (left, top, right, bottom))
