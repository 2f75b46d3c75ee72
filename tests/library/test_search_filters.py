"""Searches and listings of what fits a filter."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from lookalike import Library
from lookalike.errors import UsageError
from lookalike.library.filters import Filter


@pytest.fixture(scope="module")
def folder(original_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The photographs, of which some say when and where they were taken; one has a copy."""
    root = tmp_path_factory.mktemp("filters") / "all"
    shutil.copytree(original_photos, root)
    block = Image.Exif()
    block[0x0110] = "Box 1"
    more, gps = block.get_ifd(0x8769), block.get_ifd(0x8825)
    more[0x9003] = "2019:06:01 12:34:56"
    gps[1], gps[2], gps[3], gps[4] = "N", (48.0, 8.0, 15.0), "E", (11.0, 30.0, 0.0)
    for name in ("chelsea", "coffee"):
        with Image.open(original_photos / f"{name}.jpg") as picture:
            picture.save(root / f"{name}.jpg", quality=90, exif=block)
    (root / "sub").mkdir()
    shutil.copy(root / "chelsea.jpg", root / "sub" / "copy.jpg")
    with Image.open(original_photos / "rocket.jpg") as picture:
        picture.save(root / "sub" / "rocket.png")
    return root


@pytest.fixture(scope="module", params=["file", "memory"])
def library(request: pytest.FixtureRequest, folder: Path) -> Iterator[Library]:
    place = folder.parent / "test.lookalike" if request.param == "file" else ":memory:"
    with Library.open(place, workers=1) as library:
        library.index(folder)
        yield library


def names(library: Library, folder: Path, k: int = 20, **asked: str) -> list[str]:
    hits = library.search(folder / "chelsea.jpg", k, only=Filter.parse(**asked)).hits
    return [str(Path(hit.path).relative_to(folder)) for hit in hits]


def test_a_filter_leaves_the_best_that_fit(library: Library, folder: Path) -> None:
    everything = names(library, folder)
    assert names(library, folder, taken="2019") == [
        name for name in everything if name in ("chelsea.jpg", "coffee.jpg", "sub/copy.jpg")
    ]
    assert set(names(library, folder, formats="png")) == {"sub/rocket.png"}
    assert names(library, folder, taken="2020..") == []
    # As many as are asked for, though unfiltered they are far behind.
    assert names(library, folder, k=1, formats="png") == ["sub/rocket.png"]


def test_only_files_in_the_folder_are_shown(library: Library, folder: Path) -> None:
    assert set(names(library, folder, under=str(folder / "sub"))) == {
        "sub/copy.jpg",
        "sub/rocket.png",
    }


def test_kinds(library: Library, folder: Path) -> None:
    assert set(names(library, folder, kinds="same-bytes")) == {"chelsea.jpg", "sub/copy.jpg"}
    alike = names(library, folder, kinds="alike", k=3)
    assert len(alike) == 3
    assert "chelsea.jpg" not in alike


def test_all_searches_take_it(library: Library, folder: Path) -> None:
    only = Filter.parse(taken="2019", under=folder / "sub")
    (found,) = library.search_many([folder / "coffee.jpg"], only=only)
    assert [Path(hit.path).name for hit in found.hits] == ["copy.jpg"]  # type: ignore[union-attr]
    together = library.search_together([folder / "coffee.jpg"], only=only).hits
    assert [Path(hit.path).name for hit in together] == ["copy.jpg"]
    none = library.search_together([folder / "coffee.jpg"], only=Filter.parse(kinds="part")).hits
    assert none == ()


def test_a_listing_takes_it(library: Library, folder: Path) -> None:
    page = library.pictures.page(only=Filter.parse(taken="2019"))
    assert {Path(p.path).name for p in page} == {"chelsea.jpg", "coffee.jpg", "copy.jpg"}
    rest = library.pictures.page(after=page[0].id, only=Filter.parse(taken="2019"))
    assert rest == page[1:]
    assert library.pictures.page(1, newest=True, only=Filter.parse(taken="2019")) == [page[-1]]


def test_how_a_picture_was_taken(library: Library, folder: Path) -> None:
    ids = {Path(p.path).name: p.id for p in library.pictures.page()}
    shot = library.pictures.shot(ids["coffee.jpg"])
    assert shot is not None
    assert (shot.taken, shot.camera, shot.latitude) == ("2019-06-01T12:34:56", "Box 1", None)
    exact = library.pictures.shot(ids["coffee.jpg"], with_position=True)
    assert exact is not None
    assert exact.latitude == pytest.approx(48.1375)
    assert library.pictures.shot(ids["rocket.png"]) is None
    assert library.pictures.shot(10**9) is None


def test_what_is_no_filter(library: Library, folder: Path) -> None:
    with pytest.raises(UsageError, match="Filter"):
        library.search(folder / "coffee.jpg", only="2019")  # type: ignore[arg-type]


def test_what_is_removed_leaves_no_position(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "l.lookalike"
    with Library.open(path, workers=1) as library:
        library.index(folder / "sub")
        library.index(folder)
        library.pictures.page(1)
    assert b"Box 1" in path.read_bytes()
    with Library.open(path, workers=1) as library:
        library.remove(folder)
        library.remove(folder / "sub")
    left = b"".join(p.read_bytes() for p in tmp_path.iterdir() if p.is_file())
    assert b"Box 1" not in left
    assert b"2019-06-01T12:34:56" not in left
