"""Undoing replaces nothing that stands there, leaves what was changed, and can be done again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from planned import plan_of, put

from lookalike.actions import apply, list_runs, undo
from lookalike.actions.undo import last_run
from lookalike.errors import ActionError


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return put(tmp_path / "p" / "a.jpg")


def throw(tmp_path: Path, journal: Path, *copies: Path) -> int:
    kept = put(tmp_path / "kept.jpg")
    report = apply(plan_of("trash", kept, *copies), dry_run=False, journal=journal)
    assert report.count("done") == len(copies), report.outcomes
    assert report.run is not None
    return report.run


def test_what_stands_there_is_not_replaced(tmp_path: Path, copy: Path, journal: Path) -> None:
    throw(tmp_path, journal, copy)
    copy.write_bytes(b"another")
    undone = undo(journal)
    assert undone.back == []
    assert undone.left[0].path == str(copy)
    assert undone.left[0].why.startswith("something else stands there now; what was there is /")
    assert copy.read_bytes() == b"another"
    assert list_runs(journal)[0].state == "partly undone"
    copy.unlink()
    assert undo(journal).back == [str(copy)]
    assert copy.read_bytes() == b"a picture"
    assert list_runs(journal)[0].state == "undone"


def test_a_link_to_nothing_stands_there_too(tmp_path: Path, copy: Path, journal: Path) -> None:
    throw(tmp_path, journal, copy)
    copy.symlink_to("nowhere")
    assert len(undo(journal).left) == 1
    assert os.readlink(copy) == "nowhere"


def test_the_trash_was_emptied(tmp_path: Path, copy: Path, journal: Path, home_trash: Path) -> None:
    throw(tmp_path, journal, copy)
    (home_trash / "files" / "a.jpg").unlink()
    (home_trash / "info" / "a.jpg.trashinfo").unlink()
    undone = undo(journal)
    assert [left.why for left in undone.left] == [
        f"{home_trash / 'files' / 'a.jpg'} is not there any more"
    ]


def test_it_was_changed_in_the_trash(
    tmp_path: Path, copy: Path, journal: Path, home_trash: Path
) -> None:
    throw(tmp_path, journal, copy)
    (home_trash / "files" / "a.jpg").write_bytes(b"edited")
    assert "was changed since" in undo(journal).left[0].why
    assert (home_trash / "files" / "a.jpg").read_bytes() == b"edited"


def test_its_folder_is_gone(tmp_path: Path, copy: Path, journal: Path) -> None:
    throw(tmp_path, journal, copy)
    copy.parent.rmdir()
    assert undo(journal).left == []
    assert copy.exists()


def test_it_was_brought_back_by_hand(
    tmp_path: Path, copy: Path, journal: Path, home_trash: Path
) -> None:
    throw(tmp_path, journal, copy)
    (home_trash / "files" / "a.jpg").rename(copy)
    assert undo(journal).back == [str(copy)]
    assert os.listdir(home_trash / "info") == []


def test_runs_are_undone_from_the_last_one(tmp_path: Path, copy: Path, journal: Path) -> None:
    other = put(tmp_path / "p" / "b.jpg")
    assert throw(tmp_path, journal, copy) == 1
    assert throw(tmp_path, journal, other) == 2
    assert [run.number for run in list_runs(journal)] == [2, 1]
    assert undo(journal).back == [str(other)]
    assert undo(journal).back == [str(copy)]
    with pytest.raises(ActionError, match="there is nothing to undo"):
        undo(journal)
    assert undo(journal, 1).back == []
    assert [run.state for run in list_runs(journal)] == ["undone", "undone"]


def test_a_run_by_its_number(tmp_path: Path, copy: Path, journal: Path) -> None:
    throw(tmp_path, journal, copy)
    throw(tmp_path, journal, put(tmp_path / "p" / "b.jpg"))
    assert undo(journal, 1).back == [str(copy)]
    assert last_run(journal).number == 2
    with pytest.raises(ActionError, match="there is no run 7: lookalike undo --list"):
        undo(journal, 7)


def test_without_any_run(tmp_path: Path) -> None:
    with pytest.raises(ActionError, match="there is nothing to undo"):
        undo(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_dry_run_touches_nothing(tmp_path: Path, copy: Path, journal: Path) -> None:
    throw(tmp_path, journal, copy)
    before = (journal / "run-1.jsonl").read_bytes()
    report = undo(journal, dry_run=True)
    assert (report.back, report.dry_run, report.changed) == ([str(copy)], True, [])
    assert not copy.exists()
    assert (journal / "run-1.jsonl").read_bytes() == before


def test_what_was_put_back_in_the_meantime_can_go_again(
    tmp_path: Path, copy: Path, journal: Path
) -> None:
    for number in (1, 2, 3):
        assert throw(tmp_path, journal, copy) == number
        assert undo(journal).back == [str(copy)]
    assert copy.exists()
