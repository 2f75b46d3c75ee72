"""A server that is stopped and started while a library is written to and searched."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from postgres_server import Server, address_of, running

from lookalike.errors import LibraryAwayError
from lookalike.library import Library
from lookalike.library.look_store import Look
from lookalike.library.opening import open_library
from lookalike.remote import waiting
from lookalike.types import ContentId

PICTURES = 100


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One that a test may stop."""
    with running() as server:
        yield server


def restart_soon(server: Server, how: signal.Signals) -> threading.Thread:
    """Stop the server at once, and let it come back while others wait for it."""
    server.stop(how)
    thread = threading.Timer(0.5, server.start)
    thread.start()
    return thread


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_the_server_goes_away_in_the_middle_of_a_run(
    server: Server, tmp_path: Path, lines: list[str], how: signal.Signals
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(PICTURES):
        Image.linear_gradient("L").rotate(n * 3).resize((40, 30 + n)).save(folder / f"{n:03}.png")
    address = address_of(server.url, f"run_{how.name.lower()}")
    restarting: list[threading.Thread] = []

    def stop_once(progress: object) -> None:
        if not restarting:
            restarting.append(restart_soon(server, how))

    with Library.open(address, workers=1) as library:
        report = library.index(folder, progress=stop_once)
        restarting[0].join()
        assert (report.added, report.unchanged, report.failed) == (PICTURES, 0, 0)
        assert report.pictures_per_second > 0
        assert library.status().pictures == PICTURES
        hits = library.search(folder / "007.png", k=1).hits
        assert hits[0].path == str(folder / "007.png")
        again = library.index()
        assert (again.added, again.unchanged) == (0, PICTURES)
        assert library.check().notes == ()
    away, back = lines
    assert "went away" in away or "doesn't answer" in away
    assert "waiting for it" in away
    assert back.endswith("is back")
    assert "\n" not in away


def test_reads_and_small_writes_are_repeated(server: Server, lines: list[str]) -> None:
    address = address_of(server.url, "small")
    store, engine = open_library(address, create=True, read_only=False)
    try:
        store.put_setting("a", "1")
        restarting = restart_soon(server, signal.SIGQUIT)
        assert store.setting("a") == "1"
        restarting.join()
        restarting = restart_soon(server, signal.SIGINT)
        store.put_setting("a", "2")
        restarting.join()
        store.put_looks([Look(ContentId(1), ContentId(2), "pdq", 1, 1)])
        assert store.setting("a") == "2"
        assert len(lines) == 4
    finally:
        engine.close()
        store.close()


def test_a_group_of_writes_is_whole_or_not_at_all(server: Server) -> None:
    address = address_of(server.url, "group")
    store, engine = open_library(address, create=True, read_only=False)
    restarting: list[threading.Thread] = []

    def group() -> None:
        with store.writing():
            store.put_setting("a", "1")
            restarting.append(restart_soon(server, signal.SIGQUIT))
            store.put_setting("b", "1")

    try:
        with pytest.raises(LibraryAwayError):
            group()
        assert (store.setting("a"), store.setting("b")) == (None, None)
        restarting[0].join()

        def run() -> None:
            with store.run():
                restarting.append(restart_soon(server, signal.SIGINT))
                store.put_setting("a", "1")

        # Its lock went with the connection.
        with pytest.raises(LibraryAwayError):
            run()
        restarting[1].join()
        with store.run():
            store.put_setting("a", "1")
        assert store.setting("a") == "1"
    finally:
        engine.close()
        store.close()


def test_one_that_does_not_come_back(
    server: Server, monkeypatch: pytest.MonkeyPatch, lines: list[str]
) -> None:
    address = address_of(server.url, "gone")
    store, engine = open_library(address, create=True, read_only=False)
    monkeypatch.setattr(waiting, "PATIENCE", 0.5)
    server.stop()
    try:
        with pytest.raises(LibraryAwayError, match="what was committed is kept") as raised:
            store.setting("a")
        assert "didn't come back" in str(raised.value)
        assert len(lines) == 1
    finally:
        engine.close()
        store.close()
        server.start()
