"""Who may ask, from where, how often; and what every answer carries."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import httpx
import pytest
from serving import TOKEN, Serve, Server, ids, refusal

from lookalike.server.alive import ALIVE
from lookalike.server.routes import ENDPOINTS, public_paths

API = "/api/v1"
PAGES = ("/", "/queries/x", "/library", "/pictures/x", "/static/main.js", "/static/style.css")
PRIVATE = [e for e in ENDPOINTS if not e.public]


@pytest.mark.parametrize("endpoint", PRIVATE, ids=lambda e: f"{e.method} {e.path}")
def test_everything_needs_the_token(locked: Server, endpoint: object) -> None:
    assert hasattr(endpoint, "method")
    assert hasattr(endpoint, "path")
    path = API + endpoint.path.replace("{id}", "A" * 24)
    with locked.stranger() as client:
        for headers in (
            {},
            {"Authorization": "Bearer"},
            {"Authorization": f"Bearer {TOKEN[:-1]}"},
            {"Authorization": f"Bearer {TOKEN}x"},
            {"Authorization": f"Basic {TOKEN}"},
            {"Cookie": f"lookalike-{locked.port}={TOKEN}"},
            {"Cookie": f"lookalike-{locked.port}=99999999999.{'0' * 64}"},
        ):
            response = client.request(endpoint.method, path, headers=headers)
            assert refusal(response, 401) == "token_required"
            assert response.headers["www-authenticate"] == "Bearer"
    with locked.client() as client:
        assert client.request(endpoint.method, path).status_code != 401


def test_what_needs_no_token_tells_nothing_of_the_library(locked: Server, filled: Path) -> None:
    assert set(public_paths()) == {
        f"{API}/{name}" for name in ("health", "livez", "readyz", "openapi.json", "login", "logout")
    }
    with locked.stranger() as client:
        while client.get("/readyz").status_code != 200:
            pass
        for path in (*PAGES, *ALIVE, f"{API}/health", f"{API}/openapi.json"):
            response = client.get(path)
            assert response.status_code == 200
            assert str(filled.parent) not in response.text
            assert TOKEN not in response.text
        assert refusal(client.get(f"{API}/nothing"), 401)


def test_a_browser_logs_in_and_out(locked: Server) -> None:
    with locked.stranger(headers={"Origin": locked.url}) as client:
        wrong = client.post(f"{API}/login", json={"token": TOKEN + "x"})
        assert refusal(wrong, 401) == "wrong_token"
        assert "set-cookie" not in wrong.headers
        done = client.post(f"{API}/login", json={"token": TOKEN})
        assert (done.status_code, done.content) == (204, b"")
        cookie = done.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert re.search("samesite=strict", cookie, re.IGNORECASE)
        assert "secure" not in cookie.lower()
        assert TOKEN not in cookie
        assert client.get(f"{API}/status").status_code == 200
        assert client.post(f"{API}/logout").status_code == 204
        assert refusal(client.get(f"{API}/status"), 401)


def test_behind_https_the_cookie_stays_there(locked: Server) -> None:
    host = f"127.0.0.1:{locked.port}"
    with locked.stranger(headers={"Origin": f"https://{host}"}) as client:
        done = client.post(f"{API}/login", json={"token": TOKEN})
        assert "; Secure" in done.headers["set-cookie"]


@pytest.mark.parametrize(
    "body", [b"", b"no json", b"[]", b"{}", b'{"token": 1}', b'{"token": "\\udce9"}', b"[" * 3000]
)
def test_logging_in_with_nonsense(locked: Server, body: bytes) -> None:
    with locked.stranger() as client:
        response = client.post(f"{API}/login", content=body)
        assert refusal(response, response.status_code) in ("bad_json", "wrong_token")
        assert response.status_code in (400, 401)
        assert refusal(client.post(f"{API}/login", content=bytes(5000)), 413) == "too_large"


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "192.168.0.1", "[2001::1]"],
)
def test_other_names_are_not_answered_to(server: Server, host: str) -> None:
    """What a page reaches by letting its own name point here (DNS rebinding)."""
    with server.client(headers={"Host": host}) as client:
        for path in (*PAGES, f"{API}/status", f"{API}/health"):
            assert refusal(client.get(path), 421) == "wrong_host"


@pytest.mark.parametrize("host", ["", "a b", "x@127.0.0.1", "127.0.0.1/", "127.0.0.1:x"])
def test_names_that_are_none(server: Server, host: str) -> None:
    with server.client(headers={"Host": host}) as client:
        assert refusal(client.get(f"{API}/status"), 400) == "bad_host"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1", "127.9.9.9", "[::1]:1"])
def test_names_of_this_machine(server: Server, host: str) -> None:
    with server.client(headers={"Host": host}) as client:
        assert client.get(f"{API}/status").status_code == 200


def test_with_a_token_any_name_will_do(locked: Server) -> None:
    with locked.client(headers={"Host": "pictures.example"}) as client:
        assert client.get(f"{API}/status").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_pages_of_other_sites_may_not_ask(
    server: Server, query: bytes, headers: dict[str, str]
) -> None:
    with server.client(headers=headers) as client:
        for path in ("search", "thumbnail", "login", "logout"):
            response = client.post(f"{API}/{path}", content=query)
            assert refusal(response, 403) == "cross_origin"
            assert "access-control-allow-origin" not in response.headers
        if "Sec-Fetch-Site" in headers:
            assert refusal(client.get(f"{API}/status"), 403) == "cross_origin"
            assert client.get("/").status_code == 200  # a link to the page is harmless


def test_the_own_page_may_ask(server: Server, query: bytes) -> None:
    for headers in ({"Origin": server.url}, {"Sec-Fetch-Site": "same-origin"}):
        with server.client(headers=headers) as client:
            assert client.post(f"{API}/search", content=query).status_code == 200


def test_every_answer_carries_the_headers(server: Server, query: bytes) -> None:
    with server.client() as client:
        some = next(iter(ids(client).values()))
        answers = [client.get(path) for path in (*PAGES, f"{API}/status", f"{API}/health")]
        answers += [
            client.get(f"{API}/pictures/{some}/{name}") for name in ("thumbnail", "original")
        ]
        answers += [
            client.get("/nothing"),
            client.put(f"{API}/status"),
            client.post(f"{API}/search", content=query),
            client.post(f"{API}/search"),
            client.get(f"{API}/status", headers={"Host": "evil.example"}),
        ]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "cache-control" in answer.headers
        assert "server" not in answer.headers
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_the_page_has_nothing_inline(server: Server) -> None:
    with server.client() as client:
        page = client.get("/").text
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", page)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)
    static = Path(__file__).resolve().parents[2] / "lookalike" / "server" / "static"
    for script in static.glob("*.js"):
        text = script.read_text(encoding="utf-8")
        for forbidden in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
        ):
            assert forbidden not in text, script.name
        assert not re.search(r"https?://", text), script.name


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/search", "POST"),
        ("POST", "/pictures", "GET"),
        ("DELETE", "/status", "GET"),
        ("OPTIONS", "/search", "POST"),
        ("PATCH", "/pictures/" + "A" * 24, "GET"),
    ],
)
def test_wrong_methods(client: httpx.Client, method: str, path: str, allowed: str) -> None:
    response = client.request(method, API + path)
    assert refusal(response, 405) == "method_not_allowed"
    assert allowed in response.headers["allow"]


def test_what_is_not_http_gets_the_one_form_too(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as line:
        line.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
        answer = b""
        while piece := line.recv(1000):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.endswith(b'{"error": {"code": "bad_request", "message": "this is not HTTP"}}')


def test_a_client_has_a_rate(serve: Serve, filled: Path) -> None:
    with serve(filled, rate=0.001, burst=10).client() as client:
        answers = [client.get(f"{API}/health") for _ in range(12)]
    assert [a.status_code for a in answers] == [200] * 10 + [429] * 2
    assert refusal(answers[-1], 429) == "too_many_requests"
    assert int(answers[-1].headers["retry-after"]) >= 1
