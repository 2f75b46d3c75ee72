"""Opening makes a library or nothing: no folder, no half of a file, nothing beside a device."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lookalike.cli import main
from lookalike.errors import (
    LibraryClosedError,
    LibraryDamagedError,
    LibraryError,
    LibraryFullError,
    LibraryNotFoundError,
    LookalikeError,
    ModelError,
    UsageError,
)
from lookalike.library import Library
from lookalike.library.local import connection
from lookalike.library.sql.settings import Settings


def everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def line(error: BaseException) -> str:
    text = str(error)
    assert text
    assert "\n" not in text
    return text


@pytest.mark.parametrize("options", [{}, {"create": False}, {"read_only": True}])
@pytest.mark.parametrize("place", ["no/where/x.lookalike", "file/x.lookalike"])
def test_no_folder_is_made(place: str, options: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LibraryNotFoundError) as caught:
        Library.open(tmp_path / place, **options)
    if not options:
        assert "check the spelling" in line(caught.value)
    with pytest.raises(LibraryNotFoundError):
        Library.delete(tmp_path / place)
    assert everything(tmp_path) == ["file"]


def test_a_model_that_is_none_leaves_no_file(tmp_path: Path) -> None:
    damaged = tmp_path / "model.onnx"
    damaged.write_bytes(b"no model")
    before = everything(tmp_path)
    for photo, kind in (("nope", UsageError), (str(damaged), ModelError), ("x.onnx", ModelError)):
        with pytest.raises(kind) as caught:
            Library.open(tmp_path / "l", photo=photo)
        line(caught.value)
        assert everything(tmp_path) == before
        (tmp_path / "l").touch()  # what is there already stays as it is
        with pytest.raises(kind):
            Library.open(tmp_path / "l", photo=photo)
        assert (tmp_path / "l").read_bytes() == b""
        (tmp_path / "l").unlink()


@pytest.mark.parametrize("named", ["l/", "./l/", "l/."])
def test_a_folder_s_name_makes_no_file(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="names a folder, not a library"):
        Library.open(named)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fails_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise LibraryFullError("no space left")

    for home, name in ((connection, "migrate"), (Settings, "put_encoder")):
        with monkeypatch.context() as patched:
            patched.setattr(home, name, full)
            with pytest.raises(LibraryFullError):
                Library.open(tmp_path / "l")
        assert everything(tmp_path) == []
    Library.open(tmp_path / "l").close()


def test_what_another_made_meanwhile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object) -> None:
        monkeypatch.undo()
        Library.open(tmp_path / "l").close()
        raise LibraryFullError("no space left")

    monkeypatch.setattr(connection, "migrate", slow)
    with pytest.raises(LibraryFullError):
        Library.open(tmp_path / "l")
    with Library.open(tmp_path / "l", create=False) as library:
        assert len(library.status().codes) == 2


def test_a_process_that_is_killed_at_its_first_open_leaves_none_or_a_whole_one(
    tmp_path: Path,
) -> None:
    code = "import sys; from lookalike import Library; Library.open(sys.argv[1]); print('made')"
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "whole")], check=True)
    took = time.monotonic() - started
    for number in range(8):
        place = tmp_path / str(number) / "l"
        place.parent.mkdir()
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(place)], stdout=subprocess.DEVNULL
        )
        time.sleep(took * (0.3 + 0.1 * number))
        process.send_signal(signal.SIGKILL)
        process.wait()
        with Library.open(place) as library:  # goes on, or begins
            assert {code.name for code in library.status().codes} == {"pdq-area", "photo-256"}


@pytest.fixture
def strange(tmp_path: Path) -> Iterator[list[Path]]:
    """A device, a pipe and a socket."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("the system has no such files")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        yield [Path(os.devnull), tmp_path / "pipe", tmp_path / "socket"]


def test_what_is_no_file_is_left_alone(strange: list[Path], tmp_path: Path) -> None:
    before = everything(tmp_path)
    for place in strange:
        for options in ({}, {"create": False}, {"read_only": True}):
            with pytest.raises(LibraryDamagedError, match="give the path of a file") as caught:
                Library.open(place, **options)  # type: ignore[arg-type]
            assert str(place) in line(caught.value)
        with pytest.raises(LibraryDamagedError):
            Library.delete(place)
        assert [p for p in place.parent.iterdir() if p.name.startswith(f"{place.name}-")] == []
    assert everything(tmp_path) == before


def test_links_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "far").symlink_to(tmp_path / "no" / "where")
    before = everything(tmp_path)
    for name in ("loop", "far"):
        with pytest.raises(LibraryError) as caught:
            Library.open(tmp_path / name)
        line(caught.value)
        with pytest.raises(LibraryError):
            Library.delete(tmp_path / name)
    assert everything(tmp_path) == before


def test_a_closed_library_whose_folder_is_gone(tmp_path: Path, original_photos: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    library = Library.open(folder / "l")
    library.close()
    Library.delete(folder / "l")
    for call in (library.index, library.reindex, library.status):
        with pytest.raises(LibraryClosedError):
            call()
    with pytest.raises(LibraryClosedError):
        library.index(original_photos)
    with pytest.raises(LibraryClosedError):
        library.remove(original_photos)
    assert everything(tmp_path) == ["folder"]


def test_the_command_line_makes_the_folder_of_the_default_library_only(
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("LOOKALIKE_LIBRARY", raising=False)
    for command in (["index", str(tmp_path / "missing")], ["index"], ["status"], ["search", "x"]):
        assert main(command) != 0
    nowhere = str(tmp_path / "nowhere" / "x.lookalike")
    assert main(["index", str(photos), "--library", nowhere]) == 1
    monkeypatch.setenv("LOOKALIKE_LIBRARY", nowhere)
    assert main(["index", str(photos)]) == 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 6
    assert all("there is no folder" in text for text in told[-2:])
    assert not (tmp_path / "data").exists()
    assert not (tmp_path / "nowhere").exists()
    if sys.platform.startswith("linux"):
        monkeypatch.delenv("LOOKALIKE_LIBRARY")
        assert main(["index", str(photos)]) == 0
        assert (tmp_path / "data" / "lookalike" / "library.lookalike").is_file()


def test_a_library_that_is_deleted_while_it_is_open_says_something(
    photos: Path, tmp_path: Path
) -> None:
    with Library.open(tmp_path / "l") as library:
        library.index(photos)
        for path in tmp_path.glob("l*"):
            if path.is_file():
                path.unlink()
        calls = (
            library.status,
            library.index,
            library.identity,
            lambda: library.search(photos / "chelsea.jpg"),
            lambda: library.pictures.page(),
            lambda: list(library.search_many([photos / "chelsea.jpg"])),
        )
        for call in calls:
            try:
                call()
            except LookalikeError as error:
                line(error)
