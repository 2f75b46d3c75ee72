"""Downloads from a real server on this machine: checksums, cut connections, wrong answers."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from lookalike.download import Checksum, download
from lookalike.errors import LookalikeError, UsageError

Serve = Callable[..., Any]

CONTENT = os.urandom(1_000_000)
CHECKSUM = Checksum("md5", hashlib.md5(CONTENT).hexdigest(), len(CONTENT))


def test_a_file_is_fetched(serve: Serve, tmp_path: Path) -> None:
    server, told = serve(CONTENT), []
    target = tmp_path / "file.tar.gz"
    done = download(server.url, target, CHECKSUM, progress=lambda *both: told.append(both))
    assert done.read_bytes() == CONTENT
    assert os.listdir(tmp_path) == ["file.tar.gz"]
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert [there for there, _ in told] == sorted(there for there, _ in told)
    # It is there now: nobody is asked again.
    download(server.url, target, CHECKSUM)
    assert server.asked == [None]


def test_a_cut_connection_is_gone_on_with(serve: Serve, tmp_path: Path) -> None:
    server = serve(CONTENT, cuts=[300_000, 1, 400_000])
    done = download(server.url, tmp_path / "f", CHECKSUM, wait=0)
    assert done.read_bytes() == CONTENT
    assert server.asked == [None, "bytes=300000-", "bytes=300001-", "bytes=700001-"]


def test_a_later_call_goes_on_too(serve: Serve, tmp_path: Path) -> None:
    server = serve(CONTENT, cuts=[600_000, 0, 0])
    with pytest.raises(LookalikeError, match="600,000 of 1,000,000 bytes are there"):
        download(server.url, tmp_path / "f", CHECKSUM, attempts=2, wait=0)
    assert not (tmp_path / "f").exists()
    server.asked.clear()
    assert download(server.url, tmp_path / "f", CHECKSUM).read_bytes() == CONTENT
    assert server.asked == ["bytes=600000-"]


def test_a_server_without_ranges_begins_anew(serve: Serve, tmp_path: Path) -> None:
    server = serve(CONTENT, cuts=[600_000], ranges=False)
    done = download(server.url, tmp_path / "f", CHECKSUM, wait=0)
    assert done.read_bytes() == CONTENT
    assert len(server.asked) == 2


def test_what_has_another_checksum_is_not_kept(serve: Serve, tmp_path: Path) -> None:
    server = serve(CONTENT[:-1] + bytes([CONTENT[-1] ^ 1]))
    with pytest.raises(LookalikeError, match="isn't the published file"):
        download(server.url, tmp_path / "f", CHECKSUM)
    assert not (tmp_path / "f").exists()
    assert not (tmp_path / "f.partial").exists()


def test_of_two_that_want_a_file_one_fetches_it(serve: Serve, tmp_path: Path) -> None:
    server, target = serve(CONTENT), tmp_path / "f"
    with ThreadPoolExecutor(4) as threads:
        done = [threads.submit(download, server.url, target, CHECKSUM) for _ in range(4)]
        assert {future.result() for future in done} == {target}
    assert server.asked == [None]
    assert os.listdir(tmp_path) == ["f"]


@pytest.mark.skipif(os.name == "nt", reason="filelock deletes its file there, where that is safe")
def test_a_lock_stays_where_it_is(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lookalike.download.cache_folder", lambda name: tmp_path / "cache" / name)
    download(serve(CONTENT).url, tmp_path / "f", CHECKSUM)
    (lock,) = (tmp_path / "cache" / "locks").iterdir()
    # Who waits for it has this very file open: another one would let two go on at once.
    before = lock.stat()
    (tmp_path / "f").unlink()
    (tmp_path / "folder").symlink_to(tmp_path)
    download(serve(CONTENT).url, tmp_path / "folder" / "f", CHECKSUM)
    (lock,) = (tmp_path / "cache" / "locks").iterdir()
    assert os.path.samestat(before, lock.stat())


@pytest.mark.parametrize("content", [CONTENT[:-10], b""])
def test_a_file_that_is_too_short_ends(serve: Serve, tmp_path: Path, content: bytes) -> None:
    with pytest.raises(LookalikeError, match=r"isn't the published file|can't be fetched"):
        download(serve(content).url, tmp_path / "f", CHECKSUM, attempts=2, wait=0)
    assert not (tmp_path / "f").exists()


def test_no_more_is_kept_than_the_file_has(serve: Serve, tmp_path: Path) -> None:
    # A server that sends without end must not fill the disk.
    server = serve(CONTENT + b"x" * 5_000_000)
    assert download(server.url, tmp_path / "f", CHECKSUM).read_bytes() == CONTENT


def test_a_damaged_file_of_before_is_replaced(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"damaged")
    assert download(serve(CONTENT).url, tmp_path / "f", CHECKSUM).read_bytes() == CONTENT


def test_a_passing_fault_is_tried_again(serve: Serve, tmp_path: Path) -> None:
    server = serve(CONTENT, answers=[503, 429])
    assert download(server.url, tmp_path / "f", CHECKSUM, wait=0).read_bytes() == CONTENT
    assert len(server.asked) == 3


@pytest.mark.parametrize("code", [403, 404])
def test_a_refusal_is_not_tried_again(serve: Serve, tmp_path: Path, code: int) -> None:
    server = serve(CONTENT, answers=[code])
    with pytest.raises(LookalikeError, match=f"answers {code}"):
        download(server.url, tmp_path / "f", CHECKSUM)
    assert len(server.asked) == 1


def test_nobody_there(serve: Serve, tmp_path: Path) -> None:
    with pytest.raises(LookalikeError, match="can't be fetched"):
        download("http://127.0.0.1:9/f", tmp_path / "f", CHECKSUM, attempts=2, wait=0)


def test_only_http(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="only http"):
        download("file:///etc/passwd", tmp_path / "f", CHECKSUM)


def moved(target: str) -> tuple[ThreadingHTTPServer, list[str | None]]:
    """A server that says that everything is elsewhere, and the tokens that it was shown."""
    shown: list[str | None] = []

    class Moved(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown.append(self.headers.get("Authorization"))
            self.send_response(302)
            self.send_header("Location", target)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Print nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Moved)
    threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True).start()
    return http, shown


def test_a_token_goes_to_its_host_only(serve: Serve, tmp_path: Path) -> None:
    server = serve(CONTENT)
    http, shown = moved(server.url)
    url = f"http://127.0.0.1:{http.server_address[1]}/f"
    try:
        assert download(url, tmp_path / "f", CHECKSUM, token="secret").read_bytes() == CONTENT
    finally:
        http.shutdown()
        http.server_close()
    assert shown == ["Bearer secret"]
    assert server.tokens == [None]
    download(server.url, tmp_path / "g", CHECKSUM, token="secret")
    assert server.tokens == [None, "Bearer secret"]


@pytest.mark.parametrize("target", ["ftp://127.0.0.1/f", "file:///etc/passwd"])
def test_no_way_to_other_schemes(serve: Serve, tmp_path: Path, target: str) -> None:
    http, _ = moved(target)
    serve(CONTENT)  # sets no_proxy
    url = f"http://127.0.0.1:{http.server_address[1]}/f"
    try:
        with pytest.raises(LookalikeError, match=r"isn't asked|not allowed"):
            download(url, tmp_path / "f", CHECKSUM, attempts=1, wait=0)
    finally:
        http.shutdown()
        http.server_close()


def test_git_s_checksum_of_a_file(serve: Serve, tmp_path: Path) -> None:
    # What `printf hello | git hash-object --stdin` prints.
    name = "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0"
    checksum = Checksum("sha1", name, 5, b"blob 5\0")
    assert download(serve(b"hello").url, tmp_path / "f", checksum).read_bytes() == b"hello"


def test_an_empty_file_is_one(serve: Serve, tmp_path: Path) -> None:
    checksum = Checksum("sha256", hashlib.sha256(b"").hexdigest(), 0)
    assert download(serve(b"").url, tmp_path / "f", checksum).read_bytes() == b""
