"""Pictures of a group that show it otherwise than most."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.library.duplicates.majority import odd_ones
from lookalike.match import NamedEdit
from lookalike.matching.edits import inverted
from lookalike.types import ContentId

Group = dict[ContentId, tuple[NamedEdit, ...]]

MIRROR = NamedEdit("mirror")
RIGHT, LEFT = NamedEdit("rotate", degrees=90), NamedEdit("rotate", degrees=-90)
AROUND = NamedEdit("rotate", degrees=180)
SMALL = NamedEdit("resize", factor=0.5)
LIGHT, DARK = NamedEdit("brightness", amount=30), NamedEdit("brightness", amount=-30)
STRONG, WEAK = NamedEdit("contrast", amount=1.3), NamedEdit("contrast", amount=0.8)


def group(*edits: tuple[NamedEdit, ...]) -> Group:
    return {ContentId(number): one for number, one in enumerate(edits)}


@pytest.mark.parametrize(
    ("found", "odd"),
    [
        (group((), (SMALL,), (MIRROR,)), {2}),
        (group((), (MIRROR,), (MIRROR, SMALL)), {0}),  # what they are compared with is mirrored
        (group((), (MIRROR,)), set()),  # one against one
        (group((), (SMALL,), (MIRROR,), (MIRROR, SMALL)), set()),  # two against two
        (group((), (RIGHT,), (SMALL,), (LEFT,)), set()),  # two of four are no majority
        (group((), (RIGHT,), (RIGHT,)), {0}),
        (group((), (RIGHT,), (LEFT,)), set()),  # each lies otherwise
        (group((), (MIRROR,), (MIRROR, AROUND)), set()),
        (group((), (NamedEdit("rotate", degrees=3),), (RIGHT,)), {2}),  # hung askew, it stands
        (group((), (LIGHT,), (LIGHT, SMALL), (DARK,)), set()),
        (group((), (LIGHT,), (LIGHT, SMALL)), {0}),
        (group((), (SMALL,), (STRONG,)), {2}),
        (group((), (WEAK,), (STRONG,)), set()),
        (group((), (MIRROR,), (SMALL,), (LIGHT,)), {1, 3}),  # by the one, or by the other
        (group(()), set()),
        (group(), set()),
    ],
)
def test_fewer_than_half_are_odd(found: Group, odd: set[int]) -> None:
    assert odd_ones(found) == odd


POSES = [(), (RIGHT,), (AROUND,), (LEFT,), (MIRROR,)]


@given(st.lists(st.sampled_from(POSES), min_size=1, max_size=7), st.randoms(use_true_random=False))
def test_most_are_never_odd_whatever_their_order(
    poses: list[tuple[NamedEdit, ...]], chance: random.Random
) -> None:
    found = group(*poses)
    odd = odd_ones(found)
    assert 2 * len(odd) < len(found)
    others = list(found.items())
    chance.shuffle(others)
    assert odd_ones(dict(others)) == odd


@pytest.mark.parametrize("own", [(MIRROR,), (LIGHT,), (STRONG,), (RIGHT,)])
def test_it_is_the_same_from_either_side(own: tuple[NamedEdit, ...]) -> None:
    """Compared with the odd one, all others are its inverse."""
    assert odd_ones(group(own, (), (SMALL,))) == {0}
    assert odd_ones(group((), inverted(own), (*inverted(own), SMALL))) == {0}
