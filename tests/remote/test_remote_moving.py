"""Whole libraries to a server and back: whoever is killed, all arrives, once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lookalike.cli import main
from lookalike.errors import UsageError
from lookalike.library.local.store import LocalStore
from lookalike.library.moving.exporting import export_library
from lookalike.library.moving.place import PlaceEnd
from lookalike.library.opening import exists, open_library
from lookalike.library.tending import delete_library
from tests.library.moving.test_whole import N, filled, rows

# Ends itself in the middle, as if by SIGKILL from outside.
MOVE = """
import os, signal, sys
from lookalike.library.moving.exporting import export_library

left = iter(range(int(sys.argv[3])))

def show(what, done, every):
    if next(left, None) is None:
        os.kill(os.getpid(), signal.SIGKILL)

export_library(sys.argv[1], sys.argv[2], progress=show)
"""


@pytest.fixture(params=["postgres", "milvus"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """Of a library that isn't there, on each kind of server."""
    if request.param == "postgres":
        new: Callable[[], str] = request.getfixturevalue("new_address")
        yield new()
        return
    address = request.getfixturevalue("milvus").address()
    yield address
    if exists(address):
        delete_library(address)


def killed(source: str, target: str, after: int) -> None:
    """A move that dies after so many portions."""
    child = subprocess.run([sys.executable, "-c", MOVE, source, target, str(after)], check=False)
    assert child.returncode == -signal.SIGKILL


def held(place: str) -> dict[str, list[object]]:
    store, engine = open_library(place, create=False, read_only=True)
    try:
        found = rows(PlaceEnd(store))
    finally:
        engine.close()
        store.close()
    # Of two contents the lesser id comes first, and pairs that are turned are looked at again.
    found["looks"] = [len(found["looks"])]
    return found


def test_there_and_back_killed_and_resumed(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, back = str(tmp_path / "l.lookalike"), str(tmp_path / "back.lookalike")
    filled(LocalStore(Path(source))).close()
    killed(source, address, 2)
    killed(source, address, 6)
    filled(LocalStore(tmp_path / "other")).close()
    with pytest.raises(UsageError, match="filled from another library"):
        export_library(str(tmp_path / "other"), address)
    assert main(["export", address, "--library", source, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["moved"]
    assert (told["pictures"], told["encoders"]) == (N - 4 + 2, 3)
    assert told["resumed"] > 0
    assert held(address) == held(source)
    killed(address, back, 4)
    assert main(["import", address, "--library", back, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["moved"]
    assert told["resumed"] > 0
    assert held(back) == held(source)
    # Once more: all is there, and nothing comes twice.
    assert main(["import", address, "--library", back, "--json"]) == 0
    assert held(back) == held(source)


def test_by_way_of_an_archive(address: str, tmp_path: Path) -> None:
    """A backup of a library on a server, taken back into another of its kind."""
    pytest.importorskip("pyarrow")
    source, archive = str(tmp_path / "l.lookalike"), f"{tmp_path / 'archive'}/"
    filled(LocalStore(Path(source))).close()
    export_library(source, address)
    killed(address, archive, 5)
    assert main(["export", archive, "--library", address]) == 0
    wanted = held(address)
    delete_library(address)
    assert not exists(address)
    assert main(["import", archive, "--library", address]) == 0
    assert held(address) == wanted == held(source)
