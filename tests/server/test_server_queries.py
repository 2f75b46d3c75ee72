"""Pictures that are sent once, and searched by page by page, by part, and beside others."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from serving import Serve, ids, refusal

from lookalike.server.queries import Queries
from lookalike.server.uploads import Upload

QUERIES = "/api/v1/queries"


@pytest.fixture
def sent(client: httpx.Client, query: bytes) -> dict[str, Any]:
    """The cat, kept by the server."""
    response = client.post(QUERIES, content=query)
    assert response.status_code == 201
    found = response.json()
    assert response.headers["location"] == found["links"]["self"]
    assert isinstance(found, dict)
    return found


def test_a_picture_is_sent_once(client: httpx.Client, query: bytes, sent: dict[str, Any]) -> None:
    with Image.open(io.BytesIO(query)) as opened:
        assert (sent["width"], sent["height"]) == opened.size
    assert sent["bytes"] == len(query)
    again = client.post(QUERIES, content=query).json()
    assert again["id"] == sent["id"]
    kept = client.get(sent["links"]["self"]).json()
    assert {**kept, "expires": None} == {**sent, "expires": None}
    wanted = client.post("/api/v1/search", content=query, params={"k": 5}).json()["hits"]
    found = client.get(sent["links"]["results"], params={"k": 5}).json()
    assert found["hits"] == wanted
    assert "chelsea.jpg" in {hit["name"] for hit in found["hits"]}
    assert not found["hits"][0]["folded"]


def test_a_query_has_a_thumbnail(client: httpx.Client, sent: dict[str, Any]) -> None:
    first = client.get(sent["links"]["thumbnail"], params={"size": 128})
    with Image.open(io.BytesIO(first.content)) as small:
        assert (small.format, max(small.size)) == ("JPEG", 128)
    tag = {"If-None-Match": first.headers["etag"]}
    assert client.get(f"{sent['links']['thumbnail']}?size=128", headers=tag).status_code == 304
    assert client.get(f"{sent['links']['thumbnail']}?size=256", headers=tag).status_code == 200


def test_a_query_can_be_forgotten(client: httpx.Client, query: bytes) -> None:
    other = client.post(QUERIES, content=query + b"\0").json()["links"]
    assert client.delete(other["self"]).status_code == 204
    for address in other.values():
        assert refusal(client.get(address), 404) in ("no_such_query", "no_such_picture")
    assert refusal(client.delete(other["self"]), 404) == "no_such_query"


def test_what_is_no_picture_is_not_kept(client: httpx.Client) -> None:
    assert refusal(client.post(QUERIES, content=b"no picture"), 422) == "picture_unusable"
    assert refusal(client.post(QUERIES, content=b""), 400) == "no_picture"


@pytest.mark.parametrize("of", ["query", "picture"])
def test_pages_of_hits(client: httpx.Client, sent: dict[str, Any], of: str) -> None:
    address = sent["links"]["results"]
    if of == "picture":
        address = f"/api/v1/pictures/{ids(client)['chelsea.jpg']}/similar"
    seen: list[str] = []
    after: int | None = 0
    while after is not None:
        page = client.get(address, params={"k": 3, "after": after, "all": True}).json()
        assert page["left_out"] == 0
        seen += [hit["id"] for hit in page["hits"]]
        assert page["next"] in (None, after + 3)
        after = page["next"]
    own = set() if of == "query" else {ids(client)["chelsea.jpg"]}
    assert len(seen) == len(set(seen))
    assert set(seen) == set(ids(client).values()) - own


def test_hits_that_are_no_nearer_than_chance_can_be_folded(
    client: httpx.Client, sent: dict[str, Any]
) -> None:
    everything = client.get(sent["links"]["results"], params={"k": 100, "all": True}).json()
    usual = client.get(sent["links"]["results"], params={"k": 100}).json()
    near = [hit for hit in everything["hits"] if not hit["folded"]]
    assert usual["hits"] == near
    assert usual["left_out"] == len(everything["hits"]) - len(near) > 0
    assert usual["next"] is None
    none = client.get(
        sent["links"]["results"], params={"k": 100, "all": True, "max_chance": 0}
    ).json()
    assert {hit["folded"] for hit in none["hits"] if hit["kind"] == "alike"} == {True}


def test_first_hits_come_without_a_look(client: httpx.Client, sent: dict[str, Any]) -> None:
    first = client.get(sent["links"]["results"], params={"look": False, "k": 5}).json()["hits"]
    after = client.get(sent["links"]["results"], params={"k": 5}).json()["hits"]
    assert {hit["verified"] for hit in first} == {False}
    assert {hit["verified"] for hit in after} == {True}
    assert {hit["id"] for hit in first} == {hit["id"] for hit in after}


def test_a_part_of_a_query(client: httpx.Client, sent: dict[str, Any]) -> None:
    part = {"part": "0.2,0.1,0.8,0.7", "k": 9}
    found = client.get(sent["links"]["results"], params=part).json()["hits"]
    cats = [hit for hit in found if hit["name"] == "chelsea.jpg"]
    assert [hit["kind"] for hit in cats] in (["part"], ["edited"], ["alike"])
    whole = client.get(sent["links"]["results"], params={"k": 9}).json()["hits"]
    assert found != whole


def test_more_and_less_of_the_same(client: httpx.Client, sent: dict[str, Any]) -> None:
    known = ids(client)
    address = f"/api/v1/pictures/{known['grass.jpg']}/similar"
    alone = client.get(address, params={"k": 20, "all": True, "code": "photo"}).json()["hits"]
    asked = {"k": 20, "all": True, "more": known["coins.jpg"]}
    more = client.get(address, params=asked).json()["hits"]
    less = client.get(address, params={**asked, "more": "", "less": sent["id"]}).json()["hits"]
    names = [hit["name"] for hit in more]
    assert set(names) & {"grass.jpg", "coins.jpg"} == set()
    assert {hit["kind"] for hit in more} == {"alike"}
    cats = {"chelsea.jpg", "twin.jpg"}
    assert len(less) == len(alone) == len(known) - 1
    assert {hit["name"] for hit in less[-6:]} >= cats


@pytest.mark.parametrize(
    "wrong",
    [
        "part=1",
        "part=0,0,0,1",
        "part=a,b,c,d",
        "part=0,0,1,nan",
        "after=-1",
        "after=9001",
        "code=pdq&more={id}",
        "more=" + ",".join(["{id}"] * 21),
        "k=0",
    ],
)
def test_parameters_are_checked(client: httpx.Client, sent: dict[str, Any], wrong: str) -> None:
    told = wrong.replace("{id}", sent["id"])
    assert refusal(client.get(f"{sent['links']['results']}?{told}"), 400) == "bad_parameter"


def test_ids_are_checked(client: httpx.Client, sent: dict[str, Any]) -> None:
    for name in ("more", "less"):
        address = f"{sent['links']['results']}?{name}={'A' * 24}"
        assert refusal(client.get(address), 404) == "no_such_picture"
    for further in ("", "/thumbnail"):
        assert refusal(client.get(f"{QUERIES}/{'A' * 24}{further}"), 404) == "no_such_query"


def test_few_are_kept(serve: Serve, filled: Path, query: bytes) -> None:
    with serve(filled, queries=2).client() as client:
        made = [client.post(QUERIES, content=query + bytes(n)).json()["id"] for n in range(3)]
        codes = [client.get(f"{QUERIES}/{one}").status_code for one in made]
        assert codes == [404, 200, 200]


def test_they_are_kept_while_they_are_used() -> None:
    now = [1000.0]
    queries = Queries(10, 25, 60, lambda: now[0])
    asked: Any = None
    first = queries.keep(Upload(b"a" * 10), asked)
    second = queries.keep(Upload(b"b" * 10), asked)
    assert queries.keep(Upload(b"a" * 10), asked) is first
    assert queries.known(Upload(b"a" * 10, "upload.cr2")) is None
    third = queries.keep(Upload(b"c" * 10), asked)  # more bytes than are kept
    assert queries.find(second.id) is None
    now[0] += 50
    assert queries.find(first.id) is first
    now[0] += 50
    assert queries.find(third.id) is None
    assert queries.find(first.id) is first
    assert first.until == "1970-01-01T00:19:20Z"
    assert len(queries) == 1
    large = queries.keep(Upload(b"d" * 1000), asked)  # the last one stays, whatever its size
    assert queries.find(large.id) is large
