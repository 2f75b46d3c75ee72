"""Taking an address and answering on it until the process is asked to end."""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from lookalike.errors import LookalikeError, UsageError
from lookalike.server.answers import ApiError
from lookalike.server.security import is_loopback

__all__ = ["address_of", "bind", "run", "server_for"]

_KEEP_ALIVE = 15  # seconds
_LAST_WORDS = 5  # seconds for what is under way when the server ends


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Args:
        host: a name or an address of this machine; ``0.0.0.0`` or ``::`` for all of them.
        port: 0 for any that is free.

    Raises:
        UsageError: this machine has no such address.
        LookalikeError: the port is taken, or not for this user.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise UsageError(f"{host} is no address of this machine: try 127.0.0.1") from error
    # An IPv4 address first: it is what 'localhost' is taken for by most programs.
    family, kind, protocol, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    taken = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            taken.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        taken.bind(address)
        taken.listen(128)
    except OSError as error:
        taken.close()
        raise _why_not(error, host, port) from error
    return taken


def _why_not(error: OSError, host: str, port: int) -> LookalikeError:
    if error.errno == errno.EADDRINUSE:
        return LookalikeError(
            f"port {port} is in use already: give another one with --port, or 0 for any"
        )
    if error.errno == errno.EACCES:
        return LookalikeError(f"port {port} is not for this user: give one above 1023 with --port")
    if error.errno == errno.EADDRNOTAVAIL:
        return UsageError(f"{host} is no address of this machine: try 127.0.0.1")
    return LookalikeError(f"can't listen on {host}, port {port}: {error.strerror}")


def address_of(taken: socket.socket) -> tuple[str, int, bool]:
    """(address, port, whether only this very machine can reach it) of a listening socket."""
    host, port = taken.getsockname()[:2]
    return host, port, is_loopback(host)


def server_for(app: ASGIApp, *, log: bool = False) -> uvicorn.Server:
    """A server that isn't running yet.

    Args:
        app: what answers.
        log: log every request too.
    """
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=log,
        server_header=False,
        proxy_headers=False,  # anybody could claim to be another client
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_LAST_WORDS,
    )
    return uvicorn.Server(config)


def run(
    app: ASGIApp,
    taken: socket.socket,
    *,
    log: bool = False,
    begun: Callable[[], None] | None = None,
) -> None:
    """Answer until Ctrl-C or the signal TERM, then end cleanly.

    Args:
        app: what answers.
        taken: a socket of :func:`bind`; it is closed in the end.
        log: log every request.
        begun: called from a thread of its own, once the server answers.
    """
    server = server_for(app, log=log)

    def end(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    # Uvicorn raises again, when all is closed, the signal that ended it.
    before = signal.signal(signal.SIGTERM, end)
    if not log:
        logging.getLogger("uvicorn").addHandler(logging.NullHandler())
    if begun is not None:
        # The socket listens already: who connects now is answered as soon as the server runs.
        threading.Thread(target=begun, name="lookalike-begun", daemon=True).start()
    try:
        server.run(sockets=[taken])
    except KeyboardInterrupt:
        return
    finally:
        signal.signal(signal.SIGTERM, before)
        taken.close()


class _Protocol(H11Protocol):
    """Uvicorn's, but what isn't even HTTP gets the one form of errors too."""

    def send_400_response(self, msg: str) -> None:
        """Answer what can't be parsed, and hang up."""
        body = bytes(ApiError(400, "bad_request", "this is not HTTP").response().body)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"connection", b"close"),
        ]
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
