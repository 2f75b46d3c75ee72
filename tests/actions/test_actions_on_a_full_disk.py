"""Real disks that are full, and folders that nobody may write to."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from planned import plan_of, put

from lookalike.actions import apply, list_runs, undo
from lookalike.errors import ActionError


def fill(disk: Path) -> None:
    with (disk / "filler").open("ab", 0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_a_move_to_a_disk_that_gets_full(tmp_path: Path, small_disk: Path, journal: Path) -> None:
    data = os.urandom(300_000)
    kept = put(tmp_path / "kept.jpg", data)
    copies = [put(tmp_path / "p" / f"{n}.jpg", data) for n in range(6)]
    plan = plan_of("move", kept, *copies, to=small_disk / "to")
    report = apply(plan, dry_run=False, journal=journal)
    results = [outcome.result for outcome in report.outcomes]
    assert results == ["done", "done", "done", "failed"]  # of a megabyte
    assert "no space left on device: make room" in report.stopped
    assert [copy.exists() for copy in copies] == [False, False, False, True, True, True]
    assert sorted(os.listdir(small_disk / "to")) == ["0.jpg", "1.jpg", "2.jpg"]
    assert undo(journal).left == []
    assert all(copy.read_bytes() == data for copy in copies)
    assert os.listdir(small_disk) == []


def test_a_trash_on_a_full_disk(small_disk: Path, tmp_path: Path, journal: Path) -> None:
    kept = put(tmp_path / "kept.jpg")
    copy = put(small_disk / "a.jpg")
    fill(small_disk)
    report = apply(plan_of("trash", kept, copy), dry_run=False, journal=journal)
    assert report.outcomes[0].result == "failed"
    assert copy.read_bytes() == b"a picture"
    (small_disk / "filler").unlink()
    assert apply(plan_of("trash", kept, copy), dry_run=False, journal=journal).count("done") == 1
    undo(journal)
    assert copy.exists()


def test_a_journal_on_a_full_disk(small_disk: Path, tmp_path: Path) -> None:
    kept, copy = put(tmp_path / "kept.jpg"), put(tmp_path / "p" / "a.jpg")
    journal = small_disk / "p.lookalike-actions"
    journal.mkdir()
    (journal / "lock").touch()
    fill(small_disk)
    with pytest.raises(ActionError, match="no space left on device"):
        apply(plan_of("trash", kept, copy), dry_run=False, journal=journal)
    assert copy.exists()
    (small_disk / "filler").unlink()
    assert [run.state for run in list_runs(journal)] in ([], ["nothing done"])
    assert apply(plan_of("trash", kept, copy), dry_run=False, journal=journal).count("done") == 1
    undo(journal)
    assert copy.exists()


def test_the_undo_of_a_link_needs_room(small_disk: Path, journal: Path) -> None:
    data = os.urandom(300_000)
    kept, copy = put(small_disk / "kept.jpg", data), put(small_disk / "a.jpg", data)
    times = copy.stat().st_mtime_ns
    apply(plan_of("hardlink", kept, copy), dry_run=False, journal=journal)
    fill(small_disk)
    undone = undo(journal)
    assert [left.why for left in undone.left] == ["no space left on device"]
    assert copy.samefile(kept)
    (small_disk / "filler").unlink()
    assert undo(journal).left == []
    assert not copy.samefile(kept)
    assert copy.read_bytes() == data
    assert copy.stat().st_mtime_ns == times
    assert sorted(os.listdir(small_disk)) == ["a.jpg", "kept.jpg"]


def test_a_folder_that_may_not_be_written_to(
    small_disk: Path, as_nobody: Callable[[Callable[[], object]], None]
) -> None:
    small_disk.parent.chmod(0o755)
    for above in small_disk.parent.parents:
        above.chmod(above.stat().st_mode | 0o011)
    small_disk.chmod(0o777)
    kept = put(small_disk / "kept.jpg")
    copies = [put(small_disk / folder / "a.jpg") for folder in ("locked", "open")]
    copies[1].parent.chmod(0o777)
    copies[1].chmod(0o666)
    before = [copy.stat() for copy in copies]
    plan = plan_of("move", kept, *copies, to=small_disk / "to")

    def act() -> None:
        report = apply(plan, dry_run=False, journal=small_disk / "journal")
        assert [outcome.result for outcome in report.outcomes] == ["failed", "done"]
        assert report.outcomes[0].why.endswith("permission denied")
        assert undo(small_disk / "journal").left == []

    as_nobody(act)
    for copy, status in zip(copies, before, strict=True):
        now = copy.stat()
        assert (now.st_mtime_ns, now.st_mode) == (status.st_mtime_ns, status.st_mode)
    assert not (small_disk / "to").exists()
