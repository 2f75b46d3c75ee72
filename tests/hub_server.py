"""A server on this machine that has models as the Hugging Face hub has them.

It answers the addresses that lookalike and huggingface_hub ask, with the hub's own forms: the list
of a revision's files; what a file is (HEAD); and the files, of which the large ones are elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

__all__ = ["Hub"]


@dataclass
class Hub:
    """Models by ``OWNER/NAME``: a folder, and its commit.

    Attributes:
        models: what there is.
        token: that has to be shown, if any.
        gated: whether the list is shown without the token, and the files aren't.
        cut: bytes after which the next answer with a file is cut off.
        broken: the status of every answer, if there is one.
        asked: the paths of what was sent, or would have been.
    """

    models: dict[str, tuple[Path, str]] = field(default_factory=dict)
    token: str | None = None
    gated: bool = False
    broken: int | None = None
    cut: int | None = None
    asked: list[str] = field(default_factory=list)
    url: str = ""

    @property
    def elsewhere(self) -> str:
        """The same server by another name: large files are on another host."""
        return self.url.replace("127.0.0.1", "localhost")

    def start(self) -> ThreadingHTTPServer:
        http = ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        self.url = f"http://127.0.0.1:{http.server_address[1]}"
        threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True).start()
        return http


def git_digest(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def listing(folder: Path, commit: str) -> dict[str, Any]:
    siblings = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        data = file.read_bytes()
        entry: dict[str, Any] = {
            "rfilename": file.relative_to(folder).as_posix(),
            "size": len(data),
            "blobId": git_digest(data),
        }
        if file.suffix == ".onnx":
            digest = hashlib.sha256(data).hexdigest()
            entry["lfs"] = {"sha256": digest, "size": len(data), "pointerSize": 130}
        siblings.append(entry)
    return {"id": folder.name, "sha": commit, "siblings": siblings}


def handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path).lstrip("/")
            hub.asked.append(path)
            if path.startswith("cdn/"):
                self.send_file(Path("/" + path.removeprefix("cdn/")))
                return
            if hub.broken:
                self.send_error(hub.broken)
                return
            if not (hub.gated and path.startswith("api/")) and not self.is_allowed():
                self.send_error(401)
                return
            for name, (folder, commit) in hub.models.items():
                if path in (f"api/models/{name}/revision/{r}" for r in ("main", "v1", commit)):
                    self.send_bytes(json.dumps(listing(folder, commit)).encode())
                    return
                file = self.file_at(path, name, folder, commit)
                if file is not None:
                    if file.suffix != ".onnx":
                        self.send_file(file)
                        return
                    self.send_response(302)
                    self.send_header("Location", f"{hub.elsewhere}/cdn{file}")
                    self.end_headers()
                    return
            self.send_error(404)

        def do_HEAD(self) -> None:
            path = unquote(urlsplit(self.path).path).lstrip("/")
            for name, (folder, commit) in hub.models.items():
                file = self.file_at(path, name, folder, commit)
                if file is not None and self.is_allowed():
                    data = file.read_bytes()
                    large = file.suffix == ".onnx"
                    self.send_response(302 if large else 200)
                    self.send_header("X-Repo-Commit", commit)
                    if large:
                        self.send_header("X-Linked-Etag", f'"{hashlib.sha256(data).hexdigest()}"')
                        self.send_header("X-Linked-Size", str(len(data)))
                        self.send_header("Location", f"{hub.elsewhere}/cdn{file}")
                    else:
                        self.send_header("ETag", f'"{git_digest(data)}"')
                        self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    return
            self.send_error(404)

        def file_at(self, path: str, name: str, folder: Path, commit: str) -> Path | None:
            for revision in ("main", "v1", commit):
                start = f"{name}/resolve/{revision}/"
                file = folder / path.removeprefix(start)
                if path.startswith(start) and file.is_file():
                    return file
            return None

        def is_allowed(self) -> bool:
            return not hub.token or self.headers.get("Authorization") == f"Bearer {hub.token}"

        def send_file(self, file: Path) -> None:
            data = file.read_bytes()
            wanted = self.headers.get("Range")
            first = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
            self.send_bytes(data[first:], first, len(data))

        def send_bytes(self, body: bytes, first: int = 0, size: int | None = None) -> None:
            self.send_response(206 if first else 200)
            if first:
                last = (size or 0) - 1
                self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if hub.cut is not None and len(body) > hub.cut and size is not None:
                body, hub.cut = body[: hub.cut], None
            self.wfile.write(body)
            self.close_connection = True

        def log_message(self, *_arguments: object) -> None:
            """Print nothing."""

    return Handler
