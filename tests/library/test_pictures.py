"""Reading single pictures, and all page by page."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from lookalike import Library
from lookalike.errors import UsageError
from lookalike.library import PictureInfo


def test_pages_give_every_picture_once(photos: Path, tmp_path: Path) -> None:
    with Library.open(tmp_path / "l.lookalike") as library:
        library.index(photos)
        found: list[PictureInfo] = []
        while page := library.pictures.page(3, after=found[-1].id if found else None):
            assert len(page) <= 3
            found += page
        assert [p.path for p in found] == sorted(str(path) for path in photos.iterdir())
        assert [p.id for p in found] == sorted(p.id for p in found)
        newest = library.pictures.page(100, newest=True)
        assert newest == found[::-1]
        assert library.pictures.page(100, newest=True, after=newest[2].id) == newest[3:]
        assert library.pictures.count() == len(found) == 8


def test_a_picture_is_what_its_file_is(photos: Path, tmp_path: Path) -> None:
    with Library.open(tmp_path / "l.lookalike") as library:
        library.index(photos)
        cat = next(p for p in library.pictures.page() if p.path.endswith("chelsea.jpg"))
        path = photos / "chelsea.jpg"
        assert (cat.width, cat.height, cat.format) == (451, 300, "JPEG")
        assert cat.file_bytes == path.stat().st_size
        assert cat.mtime_ns == path.stat().st_mtime_ns
        assert cat.digest == hashlib.sha256(path.read_bytes()).digest()
        assert library.pictures.get(cat.id) == cat


def test_copies_are_files_with_the_same_bytes(photos: Path, tmp_path: Path) -> None:
    shutil.copyfile(photos / "chelsea.jpg", photos / "again.jpg")
    with Library.open(tmp_path / "l.lookalike") as library:
        library.index(photos)
        by_name = {Path(p.path).name: p.id for p in library.pictures.page()}
        assert library.pictures.copies(by_name["chelsea.jpg"]) == [by_name["again.jpg"]]
        assert library.pictures.copies(by_name["again.jpg"]) == [by_name["chelsea.jpg"]]
        assert library.pictures.copies(by_name["coins.jpg"]) == []


def test_missing_files_are_left_out(photos: Path, tmp_path: Path) -> None:
    with Library.open(tmp_path / "l.lookalike") as library:
        library.index(photos)
        gone = library.pictures.page(1)[0]
        Path(gone.path).unlink()
        library.index(photos)
        assert library.pictures.get(gone.id) is None
        assert library.pictures.get(10**9) is None
        assert gone.id not in [p.id for p in library.pictures.page()]


@pytest.mark.parametrize("limit", [0, -1, 10_001])
def test_a_page_has_a_size(tmp_path: Path, limit: int) -> None:
    with (
        Library.open(tmp_path / "l.lookalike") as library,
        pytest.raises(UsageError, match="10,000"),
    ):
        library.pictures.page(limit)


def test_libraries_have_names_of_their_own(tmp_path: Path) -> None:
    with Library.open(tmp_path / "a") as first, Library.open(tmp_path / "b") as second:
        assert first.pictures.uuid != second.pictures.uuid
    with Library.open(tmp_path / "a", read_only=True) as again:
        assert len(again.pictures.uuid) == 32
