"""What is told of a field, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from lookalike.cli.output import record_table
from lookalike.fields import (
    Told,
    documented,
    json_values,
    public_values,
    record_values,
    told,
    told_of,
)


@documented
@dataclass(frozen=True, slots=True)
class Boat:
    """One boat."""

    path: str = field(metadata=told("of its file", heading="path", cell="{path}", last=True))
    length: float | None = field(
        metadata=told(
            "in metres; none if nobody measured it",
            heading="length",
            cell="{length:.1f} m",
            right=True,
            digits=2,
        )
    )
    owner: str = field(metadata=told("who may sail it", public=False))
    oars: int | None = field(
        default=None, metadata=told("oars, in pairs", heading="oars", cell="{oars}", always=False)
    )
    bare: int = 0


def test_the_docstring_says_it() -> None:
    assert Boat.__doc__ is not None
    assert Boat.__doc__.startswith("One boat.\n\nAttributes:\n    path: of its file.\n")
    assert "    oars: oars, in pairs." in Boat.__doc__
    assert "bare" not in Boat.__doc__


def test_values() -> None:
    boat = Boat("a", 4.5678, "ana", bare=3)
    assert record_values(boat) == {
        "path": "a", "length": 4.5678, "owner": "ana", "oars": None, "bare": 3,
    }  # fmt: skip
    assert public_values(boat) == {"path": "a", "length": 4.57, "oars": None, "bare": 3}
    assert public_values(Boat("a", None, "ana"))["length"] is None


def test_what_json_calls_a_field() -> None:
    @dataclass(frozen=True)
    class Move:
        """One."""

        to: str
        source: str = field(metadata=told("where it was", key="from"))

    assert json_values(Move("b", "a")) == {"to": "b", "from": "a"}
    assert public_values(Move("b", "a")) == {"to": "b", "from": "a"}
    assert record_values(Move("b", "a")) == {"to": "b", "source": "a"}


def test_a_field_of_which_nothing_is_told() -> None:
    assert told_of(Boat)["bare"] == Told("")
    with pytest.raises(TypeError):
        told("a word that is none", headline="no")


def test_a_table_has_the_columns_that_are_told() -> None:
    boats = [Boat("b\n", None, "ana"), Boat("a", 14.0, "ben")]
    assert record_table(boats) == ["length  path", '        "b\\n"', "14.0 m  a"]
    boats.append(Boat("c", 3.25, "cy", oars=2))
    assert record_table(boats) == [
        "length  oars  path",
        '              "b\\n"',
        "14.0 m        a",
        " 3.2 m  2     c",
    ]
    assert record_table([]) == []


def test_a_sentence() -> None:
    assert told_of(Boat)["length"].sentence() == "In metres; none if nobody measured it."
