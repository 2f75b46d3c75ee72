"""Taking in a picture that a client sends: as a form's file, or as the body itself."""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final

import anyio
import python_multipart  # noqa: F401 - Starlette would miss it at the first form only
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from lookalike.server.answers import ApiError
from lookalike.server.bodies import BODY
from lookalike.server.pixels import check_size, cost_of, pixels_of
from lookalike.server.places import busy
from lookalike.server.visitors import here

__all__ = ["FIELD", "STATUSES", "STRANGERS_SECONDS", "Upload", "read_json", "read_picture"]

FIELD = "picture"
"""Name of the form's field that holds the file."""

STATUSES: Final = frozenset((400, 408, 413))
"""That a body may be refused with."""

STRANGERS_SECONDS: Final = 5.0
"""In which a body of who hasn't shown the token has to arrive."""

_FORM_BYTES = 10_000  # of boundaries and headers around the file
_JSON_BYTES = 4_000

# A client may keep us waiting so long, and for what it sends as long as that takes at this rate.
_GRACE_SECONDS = 5.0
_LEAST_RATE = 10_000  # bytes a second

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

    def close(self) -> None:
        """Give the memory of files back that a form began and never ended."""
        for file in self._files_to_close_on_error:
            file.close()


async def read_picture(
    request: Request, most: int, seconds: float, most_pixels: int | None = None
) -> Upload:
    """The picture file of a request; what it costs by its pixels is charged.

    Args:
        request: with a form (``multipart/form-data``) or any other body.
        most: bytes of a file.
        seconds: in which it has to arrive.
        most_pixels: that its header may state; by default what the server is told.

    Raises:
        ApiError: there is none, it is too large or too slow, the form can't be read, or the client
            has used up what it may ask for.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    form = kind == "multipart/form-data"
    stream = _limited(request, most + _FORM_BYTES if form else most, most, seconds)
    if form:
        upload = await _from_form(request, stream, most)
    else:
        upload = Upload(b"".join([piece async for piece in stream]))
    if not upload.data:
        raise ApiError(
            400,
            "no_picture",
            f"there is no picture: send a file as the body, or as the field '{FIELD}' of a form",
        )
    if most_pixels is None:
        most_pixels = request.app.state.context.settings.sent_pixels
    pixels = pixels_of(upload.data)
    check_size(pixels, most_pixels)
    here().charge(cost_of(pixels))
    return upload


async def read_json(request: Request, seconds: float, most: int = _JSON_BYTES) -> object:
    """A JSON body of at most so many bytes, which has to arrive in so many seconds.

    Raises:
        ApiError: it is too large or too slow, or isn't JSON.
    """
    stream = _limited(request, most, most, seconds)
    data = b"".join([piece async for piece in stream])
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "bad_json", "the body is not JSON") from error


async def _limited(
    request: Request, most: int, told: int, seconds: float
) -> AsyncGenerator[bytes, None]:
    """The body, as long as it is neither too large nor too slow.

    What says beforehand that it is too large isn't even read. Only what the client takes counts as
    its time, not what we do with the pieces.
    """
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and int(stated) > most:
        raise _too_large(told)
    pieces, body = request.stream(), BODY.get()
    taken, waited = 0, 0.0
    while True:
        left = min(seconds, _GRACE_SECONDS + taken / _LEAST_RATE) - waited
        since = time.monotonic()
        with anyio.move_on_after(max(0.0, left)) as scope:
            if body is not None:
                body.scope, body.waited, body.since = scope, waited, since
            try:
                piece = await anext(pieces)
            except StopAsyncIteration:
                break
            finally:
                if body is not None:
                    body.scope = None
        if scope.cancelled_caught:
            if body is not None and body.ended:
                raise busy()
            raise _too_slow(seconds)
        waited += time.monotonic() - since
        taken += len(piece)
        if taken > most:
            raise _too_large(told)
        if body is not None:
            body.grow(len(piece))
        yield piece


async def _from_form(request: Request, stream: AsyncGenerator[bytes, None], most: int) -> Upload:
    parser = _InMemory(request.headers, stream, max_files=1, max_fields=10, max_part_size=1000)
    try:
        form = await parser.parse()
        file = form.get(FIELD)
        if not isinstance(file, UploadFile):
            return Upload(b"")
        data = await file.read()
    except MultiPartException as error:
        raise ApiError(400, "bad_form", f"the form can't be read: {error.message}") from error
    finally:
        parser.close()
    if len(data) > most:
        raise _too_large(most)
    suffix = _SUFFIX.search(file.filename or "")
    return Upload(data, None if suffix is None else f"upload{suffix[0].lower()}")


def _too_slow(seconds: float) -> ApiError:
    return ApiError(
        408,
        "too_slow",
        f"the body did not arrive in time, which is {seconds:g} seconds, and less where hardly "
        "anything comes: try again",
        {"Connection": "close"},
    )


def _too_large(most: int) -> ApiError:
    return ApiError(
        413,
        "too_large",
        f"the body is larger than the limit of {most:,} bytes: send a smaller picture, or raise "
        "--max-upload of lookalike serve",
    )
