"""A real read-only mount: a library on it can be searched, and nothing is written."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lookalike.errors import LibraryReadOnlyError, LibraryUnmergedError
from lookalike.library import Library


def remount(disk: Path, mode: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{mode}", str(disk)], check=True)


def test_search_on_a_read_only_disk(disk: Path, photos: Path) -> None:
    shutil.copytree(photos, disk / "photos")
    path = disk / "p.lookalike"
    with Library.open(path) as library:
        library.index(disk / "photos")
    before = sorted((p.name, p.stat().st_mtime_ns) for p in disk.rglob("*"))
    remount(disk, "ro")
    with Library.open(path) as library:
        hits = library.search(photos / "coins.jpg", k=2).hits
        assert (hits[0].path, hits[0].kind) == (str(disk / "photos" / "coins.jpg"), "same-bytes")
        assert library.status().read_only
        with pytest.raises(LibraryReadOnlyError):
            library.index()
    assert sorted((p.name, p.stat().st_mtime_ns) for p in disk.rglob("*")) == before


def test_without_a_cache_the_codes_are_read(disk: Path, photos: Path) -> None:
    path = disk / "p.lookalike"
    with Library.open(path) as library:
        library.index(photos)
    shutil.rmtree(disk / "p.lookalike-cache")
    remount(disk, "ro")
    with Library.open(path) as library:
        assert library.search(photos / "coins.jpg", k=1).hits[0].kind == "same-bytes"


def test_an_unmerged_log_is_said(
    disk: Path, photos: Path, leave_log: Callable[[Path], None]
) -> None:
    path = disk / "p.lookalike"
    leave_log(path)
    remount(disk, "ro")
    with pytest.raises(LibraryUnmergedError):
        Library.open(path)
    remount(disk, "rw")
    Library.open(path).close()
    remount(disk, "ro")
    with Library.open(path) as library:
        assert [f.path for f in library.status().folders] == ["/x"]


def test_a_full_disk_keeps_what_was_committed(disk: Path, photos: Path) -> None:
    from PIL import Image

    from lookalike.errors import LibraryFullError

    path = disk / "p.lookalike"
    with Library.open(path) as library:
        library.index(photos)
    (disk / "filler").write_bytes(b"x" * (64 * 2**20 - used(disk) - 48 * 1024))
    for i in range(200):
        with Image.open(photos / "gravel.jpg") as image:
            image.crop((i, 0, 200 + i, 300)).save(photos / f"part-{i:03}.jpg")
    with Library.open(path) as library:
        with pytest.raises(LibraryFullError, match="no space left"):
            library.index()
        assert library.search(photos / "coins.jpg", k=1).hits[0].kind == "same-bytes"
    with Library.open(path, create=False) as library:  # still full
        assert library.search(photos / "coins.jpg", k=1).hits[0].kind == "same-bytes"
    (disk / "filler").unlink()
    with Library.open(path) as library:
        report = library.index()
        assert report.added + report.unchanged == 208
        assert not report.failed


def used(disk: Path) -> int:
    found = shutil.disk_usage(disk)
    return found.used
