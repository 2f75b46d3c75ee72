"""Small JSON bodies: read as the dataclasses that their schemas are made of."""

from __future__ import annotations

import types
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from starlette.requests import Request

from lookalike.server.answers import ApiError
from lookalike.server.context import Context
from lookalike.server.uploads import read_json

__all__ = ["read_record"]

T = TypeVar("T")

_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
_LARGEST = 1 << 53  # that every JSON library keeps


async def read_record(
    request: Request, context: Context, record: type[T], most: int | None = None
) -> T:
    """The JSON object of a request.

    Args:
        request: with the body.
        context: of the server.
        record: a dataclass; fields without a default are needed.
        most: bytes of the body; a few thousand by default.

    Raises:
        ApiError: it is no such object; the message says which key is wrong.
    """
    seconds = context.settings.upload_seconds
    given = await (
        read_json(request, seconds) if most is None else read_json(request, seconds, most)
    )
    found = _value(given, record, "the body")
    assert isinstance(found, record)
    return found


def _value(given: Any, hint: Any, where: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):  # with None, and nothing else
        (wanted,) = (one for one in arguments if one is not type(None))
        return None if given is None else _value(given, wanted, where)
    if is_dataclass(hint):
        return _record(given, hint, where)
    if origin is list:
        if not isinstance(given, list):
            raise _wrong(where, "a list", given)
        return [_value(one, arguments[0], f"{where}[{n}]") for n, one in enumerate(given)]
    if origin is Literal:
        if not isinstance(given, str) or given not in arguments:
            raise _wrong(where, " or ".join(f'"{one}"' for one in arguments), given)
        return given
    is_number = isinstance(given, int) and not isinstance(given, bool)
    if hint is float:
        good = is_number or isinstance(given, float)
    else:
        good = is_number if hint is int else isinstance(given, hint)
    if not good or (hint in (int, float) and not abs(given) <= _LARGEST):
        raise _wrong(where, _WORDS[hint], given)
    return given


def _record(given: Any, record: Any, where: str) -> Any:
    if not isinstance(given, dict):
        raise _wrong(where, "an object", given)
    hints = get_type_hints(record)
    for key in given:
        if key not in hints:
            raise ApiError(
                400, "bad_json", f"{where} has no key {key[:40]!r}: it takes {', '.join(hints)}"
            )
    values = {}
    for one in fields(record):
        if one.name in given:
            name = one.name if where == "the body" else f"{where}.{one.name}"
            values[one.name] = _value(given[one.name], hints[one.name], name)
        elif one.default is MISSING and one.default_factory is MISSING:
            raise ApiError(400, "bad_json", f"{where} lacks the key {one.name!r}")
    return record(**values)


def _wrong(where: str, wanted: str, given: Any) -> ApiError:
    return ApiError(400, "bad_json", f"{where} has to be {wanted}, not {str(given)[:40]!r}")
