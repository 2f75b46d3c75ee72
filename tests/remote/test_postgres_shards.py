"""Workers that fill one library in PostgreSQL side by side: whoever is killed, it is as by one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from postgres_server import Server, address_of, running
from small_model import make_model

from lookalike.errors import LibraryLockedError
from lookalike.library import Library
from lookalike.library.moving.place_rows import PlaceRows
from lookalike.library.opening import open_library

PICTURES, WORKERS = 120, 4

WORK = """
import sys
from lookalike.errors import LibraryLockedError
from lookalike.library import Library
with Library.open(sys.argv[1], workers=1) as library:
    library.index(sys.argv[2], shard=sys.argv[3], progress=lambda _: print("on", flush=True))
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One that a test may stop."""
    with running() as server:
        yield server


def start(place: str, folder: Path, number: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", WORK, place, str(folder), f"{number}/{WORKERS}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def on(worker: subprocess.Popen[bytes]) -> None:
    """Wait until it has committed something."""
    assert worker.stdout is not None
    while worker.stdout.readline().strip() != b"on":
        assert worker.poll() is None, worker.communicate()


def held(place: str) -> dict[str, list[str]]:
    """All that a library says of files, without ids and times."""
    store, engine = open_library(place, create=False, read_only=True)
    rows = PlaceRows(store)
    try:
        return {
            # The last that the ledger says is when a file was tried.
            table.name: sorted(
                repr(row[:-1] if table.name == "ledger" else row) for row in rows.read(table)
            )
            for table in rows.tables()
            if table.slot or table.name in ("contents", "files", "ledger", "waiting")
        }
    finally:
        engine.close()
        store.close()


def test_a_worker_and_the_server_are_killed(server: Server, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    (folder := tmp_path / "p").mkdir()
    for number in range(PICTURES):
        picture = Image.fromarray(rng.integers(0, 256, (40, 40, 3), np.uint8))
        picture.save(folder / f"{number:03}.png")
    for number in range(8):  # of one content in several shards
        shutil.copy(folder / "000.png", folder / f"copy-{number}.png")
    (folder / "broken.png").write_bytes(b"no picture")
    for path in folder.iterdir():
        os.utime(path, ns=(0, 10**18))
    model = str(make_model(tmp_path / "small.onnx", 1))
    place, one = address_of(server.url, "many"), str(tmp_path / "one.lookalike")
    Library.open(place, photo=model, workers=1).close()
    workers = [start(place, folder, number + 1) for number in range(WORKERS)]
    on(workers[0])
    workers[0].send_signal(signal.SIGKILL)
    workers[0].communicate()
    workers[0] = start(place, folder, 1)
    on(workers[0])
    server.stop(signal.SIGQUIT)
    server.start()
    said = [worker.communicate()[1].decode() for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * WORKERS, said
    for text in said:
        assert "Traceback" not in text
        assert "is filling" not in text  # nobody waited for another
    with Library.open(place, workers=1) as library:
        settled = library.index(folder)
        assert (settled.added, settled.waiting) == (0, 0)
        again = [library.index(shard=f"{number + 1}/{WORKERS}") for number in range(WORKERS)]
        again.append(library.index())
        for report in again:
            assert (report.added, report.updated, report.moved, report.waiting) == (0, 0, 0, 0)
        assert again[-1].unchanged == PICTURES + 8
        assert library.check().sound
    with Library.open(one, photo=model, workers=1) as library:
        library.index(folder)
    found = held(place)
    assert len(found["files"]) == PICTURES + 8
    assert found == held(one)


def test_two_are_in_the_middle_at_once(server: Server, tmp_path: Path) -> None:
    """Neither waits for the other, and who settles waits for neither: it is told."""
    folder, place = tmp_path / "p", address_of(server.url, "both")
    folder.mkdir()
    for number in range(12):
        Image.new("L", (40, 40 + number), number * 20).save(folder / f"{number}.png")
    model = str(make_model(tmp_path / "small.onnx", 1))
    inner: list[object] = []
    with (
        Library.open(place, photo=model, workers=1) as first,
        Library.open(place, workers=1) as second,
    ):

        def beside(_: object) -> None:
            if inner:
                return
            inner.append(None)
            inner[0] = second.index(folder, shard="2/2").added
            with pytest.raises(LibraryLockedError, match="another process is writing"):
                second.index()

        added = first.index(folder, shard="1/2", progress=beside).added
        assert added > 0
        assert inner == [12 - added]
        assert first.index().unchanged == 12
