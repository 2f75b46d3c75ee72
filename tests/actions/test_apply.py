"""What happens between the last look at a file and the step: other programs don't wait."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from planned import plan_of, put

from lookalike.actions import Outcome, apply, calls, undo


def before(
    monkeypatch: pytest.MonkeyPatch, name: str, happens: Callable[[], object], *, at: int = 1
) -> None:
    """Let something happen right before a call that changes files, the first or a later one."""
    real, left = getattr(calls, name), [at]

    def call(*arguments: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            happens()
        return real(*arguments)

    monkeypatch.setattr(calls, name, call)


def edit(path: Path) -> None:
    """In place, with its size and its time as they were."""
    status = path.stat()
    with path.open("r+b") as file:
        file.write(b"A")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def exchange(path: Path) -> None:
    """Another file, with the same name."""
    os.replace(put(path.with_name("new"), b"another"), path)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return put(tmp_path / "kept.jpg", b"a picture")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return put(tmp_path / "p" / "copy.jpg", b"a picture")


@pytest.mark.parametrize("action", ["trash", "move", "hardlink"])
@pytest.mark.parametrize("how", [edit, exchange])
@pytest.mark.parametrize("which", ["copy", "kept"])
def test_changed_while_the_journal_is_written(
    which: str,
    how: Callable[[Path], None],
    action: str,
    kept: Path,
    copy: Path,
    tmp_path: Path,
    journal: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    to = tmp_path / "to" if action == "move" else None
    if which == "kept" and action != "hardlink":
        # It was read, and is looked at once more before the first step for the file.
        before(monkeypatch, "open_end", lambda: None)
        monkeypatch.setattr(
            "lookalike.actions.metadata.Metadata.only_in", _after_reading(lambda: how(kept))
        )
    else:
        changed = copy if which == "copy" else kept
        before(monkeypatch, "write", lambda: how(changed), at=3 if action == "move" else 2)
    report = apply(plan_of(action, kept, copy, to=to), dry_run=False, journal=journal)
    assert [outcome.result for outcome in report.outcomes] == ["left"]
    assert "was changed in the meantime" in report.outcomes[0].why
    wanted = {edit: b"A picture", exchange: b"another"}[how]
    assert copy.read_bytes() == (wanted if which == "copy" else b"a picture")
    assert kept.read_bytes() == (wanted if which == "kept" else b"a picture")
    assert os.listdir(copy.parent) == [copy.name]
    assert not (tmp_path / "to").exists()
    assert not copy.samefile(kept)


def _after_reading(happens: Callable[[], object]) -> Callable[..., Any]:
    from lookalike.actions.known import Known

    def only_in(*_: object) -> Known:
        happens()
        return Known()

    return only_in


@pytest.mark.parametrize("action", ["trash", "move"])
def test_replaced_right_before_it_is_moved(
    action: str,
    kept: Path,
    copy: Path,
    tmp_path: Path,
    journal: Path,
    home_trash: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before(monkeypatch, "rename_new", lambda: exchange(copy))
    to = tmp_path / "to" if action == "move" else None
    report = apply(plan_of(action, kept, copy, to=to), dry_run=False, journal=journal)
    assert report.outcomes[0].why == "was changed in the meantime"
    assert copy.read_bytes() == b"another"
    if action == "trash":
        assert os.listdir(home_trash / "files") == os.listdir(home_trash / "info") == []


@pytest.fixture
def exchanging(tmp_path: Path) -> None:
    """Two names can be exchanged at once here."""
    first, second = put(tmp_path / "first"), put(tmp_path / "second")
    if not calls.exchange(str(first), str(second)):
        pytest.skip("names can't be exchanged here")


def test_replaced_right_before_a_link_takes_its_place(
    exchanging: None, kept: Path, copy: Path, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before(monkeypatch, "exchange", lambda: exchange(copy))
    report = apply(plan_of("hardlink", kept, copy), dry_run=False, journal=journal)
    assert report.outcomes[0].why == "was changed in the meantime"
    assert copy.read_bytes() == b"another"
    assert os.listdir(copy.parent) == ["copy.jpg"]


def test_replaced_right_before_it_is_made_its_own_again(
    exchanging: None, kept: Path, copy: Path, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(plan_of("hardlink", kept, copy), dry_run=False, journal=journal)
    before(monkeypatch, "exchange", lambda: exchange(copy))
    undone = undo(journal)
    assert [left.why for left in undone.left] == ["was changed in the meantime"]
    assert copy.read_bytes() == b"another"
    assert kept.read_bytes() == b"a picture"


@pytest.mark.parametrize("how", [edit, exchange])
def test_changed_while_it_is_copied_to_another_disk(
    how: Callable[[Path], None],
    kept: Path,
    copy: Path,
    elsewhere: Path,
    journal: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before(monkeypatch, "rename_new", lambda: how(copy), at=2)  # the first one says: another disk
    plan = plan_of("move", kept, copy, to=elsewhere / "to")
    report = apply(plan, dry_run=False, journal=journal)
    assert report.outcomes[0].why == "was changed in the meantime"
    assert copy.read_bytes() == {edit: b"A picture", exchange: b"another"}[how]


def test_it_stops_when_asked_to(kept: Path, tmp_path: Path, journal: Path) -> None:
    copies = [put(tmp_path / "p" / f"{n}.jpg") for n in range(3)]
    stop, told = threading.Event(), []

    def step(outcome: Outcome) -> None:
        told.append(outcome.path)
        if len(told) == 2:
            stop.set()

    report = apply(
        plan_of("trash", kept, *copies), dry_run=False, journal=journal, on_step=step, stop=stop
    )
    assert told == [str(copy) for copy in copies[:2]]
    assert report.stopped == "it was asked to stop"
    assert copies[2].exists()
    stopped = undo(journal, stop=stop)
    assert (list(stopped.back), stopped.stopped) == ([], "it was asked to stop")
    assert list(undo(journal).back) == told[::-1]


def test_a_report_in_json(kept: Path, copy: Path) -> None:
    packed = apply(plan_of("trash", kept, copy)).pack()
    assert set(packed) == {
        "action", "dry_run", "run", "files", "done", "would", "left", "failed", "freed",
        "stopped", "warning",
    }  # fmt: skip
    assert packed["files"][0]["path"] == str(copy)
    assert (packed["would"], packed["freed"], packed["run"]) == (1, 9, None)


def test_a_sidecar_that_cannot_go_keeps_its_picture(
    kept: Path, copy: Path, journal: Path, home_trash: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sidecar = put(copy.with_suffix(".xmp"), b"x")
    real = calls.rename_new

    def rename_new(source: str, target: str) -> None:
        if source == str(sidecar):
            raise OSError(5, "Input/output error", source)
        real(source, target)

    monkeypatch.setattr(calls, "rename_new", rename_new)
    report = apply(plan_of("trash", kept, copy), dry_run=False, journal=journal)
    assert report.outcomes[0].result == "failed"
    assert report.outcomes[0].why == f"{sidecar}: input/output error"
    assert copy.exists()
    assert sidecar.exists()
    assert os.listdir(home_trash / "files") == os.listdir(home_trash / "info") == []


def test_a_protected_sidecar_stays(kept: Path, copy: Path, journal: Path) -> None:
    sidecar = put(copy.with_suffix(".xmp"), b"x")
    plan = plan_of("trash", kept, copy)
    report = apply(plan, dry_run=False, journal=journal, protected=[sidecar])
    assert report.outcomes[0].notes == (f"{sidecar} stays: it is protected",)
    assert sidecar.exists()
    assert not copy.exists()
