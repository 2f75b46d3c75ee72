"""Which files go with a picture, and which stay since they are another's, too."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planned import put

from lookalike.actions.names import beside, numbered
from lookalike.actions.sidecars import Folders, belongs

BELONG = [
    ("a.jpg.xmp", "a.jpg"),
    ("a.xmp", "a.jpg"),
    ("a.XMP", "a.cr2"),
    ("a.AAE", "a.HEIC"),
    ("a.MOV", "a.heic"),
    ("a.mp4", "a.JPG"),
    ("a.jpg.json", "a.jpg"),
    ("a.jpg.supplemental-metadata.json", "a.jpg"),
    ("a.jpg.supplemental-meta.json", "a.jpg"),
    ("a.jpg.s.json", "a.jpg"),
    ("a.jpg..json", "a.jpg"),
    ("a.jpg(1).json", "a(1).jpg"),
    ("a.jpg.supplemental-metadata(2).json", "a(2).jpg"),
    ("a(1).jpg.json", "a(1).jpg"),
    ("a.jpg.json", "a-edited.jpg"),
    ("x" * 46 + ".json", "x" * 60 + ".jpg"),
]
OTHERS = [
    ("b.xmp", "a.jpg"),
    ("a.png.xmp", "a.jpg"),
    ("a.mov", "a.png"),
    ("a.mov", "a.cr2"),
    ("a.cr2", "a.jpg"),
    ("a.json", "a.jpg"),
    ("a.jpg.other.json", "a.jpg"),
    ("a.jpg(1).json", "a.jpg"),
    ("a.jpg(1).json", "a(2).jpg"),
    ("a.txt", "a.jpg"),
    ("x" * 46 + ".json", "x" * 40 + ".jpg"),
]


@pytest.mark.parametrize(("sidecar", "picture"), BELONG)
def test_a_sidecar_belongs_to_its_picture(sidecar: str, picture: str) -> None:
    assert belongs(sidecar, picture)


@pytest.mark.parametrize(("sidecar", "picture"), OTHERS)
def test_other_files_do_not(sidecar: str, picture: str) -> None:
    assert not belongs(sidecar, picture)


@pytest.mark.parametrize(("sidecar", "picture"), BELONG)
def test_it_is_found_in_its_folder(sidecar: str, picture: str, tmp_path: Path) -> None:
    put(tmp_path / picture)
    put(tmp_path / sidecar)
    put(tmp_path / "unrelated.jpg")
    assert Folders().sidecars(str(tmp_path / picture)) == [str(tmp_path / sidecar)]


def found(folder: Path, picture: str) -> list[str]:
    return [os.path.basename(path) for path in Folders().sidecars(str(folder / picture))]


def test_one_of_two_pictures_leaves_what_is_of_both(tmp_path: Path) -> None:
    for name in ("a.cr2", "a.jpg", "a.xmp", "a.jpg.xmp", "a.mov"):
        put(tmp_path / name)
    assert found(tmp_path, "a.jpg") == ["a.jpg.xmp", "a.mov"]
    (tmp_path / "a.cr2").unlink()
    assert found(tmp_path, "a.jpg") == ["a.jpg.xmp", "a.mov", "a.xmp"]
    put(tmp_path / "a.heic")  # the film of which one?
    assert found(tmp_path, "a.jpg") == ["a.jpg.xmp"]


def test_two_long_names_share_a_beginning(tmp_path: Path) -> None:
    first, second = "x" * 50 + "1.jpg", "x" * 50 + "2.jpg"
    for name in (first, second, "x" * 46 + ".json"):
        put(tmp_path / name)
    assert found(tmp_path, first) == []
    (tmp_path / second).unlink()
    assert found(tmp_path, first) == ["x" * 46 + ".json"]


def test_links_and_folders_are_no_sidecars(tmp_path: Path) -> None:
    put(tmp_path / "a.jpg")
    (tmp_path / "a.xmp").symlink_to(put(tmp_path / "elsewhere"))
    (tmp_path / "a.aae").mkdir()
    assert found(tmp_path, "a.jpg") == []


@pytest.mark.parametrize(
    ("sidecar", "renamed"),
    [
        ("a.jpg.xmp", "a (2).jpg.xmp"),
        ("a.xmp", "a (2).xmp"),
        ("a.jpg.supplemental-metadata.json", "a (2).jpg.supplemental-metadata.json"),
    ],
)
def test_it_takes_the_new_name_of_its_picture(sidecar: str, renamed: str) -> None:
    assert beside("a.jpg", "a (2).jpg", sidecar) == renamed
    assert belongs(renamed, "a (2).jpg")


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1))
def test_names_to_try_are_short_and_differ(name: str) -> None:
    tried = [made for made, _ in zip(numbered(name, room=10), range(20), strict=False)]
    assert all(len(os.fsencode(made)) <= 245 for made in tried)
    assert len(set(tried)) == len(tried)
    if len(os.fsencode(name)) <= 245:
        assert tried[0] == name
    assert {os.path.splitext(made)[1] for made in tried} == {os.path.splitext(name)[1]} or (
        len(os.fsencode(os.path.splitext(name)[1])) > 200
    )
