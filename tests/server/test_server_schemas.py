"""Schemas follow from dataclasses."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from lookalike.fields import told
from lookalike.server.answers import Json
from lookalike.server.records import Health, PictureDetails
from lookalike.server.schemas import SCHEMAS, record_schema


@dataclass
class Inner:
    """Within.

    Not said.
    """

    n: int


@dataclass
class Outer:
    """All that a record may hold."""

    text: str = field(metadata=told("some words", schema={"pattern": "^a"}))
    share: float | None
    kind: Literal["a", "b"]
    four: tuple[float, float] | None
    many: tuple[str, ...]
    inner: list[Inner]
    health: Health
    times: dict[str, float]
    free: list[dict[str, Any]]


def test_every_type_has_its_schema() -> None:
    schema = record_schema(Outer)
    inner = {
        "type": "object",
        "description": "Within.",
        "properties": {"n": {"type": "integer"}},
        "required": ["n"],
        "additionalProperties": False,
    }
    assert schema["required"] == list(schema["properties"])
    assert schema["properties"] == {
        "text": {"type": "string", "description": "Some words.", "pattern": "^a"},
        "share": {"type": ["number", "null"]},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "four": {
            "type": ["array", "null"], "items": {"type": "number"}, "minItems": 2, "maxItems": 2,
        },
        "many": {"type": "array", "items": {"type": "string"}},
        "inner": {"type": "array", "items": inner},
        "health": {"$ref": "#/components/schemas/Health"},
        "times": {"type": "object", "additionalProperties": {"type": "number"}},
        "free": {"type": "array", "items": {"type": "object", "additionalProperties": {}}},
    }  # fmt: skip


def test_what_has_no_schema_is_said_at_once() -> None:
    @dataclass
    class Strange:
        """A field that JSON has no type for."""

        data: bytes

    with pytest.raises(TypeError, match="bytes"):
        record_schema(Strange)


def test_records_are_answers() -> None:
    record = Outer("a\udce9", None, "a", None, (), [Inner(1)], Health("ok", True), {}, [])
    assert json.loads(Json(record).body) == {
        "text": "a\udce9", "share": None, "kind": "a", "four": None, "many": [],
        "inner": [{"n": 1}], "health": {"status": "ok", "ready": True}, "times": {}, "free": [],
    }  # fmt: skip


def test_details_begin_as_a_picture_does() -> None:
    picture, details = (SCHEMAS[name]["required"] for name in ("Picture", "PictureDetails"))
    assert details[: len(picture)] == picture
    assert PictureDetails.__name__ in SCHEMAS
