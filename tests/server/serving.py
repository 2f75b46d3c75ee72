"""What the tests of the server share: real servers, on a port of loopback, in a thread."""

from __future__ import annotations

import io
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pillow_heif
from PIL import Image, ImageOps
from starlette.types import ASGIApp, Receive, Scope, Send

from lookalike.server.app import create_app
from lookalike.server.listen import address_of, bind, server_for
from lookalike.server.settings import Settings

TOKEN = "a token for the tests, without blanks".replace(" ", "-")
AWKWARD = "<img src=x onerror=alert(1)>.png"
RAW_BYTES = os.fsdecode(b"caf\xe9.jpg")


@dataclass
class Server:
    """A running server."""

    url: str
    port: int
    asked: list[tuple[str, str]]  # (method, path) of every request
    token: str | None

    def client(self, **options: Any) -> httpx.Client:
        """Somebody who knows the token."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= options.pop("headers", {})
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, **options)

    def stranger(self, **options: Any) -> httpx.Client:
        """Somebody who doesn't."""
        return httpx.Client(base_url=self.url, timeout=60, **options)


@contextmanager
def running(library: Path, settings: Settings) -> Iterator[Server]:
    """Serve a library until the end of the block."""
    with bind("127.0.0.1", 0) as taken:
        host, port, _ = address_of(taken)
        app = create_app(library, replace(settings, port=port))
        asked: list[tuple[str, str]] = []
        server = server_for(recording(app, asked))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive(), "the server didn't come up"
                time.sleep(0.01)
            yield Server(f"http://{host}:{port}", port, asked, settings.token)
        finally:
            server.should_exit = True
            thread.join(timeout=60)
            assert not thread.is_alive(), "the server doesn't end"


def recording(app: ASGIApp, asked: list[tuple[str, str]]) -> ASGIApp:
    async def record(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            asked.append((scope["method"], scope["path"]))
        await app(scope, receive, send)

    return record


Serve = Callable[..., Server]


def write_pictures(originals: Path, folder: Path) -> None:
    """Eight photographs, and of the cat: a twin, a copy, other formats, awkward names."""
    shutil.copytree(originals, folder, copy_function=shutil.copyfile)
    shutil.copyfile(folder / "chelsea.jpg", folder / "twin.jpg")
    pillow_heif.register_heif_opener(thumbnails=False)
    with Image.open(folder / "chelsea.jpg") as opened:
        cat = opened.convert("RGB")
    cat.save(folder / "cat.heic")
    cat.save(folder / "cat.tiff")
    ImageOps.mirror(cat).save(folder / AWKWARD)
    if os.name == "posix":
        try:
            cat.reduce(2).save(folder / RAW_BYTES)
        except OSError:  # a file system that takes UTF-8 only
            cat.reduce(2).save(folder / "cafe.jpg")


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """A picture file's bytes."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def ids(client: httpx.Client) -> dict[str, str]:
    """By the names of the files their ids."""
    page = client.get("/api/v1/pictures", params={"limit": 1000}).json()
    return {entry["name"]: entry["id"] for entry in page["pictures"]}


def refusal(response: httpx.Response, status: int) -> str:
    """The code of an error, which has to have the one form that errors have."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message"}
    assert body["error"]["message"]
    assert "\n" not in body["error"]["message"]
    code = body["error"]["code"]
    assert isinstance(code, str)
    return code
