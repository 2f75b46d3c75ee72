"""A disk without a byte to spare: a library on it is searched, checked and deleted all the same."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from lookalike.errors import LibraryFullError, LibraryLockedError
from lookalike.library import Library
from lookalike.library.local import connection
from lookalike.library.tending import check_library


def fill(disk: Path) -> None:
    with (disk / "filler").open("ab", 0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


@pytest.fixture
def full(disk: Path, photos: Path) -> Path:
    """A library on a full disk, closed, so that no shared memory lies beside it."""
    path = disk / "p.lookalike"
    with Library.open(path, workers=1) as library:
        library.index(photos)
    assert not Path(f"{path}-shm").exists()
    fill(disk)
    assert shutil.disk_usage(disk).free == 0
    return path


@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize("read_only", [True, False])
def test_it_is_searched(full: Path, photos: Path, read_only: bool, cache: bool) -> None:
    if not cache:
        shutil.rmtree(f"{full}-cache")
        fill(full.parent)
    with Library.open(full, create=False, read_only=read_only) as library:
        assert library.search(photos / "coins.jpg", k=1).hits[0].kind == "same-bytes"
        assert library.status().pictures == 8
    assert check_library(full).sound
    assert Library.repair(full).action == "nothing"


def test_what_needs_room_says_so_and_goes_on_once_there_is_some(full: Path, photos: Path) -> None:
    (photos / "coins.jpg").rename(photos / "money.jpg")
    with Library.open(full, create=False) as library:
        for change in (library.index, library.reindex, lambda: library.remove(photos)):
            with pytest.raises(LibraryFullError, match="free some space, then try again"):
                change()
        (full.parent / "filler").unlink()
        assert library.index().moved == 1
    with Library.open(full, create=False) as library:
        assert library.status().pictures == 8
        assert library.search(photos / "money.jpg", k=1).hits[0].path == str(photos / "money.jpg")


def test_what_was_never_merged_is_read(disk: Path, leave_log: Callable[[Path], None]) -> None:
    path = disk / "p.lookalike"
    leave_log(path)
    assert Path(f"{path}-wal").stat().st_size > 0
    Path(f"{path}-shm").unlink()
    fill(disk)
    for read_only in (True, False):
        with Library.open(path, create=False, read_only=read_only) as library:
            assert [folder.path for folder in library.status().folders] == ["/x"]


def test_nobody_writes_under_who_reads_there(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BUSY_SECONDS", 0.1)
    with Library.open(full, create=False, read_only=True) as library:
        (full.parent / "filler").unlink()
        with pytest.raises(LibraryLockedError, match="keeps"):
            Library.open(full, create=False)
        assert library.status().pictures == 8
    Library.open(full, create=False).close()


def test_it_is_deleted(full: Path) -> None:
    Library.delete(full)
    assert os.listdir(full.parent) == ["filler"]
