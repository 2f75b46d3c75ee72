"""What becomes of a request: its status, and how long the answer took."""

from __future__ import annotations

import time

from starlette.types import Message, Send

__all__ = ["Answered"]


class Answered:
    """Sends an answer on, and notes what it was.

    Args:
        send: of the request.

    Attributes:
        status: of HTTP; 0 while there is no answer.
    """

    def __init__(self, send: Send) -> None:
        self._send, self._begun = send, time.monotonic()
        self.status = 0

    @property
    def seconds(self) -> float:
        """Since the request came."""
        return time.monotonic() - self._begun

    async def send(self, message: Message) -> None:
        """Send a message of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)
