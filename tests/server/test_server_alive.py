"""Whether the server lives and is ready, its figures, packing, and parts of originals."""

from __future__ import annotations

import gzip
import re
import threading
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lines_of import LOGIN, Line
from serving import TOKEN, Serve, Server, ids, refusal
from starlette.requests import Request

from lookalike.server.alive import ALIVE
from lookalike.server.answers import ApiError
from lookalike.server.fixed import takes_gzip
from lookalike.server.ranges import wanted_range

API = "/api/v1"


def ready(client: httpx.Client) -> None:
    while client.get("/readyz").status_code != 200:
        pass


def test_it_is_not_ready_while_models_are_loaded(
    serve: Serve, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lookalike.server.shelf import Shelf

    enough = threading.Event()
    monkeypatch.setattr(Shelf, "warm", lambda _: enough.wait(60))
    with serve(filled).client() as client:
        for path in ("/readyz", f"{API}/readyz"):
            assert refusal(client.get(path), 503) == "not_ready"
        assert client.get("/livez").json() == {"status": "ok", "ready": False}
        enough.set()
        ready(client)
        assert client.get("/readyz").json() == {"status": "ok", "ready": True}


def test_it_is_not_ready_while_the_library_can_not_be_read(serve: Serve, own: Path) -> None:
    with serve(own).client() as client:
        ready(client)
        own.rename(own.with_name("away"))
        answer = client.get("/readyz")
        assert refusal(answer, 503) == "not_ready"
        assert str(own.parent) not in answer.text
        assert client.get("/livez").status_code == 200
        own.with_name("away").rename(own)
        ready(client)


def test_they_are_never_refused(serve: Serve, filled: Path) -> None:
    """Not by the rate, not by a name, not for want of a token, not while others flood."""
    server = serve(filled, token=TOKEN, rate=0.001, burst=1, hold_seconds=0)
    with ExitStack() as stack, server.stranger() as client:
        for _ in range(100):
            stack.enter_context(Line(server)).say(LOGIN)
        ready(client)
        for _ in range(5):
            for path in ALIVE:
                assert client.get(path, headers={"Host": "other.example"}).status_code == 200
        assert client.get("/").status_code == 200
        assert client.get("/").status_code == 429


def test_figures_for_prometheus(serve: Serve, filled: Path, query: bytes) -> None:
    server = serve(filled, token=TOKEN, metrics=True, rate=0)
    with server.client() as client, server.stranger() as stranger:
        ready(client)
        some = next(iter(ids(client).values()))
        client.get(f"{API}/pictures/{some}")
        client.get("/no/such/address")
        client.post(f"{API}/search", content=query)
        assert refusal(stranger.get("/metrics"), 401) == "token_required"
        answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    figures = dict(re.findall(r"^(lookalike_.*) (\S+)$", answer.text, re.MULTILINE))
    of = 'lookalike_requests_total{endpoint="%s",status="%d"}'
    assert figures[of % (f"GET {API}/pictures/{{id}}", 200)] == "1.0"
    assert figures[of % (f"POST {API}/search", 200)] == "1.0"
    assert figures[of % ("other", 404)] == "1.0"
    assert figures[f'lookalike_request_seconds_count{{endpoint="POST {API}/search"}}'] == "1.0"
    assert float(figures["lookalike_pictures"]) >= 10
    assert float(figures["lookalike_connections"]) >= 1
    assert figures['lookalike_places{state="waiting",work="search"}'] == "0.0"
    assert some not in answer.text
    assert str(filled.parent) not in answer.text


def test_figures_are_given_only_where_they_are_asked_for(server: Server) -> None:
    with server.client() as client:
        assert refusal(client.get("/metrics"), 404) == "not_found"


def test_long_answers_are_packed_and_pictures_are_not(server: Server) -> None:
    with server.client(headers={"Accept-Encoding": "gzip"}) as client:
        some = ids(client)["chelsea.jpg"]
        for path in ("/", "/static/main.js", f"{API}/openapi.json", f"{API}/pictures?limit=100"):
            packed = client.get(path)
            assert packed.headers["content-encoding"] == "gzip", path
            assert "accept-encoding" in packed.headers["vary"].lower()
            plain = client.get(path, headers={"Accept-Encoding": "identity"})
            assert "content-encoding" not in plain.headers
            assert plain.content == packed.content
            assert int(packed.headers["content-length"]) < len(plain.content)
            if "etag" in packed.headers:
                assert packed.headers["etag"] != plain.headers["etag"]
                again = client.get(path, headers={"If-None-Match": packed.headers["etag"]})
                assert (again.status_code, again.content) == (304, b"")
        for path in ("thumbnail", "original"):
            answer = client.get(f"{API}/pictures/{some}/{path}")
            assert "content-encoding" not in answer.headers
        assert "content-encoding" not in client.get(f"{API}/health").headers


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("deflate, gzip;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("br", False),
        ("", False),
    ],
)
def test_who_takes_gzip(accepted: str, packed: bool) -> None:
    assert takes_gzip(accepted) is packed
    assert gzip.decompress(gzip.compress(b"x", mtime=0)) == b"x"


def test_parts_of_an_original(server: Server, filled: Path) -> None:
    data = (filled.parent / "pictures" / "chelsea.jpg").read_bytes()
    size = len(data)
    with server.client() as client:
        path = f"{API}/pictures/{ids(client)['chelsea.jpg']}/original"
        whole = client.get(path)
        assert (whole.status_code, whole.headers["accept-ranges"]) == (200, "bytes")
        tag = whole.headers["etag"]
        for asked, start, stop in (
            ("0-0", 0, 1),
            ("100-199", 100, 200),
            ("100-", 100, size),
            ("-5", size - 5, size),
            (f"-{size * 2}", 0, size),
            (f"10-{size * 2}", 10, size),
        ):
            for more in ({}, {"If-Range": tag}):
                part = client.get(path, headers={"Range": f"bytes={asked}", **more})
                assert part.status_code == 206
                assert part.content == data[start:stop]
                assert part.headers["content-range"] == f"bytes {start}-{stop - 1}/{size}"
        for asked in (f"{size}-", "-0", f"{size * 2}-{size * 3}"):
            none = client.get(path, headers={"Range": f"bytes={asked}"})
            assert refusal(none, 416) == "bad_range"
            assert none.headers["content-range"] == f"bytes */{size}"
        for headers in (
            {"Range": "bytes=0-1,5-6"},
            {"Range": "pages=1-2"},
            {"Range": "bytes=5-1"},
            {"Range": "bytes=-"},
            {"Range": "bytes=0-9", "If-Range": '"another"'},
            {"Range": "bytes=0-9", "If-Range": f"W/{tag}"},
            {"Range": "bytes=0-9", "If-Range": "Sat, 28 Nov 2026 13:05:42 GMT"},
        ):
            all_of_it = client.get(path, headers=headers)
            assert (all_of_it.status_code, all_of_it.content) == (200, data), headers
        head = client.head(path, headers={"Range": "bytes=0-9"})
        assert (head.status_code, head.headers["content-length"]) == (200, str(size))


@given(st.text(max_size=40), st.integers(0, 1000))
def test_any_range_may_be_asked_for(text: str, size: int) -> None:
    for asked in (text, f"bytes={text}"):
        raw = [(b"range", asked.encode("latin-1", "replace"))]
        request = Request({"type": "http", "method": "GET", "headers": raw})
        try:
            found = wanted_range(request, size, '"tag"')
        except ApiError:
            continue
        assert found is None or 0 <= found[0] < found[1] <= size
