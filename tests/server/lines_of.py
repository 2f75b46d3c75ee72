"""Clients that keep a server waiting: raw sockets, from addresses of loopback as they choose."""

from __future__ import annotations

import socket
import sys
from contextlib import suppress
from typing import Self

import pytest
from serving import Server

# Only Linux has all of 127.0.0.0/8 by itself.
needs_addresses = pytest.mark.skipif(sys.platform != "linux", reason="needs 127.0.0.2 and others")


class Line:
    """A connection that says what it is told to, and nothing else."""

    def __init__(self, server: Server, source: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection(
            ("127.0.0.1", server.port), timeout=30, source_address=(source, 0)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def say(self, text: str | bytes) -> Self:
        """Send something; that nobody is there any more is found when listening."""
        with suppress(OSError):
            self.socket.sendall(text.encode() if isinstance(text, str) else text)
        return self

    def hear(self) -> bytes:
        """All that comes until the server hangs up."""
        heard = b""
        try:
            while piece := self.socket.recv(65_536):
                heard += piece
        except ConnectionResetError:
            pass
        return heard

    def status(self) -> int:
        """Of the answer that comes next, or 0 if the server hangs up without one."""
        heard = b""
        try:
            while b"\r\n\r\n" not in heard and (piece := self.socket.recv(65_536)):
                heard += piece
        except ConnectionResetError:
            pass
        return int(heard.split(b" ", 2)[1]) if heard.startswith(b"HTTP/1.1 ") else 0


def request(method: str, path: str, *headers: str, host: str = "127.0.0.1") -> str:
    """The head of a request."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *headers, "", ""]
    return "\r\n".join(lines)


LOGIN = request("POST", "/api/v1/login", "Content-Length: 100") + '{"tok'
"""A login that begins and never ends."""
