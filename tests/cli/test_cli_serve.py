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

pytest.importorskip("starlette", reason="needs the extra server: pip install '.[server]'")

from lookalike import Library
from lookalike.system.installing import install_command

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
    """One that the environment holds is not printed."""
    given = "twenty-letters-or-so"
    for options, variables, printed in (
        (["--token", given], {}, given),
        ([], {"LOOKALIKE_TOKEN": given}, None),
    ):
        _, line = start(library, *options, **variables)
        found = LINE.match(line)
        assert found, line
        assert found[3] == printed
        assert (found[4] == " (with the token in LOOKALIKE_TOKEN)") == (printed is None)
        assert get(found[2] + "api/v1/status", given)["pictures"] == 4


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_the_browser_is_not_started_with_the_token(
    start: Start, library: Path, tmp_path: Path
) -> None:
    """All users of a machine see with what a program was started."""
    opened = tmp_path / "opened"
    browser = tmp_path / "browser.py"
    browser.write_text(f"import sys; open({str(opened)!r}, 'w').write(sys.argv[1])")
    given = {"LOOKALIKE_TOKEN": "twenty-letters-or-so", "BROWSER": f"{sys.executable} {browser} %s"}
    process, line = start(library, "--open", **given)
    found = LINE.match(line)
    assert found, line
    while not (opened.exists() and opened.read_text()):
        assert process.poll() is None
        time.sleep(0.05)
    url, _, invitation = opened.read_text().partition("#token=")
    assert url == found[2]
    assert invitation
    assert "twenty-letters-or-so" not in invitation
    asked = urllib.request.Request(
        f"{url}api/v1/login",
        json.dumps({"token": invitation}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=60) as entered:
        assert entered.status == 204
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(asked, timeout=60)
    with caught.value as refused:
        assert refused.code == 401


def test_changes_take_a_second_token(start: Start, library: Path) -> None:
    process, line = start(library, "--allow-changes")
    found = LINE.match(line)
    assert found, line
    assert found[3] is None
    assert process.stdout is not None
    second = re.match(r"to change pictures, too: (\S+)#token=(\S+)\n", process.stdout.readline())
    assert second
    assert second[1] == found[2]
    assert get(found[2] + "api/v1/status", second[2])["pictures"] == 4
    given = {"LOOKALIKE_CHANGE_TOKEN": "from-the-environment"}
    process, _ = start(library, "--allow-changes", **given)
    assert process.stdout is not None
    told = process.stdout.readline()
    assert "from-the-environment" not in told
    assert "LOOKALIKE_CHANGE_TOKEN" in told


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_every_request_is_logged(start: Start, library: Path) -> None:
    process, line = start(library, "--verbose", LOOKALIKE_TOKEN="twenty-letters-or-so")
    found = LINE.match(line)
    assert found, line
    for path, token in (
        ("health?token=secret", "not-to-be-logged"),
        ("pictures/a%0Ab", "twenty-letters-or-so"),
    ):
        with pytest.raises(urllib.error.HTTPError) as caught:
            get(f"{found[2]}api/v1/{path}", token)
        caught.value.close()
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert re.search(r"GET /api/v1/health 400, \d+\.\d ms, 127\.0\.0\.1\n", err)
    assert re.search(r"GET /api/v1/pictures/a%0Ab 404, \d+\.\d ms, 127\.0\.0\.1\n", err)
    for secret in ("secret", "not-to-be-logged", "twenty-letters-or-so"):
        assert secret not in err


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
        assert install_command("server") in told


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--token", "short"], "16 to 200"),
        (["--host", "203.0.113.77"], "no address of this machine"),
        (["--host", "no such name"], "no address of this machine"),
        (["--port", "65536"], "65535"),
        (["--workers", "0"], "1<=x<=64"),
        (["--library", "other.lookalike"], "named twice"),
        (["--behind-proxy", "127.0.0.1"], "takes a --token"),
        (["--behind-proxy", "proxy", "--token", "x" * 20], "no address and no network"),
        (["--change-token", "x" * 20], "without --allow-changes"),
        (["--read-only", "--allow-changes"], "contradict each other"),
        (["--allow-changes", "--change-token", "x"], "16 to 200"),
        (["--allow-changes", "--token", "x" * 20, "--change-token", "x" * 20], "the same as"),
    ],
)
def test_wrong_use(library: Path, options: list[str], why: str) -> None:
    code, told = failure(library, *options)
    assert code == 2
    assert why in told
