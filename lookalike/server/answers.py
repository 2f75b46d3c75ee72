"""What the server answers: JSON, and one form for everything that goes wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from lookalike.fields import json_values
from lookalike.server.records import Error, Problem

__all__ = ["ApiError", "Json", "is_known"]


class Json(Response):
    """A JSON answer, of records too.

    In ASCII, so that paths which aren't UTF-8 keep their bytes (PEP 383).
    """

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The answer's bytes."""
        return json.dumps(content, allow_nan=False, default=json_values).encode("ascii")


def is_known(request: Request, tag: str) -> bool:
    """Whether a client has what an ETag names already."""
    given = request.headers.get("if-none-match", "")
    return tag in [known.strip().removeprefix("W/") for known in given.split(",")]


class ApiError(Exception):
    """Something that a client is told.

    Args:
        status: of HTTP.
        code: for programs; stays the same between versions.
        message: for people: what is wrong, and what to do.
        headers: further ones.
    """

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.headers = status, code, headers

    def response(self) -> Json:
        """The answer."""
        return Json(Error(Problem(self.code, str(self))), self.status, headers=self.headers)
