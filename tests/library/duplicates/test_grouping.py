"""Groups are stars: every member is a copy of the middle, and never of another member alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from lookalike.library.duplicates.grouping import beside, stars
from lookalike.types import ContentId

Pair = tuple[ContentId, ContentId]


def looks(copies: set[frozenset[int]], asked: list[Pair]) -> Callable[[Sequence[Pair]], list[bool]]:
    def look(pairs: Sequence[Pair]) -> list[bool]:
        asked.extend(pairs)
        return [frozenset(pair) in copies for pair in pairs]

    return look


def never(a: int, b: int) -> bool:
    return False


def ids(*numbers: int) -> list[ContentId]:
    return [ContentId(number) for number in numbers]


GRAPHS = st.sets(
    st.tuples(st.integers(0, 11), st.integers(0, 11)).filter(lambda p: p[0] != p[1]), max_size=40
)


@given(near=GRAPHS, of_them=st.sets(st.integers(0, 39)), shuffled=st.permutations(range(12)))
def test_every_member_is_a_copy_of_the_middle(
    near: set[tuple[int, int]], of_them: set[int], shuffled: list[int]
) -> None:
    order = ids(*shuffled)
    pairs = sorted(near)
    copies = {frozenset(pairs[n]) for n in of_them if n < len(pairs)}
    proposed = {ContentId(a): ids(*(b for x, b in pairs if x == a)) for a, _ in pairs}
    asked: list[Pair] = []
    groups = stars(order, proposed, looks(copies, asked), never)
    inside = [c for middle, members in groups.items() for c in (middle, *members)]
    assert len(inside) == len(set(inside))
    assert all(members for members in groups.values())
    place = {content: n for n, content in enumerate(order)}
    for middle, members in groups.items():
        assert all(frozenset((middle, member)) in copies for member in members)
        assert place[middle] < min(place[member] for member in members)
    # Whoever is alone is a copy of no one else that is, and of no middle of those before it.
    alone = [content for content in order if content not in inside]
    assert not any(frozenset((a, b)) in copies for a in alone for b in alone if a != b)
    for content in alone:
        before = [m for m in groups if place[m] < place[content]]
        assert not any(frozenset((m, content)) in copies for m in before)
    # Only what was proposed is looked at, and nothing twice.
    assert {frozenset(pair) for pair in asked} <= {frozenset(pair) for pair in pairs}
    assert len({frozenset(pair) for pair in asked}) == len(asked)
    # The order in which pairs were proposed doesn't matter.
    turned = {ContentId(b): ids(*(a for a, x in pairs if x == b)) for _, b in pairs}
    assert stars(order, turned, looks(copies, []), never) == groups


def test_a_chain_is_no_group() -> None:
    """A picture that turns into another one little by little: neighbours alone are copies."""
    order = ids(*range(50))
    near = {ContentId(n): ids(n + 1) for n in range(49)}
    copies = {frozenset((n, n + 1)) for n in range(49)}
    groups = stars(order, near, looks(copies, []), never)
    assert groups == {ContentId(n): ids(n + 1) for n in range(0, 50, 2)}


def test_what_was_rejected_is_never_in_one_group() -> None:
    order = ids(1, 2, 3)
    near = {ContentId(1): ids(2, 3), ContentId(2): ids(3)}
    copies = {frozenset(pair) for pair in ((1, 2), (1, 3), (2, 3))}

    def apart(a: int, b: int) -> bool:
        return {a, b} == {2, 3}

    assert stars(order, near, looks(copies, []), apart) == {1: [2]}
    assert stars(order, near, looks(copies, []), never) == {1: [2, 3]}


def test_related_pictures_may_be_in_several_groups_but_no_pair_is_told_twice() -> None:
    collage, one, other, crop, crop_too = ids(1, 2, 3, 4, 5)
    pairs = [(collage, one), (other, collage), (one, crop), (one, crop_too), (crop, crop_too)]
    assert beside(ids(1, 2, 3, 4, 5), pairs) == {collage: [one, other], one: [crop, crop_too]}
    assert beside(ids(1, 2), [(ContentId(7), ContentId(8))]) == {}
