"""A hit's fields have one home: the documentation says what the dataclass says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from lookalike.fields import told_of
from lookalike.match import Match
from lookalike.server.schemas import SCHEMAS, record_schema

DOCS = Path(__file__).resolve().parent.parent / "docs"
SEARCH = (DOCS / "commands" / "search.md").read_text(encoding="utf-8")
REST = (DOCS / "rest.md").read_text(encoding="utf-8")


def value(schema: dict[str, Any]) -> str:
    """What a field holds, in the words of the documentation."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if "enum" in schema:
        *others, last = (f"`{word or 'null'}`" for word in schema["enum"])
        return f"{', '.join(others)} or {last}"
    named = kinds[0]
    if named == "array":
        many = f"{schema['minItems']} " if "minItems" in schema else "a list of "
        named = f"{many}{schema['items']['type']}s"
    return f"{named} or `null`" if "null" in kinds else str(named)


@pytest.mark.parametrize("name", told_of(Match))
def test_a_field_has_its_row(name: str) -> None:
    properties = record_schema(Match)["properties"]
    row = f"| `{name}` | {value(properties[name])} | {told_of(Match)[name].meaning}"
    found = re.findall(rf"^\| `{name}` \| .*$", SEARCH.split("## JSON")[1], re.MULTILINE)
    assert [line[: len(row)] for line in found] == [row], f"docs/commands/search.md needs: {row} |"
    rest = found[0].removeprefix(row)
    assert re.fullmatch(r"(\. See .*)? \|", rest), "after it only where to read more"


def test_no_row_is_of_a_field_that_is_gone() -> None:
    table = SEARCH.split("| key | value | meaning |\n|---|---|---|\n")[1]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(told_of(Match))


def test_the_examples_have_all_keys() -> None:
    (shown,) = re.findall(r"^  \"hits\": \[\n(.*?)^  \]", SEARCH, re.MULTILINE | re.DOTALL)
    assert list(json.loads(shown)) == list(told_of(Match))
    (shown,) = re.findall(r"^  \"hits\": \[\n(.*?)^  \]", REST, re.MULTILINE | re.DOTALL)
    assert list(json.loads(shown)) == list(SCHEMAS["Hit"]["properties"])


def test_every_field_says_what_it_means() -> None:
    assert Match.__doc__ is not None
    for name, about in told_of(Match).items():
        assert about.meaning
        assert not about.meaning.endswith(".")
        told = " ".join(Match.__doc__.split())
        assert f"{name}: {about.meaning}." in told


def test_columns_show_one_another() -> None:
    """A column's text may hold other fields, as long as there are such."""
    values = dict.fromkeys(told_of(Match), 0) | {"part": (0, 0, 1, 1)}
    for about in told_of(Match).values():
        assert bool(about.heading) == bool(about.cell)
        about.cell.format_map(values)
        if about.caption is not None:
            line, text = about.caption
            assert line in (0, 1)
            text.format_map(values)
