"""One connection, by Uvicorn's own protocol, with the deadlines that it doesn't have."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from lookalike.server.answers import ApiError
from lookalike.server.lines import LINE, Lines, Stage
from lookalike.server.places import busy
from lookalike.server.rates import client_of

__all__ = ["GuardedProtocol"]

_STEP = 10_000  # bytes of an answer that have to go within the deadline for taking it

_SLOW = ApiError(408, "too_slow", "the headers did not arrive in time: try again")
_REASONS = {400: b"Bad Request", 408: b"Request Timeout", 503: b"Service Unavailable"}


class GuardedProtocol(H11Protocol):
    """Counts itself among the others, and ends where its client keeps us waiting.

    Args:
        lines: all connections.
        config: Uvicorn's, as the rest.
        server_state: as above.
        app_state: as above.
        _loop: as above.
    """

    def __init__(
        self,
        lines: Lines,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, {**app_state, LINE: self}, _loop)
        self.address = ""
        self.proven = False  # that it knows the token
        self.held = False  # whether its answer is held back
        self.lines = lines
        self._since = lines.clock()
        self._begun = False  # whether some of a request has come
        self._asked = False  # whether it has ever asked
        self._ending = False
        self._unsent, self._moved = 0, 0.0

    def stage(self) -> Stage:
        """What it waits for."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            if self._ending or self.conn.their_state is h11.SEND_BODY:
                return Stage.LINGERING
            if self.transport.get_write_buffer_size():
                return Stage.SENDING
            return Stage.IDLE if self._asked and not self._begun else Stage.ASKING
        unread = cycle.body or cycle.message_event.is_set()
        awaiting = cycle.more_body and not unread and not cycle.response_started
        waiting = awaiting or self.held or self.flow.write_paused
        return Stage.SENDING if waiting else Stage.WORKING

    def since(self) -> float:
        """When that began."""
        return self._since

    def overdue(self, now: float) -> bool:
        """Whether it has kept us waiting too long."""
        size, deadlines = self.transport.get_write_buffer_size(), self.lines.deadlines
        if size:
            if not self._unsent - _STEP < size <= self._unsent:
                self._unsent, self._moved = size, now
            return now - self._moved > deadlines.taking
        if self._unsent:
            self._unsent, self._since = 0, now
        most = deadlines.of(self.stage(), begun=self._begun)
        return most is not None and now - self._since > most

    def hang_up(self, *, late: bool) -> None:
        """End it: with a word where one is due, and at once where it is late again."""
        stage = self.stage()
        if late or self._ending or stage is Stage.SENDING:
            self.transport.abort()
        elif stage is Stage.ASKING and self._begun:
            self._refuse(_SLOW)
        else:
            self._end()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, if there is room for one more."""
        super().connection_made(transport)
        self.address = client_of(self.client[0] if self.client else "")
        if not self.lines.admit(self):
            self._refuse(busy())

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended."""
        self.lines.forget(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has come."""
        if self._ending:
            return
        waiting = self.cycle is None or self.cycle.response_complete
        if waiting and not self._begun and self.conn.their_state is not h11.SEND_BODY:
            self._begun = True
            if self._asked:  # a new connection's first request has had its time from the start
                self._since = self.lines.clock()
        before = self.cycle
        super().data_received(data)
        self._note(before)

    def on_response_complete(self) -> None:
        """An answer is done: the next request's turn, of which some may be here already."""
        self._since, self._begun = self.lines.clock(), bool(self.conn.trailing_data[0])
        before = self.cycle
        super().on_response_complete()
        self._note(before)

    def send_400_response(self, msg: str) -> None:
        """Answer what can't be parsed, and hang up."""
        self._refuse(ApiError(400, "bad_request", "this is not HTTP"))

    def _note(self, before: object) -> None:
        """Whether a request has come in whole, but for its body."""
        if self.cycle is not before:
            self._asked, self._begun, self._since = True, False, self.lines.clock()

    def _refuse(self, error: ApiError) -> None:
        """Answer in the one form of errors what never became a request, and hang up."""
        body = bytes(error.response().body)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"connection", b"close"),
        ]
        try:
            for event in (
                h11.Response(
                    status_code=error.status, headers=headers, reason=_REASONS[error.status]
                ),
                h11.Data(data=body),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        except h11.LocalProtocolError:  # an answer has begun already
            pass
        self._end()

    def _end(self) -> None:
        """Hang up; who doesn't even take the last word is late again soon."""
        self._ending, self._since = True, self.lines.clock()
        self.transport.close()
