"""Folders as a source, and a second kind of source that fulfils the same protocol."""

from __future__ import annotations

import calendar
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lookalike.errors import UsageError
from lookalike.images.formats.registry import is_candidate
from lookalike.sources.exclude import Exclusion, mended
from lookalike.sources.folders import Folder, bounds, is_under
from lookalike.sources.source import Found, Source, Unreadable


def put(path: Path, data: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@dataclass(frozen=True)
class Zip:
    """A zip file whose pictures are indexed: what its docstring says that a source has to do."""

    name: str

    def is_reachable(self) -> bool:
        return zipfile.is_zipfile(self.name)

    def walk(self) -> Iterator[Found | Unreadable]:
        with zipfile.ZipFile(self.name) as archive:
            for entry in sorted(archive.infolist(), key=lambda one: one.filename):
                path = f"{self.name}/{entry.filename}"
                if entry.flag_bits & 1:
                    yield Unreadable(path, "encrypted", is_folder=False, status="skipped")
                elif is_candidate(entry.filename):
                    changed = calendar.timegm(entry.date_time) * 10**9
                    yield Found(path, entry.filename, entry.file_size, changed, 0, 0)

    def covers(self, path: str) -> bool:
        return is_under(path, self.name)

    def has(self, path: str) -> bool:
        with zipfile.ZipFile(self.name) as archive:
            return path.removeprefix(f"{self.name}/") in archive.namelist()

    def content(self, path: str, most: int) -> bytes:
        with (
            zipfile.ZipFile(self.name) as archive,
            archive.open(path.removeprefix(f"{self.name}/")) as file,
        ):
            return file.read(most)


def paths(source: Source) -> list[str]:
    return [found.path for found in source.walk()]


def test_a_folder_is_a_source(tmp_path: Path) -> None:
    file = put(tmp_path / "a" / "b.jpg")
    put(tmp_path / "a" / "c.png")
    source: Source = Folder(str(tmp_path / "a"), ("*.png",))
    assert source.is_reachable()
    assert paths(source) == [str(file)]
    assert source.content(str(file), 1) == str(file)
    assert source.covers(str(file))
    assert source.has(str(file))
    file.unlink()
    assert source.covers(str(file))
    assert not source.has(str(file))
    assert not source.has(str(tmp_path))
    assert not Folder(str(tmp_path / "none")).is_reachable()


def test_patterns_that_an_early_build_kept_still_load(tmp_path: Path) -> None:
    # They are refused today, and would stop every index run of that library.
    for name in ("#a.jpg", "b.jpg"):
        put(tmp_path / name)
    kept = ("#a.jpg", "b\\", "  ")
    assert [f.relative for f in Folder(str(tmp_path), kept).walk() if isinstance(f, Found)] == [
        "b.jpg"
    ]
    today = ["\\#a", "b\\\\", "c", "!d", "\\ "]
    assert mended(today) == today
    assert mended(["#a", "b\\", "  "]) == ["\\#a", "b\\\\", "\\ \\ "]
    with pytest.raises(UsageError, match="comment"):
        Exclusion(["#a"])


def test_another_kind_of_source_does_the_same(tmp_path: Path) -> None:
    put(tmp_path / "here.jpg")
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        archive.writestr("in/a.jpg", b"bytes")
        archive.writestr("notes.txt", b"")
    source: Source = Zip(str(tmp_path / "p.zip"))
    assert source.is_reachable()
    assert not Zip(str(tmp_path / "here.jpg")).is_reachable()
    inside = f"{tmp_path / 'p.zip'}/in/a.jpg"
    assert paths(source) == [inside]
    assert source.content(inside, 100) == b"bytes"
    assert source.has(inside)
    assert not source.covers(str(tmp_path / "here.jpg"))


@pytest.mark.parametrize(
    ("path", "folder", "expected"),
    [
        ("/a/b", "/a", True),
        ("/a/b/c", "/a/", True),
        ("/a", "/a", False),
        ("/ab", "/a", False),
        ("/a0", "/a", False),
        ("/a", "/", True),
        ("/a/\udcff", "/a", True),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="paths of Unix")
def test_what_lies_below_a_folder(path: str, folder: str, expected: bool) -> None:
    assert is_under(path, folder) is expected
    low, high = bounds(folder)
    assert (low <= os.fsencode(path) < high) is expected
