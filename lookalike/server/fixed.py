"""Answers that never change while the server runs: made once, compressed once."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from lookalike.server.answers import is_known

__all__ = ["Fixed", "takes_gzip"]


class Fixed:
    """Bytes that anybody may have, at little cost however often.

    Args:
        data: of the answer.
        media_type: of it.
        headers: further ones.
    """

    def __init__(
        self, data: bytes, media_type: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self._plain, self._packed = data, gzip.compress(data, 9, mtime=0)
        self._media_type = media_type
        tag = hashlib.sha256(data).hexdigest()[:32]
        common = {"Vary": "Accept-Encoding", **(headers or {})}
        self._headers = {**common, "ETag": f'"{tag}"'}
        # Another form has another tag, or a cache might join halves of both.
        self._packed_headers = {**common, "ETag": f'"{tag}-gzip"', "Content-Encoding": "gzip"}

    def answer(self, request: Request) -> Response:
        """The answer to a request: packed where the client takes that, none where it has it."""
        packed = takes_gzip(request.headers.get("accept-encoding", ""))
        headers = self._packed_headers if packed else self._headers
        if is_known(request, headers["ETag"]):
            kept = {name: headers[name] for name in headers if name != "Content-Encoding"}
            return Response(status_code=304, headers=kept)
        data = self._packed if packed else self._plain
        return Response(data, media_type=self._media_type, headers=headers)


def takes_gzip(accepted: str) -> bool:
    """Whether an ``Accept-Encoding`` header allows gzip."""
    for word in accepted.lower().split(","):
        name, _, rest = word.partition(";")
        if name.strip() in ("gzip", "*"):
            weight = rest.strip().removeprefix("q=")
            return weight.strip("0.") != "" or not rest.strip()
    return False
