"""Folders that are links into other ones: each picture is there once, and none is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lookalike.library import Library


@pytest.fixture
def root(photos: Path) -> Path:
    """A folder ``pictures`` with the folders ``inner`` and ``sub``, and ``link`` to the latter."""
    root = photos.parent
    pictures = root / "pictures"
    for place, name in ((".", "camera"), ("inner", "coffee"), ("sub", "chelsea")):
        (pictures / place).mkdir(parents=True, exist_ok=True)
        shutil.copy(photos / f"{name}.jpg", pictures / place)
    (root / "link").symlink_to(pictures / "sub")
    return root


def present(library: Library) -> set[str]:
    return {Path(picture.path).name for picture in library.pictures.page(100)}


def test_a_folder_in_the_one_that_a_link_leads_into_is_left_alone(root: Path) -> None:
    with Library.open(root / "a.lookalike", workers=1) as library:
        library.index(root / "pictures", root / "pictures" / "inner", root / "link")
        assert present(library) == {"camera.jpg", "coffee.jpg", "chelsea.jpg"}
        report = library.index(root / "link")
        assert (report.missing, report.changes) == (0, ())
        assert present(library) == {"camera.jpg", "coffee.jpg", "chelsea.jpg"}


def test_a_ledger_line_of_such_a_folder_stays(root: Path) -> None:
    (root / "pictures" / "inner" / "broken.jpg").write_bytes(b"no picture")
    with Library.open(root / "a.lookalike", workers=1) as library:
        library.index(root / "pictures", root / "pictures" / "inner", root / "link")
        library.index(root / "link")
        assert [Path(line.path).name for line in library.status().ledger] == ["broken.jpg"]


@pytest.mark.parametrize("empty", [False, True])
def test_pictures_known_by_a_link_are_kept_while_its_disk_is_away(root: Path, empty: bool) -> None:
    with Library.open(root / "a.lookalike", workers=1) as library:
        library.index(root / "link")
        (known,) = library.pictures.page(100)
        (root / "pictures").rename(root / "away")
        (root / "pictures").mkdir()
        shutil.copy(root / "away" / "camera.jpg", root / "pictures")
        library.index(root / "pictures")  # its sub isn't there: the link leads nowhere
        (root / "pictures" / "camera.jpg").unlink()
        if empty:
            (root / "pictures" / "sub").mkdir()
        library.index()
        assert known in library.pictures.page(100)


def test_a_folder_that_is_emptied_is_offline_if_only_a_link_to_it_is_indexed(root: Path) -> None:
    with Library.open(root / "a.lookalike", workers=1) as library:
        library.index(root / "pictures", root / "link")
        before = present(library)
        shutil.rmtree(root / "pictures" / "inner")
        for path in (root / "pictures").rglob("*.jpg"):
            path.unlink()
        report = library.index(root / "link")
        assert report.unconfirmed == (str(root / "pictures"),)
        assert present(library) == before


def test_what_a_pattern_leaves_out_behind_a_link_is_left_out(root: Path) -> None:
    (root / "pictures" / "to-link").symlink_to(root / "photos")
    with Library.open(root / "a.lookalike", workers=1) as library:
        library.index(root / "pictures")
        report = library.index(exclude=["*o*.jpg"])
        assert (report.offline, report.missing) == ((), 0)
        assert not any("o" in name for name in present(library))
        report = library.index(exclude=["*.jpg"])
        assert (report.offline, present(library)) == ((), set())
