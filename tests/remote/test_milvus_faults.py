"""A Milvus that is killed and started while a library is written to and searched."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from milvus_server import MilvusServer, reason_against, running
from PIL import Image

from lookalike.library import Library

PICTURES = 60

# A Milvus that was killed comes back only after the leases of the one before have run out.
pytestmark = pytest.mark.skipif(
    "LOOKALIKE_TEST_MILVUS_KILL" not in os.environ,
    reason="takes three minutes: set LOOKALIKE_TEST_MILVUS_KILL=1",
)


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusServer]:
    """One that a test may kill."""
    pytest.importorskip("pymilvus")
    if reason := reason_against():
        pytest.skip(reason)
    with running(tmp_path_factory.mktemp("milvus") / "data") as server:
        yield server


def restart_soon(server: MilvusServer) -> threading.Thread:
    """Kill the server at once, and let it come back while others wait for it."""
    server.kill()
    thread = threading.Timer(0.5, server.start)
    thread.start()
    return thread


def test_the_server_is_killed_in_the_middle_of_a_run_and_of_a_search(
    server: MilvusServer, tmp_path: Path, lines: list[str]
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(PICTURES):
        Image.linear_gradient("L").rotate(n * 5).resize((40, 30 + n)).save(folder / f"{n:03}.png")
    restarting: list[threading.Thread] = []

    def kill_once(progress: object) -> None:
        if not restarting:
            restarting.append(restart_soon(server))

    with Library.open(server.address(), workers=1) as library:
        report = library.index(folder, progress=kill_once)
        restarting[0].join()
        assert (report.added, report.failed) == (PICTURES, 0)
        assert library.status().pictures == PICTURES
        away, *_, back = lines
        assert "doesn't answer" in away
        assert "waiting for it" in away
        assert back.endswith("is back")
        restarting.append(restart_soon(server))
        hits = library.search(folder / "007.png", k=1).hits
        restarting[1].join()
        assert hits[0].path == str(folder / "007.png")
        again = library.index()
        assert (again.added, again.unchanged, again.missing) == (0, PICTURES, 0)
        assert library.check().sound
