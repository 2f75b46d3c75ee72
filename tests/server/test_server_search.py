"""Searching over HTTP."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pillow_heif
import pytest
from PIL import Image
from serving import AWKWARD, Serve, encoded, ids, refusal

SEARCH = "/api/v1/search"


def test_a_body_is_searched_by(client: httpx.Client, query: bytes, filled: Path) -> None:
    answer = client.post(SEARCH, content=query, params={"k": 3}).json()
    assert set(answer) == {"exact", "hits", "seconds", "left_out", "next"}
    assert answer["exact"] is True
    assert len(answer["hits"]) == 3
    best = answer["hits"][0]
    assert best["kind"] == "edited"
    assert (best["code"], best["bits"]) == ("pdq-area", 256)
    assert Path(best["path"]).parent == filled.parent / "pictures"
    assert best["name"] == Path(best["path"]).name
    assert client.get(best["links"]["thumbnail"]).status_code == 200


def test_a_form_is_searched_by(client: httpx.Client, query: bytes) -> None:
    plain = client.post(SEARCH, content=query).json()
    form = client.post(SEARCH, files={"picture": ("any name.xyz", query, "text/plain")}).json()
    assert form["hits"] == plain["hits"]


@pytest.mark.parametrize("kind", ["PNG", "HEIF", "WEBP", "TIFF"])
def test_formats(client: httpx.Client, filled: Path, kind: str) -> None:
    pillow_heif.register_heif_opener(thumbnails=False)
    with Image.open(filled.parent / "pictures" / "coffee.jpg") as picture:
        data = encoded(picture.reduce(2), kind)
    best = client.post(SEARCH, content=data, params={"k": 1}).json()["hits"][0]
    assert (best["name"], best["kind"]) == ("coffee.jpg", "edited")


def test_the_same_file_is_said_to_be_the_same(client: httpx.Client, filled: Path) -> None:
    data = (filled.parent / "pictures" / "chelsea.jpg").read_bytes()
    hits = client.post(SEARCH, content=data, params={"k": 2}).json()["hits"]
    assert {hit["name"]: hit["kind"] for hit in hits} == {
        "chelsea.jpg": "same-bytes",
        "twin.jpg": "same-bytes",
    }


def test_each_code_can_be_asked_alone(client: httpx.Client, query: bytes) -> None:
    for code in ("pdq", "photo"):
        hits = client.post(SEARCH, content=query, params={"code": code}).json()["hits"]
        assert {hit["code"].split("-")[0] for hit in hits} == {code}


def test_a_picture_of_the_library_finds_the_others(client: httpx.Client) -> None:
    known = ids(client)
    address = f"/api/v1/pictures/{known['chelsea.jpg']}/similar?k=100"
    hits = client.get(f"{address}&all=true").json()["hits"]
    names = [hit["name"] for hit in hits]
    assert sorted(names) == sorted(set(known) - {"chelsea.jpg"})
    kinds = {hit["name"]: hit["kind"] for hit in hits}
    assert kinds["twin.jpg"] == "same-bytes"
    assert kinds["cat.tiff"] in ("same-pixels", "edited")
    assert kinds[AWKWARD] == "edited"
    assert kinds["coins.jpg"] == "alike"
    usual = client.get(address).json()
    assert len(usual["hits"]) + usual["left_out"] == len(hits)
    assert usual["left_out"] > 0
    assert all(hit["kind"] != "alike" or hit["chance"] < 0.2 for hit in usual["hits"])
    few = client.get(f"/api/v1/pictures/{known['chelsea.jpg']}/similar?k=2").json()["hits"]
    assert few == hits[:2]


def test_what_is_sent_can_be_shown(client: httpx.Client, filled: Path) -> None:
    data = (filled.parent / "pictures" / "cat.heic").read_bytes()
    response = client.post("/api/v1/thumbnail?size=128", content=data)
    assert response.headers["content-type"] == "image/jpeg"
    small = Image.open(io.BytesIO(response.content))
    assert small.format == "JPEG"
    assert max(small.size) == 128


def bomb(width: int, height: int) -> bytes:
    """A small PNG file whose header states a huge picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1_000_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"this is no picture", "not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a drawing (SVG) isn't read"),
        (b"\xff\xd8\xff\xe0 and nothing more", "damaged"),
        (bomb(60_000, 60_000), "limit of 100,000,000"),
    ],
    ids=["text", "svg", "damaged", "bomb"],
)
def test_what_is_no_picture_is_refused(client: httpx.Client, data: bytes, why: str) -> None:
    for response in (
        client.post(SEARCH, content=data),
        client.post("/api/v1/thumbnail", content=data),
    ):
        assert refusal(response, 422) == "picture_unusable"
        assert why in response.json()["error"]["message"]


def test_a_cut_picture_is_refused(client: httpx.Client, query: bytes) -> None:
    assert refusal(client.post(SEARCH, content=query[: len(query) // 2]), 422)


def test_pixels_have_a_limit(serve: Serve, filled: Path, query: bytes) -> None:
    from lookalike.types import Limits

    with serve(filled, limits=Limits(pixels=10_000)).client() as asking:
        response = asking.post(SEARCH, content=query)
        assert refusal(response, 422) == "picture_unusable"
        assert "limit of 10,000" in response.json()["error"]["message"]


def test_no_picture_at_all(client: httpx.Client) -> None:
    assert refusal(client.post(SEARCH), 400) == "no_picture"
    assert refusal(client.post(SEARCH, files={"other": b"data"}), 400) == "no_picture"
    assert refusal(client.post(SEARCH, files={"picture": b""}), 400) == "no_picture"
    boundary = {"Content-Type": "multipart/form-data; boundary=x"}
    assert refusal(client.post(SEARCH, headers=boundary, content=b"no form"), 400) == "bad_form"
    without = {"Content-Type": "multipart/form-data"}
    assert refusal(client.post(SEARCH, headers=without, content=b"no form"), 400) == "bad_form"
    two = [("picture", b"1"), ("picture", b"2")]
    assert refusal(client.post(SEARCH, files=two), 400) == "bad_form"


def test_too_large_is_said_before_it_is_read(client: httpx.Client) -> None:
    for path in (SEARCH, "/api/v1/thumbnail"):
        response = client.post(path, content=bytes(3_000_001))
        assert refusal(response, 413) == "too_large"
        assert "3,000,000" in response.json()["error"]["message"]
    assert refusal(client.post(SEARCH, files={"picture": bytes(3_000_001)}), 413) == "too_large"


def test_too_large_without_a_length(client: httpx.Client) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(40):
            yield bytes(100_000)

    assert refusal(client.post(SEARCH, content=pieces()), 413) == "too_large"


def test_a_body_that_does_not_come(serve: Serve, filled: Path) -> None:
    import socket

    started = serve(filled, upload_seconds=0.2)
    head = f"POST {SEARCH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nbegin"
    with socket.create_connection(("127.0.0.1", started.port), timeout=30) as line:
        line.sendall(head.encode())
        assert line.recv(100).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    "wrong",
    ["k=0", "k=1001", "k=-1", "k=x", "k=", "k=1e3", "k=1&k=2", "code=all", "other=1", "k=٣"],
)
def test_parameters_are_checked(client: httpx.Client, query: bytes, wrong: str) -> None:
    response = client.post(f"{SEARCH}?{wrong}", content=query)
    assert refusal(response, 400) == "bad_parameter"
    some = next(iter(ids(client).values()))
    assert refusal(client.get(f"/api/v1/pictures/{some}/similar?{wrong}"), 400) == "bad_parameter"


def test_more_than_can_wait_is_refused(serve: Serve, filled: Path, query: bytes) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with serve(filled, waiting=0, rate=0).client() as asking:
        asking.post(SEARCH, content=query)  # all is loaded now

        def ask(_: int) -> httpx.Response:
            return asking.post(SEARCH, content=query)

        with ThreadPoolExecutor(12) as threads:
            responses = list(threads.map(ask, range(24)))
    statuses = {response.status_code for response in responses}
    assert statuses == {200, 503}
    busy = next(r for r in responses if r.status_code == 503)
    assert refusal(busy, 503) == "busy"
    assert busy.headers["retry-after"] == "1"


def test_filters_say_what_hits_have_to_be(client: httpx.Client, query: bytes, filled: Path) -> None:
    asked = {"k": 100, "all": "true"}
    everything = client.post(SEARCH, content=query, params=asked).json()["hits"]
    edited = client.post(SEARCH, content=query, params={**asked, "kind": "edited"}).json()["hits"]
    assert {hit["kind"] for hit in edited} == {"edited"}
    large = client.post(SEARCH, content=query, params={**asked, "larger": "500x1"}).json()["hits"]
    assert {hit["id"] for hit in large} == {
        hit["id"] for hit in everything if max(hit["width"], hit["height"]) >= 500
    }
    for where in ({"taken": "2019"}, {"under": str(filled.parent / "elsewhere")}):
        assert client.post(SEARCH, content=query, params={**asked, **where}).json()["hits"] == []
        assert client.get("/api/v1/pictures", params=where).json()["pictures"] == []
    known = ids(client)["chelsea.jpg"]
    found = client.get(f"/api/v1/pictures/{known}/similar", params={"format": "png"}).json()
    assert all(hit["path"].endswith("png") for hit in found["hits"])


@pytest.mark.parametrize(
    "wrong", [{"taken": "soon"}, {"larger": "2"}, {"format": ";"}, {"kind": "copy"}, {"under": ""}]
)
def test_a_filter_that_cannot_be_understood(
    client: httpx.Client, query: bytes, wrong: dict[str, str]
) -> None:
    answer = client.post(SEARCH, content=query, params=wrong)
    assert refusal(answer, 400) == "bad_parameter"
