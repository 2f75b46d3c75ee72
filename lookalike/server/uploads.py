"""Taking in a picture that a client sends: as a form's file, or as the body itself."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final

import anyio
import python_multipart  # noqa: F401 - Starlette would miss it at the first form only
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from lookalike.server.answers import ApiError

__all__ = ["FIELD", "STATUSES", "Upload", "read_json", "read_picture"]

FIELD = "picture"
"""Name of the form's field that holds the file."""

STATUSES: Final = frozenset((400, 408, 413))
"""That a body may be refused with."""

_FORM_BYTES = 10_000  # of boundaries and headers around the file
_JSON_BYTES = 4_000

# As the names of picture files end; a name that ends in another way has none.
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}\Z")


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture file that a client sent.

    Attributes:
        data: its bytes.
        name: "upload" with the suffix of the client's name for it, such as ``upload.cr2``; ``None``
            where the client gave none. Nothing else of a client's name is believed.
    """

    data: bytes
    name: str | None = None


class _InMemory(MultiPartParser):
    """Pictures that are searched by are never written to a disk."""

    spool_max_size = 1 << 62


async def read_picture(request: Request, most: int, seconds: float) -> Upload:
    """The picture file of a request.

    Args:
        request: with a form (``multipart/form-data``) or any other body.
        most: bytes of a file.
        seconds: in which it has to arrive.

    Raises:
        ApiError: there is none, it is too large or too slow, or the form can't be read.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    form = kind == "multipart/form-data"
    stream = _limited(request, most + _FORM_BYTES if form else most, most)
    try:
        with anyio.fail_after(seconds):
            if form:
                upload = await _from_form(request, stream, most)
            else:
                upload = Upload(b"".join([piece async for piece in stream]))
    except TimeoutError as error:
        raise _too_slow(seconds) from error
    if not upload.data:
        raise ApiError(
            400,
            "no_picture",
            f"there is no picture: send a file as the body, or as the field '{FIELD}' of a form",
        )
    return upload


async def read_json(request: Request, seconds: float) -> object:
    """A small JSON body, which has to arrive in so many seconds.

    Raises:
        ApiError: it is too large or too slow, or isn't JSON.
    """
    stream = _limited(request, _JSON_BYTES, _JSON_BYTES)
    try:
        with anyio.fail_after(seconds):
            data = b"".join([piece async for piece in stream])
    except TimeoutError as error:
        raise _too_slow(seconds) from error
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "bad_json", "the body is not JSON") from error


async def _limited(request: Request, most: int, told: int) -> AsyncGenerator[bytes, None]:
    """The body, as long as it isn't too large; what says so beforehand isn't even read."""
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and int(stated) > most:
        raise _too_large(told)
    taken = 0
    async for piece in request.stream():
        taken += len(piece)
        if taken > most:
            raise _too_large(told)
        yield piece


async def _from_form(request: Request, stream: AsyncGenerator[bytes, None], most: int) -> Upload:
    parser = _InMemory(request.headers, stream, max_files=1, max_fields=10, max_part_size=1000)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise ApiError(400, "bad_form", f"the form can't be read: {error.message}") from error
    try:
        file = form.get(FIELD)
        if not isinstance(file, UploadFile):
            return Upload(b"")
        data = await file.read()
    finally:
        await form.close()
    if len(data) > most:
        raise _too_large(most)
    suffix = _SUFFIX.search(file.filename or "")
    return Upload(data, None if suffix is None else f"upload{suffix[0].lower()}")


def _too_slow(seconds: float) -> ApiError:
    return ApiError(408, "too_slow", f"the body did not arrive in {seconds:g} seconds: try again")


def _too_large(most: int) -> ApiError:
    return ApiError(
        413,
        "too_large",
        f"the body is larger than the limit of {most:,} bytes: send a smaller picture, or raise "
        "--max-upload of lookalike serve",
    )
