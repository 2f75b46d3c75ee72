"""A real server of S3, and between it and those who ask a connection on which things go wrong."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    # What lies on the machine that runs the tests shall not matter.
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}

SERVE = """
import logging, sys
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), True)
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextmanager
def s3_server() -> Iterator[int]:
    """The port of a server that has no buckets yet."""
    command = [sys.executable, "-W", "ignore", "-c", SERVE]
    environment = {**os.environ, **ENVIRONMENT}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


class Faulty:
    """Passes requests on, and lets some of them fail.

    Attributes:
        every: each so-manieth request fails, and each so-manieth body of a GET is cut; 0 for none.
        asked: how often each object was fetched, and each bucket listed.
    """

    def __init__(self, port: int) -> None:
        self.every = 0
        self.asked: Counter[str] = Counter()
        self.failed = self.cut = 0
        self._requests = self._bodies = 0
        self._lock = threading.Lock()
        faulty = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def pass_on(self) -> None:
                fails, cuts = faulty.fate(self.command, self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if fails:
                    self.send_response(503)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                there = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                there.request(self.command, self.path, body, dict(self.headers))
                answer = there.getresponse()
                data = answer.read()
                there.close()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                        self.send_header(name, value)
                length = answer.getheader("Content-Length") if self.command == "HEAD" else None
                self.send_header("Content-Length", length or str(len(data)))
                self.end_headers()
                with suppress(OSError):
                    self.wfile.write(data[: len(data) // 2] if cuts else data)
                if cuts and data:
                    self.close_connection = True
                    with suppress(OSError):
                        self.connection.shutdown(socket.SHUT_RDWR)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = pass_on  # noqa: N815

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def fate(self, method: str, path: str) -> tuple[bool, bool]:
        """Whether a request fails, and whether its body is cut."""
        with self._lock:
            if method == "GET":
                self.asked[path.partition("?")[0]] += 1
            self._requests += 1
            if self.every and self._requests % self.every == 0:
                self.failed += 1
                return True, False
            if method == "GET" and self.every:
                self._bodies += 1
                if self._bodies % self.every == 0:
                    self.cut += 1
                    return False, True
            return False, False

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def wait_for(port: int) -> None:
    """Until somebody listens there."""
    for _ in range(600):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise AssertionError(f"nobody listens on {port}")
