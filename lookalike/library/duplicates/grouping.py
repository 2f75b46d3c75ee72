"""From pairs that were looked at to groups: every member is a copy of its representative.

Never by chains: a picture that changes little by little into another one is no single group. So a
group is a star. Pictures come in their order, the largest first; each that is in no group yet
becomes the middle of one, and takes those behind it that are its copies and in no group yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from lookalike.types import ContentId

__all__ = ["Look", "beside", "stars"]

Look: TypeAlias = Callable[[Sequence[tuple[ContentId, ContentId]]], Sequence[bool]]
"""Says of pairs whether they are copies of each other."""

_FEW = 16  # middles that are taken at a time though they share what is near
_AT_ONCE = 128  # middles whose pairs are looked at at a time


def stars(
    order: Sequence[ContentId],
    near: Mapping[ContentId, Sequence[ContentId]],
    look: Look,
    apart: Callable[[ContentId, ContentId], bool],
) -> dict[ContentId, list[ContentId]]:
    """Groups around their middles.

    Pairs are asked for as they are needed: what is in a group already is not looked at again.

    Args:
        order: contents, those that come first first.
        near: for each those that may be copies of it; as often as not only from one side.
        look: tells copies; called with pairs whose first one is a middle.
        apart: tells contents that are never in one group, whatever they look like.

    Returns:
        Members by middle, both in their order; no groups of one.
    """
    places = {content: place for place, content in enumerate(order)}
    links = _both_ways(order, near, places)
    taken: set[ContentId] = set()
    groups: dict[ContentId, list[ContentId]] = {}
    start = 0
    while start < len(order):
        middles: list[ContentId] = []
        ahead: set[int] = set()  # places that these middles may take
        while start < len(order) and len(middles) < _AT_ONCE:
            if order[start] not in taken and links[start]:
                # What one of these may take, or take from, waits until that is known: a pair that
                # isn't needed would be looked at.
                shares = len(middles) >= _FEW and not ahead.isdisjoint(links[start])
                if start in ahead or shares:
                    break
                middles.append(order[start])
                ahead.update(links[start])
            start += 1
        pairs = [
            (middle, order[place])
            for middle in middles
            for place in links[places[middle]]
            if order[place] not in taken
        ]
        seen = dict(zip(pairs, look(pairs), strict=True))
        for middle in middles:
            if middle in taken:
                continue
            members: list[ContentId] = []
            for place in links[places[middle]]:
                other = order[place]
                if other in taken or not seen.get((middle, other)):
                    continue
                if not any(apart(one, other) for one in (middle, *members)):
                    members.append(other)
            if members:
                groups[middle] = members
                taken.update((middle, *members))
    return groups


def _both_ways(
    order: Sequence[ContentId],
    near: Mapping[ContentId, Sequence[ContentId]],
    places: Mapping[ContentId, int],
) -> list[list[int]]:
    """For each place those behind it that are near, ascending."""
    links: list[set[int]] = [set() for _ in order]
    for content, others in near.items():
        for other in others:
            if content in places and other in places and content != other:
                low, high = sorted((places[content], places[other]))
                links[low].add(high)
    return [sorted(row) for row in links]


def beside(
    order: Sequence[ContentId], pairs: Iterable[tuple[ContentId, ContentId]]
) -> dict[ContentId, list[ContentId]]:
    """Stars of pictures that are related and no copies, such as parts: one may be in several.

    Each pair is told once: by the picture that comes first, unless a group has both already.

    Args:
        order: contents, those that come first first.
        pairs: that are related.

    Returns:
        Members by middle, both in their order.
    """
    places = {content: place for place, content in enumerate(order)}
    links: list[list[int]] = [[] for _ in order]
    for a, b in pairs:
        if a in places and b in places and a != b:
            low, high = sorted((places[a], places[b]))
            links[low].append(high)
    groups: dict[ContentId, list[ContentId]] = {}
    of: list[set[int]] = [set() for _ in order]  # the middles of the groups that each is in
    for place, row in enumerate(links):
        members = [other for other in sorted(set(row)) if not of[place] & of[other]]
        if members:
            groups[order[place]] = [order[other] for other in members]
            for other in (place, *members):
                of[other].add(place)
    return groups
