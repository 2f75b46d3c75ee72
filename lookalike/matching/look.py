"""The second look: what two pictures are to each other, by their pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lookalike.match import Box, Side
from lookalike.matching.comparison import tiles
from lookalike.matching.frames import frame
from lookalike.matching.judging import Judgement, judged
from lookalike.matching.planes import Plane, in_shares, scale_of, skew_of, stretch_of
from lookalike.matching.prepared import Area, Prepared, prepare
from lookalike.matching.proposals import LARGEST_SCALE, MOST_SKEW, MOST_STRETCH, proposals
from lookalike.matching.refining import refined
from lookalike.matching.relation import meeting
from lookalike.matching.surroundings import is_ground
from lookalike.matching.verdict import Verdict
from lookalike.matching.view import View
from lookalike.types import Part

__all__ = ["look"]

_SIDE = 256  # of the frame that decides
_NEARLY_WHOLE = 0.85  # of a picture's area
_LEAST_SHOWN = 0.5  # of a picture, by one within another
_LEAST_INNER = 0.08  # of the area: smaller ones are lines of text and faces of users
_ALIKE = Verdict("alike", 0.0)


def look(query: View | Prepared, hit: View | Prepared) -> Verdict:
    """Look at two pictures a second time.

    Ways to lay one over the other are proposed by local features and by the wholes, refined, and
    judged by how well the two then agree. The outcome is the same whichever is asked with: pairs
    are looked at in the order of their names, and then :meth:`~Verdict.swapped`.

    Args:
        query: the picture that was asked for; prepared if it is looked at beside many.
        hit: the other one.

    Returns:
        Without names of edits.
    """
    asked = query if isinstance(query, Prepared) else prepare(query)
    other = hit if isinstance(hit, Prepared) else prepare(hit)
    if asked.view.name <= other.view.name:
        return _look(asked, other)
    return _look(other, asked).swapped()


@dataclass(frozen=True, slots=True, eq=False)
class _Try:
    """One way to lay them over each other, and what that looks like."""

    plane: Plane
    judgement: Judgement
    within: tuple[Area, Area] | None = None


def _look(first: Prepared, second: Prepared) -> Verdict:
    best = _ALIKE
    for proposal in proposals(first, second):
        found = _tried(first, second, proposal.plane, None)
        verdict = _verdict(first, second, found) if found is not None else _ALIKE
        if verdict.kind == "alike":
            for within in _within(first, second, proposal.plane):
                inner = _tried(first, second, proposal.plane, within)
                if inner is not None and inner.judgement.same:
                    verdict = _verdict(first, second, inner)
                    if verdict.kind != "alike":
                        break
        if verdict.kind != "alike":
            return verdict
        if verdict.agreement > best.agreement:
            best = verdict
    return best


def _tried(
    first: Prepared, second: Prepared, plane: Plane, within: tuple[Area, Area] | None
) -> _Try | None:
    plane = refined(first.grey, second.grey, plane, within)
    scale = scale_of(plane)
    if not 1 / LARGEST_SCALE < scale < LARGEST_SCALE:
        return None
    if stretch_of(plane) > MOST_STRETCH or skew_of(plane) > MOST_SKEW:
        return None
    laid = frame(first.grey, second.grey, plane, _SIDE, within)
    if laid is None:
        return None
    return _Try(plane, judged(tiles(laid)), within)


def _within(first: Prepared, second: Prepared, plane: Plane) -> list[tuple[Area, Area]]:
    """Pictures within the one or the other that may be what they share."""
    sizes = _size(first), _size(second)
    chosen = []
    for of in first.areas:
        for to in second.areas:
            if of == first.areas[0] and to == second.areas[0]:
                continue
            if min(_area_share(of, first), _area_share(to, second)) < _LEAST_INNER:
                continue
            met = meeting(plane, *sizes, (of, to))
            shown = (
                _share(met.first) / _area_share(of, first),
                _share(met.second) / _area_share(to, second),
            )
            least = _LEAST_SHOWN if first.areas[0] == of or second.areas[0] == to else _NEARLY_WHOLE
            # A cell of a collage is full of the picture, of which something may have been cut off.
            if min(shown) >= least and max(shown) >= _NEARLY_WHOLE:
                chosen.append((min(shown), (of, to)))
    chosen.sort(key=lambda item: (-item[0], item[1]))
    return [within for _, within in chosen[:2]]


def _area_share(area: Area, picture: Prepared) -> float:
    width, height = _size(picture)
    return (area[2] - area[0]) * (area[3] - area[1]) / (width * height)


def _size(picture: Prepared) -> tuple[int, int]:
    return picture.grey.shape[1], picture.grey.shape[0]


def _verdict(first: Prepared, second: Prepared, found: _Try) -> Verdict:
    """What a way to lay them over each other makes of them."""
    judgement = found.judgement
    alike = Verdict("alike", round(min(judgement.agreement, 0.79), 4))
    if not judgement.same:
        return alike
    met = meeting(found.plane, _size(first), _size(second), found.within)
    all_first = met.whole_first or is_ground(first.view.pixels, met.first)
    all_second = met.whole_second or is_ground(second.view.pixels, met.second)
    transform = in_shares(found.plane, _size(first), _size(second))
    verdict = Verdict("part", round(judgement.agreement, 4), transform=transform)
    if all_first and all_second:
        return replace(verdict, kind="edited")
    if all_first:
        return replace(verdict, boxes=(_box("hit", met.second),))
    if all_second:
        return replace(verdict, boxes=(_box("query", met.first),))
    # Frames of one scene overlap like this, so whatever differs tells against the pair.
    if min(_share(met.first), _share(met.second)) > _NEARLY_WHOLE and not judgement.clean:
        return alike
    return replace(verdict, boxes=(_box("query", met.first), _box("hit", met.second)))


def _share(box: Part) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _box(of: Side, box: Part) -> Box:
    left, top, right, bottom = (round(min(max(value, 0.0), 1.0), 4) for value in box)
    return Box(of, (left, top, right, bottom))
