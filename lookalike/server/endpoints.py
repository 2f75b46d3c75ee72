"""What an endpoint is: address, parameters, answers. The documentation is made of it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from lookalike.server.answers import ApiError
from lookalike.server.context import Context

__all__ = ["PREFIX", "Arguments", "Endpoint", "Handler", "Query", "Scope", "read_arguments"]

PREFIX = "/api/v1"

_NUMBER = re.compile(r"\d{1,12}(\.\d{1,12})?", re.ASCII)

Arguments: TypeAlias = Mapping[str, Any]
"""The parameters of a request by name, those of the path too."""

Scope: TypeAlias = Literal["read", "decide", "change"]
"""What a client may do, each more than the one before."""

Handler: TypeAlias = Callable[[Request, Context, Arguments], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Query:
    """A parameter after the question mark.

    Attributes:
        name: of the parameter.
        told: what it means.
        default: where it isn't given; ``None`` for nothing.
        kind: of its value.
        choices: the values that it may have; empty for any.
        least: the smallest whole number.
        most: the largest one.
        needed: whether it has to be given.
    """

    name: str
    told: str
    default: str | int | float | bool | None
    kind: Literal["string", "integer", "number", "boolean"] = "string"
    choices: tuple[str | int, ...] = ()
    least: int | None = None
    most: int | None = None
    needed: bool = False

    def parse(self, text: str) -> str | int | float | bool:
        """The value that a request gives.

        Raises:
            ApiError: it is none that the parameter may have.
        """
        value: str | int | float | bool | None = text
        if self.kind == "boolean":
            value = {"true": True, "false": False}.get(text)
        elif self.kind == "number":
            value = float(text) if _NUMBER.fullmatch(text) else None
        elif self.kind == "integer":
            plain = text.isascii() and text.isdecimal() and len(text) <= 9
            value = int(text) if plain else None
            if value is not None and self.least is not None and self.most is not None:
                value = value if self.least <= value <= self.most else None
        if value is None or (self.choices and value not in self.choices):
            raise ApiError(
                400, "bad_parameter", f"{self.name} is {self.values()}, not {text[:40]!r}"
            )
        return value

    def values(self) -> str:
        """What it may be, in words."""
        if self.kind == "boolean":
            return "true or false"
        if self.choices:
            *others, last = map(str, self.choices)
            return f"{', '.join(others)} or {last}"
        if self.kind == "number":
            return "a number of 0 or more, such as 0.05"
        if self.kind == "integer":
            return f"a number from {self.least:,} to {self.most:,}"
        return "text"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one address.

    Attributes:
        method: of HTTP; ``GET`` includes ``HEAD``.
        path: below :data:`PREFIX`, with ``{id}`` for a picture's id.
        handler: gives the answer.
        told: one line on what it does.
        answer: what comes: the name of a schema, or a media type, or nothing.
        status: of the answer.
        query: its parameters.
        body: what it takes: "picture", or the name of a schema.
        errors: codes of HTTP for what may go wrong in the handler itself; what may go wrong on
            the way to it is known.
        tagged: whether a client that has the answer by its ETag is told so (304).
        ranged: whether parts of the answer can be asked for (206).
        public: whether it needs no token.
        points: that it takes from the client's rate.
        scope: what a token has to allow: to look, to decide about duplicates, or to change files.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: str
    handler: Handler
    told: str
    answer: str | None
    status: int = 200
    query: tuple[Query, ...] = ()
    body: str | None = None
    errors: tuple[int, ...] = ()
    tagged: bool = False
    ranged: bool = False
    public: bool = False
    points: float = 1
    scope: Scope = "read"


def read_arguments(request: Request, endpoint: Endpoint) -> Arguments:
    """The parameters of a request, with the defaults of those that aren't given.

    Raises:
        ApiError: one that isn't known, comes twice, has a wrong value, or is missing.
    """
    known = {query.name: query for query in endpoint.query}
    found: dict[str, Any] = {query.name: query.default for query in endpoint.query}
    given = request.query_params
    for name in given:
        if name not in known:
            some = f"known are {', '.join(known)}" if known else "there are none here"
            raise ApiError(400, "bad_parameter", f"unknown parameter {name[:40]!r}: {some}")
        values = given.getlist(name)
        if len(values) > 1:
            raise ApiError(400, "bad_parameter", f"{name} is given {len(values)} times: give one")
        found[name] = known[name].parse(values[0])
    for query in endpoint.query:
        if query.needed and found[query.name] is None:
            raise ApiError(400, "bad_parameter", f"{query.name} is missing: {query.told}")
    return {**found, **request.path_params}
