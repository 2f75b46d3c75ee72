"""A real Milvus that encrypts and lets nobody in without a login: a library, and what goes wrong.

The server is one of its own, since a Milvus that encrypts takes nobody who doesn't.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from milvus_server import MilvusServer, reason_against, running
from PIL import Image
from signing import write_all

from lookalike.cli import main
from lookalike.errors import LibraryAwayError, LibraryError
from lookalike.library import Library

PICTURES = 10
ROOT = "root:Milvus"  # as each new Milvus has it
AT_ONCE = 15.0  # seconds; a server that is away is waited for 120
SECRETS = ("wrong-secret", "Milvus@", ":Milvus")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates, and pictures beside them."""
    folder = tmp_path_factory.mktemp("encrypted")
    write_all(folder)
    (folder / "pictures").mkdir()
    for n in range(PICTURES):
        pixels = np.random.default_rng(n).integers(0, 256, (12, 16, 3), np.uint8)
        Image.fromarray(pixels).resize((64, 48)).save(folder / "pictures" / f"{n}.png")
    return folder


@pytest.fixture(scope="module")
def encrypted(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusServer]:
    """One that encrypts, and asks who it is."""
    pytest.importorskip("pymilvus")
    if os.environ.get("LOOKALIKE_TEST_MILVUS") != "start":
        pytest.skip("set LOOKALIKE_TEST_MILVUS to start")
    if reason := reason_against():
        pytest.skip(reason)
    settings: dict[str, object] = {
        "common.security.tlsMode": 1,
        "common.security.authorizationEnabled": "true",
        "tls.serverPemPath": str(folder / "here.pem"),
        "tls.serverKeyPath": str(folder / "here.key"),
        "tls.caPemPath": str(folder / "ours.pem"),
        "proxy.http.enabled": "false",  # which can't be encrypted by the same port
    }
    options = f"?ca={folder / 'ours.pem'}&token={ROOT}"
    with running(tmp_path_factory.mktemp("milvus") / "data", settings, options) as server:
        yield server


@pytest.fixture(scope="module")
def indexed(encrypted: MilvusServer, folder: Path) -> Iterator[str]:
    """The address of a library, with all that it takes."""
    address = encrypted.address()
    with Library.open(address, workers=1) as library:
        report = library.index(folder / "pictures")
        assert (report.added, report.failed) == (PICTURES, 0)
    yield address
    Library.delete(address)


def without_options(address: str, user: str = "") -> str:
    bare = address.partition("?")[0]
    return bare.replace("milvus://", f"milvus://{user}@") if user else bare


def test_a_library_by_a_token(indexed: str, folder: Path, lines: list[str]) -> None:
    with Library.open(indexed, create=False, workers=1) as library:
        assert library.status().pictures == PICTURES
        for n in range(PICTURES):
            picture = folder / "pictures" / f"{n}.png"
            (hit, *_) = library.search(picture, k=3).hits
            assert (hit.kind, hit.path) == ("same-bytes", str(picture))
        assert library.check().sound
        assert "Milvus" not in library.location.partition("?")[2]  # the password
    assert lines == []


def test_a_library_by_a_user_and_a_password(
    indexed: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ca = f"?ca={folder / 'ours.pem'}"
    with Library.open(without_options(indexed, ROOT) + ca, create=False) as library:
        assert library.status().pictures == PICTURES
    monkeypatch.setenv("LOOKALIKE_MILVUS_PASSWORD", "Milvus")
    address = without_options(indexed, "root") + ca
    assert main(["search", str(folder / "pictures" / "3.png"), "--library", address]) == 0
    assert str(folder / "pictures" / "3.png") in capsys.readouterr().out


@pytest.mark.parametrize(
    ("host", "user", "options", "why"),
    [
        ("127.0.0.1", "root:wrong-secret", "ca={ours}", "lets nobody in with this user"),
        ("127.0.0.1", "", "ca={ours}&token=root:wrong-secret", "lets nobody in with this user"),
        ("127.0.0.1", "nobody:Milvus", "ca={ours}", "lets nobody in with this user"),
        ("127.0.0.1", "", "ca={ours}", "lets nobody in with this user"),
        ("127.0.0.1", ROOT, "ca={other}", "its certificate doesn't hold"),
        ("127.0.0.1", ROOT, "tls=1", "its certificate doesn't hold"),
        ("localhost", ROOT, "ca={ours}", "Hostname mismatch"),
        ("127.0.0.1", ROOT, "ca={ours}-none", r"can't be read \(No such file"),
        ("127.0.0.1", ROOT, "tls=0", r"it encrypts: add \?tls=1"),
    ],
)
def test_what_no_waiting_mends_is_said_at_once_in_one_line(
    indexed: str,
    folder: Path,
    host: str,
    user: str,
    options: str,
    why: str,
    lines: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    filled = options.format(ours=folder / "ours.pem", other=folder / "other.pem")
    address = without_options(indexed, user).replace("127.0.0.1", host) + f"?{filled}"
    begun = time.monotonic()
    with pytest.raises(LibraryError, match=why) as raised:
        Library.open(address, create=False)
    assert time.monotonic() - begun < AT_ONCE
    assert not isinstance(raised.value, LibraryAwayError)
    # As a person sees it.
    begun = time.monotonic()
    capsys.readouterr()
    assert main(["status", "--library", address]) != 0
    assert time.monotonic() - begun < AT_ONCE
    shown = capsys.readouterr()
    (line,) = shown.err.splitlines()
    assert str(raised.value) in line
    assert not [secret for secret in SECRETS if secret in shown.err + shown.out]
    assert lines == []


def test_what_speaks_with_the_server_adds_nothing_to_the_line(indexed: str, folder: Path) -> None:
    """It logs a handshake that failed, to standard error, where no Python sees it."""
    address = without_options(indexed, ROOT) + f"?ca={folder / 'other.pem'}"
    command = [sys.executable, "-m", "lookalike", "status", "--library", address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert "its certificate doesn't hold" in line


def test_an_encrypted_address_of_a_server_that_does_not_encrypt(
    milvus: MilvusServer, folder: Path, lines: list[str]
) -> None:
    for options in ("tls=1", f"ca={folder / 'ours.pem'}"):
        begun = time.monotonic()
        with pytest.raises(LibraryError, match="doesn't encrypt: leave out tls and ca") as raised:
            Library.open(f"{milvus.address()}?{options}", create=False)
        assert time.monotonic() - begun < AT_ONCE
        assert "\n" not in str(raised.value)
    assert lines == []
