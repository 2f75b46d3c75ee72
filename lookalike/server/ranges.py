"""Which part of a file a client asks for (RFC 9110, section 14)."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request

from lookalike.server.answers import ApiError

__all__ = ["wanted_range"]

_ONE: Final = re.compile(r"bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*\Z", re.ASCII | re.IGNORECASE)


def wanted_range(request: Request, size: int, tag: str) -> tuple[int, int] | None:
    """(first byte, one past the last) of what is asked for; ``None`` for all of it.

    All of it is what a server may always give: it gets who asks for several parts at once, in other
    units or in other words, or for the rest of another version than this.

    Args:
        request: with a ``Range`` header, or without.
        size: of the file.
        tag: its ETag.

    Raises:
        ApiError: the file has no such part.
    """
    found = _ONE.match(request.headers.get("range", ""))
    if request.method != "GET" or found is None:
        return None
    if request.headers.get("if-range", tag).strip() != tag:  # a weak tag is none here
        return None
    first, last = found.groups()
    if not first:
        if not last:
            return None
        start, stop = max(0, size - int(last)), size
    else:
        start = int(first)
        stop = min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None  # which is no range at all
    if start >= stop:
        raise ApiError(
            416,
            "bad_range",
            f"the file has {size:,} bytes, and none where you ask: leave the Range header out",
            {"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"},
        )
    return start, stop
