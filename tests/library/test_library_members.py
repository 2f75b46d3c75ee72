"""A library of files that hold several pictures."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from lookalike.errors import UsageError
from lookalike.images.pool.pool import DecodePool
from lookalike.library import Library
from lookalike.road import Item


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "l.lookalike", workers=1) as library:
        yield library


@pytest.fixture
def scans(photos: Path, tmp_path: Path) -> Path:
    """A folder with one file of three pages, and one of one."""
    folder = tmp_path / "scans"
    folder.mkdir()
    names = ["chelsea", "coffee", "rocket"]
    pictures = [Image.open(photos / f"{name}.jpg").convert("RGB") for name in names]
    pictures[0].save(folder / "all.tif", save_all=True, append_images=pictures[1:])
    shutil.copy(photos / "coins.jpg", folder)
    return folder


def members(library: Library) -> list[tuple[str, str]]:
    return [(Path(p.path).name, p.member) for p in library.pictures.page(100)]


def test_the_first_one_by_default(library: Library, scans: Path, photos: Path) -> None:
    library.index(scans)
    assert members(library) == [("all.tif", ""), ("coins.jpg", "")]
    hit = library.search(photos / "chelsea.jpg", k=1).hits[0]
    # Of the file itself all pages count, and the picture that is asked for has one.
    assert (Path(hit.path).name, hit.member, hit.kind) == ("all.tif", None, "edited")


def test_more_when_wanted(library: Library, scans: Path, photos: Path) -> None:
    library.index(scans)
    first = library.pictures.page(1)[0]
    report = library.index(scans, members=2)
    assert (report.unchanged, report.added) == (2, 0)
    assert report.reread == 2  # nobody knew yet how many pictures they hold
    assert members(library) == [("all.tif", ""), ("coins.jpg", ""), ("all.tif", "page-2")]
    assert library.pictures.page(1)[0] == first  # the first one keeps its id
    hit = library.search(photos / "coffee.jpg", k=1).hits[0]
    assert (Path(hit.path).name, hit.member, hit.kind) == ("all.tif", "page-2", "same-pixels")
    assert library.status().pictures == 3
    library.index(members=10)
    assert [m for m in members(library) if m[1]] == [("all.tif", "page-2"), ("all.tif", "page-3")]


def test_nothing_is_read_twice(
    library: Library, scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.index(scans, members=10)
    monkeypatch.setattr(DecodePool, "decode", lambda *_, **__: pytest.fail("decoded again"))
    assert library.index().unchanged == 2
    shutil.copy(scans / "all.tif", scans / "copy.tif")
    (scans / "all.tif").rename(scans / "moved.tif")
    report = library.index()
    assert (report.added, report.moved) == (1, 1)
    assert sorted(members(library)) == sorted(
        [("coins.jpg", "")]
        + [(name, m) for name in ("copy.tif", "moved.tif") for m in ("", "page-2", "page-3")]
    )
    report = library.index(members=1)
    assert (report.unchanged, report.reread) == (3, 0)
    assert [m for m in members(library) if m[1]] == []
    monkeypatch.undo()
    library.index(members=3)
    assert len(members(library)) == 7


def test_a_file_that_gets_other_pages(library: Library, scans: Path, photos: Path) -> None:
    library.index(scans, members=5)
    with Image.open(scans / "all.tif") as file:
        file.seek(2)
        last = file.copy()
    last.save(scans / "all.tif")
    assert library.index().updated == 1
    assert members(library) == [("all.tif", ""), ("coins.jpg", "")]
    assert library.search(photos / "rocket.jpg", k=1).hits[0].kind == "same-pixels"
    assert library.search(photos / "coffee.jpg", k=1).hits[0].kind == "alike"


def test_pages_behind_a_damaged_one_are_left_and_not_tried_again(
    library: Library, scans: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bytearray((scans / "all.tif").read_bytes())
    with Image.open(scans / "all.tif") as file:
        file.seek(1)
        at = file.tag_v2[273][0]  # where the strips of page 2 begin
        file.tag_v2[279]
    cut = bytes(data[:at]) + b"\0" * 8
    (scans / "all.tif").write_bytes(cut)
    report = library.index(scans, members=5)
    if report.failed:  # the chain of pages itself lies behind the cut
        pytest.skip("Pillow wrote this file's directories at its end")
    assert ("all.tif", "") in members(library)
    monkeypatch.setattr(DecodePool, "decode", lambda *_, **__: pytest.fail("decoded again"))
    assert library.index().unchanged == 2


@pytest.mark.parametrize("wanted", [0, -1, 10_001])
def test_how_many_can_be_wanted(library: Library, scans: Path, wanted: int) -> None:
    with pytest.raises(UsageError, match="1 to 10,000"):
        library.index(scans, members=wanted)


def test_a_page_is_searched_by(library: Library, scans: Path) -> None:
    library.index(scans, members=3)
    page = Item(str(scans / "all.tif"), "page-2")
    hit = library.search(page, k=1).hits[0]
    assert (hit.kind, hit.member) == ("same-bytes", "page-2")
    hit = library.search(scans / "all.tif", k=1).hits[0]
    assert (hit.kind, hit.member) == ("same-bytes", None)


def test_files_of_other_kinds_that_exchange_names(library: Library, scans: Path) -> None:
    """Pages and frames have other names: none of the file of before is left."""
    red, blue = (Image.new("RGB", (80, 60), colour) for colour in ("red", "blue"))
    red.save(scans / "moving.gif", save_all=True, append_images=[blue], duration=100)
    library.index(scans, members=10)
    assert library.status().pictures == 3 + 1 + 2
    (scans / "all.tif").rename(scans / "aside")
    (scans / "moving.gif").rename(scans / "all.tif")
    (scans / "aside").rename(scans / "moving.gif")
    assert library.index().moved == 2
    assert sorted(members(library)) == [
        ("all.tif", ""),
        ("all.tif", "frame-2"),
        ("coins.jpg", ""),
        ("moving.gif", ""),
        ("moving.gif", "page-2"),
        ("moving.gif", "page-3"),
    ]
