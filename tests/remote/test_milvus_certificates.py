"""Encrypted connections and logins that a server refuses: a gRPC server, which is no Milvus.

What a Milvus that encrypts answers behind the handshake: ``test_milvus_encrypted.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from signing import write_all

from lookalike.errors import LibraryAwayError, LibraryError
from lookalike.remote.milvus.certificates import why_not
from lookalike.remote.milvus.connection import Connection
from lookalike.remote.milvus.place import place


@pytest.fixture(scope="module")
def grpc() -> Any:
    """What Milvus and pymilvus speak."""
    pytest.importorskip("pymilvus")
    return pytest.importorskip("grpc")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def port(grpc: Any, folder: Path) -> Iterator[int]:
    """Of a server whose certificate is for 127.0.0.1 alone."""
    write_all(folder)
    (folder / "none.pem").write_text("no certificate")
    pair = (folder / "here.key").read_bytes(), (folder / "here.pem").read_bytes()
    server = grpc.server(ThreadPoolExecutor(2))
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
    server.start()
    yield port
    server.stop(None)


@pytest.mark.parametrize(
    ("host", "ca", "why"),
    [
        ("127.0.0.1", "other.pem", "its certificate doesn't hold"),
        ("localhost", "ours.pem", "Hostname mismatch"),
        ("127.0.0.1", "none.pem", "can't be read"),
        ("127.0.0.1", "missing.pem", "No such file"),
    ],
)
def test_what_no_waiting_mends_is_said_in_one_line(
    folder: Path, port: int, host: str, ca: str, why: str, lines: list[str]
) -> None:
    connection = Connection(place(f"milvus://{host}:{port}/name?ca={folder / ca}"))
    try:
        with pytest.raises(LibraryError, match=why) as raised:
            connection.call("list_collections")
    finally:
        connection.close()
    assert not isinstance(raised.value, LibraryAwayError)
    assert "\n" not in str(raised.value)
    assert lines == []


def test_a_certificate_that_holds_is_no_reason(folder: Path, port: int) -> None:
    assert why_not(place(f"milvus://127.0.0.1:{port}/name?ca={folder / 'ours.pem'}")) == ""


def test_a_server_that_encrypts_and_nobody_said_so(port: int, lines: list[str]) -> None:
    connection = Connection(place(f"milvus://127.0.0.1:{port}/name"))
    try:
        with pytest.raises(LibraryError, match=r"it encrypts: add \?tls=1"):
            connection.call("list_collections")
    finally:
        connection.close()
    assert lines == []


def test_a_server_that_does_not_encrypt(grpc: Any, lines: list[str]) -> None:
    server = grpc.server(ThreadPoolExecutor(2))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    connection = Connection(place(f"milvus://127.0.0.1:{port}/name?tls=1"))
    try:
        with pytest.raises(LibraryError, match="it doesn't encrypt: leave out tls and ca"):
            connection.call("list_collections")
    finally:
        connection.close()
        server.stop(None)
    assert lines == []


@pytest.mark.parametrize("login", ["?token=root:no", "?password=no", ""])
def test_a_login_that_is_refused_is_not_waited_for(grpc: Any, lines: list[str], login: str) -> None:
    def refuse(call: Any, context: Any) -> bytes:
        context.abort(grpc.StatusCode.UNAUTHENTICATED, "auth check failure")
        return b""

    class Refusing(grpc.GenericRpcHandler):  # type: ignore[misc]
        def service(self, _details: object) -> Any:
            return grpc.unary_unary_rpc_method_handler(refuse)

    server = grpc.server(ThreadPoolExecutor(2), handlers=[Refusing()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    connection = Connection(place(f"milvus://root@127.0.0.1:{port}/name{login}"))
    try:
        with pytest.raises(LibraryError, match="lets nobody in with this user") as raised:
            connection.call("list_collections")
    finally:
        connection.close()
        server.stop(None)
    assert not isinstance(raised.value, LibraryAwayError)
    assert lines == []
