"""Disks that are unplugged, emptied, replaced and plugged in again: their pictures stay."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from machine_disk import as_a_user
from PIL import Image

from lookalike.library import IndexReport, Library, Progress


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "test.lookalike", workers=1) as library:
        yield library


@pytest.fixture
def home(photos: Path) -> Path:
    """A folder of three pictures."""
    for path in photos.iterdir():
        if path.stem not in ("coffee", "coins", "grass"):
            path.unlink()
    return photos


@pytest.fixture
def disk(home: Path, tmp_path: Path) -> Path:
    """Another one, of two pictures; one of them is in the first folder, too."""
    disk = tmp_path / "disk"
    disk.mkdir()
    shutil.copy(home / "coffee.jpg", disk / "copy.jpg")
    with Image.open(home / "coins.jpg") as image:
        image.rotate(180).save(disk / "turned.jpg")
    return disk


class Drive:
    """A disk of its own that can be plugged in at a place."""

    def __init__(self, store: Path, place: Path) -> None:
        self._store, self.place = store, place

    def plug(self) -> None:
        self.place.mkdir(exist_ok=True)
        subprocess.run(["mount", "--bind", self._store, self.place], check=True)

    def unplug(self) -> None:
        subprocess.run(["umount", self.place], check=True)


@pytest.fixture
def drive(tmp_path: Path, disk: Path) -> Iterator[Drive]:
    """The other folder's pictures on a disk of its own, plugged in at ``mounted``."""
    store = tmp_path / "store"
    store.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", store], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("this user may not mount")
    for path in disk.iterdir():
        shutil.move(path, store / path.name)
    drive = Drive(store, tmp_path / "mounted")
    drive.plug()
    yield drive
    subprocess.run(["umount", drive.place], capture_output=True, check=False)
    subprocess.run(["umount", store], check=True)


def ids(library: Library, folder: Path) -> dict[str, int]:
    """The pictures' ids, by their paths in a folder."""
    return {
        os.path.relpath(p.path, folder): p.id
        for p in library.pictures.page(100)
        if Path(p.path).is_relative_to(folder)
    }


def counts(report: IndexReport) -> dict[str, int]:
    names = ("added", "updated", "moved", "replaced", "unchanged", "missing", "failed")
    return {name: n for name in names if (n := getattr(report, name))}


def test_a_copy_of_what_is_offline_is_another_file(
    library: Library, home: Path, disk: Path, tmp_path: Path
) -> None:
    library.index(disk)
    before = ids(library, disk)
    disk.rename(tmp_path / "unplugged")
    report = library.index(home)
    assert (counts(report), report.offline) == ({"added": 3}, ())
    assert ids(library, disk) == before
    report = library.index()
    assert (counts(report), report.offline) == ({"unchanged": 3}, (str(disk),))
    assert report.unconfirmed == ()
    (status, _) = library.status().folders
    assert (status.online, status.note, status.pictures) == (False, "is not there", 2)
    (tmp_path / "unplugged").rename(disk)
    assert counts(library.index()) == {"unchanged": 5}
    assert ids(library, disk) == before
    assert library.status().folders[0].online


def test_an_empty_folder_is_believed_when_a_person_says_so(
    library: Library, home: Path, disk: Path, tmp_path: Path
) -> None:
    library.index(home, disk)
    before = ids(library, disk)
    disk.rename(tmp_path / "unplugged")
    disk.mkdir()
    (disk / "below").mkdir()
    (disk / "readme.txt").write_text("not mounted")
    report = library.index()
    assert (counts(report), report.offline) == ({"unchanged": 3}, (str(disk),))
    assert report.unconfirmed == (str(disk),)
    assert library.status().folders[0].note == "is empty"
    assert ids(library, disk) == before
    # One picture more, elsewhere: it doesn't count as moved from there.
    shutil.copy(tmp_path / "unplugged" / "turned.jpg", home / "turned.jpg")
    assert counts(library.index()) == {"added": 1, "unchanged": 3}
    assert ids(library, disk) == before
    report = library.index(gone=True)
    assert (counts(report), report.offline) == ({"unchanged": 4, "missing": 2}, ())
    assert library.status().folders[0].note == ""
    assert ids(library, disk) == {}
    # Now it is believed; when it has pictures again, they come back.
    assert library.index().offline == ()
    shutil.rmtree(disk)
    (tmp_path / "unplugged").rename(disk)
    report = library.index()
    assert (counts(report), [c.what for c in report.changes]) == (
        {"unchanged": 6},
        ["returned"] * 2,
    )
    assert ids(library, disk) == before


def test_a_folder_that_got_another_name(
    library: Library, home: Path, disk: Path, tmp_path: Path
) -> None:
    library.index(home, disk)
    before = ids(library, disk)
    new = disk.rename(tmp_path / "new")
    assert counts(library.index(new)) == {"added": 2}  # perhaps it is a copy
    assert library.remove(new) == 2
    report = library.index(disk, new, gone=True)
    assert (counts(report), report.offline) == ({"moved": 2}, ())
    assert ids(library, new) == before


def test_unplugged_while_it_is_looked_through(
    library: Library, home: Path, disk: Path, tmp_path: Path
) -> None:
    library.index(home, disk)
    before = ids(library, disk)
    with Image.open(home / "grass.jpg") as image:
        for i in range(80):
            image.crop((i, i, 200 + i, 200)).save(disk / f"more-{i:02}.jpg")
        image.save(disk / "copy.jpg", quality=50)

    def unplug(_: Progress) -> None:
        if disk.exists():
            disk.rename(tmp_path / "unplugged")

    report = library.index(progress=unplug)
    assert report.offline == (str(disk),)
    assert report.missing == report.updated == 0
    assert library.status().ledger == ()  # what failed, failed for that
    after = ids(library, disk)
    assert {name: after[name] for name in before} == before
    (tmp_path / "unplugged").rename(disk)
    report = library.index()
    assert (report.updated, report.missing, report.failed) == (1, 0, 0)
    assert len(ids(library, disk)) == 82


def test_a_disk_that_leaves_its_mount_point(library: Library, home: Path, drive: Drive) -> None:
    library.index(home, drive.place)
    before = ids(library, drive.place)
    assert len(before) == 2
    drive.unplug()
    report = library.index()
    assert (counts(report), report.unconfirmed) == ({"unchanged": 3}, (str(drive.place),))
    # Somebody saved a picture where the disk should have been, another has the name of one of it.
    shutil.copy(home / "grass.jpg", drive.place / "saved.jpg")
    shutil.copy(home / "grass.jpg", drive.place / "copy.jpg")
    report = library.index()
    assert (counts(report), report.offline) == ({"unchanged": 3, "added": 1}, (str(drive.place),))
    # What was saved there is known now, and says nothing of the disk.
    report = library.index()
    assert (counts(report), report.offline) == ({"unchanged": 4}, (str(drive.place),))
    after = ids(library, drive.place)
    assert {name: after[name] for name in before} == before
    assert library.status().folders[0].note == "has none of the pictures that it had"
    drive.plug()
    report = library.index()
    assert (report.unchanged, report.missing, report.offline) == (5, 1, ())
    assert ids(library, drive.place) == before


def test_a_disk_inside_of_a_folder(library: Library, home: Path, drive: Drive) -> None:
    drive.unplug()
    drive.place = home / "usb"
    drive.plug()
    assert counts(library.index(home)) == {"added": 5}
    before = ids(library, home)
    report = library.index(home, exclude=["usb/"])  # left out, and not unplugged
    assert (counts(report), report.left_out, report.offline) == ({"unchanged": 3}, 2, ())
    assert counts(library.index(home, exclude=[])) == {"unchanged": 5}
    drive.unplug()
    report = library.index()
    assert (counts(report), report.offline) == ({"unchanged": 3}, (str(home / "usb"),))
    assert ids(library, home) == before
    drive.place.rmdir()
    report = library.index()
    assert (counts(report), report.offline) == ({"unchanged": 3}, (str(home / "usb"),))
    drive.plug()
    assert counts(library.index()) == {"unchanged": 5}
    drive.unplug()
    report = library.index(gone=True)
    assert (counts(report), report.offline) == ({"unchanged": 3, "missing": 2}, ())
    assert library.index().offline == ()


def test_a_disk_behind_a_link(library: Library, home: Path, disk: Path, tmp_path: Path) -> None:
    (home / "usb").symlink_to(disk)
    assert counts(library.index(home)) == {"added": 5}
    before = ids(library, home)
    disk.rename(tmp_path / "unplugged")
    shutil.copy(tmp_path / "unplugged" / "turned.jpg", home / "turned.jpg")
    report = library.index()
    assert (counts(report), report.offline) == (
        {"unchanged": 3, "added": 1},
        (str(home / "usb"),),
    )
    disk.mkdir()
    report = library.index()
    assert (counts(report), report.unconfirmed) == ({"unchanged": 4}, (str(home / "usb"),))
    assert {n: i for n, i in ids(library, home).items() if n in before} == before
    disk.rmdir()
    (tmp_path / "unplugged").rename(disk)
    assert counts(library.index()) == {"unchanged": 6}
    (home / "usb").unlink()
    report = library.index()
    assert (counts(report), report.offline) == ({"unchanged": 4, "missing": 2}, ())


def test_pictures_that_are_all_renamed_behind_a_link(
    library: Library, home: Path, disk: Path
) -> None:
    (home / "usb").symlink_to(disk)
    library.index(home)
    before = ids(library, home)
    for path in disk.iterdir():
        path.rename(disk / f"new-{path.name}")
    report = library.index()
    assert (counts(report), report.offline) == ({"unchanged": 3, "moved": 2}, ())
    assert sorted(ids(library, home).values()) == sorted(before.values())


def test_another_disk_in_its_place(
    library: Library, home: Path, drive: Drive, tmp_path: Path
) -> None:
    """Over a folder with pictures: they are hidden, and not gone."""
    library.index(home)
    before = ids(library, home)
    drive.unplug()
    drive.place = home
    drive.plug()
    report = library.index()
    assert (counts(report), report.unconfirmed) == ({"added": 2}, (str(home),))
    after = ids(library, home)
    assert {name: after[name] for name in before} == before
    drive.unplug()
    report = library.index()
    assert (counts(report), report.offline) == ({"unchanged": 3, "missing": 2}, ())
    assert ids(library, home) == before


def test_one_disk_after_another(library: Library, home: Path, drive: Drive, tmp_path: Path) -> None:
    """Another one at the same mount point, with pictures of its own."""
    library.index(home, drive.place)
    before = ids(library, drive.place)
    drive.unplug()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", drive.place], check=True)
    try:
        with Image.open(home / "grass.jpg") as image:
            image.rotate(90).save(drive.place / "other.jpg")
        for report in (library.index(), library.index()):
            assert (report.missing, report.unconfirmed) == (0, (str(drive.place),))
        assert library.status().folders[0].note == "has none of the pictures that it had"
        after = ids(library, drive.place)
        assert {name: after[name] for name in before} == before
    finally:
        drive.unplug()
    drive.plug()
    report = library.index()
    assert (report.missing, report.offline) == (1, ())
    assert ids(library, drive.place) == before


def test_a_place_inside_of_a_folder_is_told(library: Library, home: Path, drive: Drive) -> None:
    drive.unplug()
    drive.place = home / "usb"
    drive.plug()
    library.index(home)
    drive.unplug()
    library.index()
    (status,) = library.status().folders
    assert (status.online, status.note) == (True, "usb is on another disk than before")
    shutil.copy(home / "grass.jpg", home / "usb" / "stray.jpg")
    for _ in range(2):
        assert library.index().missing == 0
    drive.plug()
    assert library.index().missing == 1
    assert library.status().folders[0].note == ""


def test_a_folder_without_pictures_is_no_matter(
    library: Library, home: Path, disk: Path, tmp_path: Path
) -> None:
    library.index(home, disk)
    (home / "link").symlink_to(disk)
    library.index()
    disk.rename(tmp_path / "new")
    assert library.index(gone=True).missing == 2
    report = library.index()
    assert (report.offline, report.changes) == ((), ())
    assert library.status().folders[0].note == "is not there"
    disk.write_text("a file now")
    library.index()
    assert library.status().folders[0].note == "is no folder any more"


def test_files_that_were_taken_along_to_another_disk(
    library: Library, disk: Path, drive: Drive, tmp_path: Path
) -> None:
    """The same files at the same place, on another disk: nothing happened."""
    library.index(drive.place)
    before = ids(library, drive.place)
    for path in drive.place.iterdir():
        shutil.copy2(path, disk)
    drive.unplug()
    drive.place.rmdir()
    disk.rename(drive.place)
    report = library.index()
    assert (counts(report), report.offline) == ({"unchanged": 2}, ())
    assert ids(library, drive.place) == before


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_what_may_not_be_looked_at_has_gone_nowhere(
    library: Library, home: Path, disk: Path
) -> None:
    closed = home / "closed"
    closed.mkdir()
    (home / "grass.jpg").rename(closed / "grass.jpg")
    library.index(home)
    shutil.copy(closed / "grass.jpg", disk)
    before = ids(library, home)
    closed.chmod(0)
    try:
        with as_a_user():
            assert counts(library.index(disk))["added"] == 3
            library.index()
    finally:
        closed.chmod(0o700)
    assert ids(library, home) == before


@pytest.mark.parametrize("inner_first", [False, True])
def test_what_is_offline_stays_so_when_another_folder_takes_it_over(
    library: Library, home: Path, disk: Path, tmp_path: Path, inner_first: bool
) -> None:
    """A folder in the folder, or the one around it, knows no less of what was unplugged."""
    inner = home / "in"
    inner.mkdir()
    shutil.copy(home / "grass.jpg", inner / "grass.jpg")
    with Image.open(home / "grass.jpg") as image:
        image.rotate(90).save(inner / "turned-grass.jpg")
    link = inner / "link"
    link.symlink_to(disk, target_is_directory=True)
    folders = [inner, home] if inner_first else [home]
    for folder in folders:
        library.index(folder)
    before = ids(library, home)
    assert {"in/link/copy.jpg", "in/link/turned.jpg"} <= before.keys()
    away = tmp_path / "away"
    disk.rename(away)
    library.index()
    assert ids(library, home) == before
    link.unlink()  # as some mount points go with their disks
    if inner_first:
        library.remove(inner)
        library.index(home)
    else:
        library.index(inner)
    assert ids(library, home) == before
    away.rename(disk)
    link.symlink_to(disk, target_is_directory=True)
    library.index()
    assert ids(library, home) == before
