"""What is taken in of what a client sends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from serving import Serve, refusal

from lookalike import Library
from lookalike.errors import UsageError

SEARCH = "/api/v1/search"


NAMES = {
    "IMG_0001.CR2": "upload.cr2",
    "a b.jpeg": "upload.jpeg",
    "../../etc/passwd": None,
    "../../etc/passwd.png": "upload.png",
    "C:\\photos\\cat.tif": "upload.tif",
    "archive.tar.gz": "upload.gz",
    "none": None,
    "dot.": None,
    "café.jpg\n": None,
    "x.jpg/": None,
    "x.a$b": None,
    "x.moreThanEight": None,
    "x.jpé": None,
}


def test_of_a_name_the_suffix_is_taken(
    serve: Serve, filled: Path, query: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Any] = []

    def search(
        _library: Library, picture: bytes, _k: int, *, code: str, name: str | None, only: None
    ) -> None:
        given.append((picture, code, name))
        raise UsageError("enough")

    with serve(filled, rate=0).client() as client:
        while not client.get("/api/v1/health").json()["ready"]:
            pass
        monkeypatch.setattr(Library, "search", search)
        for name in NAMES:
            response = client.post(SEARCH, files={"picture": (name, query)})
            assert refusal(response, 400) == "bad_parameter"
        assert refusal(client.post(SEARCH, content=query), 400) == "bad_parameter"
    assert given == [(query, "both", taken) for taken in (*NAMES.values(), None)]


def test_a_wrong_suffix_does_no_harm(client: httpx.Client, query: bytes) -> None:
    plain = client.post(SEARCH, content=query).json()
    for name in ("cat.jpg", "cat.txt", "cat"):
        found = client.post(SEARCH, files={"picture": (name, query)}).json()
        assert found["hits"] == plain["hits"]
