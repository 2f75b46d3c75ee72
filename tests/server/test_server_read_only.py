"""A server that writes nothing, and refusals that don't tell where the library lies."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import httpx
import pytest
from serving import Serve, ids, refusal
from tidying import done, find_duplicates

from lookalike import Library

API = "/api/v1"


@pytest.fixture
def alone(filled: Path, tmp_path: Path) -> Path:
    """A library alone in a folder, without caches beside it, which nobody has asked before."""
    path = tmp_path / "home" / "l.lookalike"
    path.parent.mkdir()
    with Library.open(path, workers=1) as library:
        library.index(filled.parent / "pictures")
    shutil.rmtree(path.parent / "l.lookalike-cache")
    for left in ("l.lookalike-wal", "l.lookalike-shm", "l.lookalike.lock"):
        (path.parent / left).unlink(missing_ok=True)
    return path


def seen(folder: Path) -> dict[str, str]:
    """What a folder holds, by name the contents, but for SQLite's word between its readers."""
    for path in folder.glob("*-wal"):
        assert path.stat().st_size == 0, f"{path.name}: something was written"
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }


def used(client: httpx.Client, query: bytes) -> None:
    """Ask whatever a reader may ask."""
    known = ids(client)
    hits = client.post(f"{API}/search", content=query).json()["hits"]
    assert hits[0]["verified"]
    cat, coffee = known["chelsea.jpg"], known["coffee.jpg"]
    assert client.get(f"{API}/pictures/{cat}/similar").json()["hits"]
    for size in (128, 512):
        assert client.get(f"{API}/pictures/{cat}/thumbnail?size={size}").status_code == 200
    assert client.get(f"{API}/compare", params={"a": cat, "b": coffee}).status_code == 200
    assert find_duplicates(client)["groups"]
    done(client, client.post(f"{API}/jobs", json={"what": "map"}))
    assert client.get(f"{API}/map").json()["points"]
    assert client.post(f"{API}/plans", json={}).status_code == 201


def test_nothing_is_written(serve: Serve, alone: Path, query: bytes) -> None:
    before = seen(alone.parent)
    with serve(alone, rate=0, read_only=True).client() as client:
        used(client, query)
        status = client.get(f"{API}/status").json()
        assert (status["read_only"], status["scopes"]) == (True, ["read"])
        assert (status["changes_allowed"]) is False
        assert seen(alone.parent) == before
    assert seen(alone.parent) == before


def test_else_something_is(serve: Serve, alone: Path, query: bytes) -> None:
    before = seen(alone.parent)
    with serve(alone, rate=0).client() as client:
        used(client, query)
    # Or the test above shows nothing. What is in the log no more is in the file by then.
    logged = Path(f"{alone}-wal").stat().st_size > 0
    assert logged or hashlib.sha256(alone.read_bytes()).hexdigest() != before["l.lookalike"]
    assert set(before) < {path.name for path in alone.parent.rglob("*")}


def test_decisions_are_refused(serve: Serve, alone: Path) -> None:
    with serve(alone, rate=0, read_only=True).client() as client:
        known = ids(client)
        pair = {"a": known["chelsea.jpg"], "b": known["cat.tiff"]}
        group = find_duplicates(client)["groups"][0]["id"]
        for method, path, body in (
            ("POST", "/verdicts", {**pair, "verdict": "different"}),
            ("DELETE", "/verdicts", pair),
            ("POST", "/settled", {"group": group}),
            ("DELETE", "/settled", {"group": group}),
            ("POST", "/undo", {}),
            ("POST", "/jobs", {"what": "index"}),
        ):
            answer = client.request(method, API + path, json=body)
            assert refusal(answer, 403) == "changes_not_allowed"
            assert "--read-only" in answer.json()["error"]["message"]


def test_what_others_write_is_seen(serve: Serve, own: Path, tmp_path: Path) -> None:
    with serve(own, rate=0, read_only=True).client() as client:
        before = set(ids(client))
        with Library.open(own, workers=1) as library:
            library.index(tmp_path / "pictures", exclude=["[!cr]*", "cof*"])
        assert set(ids(client)) - before == {"rocket.jpg"}


@pytest.mark.parametrize("harm", ["gone", "no library", "a newer one"])
def test_no_refusal_tells_the_path(
    serve: Serve, own: Path, query: bytes, harm: str, tmp_path: Path
) -> None:
    with serve(own, rate=0).client() as client:
        cat = ids(client)["chelsea.jpg"]
        for path in list(own.parent.glob("l.lookalike*")):
            if path.is_file():
                path.rename(path.with_name("was-" + path.name))
        if harm == "no library":
            own.write_bytes(b"this is no library, whatever its name says" * 100)
        elif harm == "a newer one":
            data = bytearray((tmp_path / "was-l.lookalike").read_bytes())
            data[60:64] = (9_999).to_bytes(4, "big")  # SQLite's user version
            own.write_bytes(data)
        asked = [
            client.get(f"{API}/status"),
            client.get(f"{API}/pictures"),
            client.get(f"{API}/pictures/{cat}/similar"),
            client.get(f"{API}/pictures/{cat}/thumbnail?size=512"),
            client.get(f"{API}/text?text=cat"),
            client.get(f"{API}/map"),
            client.get(f"{API}/journal"),
            client.get(f"{API}/readyz"),
            client.post(f"{API}/search", content=query),
            client.post(f"{API}/queries", content=query + b"\0"),
        ]
        job = client.post(f"{API}/jobs", json={"what": "duplicates"}).json()
        while job["state"] in ("waiting", "running"):
            job = client.get(job["links"]["self"]).json()
        told = [answer.text for answer in asked] + [str(job["error"])]
    assert {answer.status_code for answer in asked} == {503}
    assert job["error"]["code"] == "library_unavailable"
    for text in told:
        assert str(tmp_path) not in text
        assert "l.lookalike" not in text
