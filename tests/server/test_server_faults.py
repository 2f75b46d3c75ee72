"""What a client is told of errors: what is wrong and what to do, but not where things lie."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from serving import Serve, refusal

from lookalike import Library, errors
from lookalike.errors import LookalikeError, PictureError
from lookalike.server.faults import FAULTS, fault_of

SECRET = "/home/ana/secret/l.lookalike"


def tree(kind: type[LookalikeError] = LookalikeError) -> Iterator[type[LookalikeError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from tree(below)


OURS = [kind for kind in tree() if kind.__module__ == "lookalike.errors"]


def test_the_tree_is_whole() -> None:
    assert {kind.__name__ for kind in OURS} == set(errors.__all__) - {"Cause"}  # which is no class


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_every_class_has_its_sentence(kind: type[LookalikeError]) -> None:
    told = fault_of(kind(f"{SECRET} is damaged"))
    if issubclass(kind, PictureError):  # whose words name no file
        assert (told.status, str(told)) == (422, f"{SECRET} is damaged")
        return
    assert kind in FAULTS
    assert "/home" not in str(told)
    assert "secret" not in str(told)
    assert ": " in str(told), "what is wrong, and what to do"
    assert told.status == {errors.UsageError: 400, errors.NoTextError: 409}.get(kind, 503)
    assert (told.headers or {}).get("Retry-After") == ("5" if told.status == 503 else None)


def test_a_class_of_tomorrow_is_told_as_its_base() -> None:
    class Tomorrow(errors.LibraryFullError):
        pass

    assert fault_of(Tomorrow(SECRET)) is FAULTS[errors.LibraryFullError]


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.__name__)
def test_the_log_has_it_in_full(
    serve: Serve,
    filled: Path,
    query: bytes,
    kind: type[LookalikeError],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise kind(f"{SECRET} is damaged")

    with serve(filled, rate=0).client() as client, caplog.at_level(logging.INFO, "lookalike"):
        while not client.get("/api/v1/health").json()["ready"]:
            pass
        if kind is errors.NoTextError:  # which nothing else raises
            monkeypatch.setattr(Library, "search_text", fail)
            response = client.get("/api/v1/text", params={"text": "a cat"})
        else:
            monkeypatch.setattr(Library, "search", fail)
            response = client.post("/api/v1/search", content=query)
    assert refusal(response, fault_of(kind("")).status)
    assert "secret" not in response.text
    assert f"{kind.__name__}: {SECRET} is damaged" in caplog.text


def where(library: Path) -> tuple[str, ...]:
    return str(library), str(library.parent), library.name


def ask_all(client: httpx.Client, query: bytes) -> list[httpx.Response]:
    return [
        client.get("/api/v1/pictures"),
        client.get("/api/v1/status"),
        client.post("/api/v1/search", content=query),
        client.get(f"/api/v1/pictures/{'A' * 24}"),
    ]


def test_a_library_that_is_gone_or_damaged(serve: Serve, own: Path, query: bytes) -> None:
    with serve(own, rate=0).client() as client:
        own.unlink()
        for response in ask_all(client, query):
            assert refusal(response, 503) == "library_unavailable"
            assert not any(word in response.text for word in where(own))
        own.write_bytes(b"no library" * 1000)
        for response in ask_all(client, query):
            assert refusal(response, 503) == "library_unavailable"
            assert not any(word in response.text for word in where(own))
