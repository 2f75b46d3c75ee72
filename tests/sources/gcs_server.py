"""A server that speaks as much of Google Cloud Storage as reading takes (JSON, version 1).

https://cloud.google.com/storage/docs/json_api: lists in the order of names' bytes, a page at a
time; what an object is; its bytes, also some of them, with its generation and its MD5 in headers.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "loopback-token"
_PATH = re.compile(r"(/download)?/storage/v1/b/([^/]+)/o(?:/([^/]+))?\Z")


@dataclass(frozen=True)
class Blob:
    """An object; ``encoding`` is what it says of how it is kept."""

    data: bytes
    generation: int
    encoding: str = ""

    def told(self, name: str) -> dict[str, Any]:
        second = self.generation % 60
        return {
            "kind": "storage#object",
            "name": name,
            "size": str(len(self.data)),
            "generation": str(self.generation),
            "metageneration": "1",
            "timeCreated": f"2026-01-02T03:04:{second:02}.123Z",
            "updated": "2026-05-06T07:08:09.123Z",
            "md5Hash": _md5(self.data),
        }


class GcsServer:
    """Buckets in memory.

    Attributes:
        private: whether it asks for :data:`TOKEN`, which it gives to a service account.
        forbidden: names of buckets that may not be read.
        page: the most that it lists at once.
        spoilt: of how many of the next bodies a bit is another one.
    """

    def __init__(self) -> None:
        self.buckets: dict[str, dict[str, Blob]] = {}
        self.private, self.forbidden, self.page = False, set[str](), 1_000
        self.lists = self.tokens = self.spoilt = self._generation = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                outer.answer(self)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.tokens += 1
                granted = {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}
                send(self, 200, json.dumps(granted).encode())

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def put(self, bucket: str, name: str, data: bytes, encoding: str = "") -> None:
        self._generation += 1
        generation = 1_700_000_000_000_000 + self._generation
        self.buckets.setdefault(bucket, {})[name] = Blob(data, generation, encoding)

    def answer(self, asked: BaseHTTPRequestHandler) -> None:
        address = urlsplit(asked.path)
        options = {name: values[0] for name, values in parse_qs(address.query).items()}
        found = _PATH.match(address.path)
        if found is None:
            return fail(asked, 404, "Not Found")
        bucket, name = unquote(found[2]), found[3] and unquote(found[3])
        if self.private and asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return fail(
                asked,
                401,
                "Anonymous caller does not have storage.objects.list access to the Google Cloud"
                " Storage bucket.",
            )
        if bucket in self.forbidden:
            return fail(asked, 403, "a@b does not have storage.objects.list access.")
        blobs = self.buckets.get(bucket)
        if blobs is None or (name and name not in blobs):
            return fail(asked, 404, "No such object, or bucket")
        if not name:
            return self._list(asked, blobs, options)
        if found[1] and options.get("alt") == "media":
            self.spoilt -= (spoils := self.spoilt > 0)
            return give(asked, blobs[name], spoils)
        return send(asked, 200, json.dumps(chosen(blobs[name].told(name), options)).encode())

    def _list(
        self, asked: BaseHTTPRequestHandler, blobs: dict[str, Blob], options: dict[str, str]
    ) -> None:
        self.lists += 1
        prefix, behind = options.get("prefix", ""), options.get("pageToken", "")
        names = sorted(n for n in blobs if n.startswith(prefix) and n > behind)
        page = names[: min(self.page, int(options.get("maxResults", 1_000)))]
        answer: dict[str, Any] = {"kind": "storage#objects"}
        if page:
            answer["items"] = [blobs[n].told(n) for n in page]
        if len(page) < len(names):
            answer["nextPageToken"] = page[-1]
        send(asked, 200, json.dumps(chosen(answer, options)).encode())

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def chosen(answer: dict[str, Any], options: dict[str, str]) -> dict[str, Any]:
    """What ``fields`` leaves of an answer, as ``a,items(b,c)``."""
    fields = options.get("fields")
    if fields is None:
        return answer
    inner = re.search(r"items\(([^)]*)\)", fields)
    if inner is None:
        return {name: answer[name] for name in fields.split(",") if name in answer}
    names = inner[1].split(",")
    left = chosen(answer, {"fields": fields.replace(inner[0], "").strip(",")})
    if "items" in answer:
        left["items"] = [{name: one[name] for name in names} for one in answer["items"]]
    return left


def give(asked: BaseHTTPRequestHandler, blob: Blob, spoils: bool) -> None:
    span, data, status = asked.headers.get("Range"), blob.data, 200
    if span is not None:
        first, last = (int(text) for text in span.removeprefix("bytes=").split("-"))
        data, status = data[first : last + 1], 206
    data = bytes([data[0] ^ 1]) + data[1:] if spoils else data
    headers = [("X-Goog-Generation", str(blob.generation)), ("X-Goog-Hash", "crc32c=AAAAAA==")]
    headers.append(("X-Goog-Hash", f"md5={_md5(blob.data)}"))
    if blob.encoding:
        headers.append(("Content-Encoding", blob.encoding))
    send(asked, status, data, headers)


def fail(asked: BaseHTTPRequestHandler, status: int, message: str) -> None:
    send(asked, status, json.dumps({"error": {"code": status, "message": message}}).encode())


def send(
    asked: BaseHTTPRequestHandler,
    status: int,
    data: bytes,
    headers: list[tuple[str, str]] | None = None,
) -> None:
    asked.send_response(status)
    for name, value in [("Content-Length", str(len(data))), *(headers or [])]:
        asked.send_header(name, value)
    asked.end_headers()
    asked.wfile.write(data)


def _md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
