"""The forms of what the interface gives and takes, in the words of JSON Schema.

They follow from the dataclasses: the keys and types from the fields, the rest from what is told
of them (:mod:`lookalike.fields`).
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from lookalike.fields import Told, json_keys, told_of
from lookalike.match import Match
from lookalike.server import group_records, job_records, list_records, records

__all__ = ["SCHEMAS", "record_schema"]

_Schema = dict[str, Any]

_NAMES = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}

# These have a schema of their own in the document, which others refer to.
_NAMED: tuple[type, ...] = (
    records.Error,
    records.SearchResult,
    records.QueryRecord,
    records.PairComparison,
    records.Picture,
    records.PicturePage,
    records.PictureDetails,
    records.Status,
    records.Health,
    records.Token,
    job_records.JobRecord,
    job_records.JobList,
    job_records.JobRequest,
    list_records.Timeline,
    list_records.FolderList,
    list_records.LedgerPage,
    list_records.SelfTestResult,
    list_records.Map,
    group_records.GroupRecord,
    group_records.DuplicatesPage,
    group_records.Verdict,
    group_records.VerdictPair,
    group_records.SettledGroup,
    group_records.PlanRequest,
    group_records.PlanRecord,
    group_records.ApplyRequest,
    group_records.Journal,
    group_records.UndoRequest,
)


def record_schema(record: Any) -> _Schema:
    """The schema of a dataclass: an object that has all of its fields and nothing else."""
    hints = get_type_hints(record)
    about = told_of(record)
    properties = {key: _field(hints[name], about[name]) for name, key in json_keys(record).items()}
    always = [key for name, key in json_keys(record).items() if about[name].always_in_json]
    return _object(record.__doc__ or "", properties, always)


def _object(
    meaning: str, properties: Mapping[str, _Schema], required: Sequence[str] | None = None
) -> _Schema:
    return {
        "type": "object",
        "description": meaning.partition("\n")[0],
        "properties": dict(properties),
        "required": list(properties) if required is None else list(required),
        "additionalProperties": False,
    }


def _field(hint: Any, about: Told) -> _Schema:
    described = {"description": about.sentence()} if about.meaning else {}
    return {**_type(hint), **described, **about.schema}


def _type(hint: Any) -> _Schema:
    if hint is Any:
        return {}
    if hint in _NAMES:
        return {"type": _NAMES[hint]}
    if is_dataclass(hint):
        if hint in _NAMED:
            return {"$ref": f"#/components/schemas/{hint.__name__}"}
        return record_schema(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"type": "string", "enum": list(arguments)}
    if origin in (Union, types.UnionType):  # with None, and nothing else
        (wanted,) = (argument for argument in arguments if argument is not type(None))
        schema = _type(wanted)
        if "enum" in schema:
            schema = {**schema, "enum": [*schema["enum"], None]}
        return {**schema, "type": [schema["type"], "null"]}
    if origin in (list, tuple):
        fixed = origin is tuple and arguments[-1] is not ...
        sizes = {"minItems": len(arguments), "maxItems": len(arguments)} if fixed else {}
        return {"type": "array", "items": _type(arguments[0]), **sizes}
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": _type(arguments[1])}
    raise TypeError(f"no schema is known for {hint!r}: add it here")


def _hit() -> _Schema:
    """A match as REST hands it out: with an id that tells nothing, a name, and links."""
    hints, own = get_type_hints(Match), record_schema(records.Picture)["properties"]
    public = {
        name: _field(hints[name], about) for name, about in told_of(Match).items() if about.public
    }
    folded = {
        "type": "boolean",
        "description": "Whether it is no nearer than unrelated pictures are; only with all=true.",
    }
    properties = {
        "id": own["id"],
        "name": own["name"],
        **public,
        "folded": folded,
        "away": own["away"],
        "links": own["links"],
    }
    return _object("A picture that was found.", properties)


SCHEMAS: Final[dict[str, _Schema]] = {
    **{record.__name__: record_schema(record) for record in _NAMED},
    "Hit": _hit(),
}
