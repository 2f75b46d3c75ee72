"""Searching by words over HTTP: where the library's model knows texts, and where it doesn't."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from painted import painted
from serving import DOCUMENT, Serve, Server, refusal
from test_server_openapi import check

from lookalike import Library, ServerError
from lookalike.client import Client

TEXT = "/api/v1/text"


@pytest.fixture(scope="module")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of 12 pictures, three of each colour, whose model knows the colours' names."""
    return painted(tmp_path_factory.mktemp("colours"))


def names(answer: dict[str, object]) -> list[str]:
    hits = answer["hits"]
    assert isinstance(hits, list)
    return [hit["name"].split("-")[0] for hit in hits]


def test_words_find_what_shows_them(serve: Serve, colours: Path) -> None:
    with serve(colours, rate=0).client() as client:
        answer = client.get(TEXT, params={"text": " a  GREEN picture ", "k": 4}).json()
        check(answer, DOCUMENT["components"]["schemas"]["SearchResult"])
        assert names(answer)[:3] == ["green"] * 3
        assert (answer["exact"], answer["left_out"], answer["next"]) == (True, 0, 4)
        assert {(hit["kind"], hit["distance"], hit["chance"]) for hit in answer["hits"]} == {
            ("alike", None, None)
        }
        with Library.open(colours) as library:
            wanted = [hit.path for hit in library.search_text("a green picture", 12).hits]
        # Page by page, each once, in the library's order.
        seen, after = [], 0
        while after is not None:
            page = client.get(
                TEXT, params={"text": "a green picture", "k": 5, "after": after}
            ).json()
            seen += [hit["path"] for hit in page["hits"]]
            after = page["next"]
        assert seen == wanted
        few = client.get(TEXT, params={"text": "red", "under": str(colours.parent / "p" / "x")})
        assert few.json()["hits"] == []
        codes = client.get("/api/v1/status").json()["codes"]
        assert [code["texts"] for code in codes] == [False, True]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "text is missing"),
        ({"text": ""}, "empty text"),
        ({"text": "  "}, "empty text"),
        ({"text": "x" * 1001}, "1,001 characters"),
        ({"text": "red", "k": 0}, "1 to 1,000"),
        ({"text": "red", "code": "pdq"}, "unknown parameter 'code'"),
        ({"text": "red", "taken": "soon"}, "soon"),
    ],
)
def test_what_is_no_question(serve: Serve, colours: Path, asked: dict[str, str], told: str) -> None:
    with serve(colours, rate=0).client() as client:
        answer = client.get(TEXT, params=asked)
        assert refusal(answer, 400) == "bad_parameter"
        assert told in answer.json()["error"]["message"]


def test_bytes_that_are_no_text(serve: Serve, colours: Path) -> None:
    with serve(colours, rate=0).client() as client:
        answer = client.get(f"{TEXT}?text=%ed%b3%a9%ff")
        assert answer.status_code == 200  # Starlette reads them as signs of replacement


def test_a_model_without_texts_says_so(client: httpx.Client, filled: Path) -> None:
    answer = client.get(TEXT, params={"text": "a cat"})
    assert refusal(answer, 409) == "no_text"
    message = answer.json()["error"]["message"]
    assert "lookalike reindex --model hub:" in message
    assert str(filled.parent) not in message
    codes = client.get("/api/v1/status").json()["codes"]
    assert [code["texts"] for code in codes] == [False, False]


def test_the_client_asks_by_words(serve: Serve, colours: Path, server: Server) -> None:
    with Client(serve(colours, rate=0).url) as asking:
        hits = asking.search_text("a blue picture", 3).hits
        assert {hit.name.split("-")[0] for hit in hits} == {"blue"}
    with Client(server.url) as asking, pytest.raises(ServerError) as error:
        asking.search_text("a cat")
    assert (error.value.status, error.value.code) == (409, "no_text")
