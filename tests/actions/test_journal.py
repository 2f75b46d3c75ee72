"""The journal: one writer, lines that were cut off, lines that are damaged, no room for it."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from planned import plan_of, put

from lookalike.actions import apply, calls, journal_folder, list_runs, undo
from lookalike.actions.journal import acting
from lookalike.errors import ActionError, UsageError


@pytest.fixture
def copies(tmp_path: Path) -> list[Path]:
    return [put(tmp_path / "p" / f"{n}.jpg") for n in range(2)]


def throw(tmp_path: Path, journal: Path, copies: list[Path]) -> Path:
    kept = put(tmp_path / "kept.jpg")
    report = apply(plan_of("trash", kept, *copies), dry_run=False, journal=journal)
    assert report.count("done") == len(copies)
    return journal / f"run-{report.run}.jsonl"


def test_it_lies_beside_the_library(tmp_path: Path) -> None:
    path = tmp_path / "p.lookalike"
    assert journal_folder(path) == tmp_path / "p.lookalike-actions"
    (tmp_path / "link").symlink_to(path)
    path.touch()
    assert journal_folder(tmp_path / "link") == tmp_path / "p.lookalike-actions"
    with pytest.raises(UsageError, match="has no file, and so no place for a journal"):
        journal_folder(":memory:")


def test_each_step_is_written_before_it_is_done(
    tmp_path: Path, journal: Path, copies: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[list[str]] = []
    real = calls.rename_new

    def look(source: str, target: str) -> None:
        lines = (journal / "run-1.jsonl").read_text().splitlines()
        last = json.loads(lines[-1])["begin"]
        assert (last["path"], last["to"]) == (source, target)
        told.append([source, target])
        real(source, target)

    monkeypatch.setattr(calls, "rename_new", look)
    throw(tmp_path, journal, copies)
    assert [source for source, _ in told] == [str(copy) for copy in copies]


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_line_that_was_cut_off_was_never_written(
    tmp_path: Path, journal: Path, copies: list[Path], cut: int
) -> None:
    path = throw(tmp_path, journal, copies)
    data = path.read_bytes()
    path.write_bytes(data[:-cut])
    assert list_runs(journal)[0].files == 2
    assert undo(journal).left == []
    assert all(copy.exists() for copy in copies)
    for line in path.read_bytes().splitlines():
        json.loads(line)


def test_a_damaged_line_costs_its_own_step_alone(
    tmp_path: Path, journal: Path, copies: list[Path]
) -> None:
    path = throw(tmp_path, journal, copies)
    lines = path.read_bytes().splitlines(keepends=True)
    begun = [n for n, line in enumerate(lines) if line.startswith(b'{"begin"')]
    lines[begun[-1]] = b"\x00" * 40 + b"\n"
    path.write_bytes(b"".join(lines))
    assert list_runs(journal)[0].damaged == 1
    undo(journal)
    assert [copy.exists() for copy in copies] == [True, False]


def test_a_journal_that_was_hardly_begun(journal: Path) -> None:
    journal.mkdir()
    (journal / "run-4.jsonl").write_bytes(b'{"jour')
    assert list_runs(journal) == []
    with pytest.raises(ActionError, match="run 4 was hardly begun"):
        undo(journal, 4)


def test_of_a_newer_lookalike(journal: Path) -> None:
    journal.mkdir()
    (journal / "run-1.jsonl").write_text('{"journal": 2}\n')
    with pytest.raises(ActionError, match="is of a newer lookalike"):
        undo(journal)
    (journal / "run-1.jsonl").write_text('{"journal": 1}\n')
    with pytest.raises(ActionError, match="is damaged in its first line"):
        undo(journal)


def test_one_acts_at_a_time(tmp_path: Path, journal: Path, copies: list[Path]) -> None:
    throw(tmp_path, journal, copies[:1])
    with acting(journal):
        with pytest.raises(ActionError, match="another lookalike acts on files"):
            throw(tmp_path, journal, copies[1:])
        with pytest.raises(ActionError, match="another lookalike acts on files"):
            undo(journal)
    assert copies[1].exists()


def test_where_no_journal_can_be_kept_nothing_is_touched(
    tmp_path: Path, copies: list[Path]
) -> None:
    kept = put(tmp_path / "kept.jpg")
    with pytest.raises(ActionError, match=r"no journal can be kept in .*not a directory"):
        apply(plan_of("trash", kept, *copies), dry_run=False, journal=kept / "journal")
    with pytest.raises(ActionError, match=r"no journal can be kept in .*no such file"):
        apply(plan_of("trash", kept, *copies), dry_run=False, journal=tmp_path / "a" / "b")
    assert all(copy.exists() for copy in copies)


def test_without_room_for_the_journal_it_stops(
    tmp_path: Path, journal: Path, copies: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = calls.write, [6]

    def write(descriptor: int, data: bytes) -> None:
        left[0] -= 1
        if left[0] < 0 and data.startswith(b"{"):
            os.write(descriptor, data[:5])
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor, data)

    monkeypatch.setattr(calls, "write", write)
    kept = put(tmp_path / "kept.jpg")
    report = apply(plan_of("trash", kept, *copies), dry_run=False, journal=journal)
    assert "can't be written (no space left on device): nothing more was done" in report.stopped
    assert [outcome.result for outcome in report.outcomes] == ["done", "failed"]
    assert list_runs(journal)[0].state == "interrupted"
    monkeypatch.undo()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    assert undo(journal).left == []
    assert all(copy.exists() for copy in copies)


def test_an_empty_plan_leaves_no_journal(tmp_path: Path, journal: Path) -> None:
    kept = put(tmp_path / "kept.jpg")
    report = apply(plan_of("trash", kept), dry_run=False, journal=journal)
    assert (report.run, list(report.outcomes)) == (None, [])
    assert not journal.exists()
