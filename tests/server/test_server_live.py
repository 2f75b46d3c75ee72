"""A library that changes while it is served."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from serving import Serve, ids, refusal

from lookalike import Library


def index(library: Path, folder: Path) -> None:
    """In another process, as a user does."""
    command = [sys.executable, "-m", "lookalike", "index", str(folder), "--library", str(library)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def wait_ready(client: httpx.Client) -> None:
    while not client.get("/api/v1/health").json()["ready"]:
        time.sleep(0.02)


def test_pictures_come_and_go(serve: Serve, own: Path, filled: Path, query: bytes) -> None:
    folder = own.parent / "pictures"
    more = own.parent / "more"
    more.mkdir()
    with serve(own).client() as client:
        wait_ready(client)
        before = ids(client)
        assert "rocket.jpg" not in before
        rocket = (filled.parent / "pictures" / "rocket.jpg").read_bytes()
        first = client.post("/api/v1/search?k=1&all=true", content=rocket).json()["hits"][0]
        assert first["kind"] == "alike"
        (more / "rocket.jpg").write_bytes(rocket)
        (folder / "coins.jpg").unlink()
        index(own, more)
        index(own, folder)
        assert set(ids(client)) == (set(before) | {"rocket.jpg"}) - {"coins.jpg"}
        deadline = time.monotonic() + 60  # tables are read again, but not for every search
        while True:
            hit = client.post("/api/v1/search?k=1&all=true", content=rocket).json()["hits"][0]
            if (hit["name"], hit["kind"]) == ("rocket.jpg", "same-bytes"):
                break
            assert time.monotonic() < deadline
        assert refusal(client.get(f"/api/v1/pictures/{before['coins.jpg']}"), 404)


def test_a_library_that_is_made_anew(serve: Serve, own: Path, filled: Path, query: bytes) -> None:
    with serve(own).client() as client:
        wait_ready(client)
        before = ids(client)
        Library.delete(own)
        response = client.get("/api/v1/pictures")
        assert refusal(response, 503) == "library_unavailable"
        assert "lookalike index" in response.json()["error"]["message"]
        assert refusal(client.post("/api/v1/search", content=query), 503)
        assert client.get("/api/v1/health").status_code == 200
        with Library.open(own, workers=1) as library:
            library.index(own.parent / "pictures", exclude=["[!c]*", "cof*"])
        after = ids(client)
        assert set(after) == set(before)
        assert not set(after.values()) & set(before.values())  # ids of another library
        old = before["chelsea.jpg"]
        assert refusal(client.get(f"/api/v1/pictures/{old}"), 404) == "no_such_picture"
        assert client.post("/api/v1/search", content=query).json()["hits"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root can write anywhere")
def test_a_library_that_can_only_be_read(serve: Serve, own: Path, query: bytes) -> None:
    check_read_only(serve, own, query)


def check_read_only(serve: Serve, own: Path, query: bytes) -> None:
    own.chmod(0o444)
    own.parent.chmod(0o555)
    try:
        with serve(own).client() as client:
            assert client.get("/api/v1/status").json()["read_only"] is True
            assert client.post("/api/v1/search", content=query).json()["hits"]
    finally:
        own.parent.chmod(0o755)


def test_a_read_only_library_is_served(
    serve: Serve, own: Path, query: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same for root, who is told that nothing can be written."""
    shutil.rmtree(own.with_name(own.name + "-cache"))
    monkeypatch.setattr("lookalike.library.local.connection.is_writable", lambda _: False)
    monkeypatch.setattr("lookalike.library.local.engine.is_writable", lambda _: False)
    with serve(own).client() as client:
        assert client.get("/api/v1/status").json()["read_only"] is True
        assert client.post("/api/v1/search", content=query).json()["hits"]
    assert not own.with_name(own.name + "-cache").exists()


def test_an_empty_library_is_served(serve: Serve, tmp_path: Path, query: bytes) -> None:
    Library.open(tmp_path / "l.lookalike").close()
    with serve(tmp_path / "l.lookalike").client() as client:
        assert client.get("/api/v1/pictures").json() == {
            "pictures": [],
            "next": None,
            "total": 0,
        }
        assert client.post("/api/v1/search", content=query).json()["hits"] == []
