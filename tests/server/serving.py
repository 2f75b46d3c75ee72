"""What the tests of the server share: real servers, on a port of loopback, in a thread."""

from __future__ import annotations

import io
import os
import re
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
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lookalike.server.app import create_app
from lookalike.server.lines import Lines
from lookalike.server.listen import address_of, bind, server_for
from lookalike.server.openapi import describe
from lookalike.server.routes import ENDPOINTS
from lookalike.server.settings import Settings

DOCUMENT = describe(ENDPOINTS)
TOKEN = "a token for the tests, without blanks".replace(" ", "-")
CHANGE = f"{TOKEN}-that-changes"
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
def running(
    library: Path, settings: Settings, lines: Lines | None = None, port: int = 0
) -> Iterator[Server]:
    """Serve a library until the end of the block; port 0 is one that is free."""
    with bind("127.0.0.1", port) as taken:
        host, port, _ = address_of(taken)
        app = create_app(library, replace(settings, port=port))
        asked: list[tuple[str, str]] = []
        surprises: list[str] = []
        server = server_for(recording(app, asked, surprises), lines)
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
            assert surprises == [], "answers that the document doesn't know"


def recording(app: ASGIApp, asked: list[tuple[str, str]], surprises: list[str]) -> ASGIApp:
    """Keep what is asked, and every status that the document doesn't know for its address."""

    async def record(scope: Scope, receive: Receive, send: Send) -> None:
        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                known = statuses(scope["method"], scope["path"])
                if known is not None and message["status"] not in known:
                    surprises.append(f"{message['status']}: {scope['method']} {scope['path']}")
            await send(message)

        if scope["type"] == "http":
            asked.append((scope["method"], scope["path"]))
        await app(scope, receive, watch)

    return record


def statuses(method: str, path: str) -> set[int] | None:
    """What the document says that an address may answer; ``None`` for those that it lacks."""
    for address, methods in DOCUMENT["paths"].items():
        operation = methods.get("get" if method == "HEAD" else method.lower())
        if operation and re.fullmatch(address.replace("{id}", "[^/]+"), path):
            return set(map(int, operation["responses"]))
    return None


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
