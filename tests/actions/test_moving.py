"""Moving to a folder: what lies where, what is taken, and another file system."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from planned import file_of, plan_of, put

from lookalike.actions import Plan, PlannedGroup, apply, undo
from lookalike.errors import UsageError


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return put(tmp_path / "kept.jpg")


def move(plan: Plan, journal: Path) -> list[str]:
    would = [outcome.to for outcome in apply(plan).outcomes]
    report = apply(plan, dry_run=False, journal=journal)
    found = [outcome.to for outcome in report.outcomes]
    assert found == would
    assert all(found), report.outcomes
    return [path for path in found if path]


def test_folders_are_kept_from_the_deepest_one_that_holds_all(
    kept: Path, tmp_path: Path, journal: Path
) -> None:
    copies = [put(tmp_path / "p" / "q" / name) for name in ("a.jpg", "r/a.jpg", "r/s/b.jpg")]
    to = tmp_path / "to"
    plan = plan_of("move", kept, *copies, to=to)
    wanted = [to / "a.jpg", to / "r" / "a.jpg", to / "r" / "s" / "b.jpg"]
    assert move(plan, journal) == [str(path) for path in wanted]
    assert all(path.read_bytes() == b"a picture" for path in wanted)
    # What is left of a plan that was stopped goes to the same places.
    assert undo(journal).left == []
    assert not to.exists()
    copies[0].rename(tmp_path / "gone")
    report = apply(plan, dry_run=False, journal=journal)
    assert [outcome.to for outcome in report.outcomes] == [None, *map(str, wanted[1:])]


def test_nothing_is_replaced(kept: Path, tmp_path: Path, journal: Path) -> None:
    copy = put(tmp_path / "p" / "a.jpg")
    put(tmp_path / "p" / "a.xmp", b"its sidecar")
    put(tmp_path / "p" / "a.jpg.json", b"its takeout")
    to = tmp_path / "to"
    put(to / "a.jpg", b"another's")
    put(to / "a (2).xmp", b"another's sidecar")
    assert move(plan_of("move", kept, copy, to=to), journal) == [str(to / "a (3).jpg")]
    assert sorted(os.listdir(to)) == [
        "a (2).xmp",
        "a (3).jpg",
        "a (3).jpg.json",
        "a (3).xmp",
        "a.jpg",
    ]
    assert (to / "a.jpg").read_bytes() == b"another's"
    assert os.listdir(tmp_path / "p") == []
    undo(journal)
    assert sorted(os.listdir(tmp_path / "p")) == ["a.jpg", "a.jpg.json", "a.xmp"]
    assert sorted(os.listdir(to)) == ["a (2).xmp", "a.jpg"]


def test_to_another_disk_and_back(
    kept: Path, tmp_path: Path, elsewhere: Path, journal: Path
) -> None:
    copy = put(tmp_path / "p" / "a.jpg")
    os.setxattr(copy, "user.note", b"mine")
    copy.chmod(0o440)
    os.utime(copy, ns=(1_111_111_111_222_333_444, 999_999_999_888_777_666))
    before = copy.stat()
    plan = plan_of("move", kept, copy, to=elsewhere / "to")
    report = apply(plan, dry_run=False, journal=journal)
    there = elsewhere / "to" / "a.jpg"
    assert report.outcomes[0].to == str(there)
    assert report.freed == 9
    assert not copy.exists()
    for _ in range(2):
        found = there if there.exists() else copy
        now = found.stat()
        assert now.st_mtime_ns == before.st_mtime_ns
        assert now.st_mode == before.st_mode
        assert now.st_uid == before.st_uid
        undo(journal, 1)
    assert os.getxattr(copy, "user.note") == b"mine"
    assert os.listdir(elsewhere) == []


def test_on_one_disk_nothing_is_freed(kept: Path, tmp_path: Path, journal: Path) -> None:
    copy = put(tmp_path / "p" / "a.jpg")
    report = apply(plan_of("move", kept, copy, to=tmp_path / "to"), dry_run=False, journal=journal)
    assert (report.count("done"), report.freed) == (1, 0)
    assert report.moved == {str(copy): str(tmp_path / "to" / "a.jpg")}
    assert report.changed == [str(tmp_path / "p"), str(tmp_path / "to")]


def test_files_come_from_two_disks(
    kept: Path, tmp_path: Path, elsewhere: Path, journal: Path
) -> None:
    copies = [put(tmp_path / "a.jpg"), put(elsewhere / "a.jpg")]
    to = tmp_path / "to"
    found = move(plan_of("move", kept, *copies, to=to), journal)
    assert found == [f"{to}{copies[0]}", f"{to}{copies[1]}"]
    undo(journal)
    assert all(copy.exists() for copy in copies)
    assert not to.exists()


def test_the_target_is_a_file(kept: Path, tmp_path: Path) -> None:
    copy, to = put(tmp_path / "p" / "a.jpg"), put(tmp_path / "to")
    with pytest.raises(UsageError, match="to is a file: name a folder to move to"):
        apply(plan_of("move", kept, copy, to=to))


def test_a_folder_of_the_target_is_a_file(kept: Path, tmp_path: Path, journal: Path) -> None:
    copies = [put(tmp_path / "p" / name) for name in ("a.jpg", "q/b.jpg")]
    to = tmp_path / "to"
    put(to / "q")
    report = apply(plan_of("move", kept, *copies, to=to), dry_run=False, journal=journal)
    assert [o.result for o in report.outcomes] == ["done", "failed"]
    assert report.outcomes[1].why == f"{to / 'q'}: not a directory"
    assert copies[1].exists()


def test_further_names_are_said(kept: Path, tmp_path: Path, journal: Path) -> None:
    copy = put(tmp_path / "p" / "a.jpg")
    os.link(copy, tmp_path / "other name.jpg")
    report = apply(plan_of("trash", kept, copy), dry_run=False, journal=journal)
    assert report.freed == 0
    assert report.outcomes[0].notes == (
        "it has further names (hard links): those keep its bytes on the disk",
    )
    assert (tmp_path / "other name.jpg").read_bytes() == b"a picture"


def test_several_groups_in_one_run(tmp_path: Path, journal: Path) -> None:
    groups = []
    for n in range(3):
        kept = put(tmp_path / "kept" / f"{n}.jpg", bytes([n]))
        copy = put(tmp_path / "copies" / f"{n}.jpg", bytes([n]))
        groups.append(
            PlannedGroup(str(n), "same-bytes", (file_of(kept),), (file_of(copy, "same-bytes"),))
        )
    report = apply(
        Plan("move", tuple(groups), str(tmp_path / "to")), dry_run=False, journal=journal
    )
    assert [outcome.group for outcome in report.outcomes] == ["0", "1", "2"]
    assert sorted(os.listdir(tmp_path / "to")) == ["0.jpg", "1.jpg", "2.jpg"]
