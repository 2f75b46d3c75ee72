"""Small data sets in the published layouts, and a server to fetch them from."""

from __future__ import annotations

import pickle
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from dataset_files import CLASSES


@pytest.fixture
def cifar(tmp_path: Path) -> Path:
    """``data/cifar-10-batches-py`` with 20 pictures a batch, two of each class."""
    folder = tmp_path / "data" / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(1)
    for number in range(6):
        name = f"data_batch_{number + 1}" if number < 5 else "test_batch"
        labels = [n % 10 for n in range(20)]
        fields = {
            b"data": rng.integers(0, 256, (20, 3072), dtype=np.uint8),
            b"labels": labels,
            b"filenames": [b"%d_%d.png" % (number, n) for n in range(20)],
        }
        (folder / name).write_bytes(pickle.dumps(fields, protocol=2))
    meta = {b"label_names": [name.encode() for name in CLASSES]}
    (folder / "batches.meta").write_bytes(pickle.dumps(meta))
    return folder


@pytest.fixture
def archive(cifar: Path, tmp_path: Path) -> Path:
    """The same as the published archive has it."""
    file = tmp_path / "cifar-10-python.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        tar.add(cifar, "cifar-10-batches-py")
    return file


@dataclass
class Server:
    """Serves one file, as badly as it is told to."""

    content: bytes
    url: str = ""
    ranges: bool = True
    cuts: list[int] = field(default_factory=list)  # bytes after which a connection is cut
    answers: list[int] = field(default_factory=list)  # codes of errors that come first
    asked: list[str | None] = field(default_factory=list)  # the Range of each request


def handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            server.asked.append(wanted)
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


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    """Start a server on this machine: ``serve(content, cuts=[...])``."""
    monkeypatch.setenv("no_proxy", "*")
    running: list[ThreadingHTTPServer] = []

    def start(content: bytes, **settings: object) -> Server:
        server = Server(content, **settings)  # type: ignore[arg-type]
        http = ThreadingHTTPServer(("127.0.0.1", 0), handler(server))
        server.url = f"http://127.0.0.1:{http.server_address[1]}/file.tar.gz"
        threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True).start()
        running.append(http)
        return server

    yield start
    for http in running:
        http.shutdown()
        http.server_close()
