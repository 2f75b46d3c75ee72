"""A server on this machine that gives one file, as badly as it is told to."""

from __future__ import annotations

from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

__all__ = ["Server", "handler"]


@dataclass
class Server:
    """Serves one file, as badly as it is told to."""

    content: bytes
    url: str = ""
    ranges: bool = True
    cuts: list[int] = field(default_factory=list)  # bytes after which a connection is cut
    answers: list[int] = field(default_factory=list)  # codes of errors that come first
    asked: list[str | None] = field(default_factory=list)  # the Range of each request
    tokens: list[str | None] = field(default_factory=list)  # the Authorization of each


def handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            server.asked.append(wanted)
            server.tokens.append(self.headers.get("Authorization"))
            if server.answers:
                self.send_error(server.answers.pop(0))
                return
            first = 0
            if wanted and server.ranges:
                first = int(wanted.removeprefix("bytes=").removesuffix("-"))
                if first >= len(server.content):
                    self.send_error(416)
                    return
                self.send_response(206)
                last, size = len(server.content) - 1, len(server.content)
                self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
            else:
                self.send_response(200)
            body = server.content[first:]
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: server.cuts.pop(0)] if server.cuts else body)
            self.close_connection = True

        def log_message(self, *_arguments: object) -> None:
            """Print nothing."""

    return Handler
