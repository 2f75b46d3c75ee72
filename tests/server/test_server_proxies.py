"""Proxies: without a token they get nothing, and those that are named are believed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lines_of import Line
from serving import TOKEN, Serve, Server, refusal
from starlette.datastructures import Headers

from lookalike.errors import UsageError
from lookalike.server.proxies import Proxies, parse_networks, was_forwarded

API = "/api/v1"
ADDED = [
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Server",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Ssl",
    "X-Forwarded",
    "Forwarded",
    "Forwarded-For",
    "Via",
    "X-Real-IP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "CF-Connecting-IP",
    "CF-Ray",
    "True-Client-IP",
    "X-Original-URL",
    "X-Original-Host",
    "X-Original-Forwarded-For",
    "X-ProxyUser-Ip",
    "X-Envoy-External-Address",
    "X-Amzn-Trace-Id",
    "Fastly-Client-IP",
    "Fly-Client-IP",
    "Front-End-Https",
    "X-Rewrite-URL",
    "Tailscale-User-Login",
    "X-Azure-ClientIP",
    "X-Arr-Log-Id",
    "X-AppEngine-User-IP",
    "X-Host",
    "X-Scheme",
    "WL-Proxy-Client-IP",
    "Client-IP",
    "X-Remote-Addr",
    "Proxy-Client-IP",
    "X-Nginx-Proxy",
    "Max-Forwards",
]
USUAL = [
    "Host",
    "User-Agent",
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Authorization",
    "Connection",
    "Content-Length",
    "Content-Type",
    "Cookie",
    "DNT",
    "If-None-Match",
    "If-Range",
    "Origin",
    "Pragma",
    "Cache-Control",
    "Priority",
    "Range",
    "Referer",
    "Sec-CH-UA",
    "Sec-Fetch-Site",
    "Sec-Fetch-Mode",
    "Sec-GPC",
    "TE",
    "Upgrade-Insecure-Requests",
    "Expect",
    "X-Requested-With",
    "X-Request-ID",
    "Traceparent",
    "Proxy-Connection",
    "Proxy-Authorization",
    "Keep-Alive",
]


@pytest.mark.parametrize("header", ADDED)
def test_what_proxies_add_takes_a_token(server: Server, locked: Server, header: str) -> None:
    with server.client(headers={header: "203.0.113.1"}) as client:
        for path in ("/", f"{API}/status", f"{API}/health"):
            assert refusal(client.get(path), 403) == "proxied"
        assert client.get("/livez").status_code == 200  # which tells nothing
    with locked.client(headers={header: "203.0.113.1"}) as client:
        assert client.get(f"{API}/status").status_code == 200


def test_what_browsers_and_programs_send_is_no_proxy() -> None:
    assert not was_forwarded(Headers(dict.fromkeys(USUAL, "x")))


@pytest.mark.parametrize("host", ["127.0.0.1", "pictures.example", None])
def test_simple_proxies_speak_http_1_0(server: Server, locked: Server, host: str | None) -> None:
    """As nginx does by default: ``Host`` is that of this server, or what the client said."""
    told = f"Host: {host}\r\n" if host else ""
    for path in (f"{API}/pictures", f"{API}/status", "/"):
        with Line(server) as line:
            heard = line.say(f"GET {path} HTTP/1.0\r\n{told}\r\n").hear()
        assert b" 403 " in heard.partition(b"\r\n")[0]
        assert b'"proxied"' in heard
    if host:
        with Line(locked) as line:
            asked = f"GET {API}/status HTTP/1.0\r\n{told}Authorization: Bearer {TOKEN}\r\n\r\n"
            assert b" 200 " in line.say(asked).hear().partition(b"\r\n")[0]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://pictures.example", "Sec-Fetch-Site": "same-origin"},
        {"Referer": "https://pictures.example/library", "Sec-Fetch-Site": "same-origin"},
        {"Referer": "http://pictures.example:8080/"},
    ],
)
def test_a_browser_behind_a_proxy_takes_us_for_another(
    server: Server, headers: dict[str, str]
) -> None:
    """Such as one that speaks HTTP/1.1, says that it asks 127.0.0.1, and adds nothing."""
    with server.client(headers=headers) as client:
        assert refusal(client.get(f"{API}/status"), 403) == "proxied"
        if "Sec-Fetch-Site" in headers:
            assert refusal(client.get("/"), 403) == "proxied"


def test_a_link_to_the_page_is_harmless(server: Server) -> None:
    with server.client(
        headers={"Referer": "https://wiki.example/", "Sec-Fetch-Site": "cross-site"}
    ) as client:
        assert client.get("/").status_code == 200


TRUSTED = Proxies(parse_networks("127.0.0.1, 10.0.0.0/8, ::1"))


@pytest.mark.parametrize(
    ("peer", "headers", "client"),
    [
        ("127.0.0.1", {}, "127.0.0.1"),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.1"}, "203.0.113.1"),
        ("127.0.0.1", {"X-Forwarded-For": "1.1.1.1, 203.0.113.1"}, "203.0.113.1"),
        ("127.0.0.1", {"X-Forwarded-For": "1.1.1.1, 203.0.113.1, 10.1.2.3"}, "203.0.113.1"),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.1:4711"}, "203.0.113.1"),
        ("::1", {"X-Forwarded-For": "[2001:db8::1]:4711"}, "2001:db8::1"),
        ("::ffff:127.0.0.1", {"X-Forwarded-For": "2001:db8::1"}, "2001:db8::1"),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.1, unknown"}, "127.0.0.1"),
        ("127.0.0.1", {"X-Forwarded-For": "10.0.0.1, 10.0.0.2"}, "10.0.0.1"),
        (
            "127.0.0.1",
            {"Forwarded": 'for=203.0.113.1;proto=https, For="[2001:db8::1]:80"'},
            "2001:db8::1",
        ),
        ("127.0.0.1", {"Forwarded": "proto=https;for=203.0.113.1"}, "203.0.113.1"),
        ("127.0.0.1", {"Forwarded": "for=_hidden"}, "127.0.0.1"),
        ("203.0.113.9", {"X-Forwarded-For": "203.0.113.1"}, "203.0.113.9"),
        ("", {"X-Forwarded-For": "203.0.113.1"}, ""),
    ],
)
def test_the_client_is_the_last_that_is_no_proxy(
    peer: str, headers: dict[str, str], client: str
) -> None:
    assert TRUSTED.client(peer, Headers(headers))[0] == client


def test_https_is_what_a_trusted_proxy_says() -> None:
    told = Headers({"X-Forwarded-Proto": "HTTPS"})
    assert TRUSTED.client("127.0.0.1", told) == ("127.0.0.1", True)
    assert TRUSTED.client("203.0.113.9", told) == ("203.0.113.9", False)
    assert Proxies(()).client("127.0.0.1", told) == ("127.0.0.1", False)


@given(
    st.text(st.characters(max_codepoint=255), max_size=80),
    st.sampled_from(["x-forwarded-for", "forwarded"]),
)
def test_any_header_can_come(text: str, name: str) -> None:
    raw = [(name.encode(), text.encode("latin-1"))]
    assert TRUSTED.client("127.0.0.1", Headers(raw=raw))[0]


@pytest.mark.parametrize("text", ["", "localhost", "10.0.0.1/8", "10.0.0.0/33", "127.0.0.1,,"])
def test_what_is_no_network(text: str) -> None:
    with pytest.raises(UsageError, match="no address and no network"):
        parse_networks(text)


def test_clients_behind_a_named_proxy_have_their_own_shares(serve: Serve, filled: Path) -> None:
    server = serve(
        filled, token=TOKEN, proxies=parse_networks("127.0.0.1"), wrong_tokens=2, hold_seconds=0
    )

    def client(address: str, token: str | None = None) -> int:
        headers = {"X-Forwarded-For": address, "Authorization": f"Bearer {token}"}
        with server.stranger(headers=headers) as asking:
            return asking.get(f"{API}/status").status_code

    assert [client("203.0.113.1", f"guess {n}") for n in range(4)] == [401, 401, 429, 429]
    assert client("203.0.113.2", "another guess") == 401
    assert client("203.0.113.1", TOKEN) == 200
    with server.stranger(headers={"X-Forwarded-Proto": "https"}) as browser:
        done = browser.post(f"{API}/login", json={"token": TOKEN})
        assert "; Secure" in done.headers["set-cookie"]
