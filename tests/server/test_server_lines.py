"""Connections that keep the server waiting: they end, and shut nobody out."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from lines_of import LOGIN, Line, needs_addresses, request
from serving import TOKEN, Serve

from lookalike.server.lines import Deadlines, Lines
from lookalike.server.listen import lines_for

SOON = Deadlines(head=0.4, idle=0.4, taking=0.4, lingering=0.3)
HALVES = {
    "silent": "",
    "half a line": "GET /api",
    "half a head": "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n",
    "a login without a body": request("POST", "/api/v1/login", "Content-Length: 100"),
    "half a login": LOGIN,
    "half an upload": request("POST", "/api/v1/search", "Content-Length: 1000") + "\x89PNG",
}


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
def test_who_keeps_us_waiting_is_hung_up_on(serve: Serve, filled: Path, half: str) -> None:
    server = serve(filled, lines=Lines(50, 50, deadlines=SOON), upload_seconds=0.4)
    with Line(server) as line:
        heard = line.say(half).hear()  # which ends only when the server hangs up
    if not half:
        assert heard == b""
    else:
        assert heard.startswith(b"HTTP/1.1 408 ")
        assert b'"too_slow"' in heard


def test_dripping_helps_nobody(serve: Serve, filled: Path) -> None:
    """A byte now and then is no progress: the head has its time as a whole."""
    server = serve(filled, lines=Lines(50, 50, deadlines=SOON))
    with Line(server) as line:
        line.socket.settimeout(0.1)
        line.say("GET / HTTP/1.1\r\n")
        heard = b""
        for _ in range(100):
            line.say("X: y\r\n")
            try:
                piece = line.socket.recv(1000)
            except TimeoutError:
                continue
            except ConnectionResetError:
                break
            if not piece:
                break
            heard += piece
        else:
            pytest.fail("it is still there after ten seconds")
    assert heard == b"" or heard.startswith(b"HTTP/1.1 408 ")


def test_a_connection_that_is_kept_ends_too(serve: Serve, filled: Path) -> None:
    server = serve(filled, lines=Lines(50, 50, deadlines=SOON))
    for after in ("", "G", "GET / HTTP/1.1\r\nA: "):
        with Line(server) as line:
            assert line.say(request("GET", "/api/v1/livez")).status() == 200
            line.say(after).hear()


def test_a_body_that_nobody_wants_does_not_go_on_for_ever(serve: Serve, filled: Path) -> None:
    server = serve(filled, lines=Lines(50, 50, deadlines=SOON), token=TOKEN)
    with Line(server) as line:
        line.say(request("POST", "/api/v1/search", "Content-Length: 1000000000"))
        assert line.status() == 401
        line.socket.settimeout(0.05)
        for _ in range(200):
            line.say(bytes(1000))
            try:
                if not line.socket.recv(1000):
                    break
            except TimeoutError:
                continue
            except ConnectionResetError:
                break
        else:
            pytest.fail("it is still there after ten seconds")


def test_who_does_not_take_its_answer_is_let_go(serve: Serve, filled: Path) -> None:
    lines = Lines(50, 50, deadlines=SOON)
    server = serve(filled, lines=lines, rate=0)
    with Line(server) as line:
        line.say(request("GET", "/api/v1/openapi.json") * 500)
        wait_until(lambda: lines.ended > 0)


def test_unfinished_logins_shut_nobody_out(serve: Serve, filled: Path, query: bytes) -> None:
    """What 262 of them did: all others, also with the right token, were answered 503."""
    server = serve(filled, token=TOKEN)
    with ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(Line(server)).say(LOGIN)
        with server.stranger() as stranger:
            for path in ("/", "/static/main.js", "/api/v1/health", "/livez"):
                assert stranger.get(path).status_code == 200
            done = stranger.post("/api/v1/login", json={"token": TOKEN})
            assert done.status_code == 204
            assert stranger.get("/api/v1/status").status_code == 200
        with server.client() as client:
            assert client.get("/api/v1/status").status_code == 200
            assert client.post("/api/v1/search", content=query).status_code == 200


def test_one_address_has_its_share(serve: Serve, filled: Path) -> None:
    """Too many connections of one address cost itself, the oldest first."""
    now = [0.0]
    lines = Lines(20, 5, clock=lambda: now[0])
    server = serve(filled, lines=lines)
    with ExitStack() as stack:
        first = stack.enter_context(Line(server))
        wait_until(lambda: lines.count == 1)
        now[0] = 0.1
        for _ in range(4):
            stack.enter_context(Line(server))
        wait_until(lambda: lines.count == 5)
        assert stack.enter_context(Line(server)).hear().startswith(b"HTTP/1.1 503 ")  # too soon
        now[0] = 1.05  # only the first has been silent for a second
        another = stack.enter_context(Line(server))
        assert another.say(request("GET", "/livez")).status() == 200
        assert first.hear() == b""
        assert (lines.count, lines.ended, lines.refused) == (5, 1, 1)


@needs_addresses
def test_others_come_in_while_one_address_has_all(serve: Serve, filled: Path) -> None:
    lines = Lines(10, 9)
    server = serve(filled, lines=lines)
    with ExitStack() as stack:
        for _ in range(9):
            stack.enter_context(Line(server, "127.0.0.2"))
        stack.enter_context(Line(server, "127.0.0.3"))
        wait_until(lambda: lines.count == 10)
        for _ in range(3):
            line = stack.enter_context(Line(server, "127.0.0.4"))
            assert line.say(request("GET", "/livez")).status() == 200
    assert lines.ended == 3


def test_who_has_shown_the_token_gives_way_last(serve: Serve, filled: Path) -> None:
    lines = Lines(4, 4)
    server = serve(filled, token=TOKEN, lines=lines)
    with server.client() as client, ExitStack() as stack:
        assert client.get("/api/v1/status").status_code == 200
        for _ in range(30):
            stack.enter_context(Line(server))
            assert client.get("/api/v1/status").status_code == 200
    assert lines.refused + lines.ended >= 27


FULL = """
import logging, os, resource, sys
from pathlib import Path
from serving import running
from lookalike.server.lines import Lines
from lookalike.server.settings import Settings
logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
with running(Path(sys.argv[1]), Settings(workers=1), Lines(10_000, 10_000)) as server:
    with server.client() as client:
        while client.get("/readyz").status_code != 200:
            pass
    used = max(map(int, os.listdir("/proc/self/fd")))
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 20, used + 20))
    print(server.port, flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts open files by /proc")
def test_where_open_files_are_used_up_it_rests(filled: Path, tmp_path: Path) -> None:
    """It tried again at once, for ever, and logged each time: 35 MB in 12 seconds."""
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", FULL, str(filled)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout is not None
    port = int(process.stdout.readline())
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
        time.sleep(2.5)
    answer = httpx.get(f"http://127.0.0.1:{port}/livez", timeout=30)
    process.communicate(timeout=60)
    told = (tmp_path / "log").read_text()
    assert answer.status_code == 200
    assert told.count("no more connections can be taken now") == 1
    assert "ulimit" in told
    assert len(told) < 20_000
    assert process.returncode == 0


def test_connections_leave_open_files_for_the_rest() -> None:
    resource = pytest.importorskip("resource")
    lines = lines_for()
    assert 10 <= lines.most <= resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2
    assert lines.most <= 1000


def wait_until(true: Callable[[], bool]) -> None:
    """Look again and again, for half a minute."""
    for _ in range(3000):
        if true():
            return
        time.sleep(0.01)
    pytest.fail("it doesn't come to that")
