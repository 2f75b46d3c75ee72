"""Servers that the tests of this folder share."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from postgres_server import NAMED, address_of, running


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a database in a real PostgreSQL."""
    named = os.environ.get(NAMED)
    if named:
        yield named
        return
    with running() as server:
        yield server.url


_NUMBERS = count(1)


@pytest.fixture
def new_address(postgres: str) -> Iterator[Callable[[], str]]:
    """Addresses of libraries that aren't there yet, and are deleted after the test."""
    from lookalike.library.tending import delete_library

    made: list[str] = []

    def new() -> str:
        made.append(address_of(postgres, f"test_{os.getpid()}_{next(_NUMBERS)}"))
        return made[-1]

    yield new
    from lookalike.library.opening import exists

    for address in made:
        if exists(address):
            delete_library(address)


@pytest.fixture(scope="session")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A real Milvus for the whole run."""
    pytest.importorskip("pymilvus")
    from milvus_server import MilvusServer, reason_against
    from milvus_server import running as milvus_running

    named = os.environ.get("LOOKALIKE_TEST_MILVUS", "")
    if not named:
        pytest.skip("set LOOKALIKE_TEST_MILVUS to start, or to the address of a server")
    if named != "start":
        host, _, port = named.removeprefix("milvus://").rpartition(":")
        yield MilvusServer(host, int(port.split("/")[0]))
        return
    if reason := reason_against():
        pytest.skip(reason)
    with milvus_running(tmp_path_factory.mktemp("milvus") / "data") as server:
        yield server


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What a person is told."""
    told: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.append(record.getMessage())

    logger, kept = logging.getLogger("lookalike.waiting"), Kept()
    logger.addHandler(kept)
    yield told
    logger.removeHandler(kept)
