"""Links in the place of equal bytes: at once, undone as copies, refused in clear words."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from planned import plan_of, put

from lookalike.actions import apply, calls, undo

TIMES = (1_500_000_000_000_000_001, 1_400_000_000_000_000_003)


def pair(folder: Path) -> tuple[Path, Path]:
    kept, copy = put(folder / "kept.jpg", b"x" * 70_000), put(folder / "c" / "a.jpg", b"x" * 70_000)
    copy.chmod(0o640)
    os.utime(copy, ns=TIMES)
    return kept, copy


def is_as_before(copy: Path) -> None:
    status = copy.stat()
    assert copy.read_bytes() == b"x" * 70_000
    assert (status.st_mtime_ns, status.st_mode & 0o777, status.st_nlink) == (TIMES[1], 0o640, 1)
    assert os.listdir(copy.parent) == [copy.name]


def test_a_hard_link_and_back(tmp_path: Path, journal: Path) -> None:
    kept, copy = pair(tmp_path)
    times = kept.stat().st_mtime_ns
    plan = plan_of("hardlink", kept, copy)
    assert apply(plan).freed == 70_000
    assert not copy.samefile(kept)
    report = apply(plan, dry_run=False, journal=journal)
    assert (report.count("done"), report.freed, report.moved) == (1, 70_000, {})
    assert copy.samefile(kept)
    assert kept.stat().st_mtime_ns == times
    assert os.listdir(copy.parent) == ["a.jpg"]
    # A second time there is nothing to do.
    assert "is the same file" in apply(plan, dry_run=False, journal=journal).outcomes[0].why
    assert undo(journal).back == [str(copy)]
    is_as_before(copy)
    assert kept.stat().st_mtime_ns == times


def test_a_clone_and_back(cloning_disk: Path, journal: Path) -> None:
    kept, copy = pair(cloning_disk)
    inode = copy.stat().st_ino
    report = apply(plan_of("reflink", kept, copy), dry_run=False, journal=journal)
    assert report.count("done") == 1, report.outcomes
    is_as_before(copy)
    assert copy.stat().st_ino != inode
    with copy.open("r+b") as file:
        file.write(b"y")
    assert kept.read_bytes() == b"x" * 70_000
    undone = undo(journal)
    assert "was changed since: it stays as it is" in undone.left[0].why
    with copy.open("r+b") as file:
        file.write(b"x")
    assert undo(journal).back == [str(copy)]
    is_as_before(copy)


def test_a_file_system_that_cannot_clone_says_so(tmp_path: Path, journal: Path) -> None:
    kept, copy = pair(tmp_path)
    report = apply(plan_of("reflink", kept, copy), dry_run=False, journal=journal)
    if report.count("done"):
        pytest.skip("this one can")
    assert report.outcomes[0].why == (
        "its file system can't share blocks between files (Btrfs, XFS and APFS can): use"
        " hardlink, or trash"
    )
    is_as_before(copy)


@pytest.mark.parametrize("action", ["hardlink", "reflink"])
def test_another_disk(action: str, tmp_path: Path, elsewhere: Path, journal: Path) -> None:
    kept, copy = pair(tmp_path)[0], pair(elsewhere)[1]
    report = apply(plan_of(action, kept, copy), dry_run=False, journal=journal)
    assert "lies on another file system than" in report.outcomes[0].why
    is_as_before(copy)


def test_a_dry_run_says_what_the_real_one_does(
    tmp_path: Path, elsewhere: Path, journal: Path
) -> None:
    kept, copy = pair(tmp_path)
    second = copy.with_name("second name.jpg")
    os.link(copy, second)
    far = pair(elsewhere)[1]
    plan = plan_of("hardlink", kept, copy, second, far)
    dry = apply(plan)
    assert [outcome.result for outcome in dry.outcomes] == ["would", "would", "left"]
    # The bytes of two names go with the second one.
    assert [outcome.freed for outcome in dry.outcomes] == [0, 70_000, 0]
    real = apply(plan, dry_run=False, journal=journal)
    told = [(o.path, o.result.replace("done", "would"), o.why, o.freed) for o in real.outcomes]
    assert told == [(o.path, o.result, o.why, o.freed) for o in dry.outcomes]
    assert (real.freed, dry.freed) == (70_000, 70_000)
    assert copy.samefile(kept)
    assert second.samefile(kept)


@pytest.mark.parametrize("action", ["trash", "move"])
def test_bytes_of_two_names_are_free_once(action: str, tmp_path: Path, elsewhere: Path) -> None:
    kept, copy = pair(tmp_path)
    second = copy.with_name("second name.jpg")
    os.link(copy, second)
    plan = plan_of(action, kept, copy, second, to=elsewhere if action == "move" else None)
    report = apply(plan)
    assert [outcome.freed for outcome in report.outcomes] == [0, 70_000]
    assert [len(outcome.notes) for outcome in report.outcomes] == [1, 0]


@pytest.mark.parametrize("action", ["hardlink", "reflink"])
def test_only_equal_bytes_are_linked(action: str, tmp_path: Path, journal: Path) -> None:
    kept, copy = put(tmp_path / "kept.jpg", b"a"), put(tmp_path / "a.jpg", b"b")
    plan = plan_of(action, kept, copy, kind="same-pixels")
    report = apply(plan, dry_run=False, journal=journal)
    assert report.outcomes[0].why == (
        "is same-pixels, and links take the place of equal bytes only"
    )
    assert copy.read_bytes() == b"b"


@pytest.mark.parametrize("code", [errno.EMLINK, errno.EPERM])
def test_a_link_that_cannot_be_made(
    code: int, tmp_path: Path, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(source: str, target: str) -> None:
        raise OSError(code, os.strerror(code))

    kept, copy = pair(tmp_path)
    monkeypatch.setattr(calls, "link", link)
    report = apply(plan_of("hardlink", kept, copy), dry_run=False, journal=journal)
    assert report.outcomes[0].result == "left"
    assert "hard link" in report.outcomes[0].why
    is_as_before(copy)


def test_a_system_without_exchange(
    tmp_path: Path, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "exchange", lambda first, second: False)
    kept, copy = pair(tmp_path)
    apply(plan_of("hardlink", kept, copy), dry_run=False, journal=journal)
    assert copy.samefile(kept)
    undo(journal)
    is_as_before(copy)


def test_sidecars_stay_with_a_link(tmp_path: Path, journal: Path) -> None:
    kept, copy = pair(tmp_path)
    sidecar = put(copy.with_suffix(".xmp"), b"x")
    apply(plan_of("hardlink", kept, copy), dry_run=False, journal=journal)
    assert sidecar.exists()


def test_an_edit_by_one_name_is_left(tmp_path: Path, journal: Path) -> None:
    kept, copy = pair(tmp_path)
    apply(plan_of("hardlink", kept, copy), dry_run=False, journal=journal)
    copy.write_bytes(b"edited")
    undone = undo(journal)
    assert [(left.path, left.why) for left in undone.left] == [
        (str(copy), "was changed since: it stays as it is")
    ]
    assert copy.read_bytes() == b"edited"
