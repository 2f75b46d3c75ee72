"""What the server answers: JSON, and one form for everything that goes wrong."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from lookalike.errors import LibraryError, LookalikeError, PictureError, UsageError
from lookalike.fields import record_values
from lookalike.server.records import Error, Problem

__all__ = ["HANDLERS", "ApiError", "Json"]

_log = logging.getLogger(__name__)


class Json(Response):
    """A JSON answer, of records too.

    In ASCII, so that paths which aren't UTF-8 keep their bytes (PEP 383).
    """

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The answer's bytes."""
        return json.dumps(content, allow_nan=False, default=record_values).encode("ascii")


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


def translated(error: LookalikeError) -> ApiError:
    """What a client is told of an error of the library."""
    message = str(error)
    if isinstance(error, PictureError):
        return ApiError(422, "picture_unusable", message)
    if isinstance(error, UsageError):
        return ApiError(400, "bad_parameter", message)
    if isinstance(error, LibraryError):
        return ApiError(503, "library_unavailable", message, {"Retry-After": "5"})
    return ApiError(503, "unavailable", message, {"Retry-After": "5"})


async def _on_api_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error.response()


async def _on_lookalike_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, LookalikeError)
    _log.info("%s: %s", type(error).__name__, error)
    return translated(error).response()


async def _on_http_error(request: Request, error: Exception) -> Response:
    """What Starlette itself refuses: unknown paths and methods."""
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.NOT_FOUND:
        told = ApiError(404, "not_found", "there is nothing here: /api/v1/openapi.json has it all")
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow", "")
        told = ApiError(
            405,
            "method_not_allowed",
            f"{request.method[:20]} does not work here: use {allowed}",
            error.headers,
        )
    else:
        told = ApiError(error.status_code, "bad_request", error.detail, error.headers)
    return told.response()


async def _on_disconnect(_request: Request, _error: Exception) -> Response:
    return ApiError(400, "gone", "the client went away").response()  # which nobody reads


async def _on_surprise(_request: Request, error: Exception) -> Response:
    _log.error("unexpected %s: %s", type(error).__name__, error)  # Uvicorn logs the traceback
    return ApiError(
        500, "unexpected", "something unexpected happened: the log of the server says more"
    ).response()


HANDLERS: Mapping[Any, Any] = {
    ApiError: _on_api_error,
    LookalikeError: _on_lookalike_error,
    HTTPException: _on_http_error,
    ClientDisconnect: _on_disconnect,
    Exception: _on_surprise,
}
"""What Starlette calls for an exception."""
