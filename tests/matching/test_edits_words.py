"""Edits in words: each has some, and they turn with the direction."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from lookalike.match import EditName, NamedEdit
from lookalike.matching.edits import inverted
from lookalike.matching.edits_words import words


@pytest.mark.parametrize("name", get_args(EditName))
def test_every_edit_has_words(name: EditName) -> None:
    said = words([NamedEdit(name)])
    assert said
    assert said == said.strip().lower()


def test_several_are_said_in_their_order() -> None:
    edits = (
        NamedEdit("mirror"),
        NamedEdit("rotate", degrees=-90),
        NamedEdit("resize", factor=0.4),
        NamedEdit("brightness", amount=-20),
        NamedEdit("overlay", of="query"),
    )
    assert words(edits) == (
        "mirrored, turned by 90 degrees counterclockwise, 40 % of the size, darker, "
        "something laid over it"
    )
    assert words(()) == ""


def test_a_flip_is_said_as_one() -> None:
    flip = (NamedEdit("mirror"), NamedEdit("rotate", degrees=180), NamedEdit("grey", of="query"))
    assert words(flip) == "flipped top to bottom, without colour"
    assert words([NamedEdit("rotate", degrees=180)]) == "upside down"


def test_the_same_is_said_once() -> None:
    assert words([NamedEdit("overlay", of="query")] * 2) == "something laid over it"


@pytest.mark.parametrize(
    ("edit", "there", "back"),
    [
        (NamedEdit("resize", factor=0.5), "50 % of the size", "2 times the size"),
        (NamedEdit("border", of="query"), "a border around it", "without its border"),
        (NamedEdit("brightness", amount=80), "much brighter", "much darker"),
        (NamedEdit("contrast", amount=2.0), "more contrast", "less contrast"),
        (NamedEdit("blur", amount=0.01), "blurred", "sharper"),
        (NamedEdit("noise", amount=9.0), "noisier", "less noise"),
        (NamedEdit("recompress", of="hit"), "compressed less", "compressed more"),
        (NamedEdit("recompress"), "saved anew", "saved anew"),
    ],
)
def test_words_turn_with_the_direction(edit: NamedEdit, there: str, back: str) -> None:
    assert words([edit]) == there
    assert words(inverted((edit,))) == back


def test_a_stretch_is_of_the_side_that_grew() -> None:
    wide = NamedEdit("stretch", factor=2.0)
    assert words([wide]) == "stretched to 2 times the width"
    assert words(inverted((wide,))) == "stretched to 2 times the height"


def test_the_page_of_concepts_has_a_row_for_each_edit() -> None:
    page = Path(__file__).parents[2] / "docs" / "concepts.md"
    section = page.read_text(encoding="utf-8").split("### Edits")[1].split("\n### ")[0]
    rows = re.findall(r"^\| `([a-z]+)` \| ", section, re.MULTILINE)
    assert sorted(rows) == sorted(["name", *get_args(EditName)])  # the heading, and each edit
