"""``lookalike serve`` as a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs the extra server: pip install 'lookalike[server]'")

from lookalike import Library

Start = Callable[..., tuple["subprocess.Popen[str]", str]]
LINE = re.compile(r"serving (\d+) pictures at (http://127\.0\.0\.1:\d+/)(?:#token=(\S+?))?( .*)?;")


@pytest.fixture
def library(photos: Path, tmp_path: Path) -> Path:
    path = tmp_path / "l.lookalike"
    with Library.open(path, workers=1) as opened:
        opened.index(photos, exclude=["[!c]*"])
    return path


@pytest.fixture
def start() -> Iterator[Start]:
    """Start the command and read the line that it prints."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: object, **environment: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "lookalike", "serve", "--port", "0", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        )
        started.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline()

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def get(url: str, token: str | None = None) -> Any:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as got:
        return json.load(got)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_asked_to_end(
    start: Start, library: Path, tmp_path: Path, ending: signal.Signals
) -> None:
    opened = tmp_path / "opened"
    browser = tmp_path / "browser.py"
    browser.write_text(f"import sys; open({str(opened)!r}, 'w').write(sys.argv[1])")
    process, line = start(library, "--open", BROWSER=f"{sys.executable} {browser} %s")
    found = LINE.match(line)
    assert found, line
    assert (found[1], found[3], found[4]) == ("4", None, None)
    assert get(found[2] + "api/v1/status")["pictures"] == 4
    while not (opened.exists() and opened.read_text()):
        assert process.poll() is None
        time.sleep(0.05)
    assert opened.read_text() == found[2]
    process.send_signal(ending)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")
    assert not Path(f"{library}-wal").exists()  # closed properly


def test_others_need_the_token_that_is_printed(start: Start, library: Path) -> None:
    _, line = start("--host", "0.0.0.0", "--library", library)
    found = LINE.match(line)
    assert found, line
    assert found[4] == " (on all addresses of this machine)"
    url, token = found[2], found[3]
    assert len(token) >= 32
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(url + "api/v1/status")
    with caught.value as refused:
        assert refused.code == 401
    assert get(url + "api/v1/status", token)["pictures"] == 4


def test_a_token_may_be_given(start: Start, library: Path) -> None:
    for options, variables in (
        (["--token", "twenty-letters-or-so"], {}),
        ([], {"LOOKALIKE_TOKEN": "twenty-letters-or-so"}),
    ):
        _, line = start(library, *options, **variables)
        found = LINE.match(line)
        assert found, line
        assert found[3] == "twenty-letters-or-so"


def failure(*arguments: object, code: str = "pass", **environment: str) -> tuple[int, str]:
    """Exit code and standard error of a command that ends at once."""
    command = f"import sys; {code}; from lookalike.cli import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", command, "serve", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.returncode, done.stderr


def test_a_port_in_use(library: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, told = failure(library, "--port", port)
    assert code == 1
    assert f"port {port} is in use" in told
    assert "--port" in told


def test_no_library(tmp_path: Path) -> None:
    code, told = failure(tmp_path / "none.lookalike", "--port", 0)
    assert code == 1
    assert "lookalike index" in told
    assert not (tmp_path / "none.lookalike").exists()


def test_no_extra(library: Path) -> None:
    for module in ("starlette", "uvicorn", "python_multipart"):
        code, told = failure(library, code=f"sys.modules[{module!r}] = None")
        assert code == 1
        assert "pip install 'lookalike[server]'" in told


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--token", "short"], "16 to 200"),
        (["--host", "203.0.113.77"], "no address of this machine"),
        (["--host", "no such name"], "no address of this machine"),
        (["--port", "65536"], "65535"),
        (["--workers", "0"], "1<=x<=64"),
        (["--library", "other.lookalike"], "named twice"),
    ],
)
def test_wrong_use(library: Path, options: list[str], why: str) -> None:
    code, told = failure(library, *options)
    assert code == 2
    assert why in told
