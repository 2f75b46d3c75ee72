"""Taking an address and answering on it until the process is asked to end."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp

from lookalike.errors import LookalikeError, UsageError
from lookalike.server.lines import Lines
from lookalike.server.protocol import GuardedProtocol
from lookalike.server.proxies import Proxies
from lookalike.server.security import is_loopback
from lookalike.system.handles import allow_open

__all__ = ["address_of", "bind", "lines_for", "run", "server_for"]

_log = logging.getLogger(__name__)

_BACKLOG = 128  # connections that wait to be taken, and that are taken at once
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_REST_SECONDS = 0.5  # less than the second for which asyncio rests by itself
_TOLD_SECONDS = 60.0  # between two lines of the log about the same

_OPEN_FILES = 4_096  # that are asked for
_CONNECTIONS = 1_000

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
    taken = _Listening(family, kind, protocol)
    try:
        if os.name == "posix":
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            taken.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        taken.bind(address)
        taken.listen(_BACKLOG)
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


def lines_for(proxies: Proxies | None = None) -> Lines:
    """Room for as many connections as leave plenty of open files for everything else.

    Args:
        proxies: whose connections are those of many clients.
    """
    most = min(_CONNECTIONS, allow_open(_OPEN_FILES) // 2)
    return Lines(most, most // 2, proxies.trusts if proxies else lambda _: False)


def server_for(app: ASGIApp, lines: Lines | None = None) -> uvicorn.Server:
    """A server that isn't running yet.

    Args:
        app: what answers.
        lines: counts its connections; by default as many as the open files allow.
    """
    if lines is None:
        lines = lines_for()
    config = uvicorn.Config(
        app,
        http=cast(type[asyncio.Protocol], partial(GuardedProtocol, lines)),
        loop="asyncio",  # uvloop, where it is installed, takes connections in a way of its own
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,  # the log of requests is lookalike's own
        server_header=False,
        proxy_headers=False,  # anybody could claim to be another client
        backlog=_BACKLOG,
        timeout_keep_alive=int(lines.deadlines.idle),
        timeout_graceful_shutdown=_LAST_WORDS,
    )
    return _Server(config)


def run(
    app: ASGIApp,
    taken: socket.socket,
    lines: Lines | None = None,
    *,
    log: bool = False,
    begun: Callable[[], None] | None = None,
) -> None:
    """Answer until Ctrl-C or the signal TERM, then end cleanly.

    Args:
        app: what answers.
        taken: a socket of :func:`bind`; it is closed in the end.
        lines: counts its connections; by default as many as the open files allow.
        log: let Uvicorn say what it has to say.
        begun: called from a thread of its own, once the server answers.
    """
    server = server_for(app, lines)

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


class _Listening(socket.socket):
    """A socket that takes connections, and rests where the system has no room for more.

    asyncio would try again at once, as often as the backlog is long, and log each failure with its
    traceback; only then it rests for a second.
    """

    _resting_until = 0.0

    def accept(self) -> tuple[socket.socket, Any]:
        """Take a connection."""
        if time.monotonic() < self._resting_until:
            raise BlockingIOError
        try:
            return super().accept()
        except OSError as error:
            if error.errno in _EXHAUSTED:
                self._resting_until = time.monotonic() + _REST_SECONDS
            raise


class _Server(uvicorn.Server):
    """Uvicorn's, but for what it says where open files are used up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = float("-inf")

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        asyncio.get_running_loop().set_exception_handler(self._on_loop_error)
        await super().startup(sockets)

    def _on_loop_error(self, loop: asyncio.AbstractEventLoop, told: dict[str, Any]) -> None:
        error = told.get("exception")
        if not isinstance(error, OSError) or error.errno not in _EXHAUSTED:
            loop.default_exception_handler(told)
            return
        now = time.monotonic()
        if now - self._told >= _TOLD_SECONDS:
            self._told = now
            _log.warning(
                "no more connections can be taken now (%s): raise the limit, see ulimit -n",
                error.strerror,
            )
