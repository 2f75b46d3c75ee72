"""What a client is told of what goes wrong: of an error of lookalike a sentence for its class.

The words of an error say where the library and its models lie: they are for who runs the server,
and go to its log. Only those of a picture that can't be used are handed on, since they say what is
wrong with it and name no file.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from lookalike.errors import (
    ActionError,
    EncoderMismatchError,
    LibraryAwayError,
    LibraryClosedError,
    LibraryDamagedError,
    LibraryError,
    LibraryFullError,
    LibraryLockedError,
    LibraryNotFoundError,
    LibraryReadOnlyError,
    LibraryUnmergedError,
    LibraryVersionError,
    LookalikeError,
    MissingExtraError,
    ModelError,
    NoTextError,
    PictureError,
    ServerError,
    UsageError,
)
from lookalike.server.answers import ApiError

__all__ = ["FAULTS", "HANDLERS", "STATUSES", "fault_of"]

_log = logging.getLogger(__name__)

_LATER: Final = {"Retry-After": "5"}

_USAGE = ApiError(
    400,
    "bad_parameter",
    "the library can't work with these parameters: /api/v1/openapi.json says what they may be",
)


def _library(message: str) -> ApiError:
    return ApiError(503, "library_unavailable", message, _LATER)


def _server(message: str) -> ApiError:
    return ApiError(503, "unavailable", message, _LATER)


FAULTS: Final[Mapping[type[LookalikeError], ApiError]] = {
    LookalikeError: _server("the server can't do this now: its log says why; try again later"),
    UsageError: _USAGE,
    NoTextError: ApiError(
        409,
        "no_text",
        "the model of this library knows no texts: run lookalike reindex --model "
        "hub:Xenova/clip-vit-base-patch32 where the server runs, which brings one that does",
    ),
    ModelError: _server(
        "a model of the library is missing or damaged: the log of the server says which, and what "
        "to do"
    ),
    MissingExtraError: _server(
        "a package that this takes isn't installed where the server runs: its log says which"
    ),
    ServerError: _server("another server can't be asked now: the log of this one says why"),
    ActionError: _server("files can't be acted on now: the log of the server says why"),
    LibraryError: _library("the library can't be used now: the log of the server says why"),
    LibraryNotFoundError: _library(
        "the library isn't there, or holds no pictures yet: run lookalike index FOLDER where the "
        "server runs"
    ),
    LibraryAwayError: _library("the server that keeps the library doesn't answer: try again"),
    LibraryClosedError: _library("the server has closed the library and ends: ask again later"),
    LibraryLockedError: _library("another program keeps the library locked: try again"),
    LibraryReadOnlyError: _library(
        "the library can only be read, and would have to be written to: open it once where it can"
    ),
    LibraryUnmergedError: _library(
        "the library can only be read, and holds changes that were never merged: open it once "
        "where it can be written to"
    ),
    LibraryVersionError: _library(
        "a newer lookalike made the library: install that one where the server runs"
    ),
    LibraryDamagedError: _library(
        "the library is damaged, or is none: run lookalike check-library where the server runs"
    ),
    LibraryFullError: _library("the library's disk is full: free some space, and try again"),
    EncoderMismatchError: _library(
        "the library's codes are of another model, or of another version of it: run lookalike "
        "reindex where the server runs"
    ),
}
"""By class of the error; one that isn't here is told as its nearest base."""

STATUSES: Final = frozenset(f.status for kind, f in FAULTS.items() if kind is not NoTextError)
"""Of HTTP, that whatever asks the library may have to answer; 422 if it is about a picture."""


def fault_of(error: LookalikeError) -> ApiError:
    """What a client is told of an error."""
    if isinstance(error, PictureError):
        return ApiError(422, "picture_unusable", str(error))
    return next(FAULTS[kind] for kind in type(error).__mro__ if kind in FAULTS)


async def _on_api_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error.response()


async def _on_lookalike_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, LookalikeError)
    told = fault_of(error)
    level = logging.INFO if told.status < HTTPStatus.INTERNAL_SERVER_ERROR else logging.WARNING
    _log.log(level, "%s: %s", type(error).__name__, error)
    return told.response()


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
