"""Folders that programs make for themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from trees import put

from lookalike.sources.programs import PROGRAM_FOLDERS, program_folder
from lookalike.sources.source import Found
from lookalike.sources.walk import walk

PAGE = Path(__file__).parents[2] / "docs" / "commands" / "index.md"
USER = "3fa85f64-5717-4562-b3fc-2c963f66afa6"

OF_PROGRAMS = [
    "/p/@eaDir",
    "/volume1/photo/2003/@eaDir",
    "/volume1/photo/#recycle",
    "/volume1/photo/#snapshot",
    "/volume1/@tmp",
    "/share/@Recycle",
    "/share/@Recently-Snapshot",
    "D:/$RECYCLE.BIN",
    "/media/usb/$Recycle.Bin",
    "/media/usb/System Volume Information",
    "/media/usb/RECYCLER/S-1-5-21-1275210071-1004",
    "/share/Network Trash Folder",
    "/p/unpacked/__MACOSX",
    "/media/disk/lost+found",
    "/Users/ana/Pictures/Photos Library.photoslibrary/resources/derivatives",
    "/Users/ana/Photos.photoslibrary/scopes/cloudsharing/resources/derivatives",
    "/Users/ana/iPhoto Library.photolibrary/Thumbnails",
    "/Users/ana/A.aplibrary/Thumbnails",
    "/p/Lightroom Catalog Previews.lrdata",
    "/p/Lightroom Catalog Smart Previews.lrdata",
    "/p/session/Capture/CaptureOne/Cache",
    f"/immich/thumbs/{USER}",
    "/nextcloud/data/appdata_oc1x2y3z/preview",
]

OF_PEOPLE = [
    "/p/2003",
    "/p/eaDir",
    "/p/thumbs",
    "/p/Thumbnails",
    "/p/thumbs/2003",
    f"/p/{USER}",
    "/p/recycle",
    "/p/Recycler",
    "/p/RECYCLER/2003",
    "/p/snapshot",
    "/p/derivatives",
    "/p/resources/derivatives",
    "/p/preview",
    "/p/Cache",
    "/p/Previews.lrdata",
    "/Users/ana/Photos.photoslibrary/originals",
    "/Users/ana/Photos.photoslibrary/resources/renders",
    "/Users/ana/iPhoto.photolibrary/Masters",
    "/Users/ana/iPhoto.photolibrary/Previews",
    # What lies in one of theirs is no other one: who names such a folder wants to see it.
    "/p/@eaDir/2003",
]


@pytest.mark.parametrize("path", OF_PROGRAMS)
def test_a_program_made_it(path: str) -> None:
    assert program_folder(path) in PROGRAM_FOLDERS


@pytest.mark.parametrize("path", OF_PEOPLE)
def test_a_person_may_have_made_it(path: str) -> None:
    assert program_folder(path) is None


def test_every_pattern_has_an_example() -> None:
    assert {program_folder(path) for path in OF_PROGRAMS} == set(PROGRAM_FOLDERS)


def test_the_page_shows_the_list() -> None:
    text = PAGE.read_text(encoding="utf-8")
    shown = re.findall(r"^\| `([^`]+/)` \| ([^|]+?) \|$", text, re.MULTILINE)
    assert [(name, meaning) for name, meaning in shown if name in PROGRAM_FOLDERS] == list(
        PROGRAM_FOLDERS.items()
    )


def relatives(folder: Path, *exclude: str, everything: bool = False) -> list[str]:
    entries = walk(folder, exclude=exclude, everything=everything)
    return [entry.relative for entry in entries if isinstance(entry, Found)]


def test_a_walk_leaves_them_out(tmp_path: Path) -> None:
    for name in ("a.jpg", "@eaDir/b.jpg", "sub/@EADIR/c.jpg", "sub/#recycle/d.jpg", "@eaDir.jpg"):
        put(tmp_path / name)
    plain, all_ = (
        ["@eaDir.jpg", "a.jpg"],
        ["@eaDir/b.jpg", "sub/#recycle/d.jpg", "sub/@EADIR/c.jpg"],
    )
    assert relatives(tmp_path) == plain
    assert relatives(tmp_path, everything=True) == plain + all_
    assert relatives(tmp_path, "!@eaDir/") == [*plain, "@eaDir/b.jpg"]
    assert relatives(tmp_path, "!#recycle/", "!\\#recycle") == [*plain, "sub/#recycle/d.jpg"]
    # A folder that is named is walked, whatever it is called.
    assert relatives(tmp_path / "@eaDir") == ["b.jpg"]


def test_a_part_of_an_apple_library_is_known_by_what_lies_above(tmp_path: Path) -> None:
    library = tmp_path / "Photos Library.photoslibrary"
    for name in ("originals/0/a.heic", "resources/renders/b.jpg", "resources/derivatives/c.jpg"):
        put(library / name)
    assert relatives(library) == ["originals/0/a.heic", "resources/renders/b.jpg"]
    assert relatives(library / "resources") == ["renders/b.jpg"]
