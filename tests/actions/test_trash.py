"""The trash of freedesktop.org: what lies where, which one is taken, and the bins of others."""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from planned import plan_of, put

from lookalike.actions import apply, undo
from lookalike.actions.trash import in_trash, trashes_for

pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="has its own bin")


def throw(tmp_path: Path, journal: Path, *copies: Path) -> list[str]:
    kept = put(tmp_path / "kept.jpg")
    report = apply(plan_of("trash", kept, *copies), dry_run=False, journal=journal)
    return [outcome.to or outcome.why for outcome in report.outcomes]


def test_the_information_says_where_it_was(tmp_path: Path, journal: Path, home_trash: Path) -> None:
    copy = put(tmp_path / "p q" / os.fsdecode(b"\xc3\xa9 \xff%.jpg"))
    assert throw(tmp_path, journal, copy) == [str(home_trash / "files" / copy.name)]
    info = (home_trash / "info" / f"{copy.name}.trashinfo").read_text("ascii").splitlines()
    assert info[0] == "[Trash Info]"
    assert info[1] == f"Path={tmp_path}/p%20q/%C3%A9%20%FF%25.jpg"
    name, _, when = info[2].partition("=")
    assert name == "DeletionDate"
    assert abs((datetime.now() - datetime.fromisoformat(when)).total_seconds()) < 600
    assert len(info) == 3
    for folder in (home_trash, home_trash / "files", home_trash / "info"):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_names_that_are_taken_get_a_number(tmp_path: Path, journal: Path, home_trash: Path) -> None:
    copies = [put(tmp_path / str(n) / "a.jpg") for n in range(3)]
    put(home_trash / "info" / "a.3.jpg.trashinfo", b"an orphan, of another program")
    found = throw(tmp_path, journal, *copies)
    assert [os.path.basename(path) for path in found] == ["a.jpg", "a.2.jpg", "a.4.jpg"]
    assert (home_trash / "info" / "a.3.jpg.trashinfo").read_bytes().startswith(b"an orphan")
    assert undo(journal).left == []
    assert all(copy.exists() for copy in copies)
    assert os.listdir(home_trash / "info") == ["a.3.jpg.trashinfo"]


def test_a_name_as_long_as_a_name_can_be(tmp_path: Path, journal: Path, home_trash: Path) -> None:
    copy = put(tmp_path / "p" / f"{'é' * 125}.jpg")
    assert len(os.fsencode(copy.name)) == 254
    (found,) = throw(tmp_path, journal, copy)
    assert found.endswith("é.jpg")
    assert len(os.listdir(home_trash / "info")) == 1
    undo(journal)
    assert copy.exists()


def test_another_disk_has_a_trash_of_its_own(
    small_disk: Path, tmp_path: Path, journal: Path, home_trash: Path
) -> None:
    copy = put(small_disk / "photos" / "a b.jpg")
    own = small_disk / f".Trash-{os.getuid()}"
    assert throw(tmp_path, journal, copy) == [str(own / "files" / "a b.jpg")]
    told = (own / "info" / "a b.jpg.trashinfo").read_text("ascii")
    assert "Path=photos/a%20b.jpg\n" in told  # from the top of the disk
    assert not home_trash.exists()
    undo(journal)
    assert copy.exists()


def test_the_shared_trash_of_a_disk_comes_first(
    small_disk: Path, tmp_path: Path, journal: Path
) -> None:
    shared = small_disk / ".Trash"
    shared.mkdir()
    copy = put(small_disk / "a.jpg")
    assert f".Trash-{os.getuid()}" in throw(tmp_path, journal, copy)[0]  # no sticky bit
    undo(journal)
    shared.chmod(0o1777)
    assert throw(tmp_path, journal, copy) == [str(shared / str(os.getuid()) / "files" / "a.jpg")]


def test_a_link_is_no_trash(small_disk: Path, tmp_path: Path, journal: Path) -> None:
    trap = tmp_path / "trap"
    trap.mkdir(mode=0o1777)
    (small_disk / ".Trash").symlink_to(trap)
    (small_disk / f".Trash-{os.getuid()}").symlink_to(trap)
    copy = put(small_disk / "a.jpg")
    told = throw(tmp_path, journal, copy)[0]
    assert told == "there is no trash for its file system (Not a directory): use move:FOLDER"
    assert copy.exists()
    assert os.listdir(trap) == []


def test_a_trash_that_cannot_be_made(
    small_disk: Path, tmp_path: Path, as_nobody: Callable[[Callable[[], object]], None]
) -> None:
    copy = put(small_disk / "mine" / "a.jpg")
    copy.parent.chmod(0o777)
    tmp_path.chmod(0o777)
    for above in tmp_path.parents:
        if os.stat(above).st_mode & 0o001 == 0:
            above.chmod(above.stat().st_mode | 0o011)
    kept = put(small_disk / "mine" / "kept.jpg")
    small_disk.chmod(0o755)
    journal = small_disk / "mine" / "journal"

    def act() -> None:
        report = apply(plan_of("trash", kept, copy), dry_run=False, journal=journal)
        told = "there is no trash for its file system (Permission denied): use move:FOLDER"
        assert [o.why for o in report.outcomes] == [told]
        assert copy.exists()

    as_nobody(act)


@pytest.mark.parametrize(
    ("path", "is_in"),
    [
        ("/disk/.Trash-1000/files/a.jpg", True),
        ("/disk/.Trash/1000/files/a.jpg", True),
        ("/Volumes/X/.Trashes/501/a.jpg", True),
        ("/c/$Recycle.Bin/S-1-5/a.jpg", True),
        ("/disk/Trash/a.jpg", False),
        ("/disk/.Trash-1000", False),
        ("/disk/trash-1000/a.jpg", False),
    ],
)
def test_what_lies_in_a_trash(path: str, is_in: bool) -> None:
    assert in_trash(path) == is_in


def test_the_trash_of_the_home_is_told(home_trash: Path, tmp_path: Path) -> None:
    assert in_trash(str(home_trash / "files" / "a.jpg"))
    assert not in_trash(str(tmp_path / "home" / "Trashy" / "a.jpg"))
    assert trashes_for(str(tmp_path / "a.jpg"))[0].folder == str(home_trash)


def test_the_bin_of_other_systems_is_said_to_be_for_good(
    tmp_path: Path, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    thrown = []

    def send2trash(path: str) -> None:
        thrown.append(path)
        os.unlink(path)

    monkeypatch.setitem(sys.modules, "send2trash", types.SimpleNamespace(send2trash=send2trash))
    for module in ("trash", "acts"):
        monkeypatch.setattr(f"lookalike.actions.{module}.has_own_bin", lambda: True)
    kept, copy = put(tmp_path / "kept.jpg"), put(tmp_path / "p" / "a.jpg")
    sidecar = put(tmp_path / "p" / "a.xmp", b"x")
    plan = plan_of("trash", kept, copy)
    assert apply(plan).warning.startswith("lookalike can't bring back")  # before it is done
    assert thrown == []
    assert apply(plan, dry_run=False, journal=journal).count("done") == 1
    assert thrown == [str(copy), str(sidecar)]
    undone = undo(journal)
    assert [left.path for left in undone.left] == [str(sidecar), str(copy)]
    assert "bin of this system" in undone.left[0].why
