"""``lookalike undo``: what it prints, its exit codes, and that the library is told."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lookalike.actions import Plan, PlannedFile, PlannedGroup, apply, journal_folder
from lookalike.cli.after_acting import tell_library
from lookalike.library import Library

Run = Callable[..., Any]


@pytest.fixture
def library(tmp_path: Path, photos: Path) -> Path:
    path = tmp_path / "l.lookalike"
    with Library.open(path, workers=1) as opened:
        opened.index(photos)
    return path


@pytest.fixture
def act(library: Path, photos: Path, tmp_path: Path) -> Callable[..., list[Path]]:
    """Move copies of two pictures away, and tell the library."""

    def move(*names: str) -> list[Path]:
        files = []
        for name in names:
            copy = photos / f"copy of {name}"
            shutil.copy2(photos / name, copy)
            data = copy.read_bytes()
            digest = hashlib.sha256(data).hexdigest()
            kept = PlannedFile(str(photos / name), digest, len(data))
            gone = PlannedFile(str(copy), digest, len(data), "", "same-bytes", "a copy")
            files.append((copy, PlannedGroup(name, "same-bytes", (kept,), (gone,))))
        assert tell_library(str(library), [str(photos)]) == ""
        plan = Plan("move", tuple(group for _, group in files), str(tmp_path / "aside"))
        report = apply(plan, dry_run=False, journal=journal_folder(library))
        assert report.count("done") == len(names)
        assert tell_library(str(library), report.changed) == ""
        return [copy for copy, _ in files]

    return move


def pictures(run: Run) -> int:
    found = run("status", "--json").json["pictures"]
    assert isinstance(found, int)
    return found


def test_it_brings_back_and_tells_the_library(
    run: Run, act: Callable[..., list[Path]], tmp_path: Path
) -> None:
    copies = act("coins.jpg", "grass.jpg")
    assert pictures(run) == 8
    done = run("undo")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "brought back 2 files of run 1 (move)",
        f"  {copies[1]}",
        f"  {copies[0]}",
    ]
    assert pictures(run) == 10
    assert not (tmp_path / "aside").exists()


def test_the_list(run: Run, act: Callable[..., list[Path]], tmp_path: Path) -> None:
    assert run("undo", "--list").out == "no run acted on files\n"
    assert run("undo", "--list", "--json").json == {"runs": []}
    act("coins.jpg", "grass.jpg")
    act("rocket.jpg")
    run("undo")
    lines = run("undo", "--list").out.splitlines()
    assert lines[0].split() == ["run", "begun", "action", "files", "state"]
    assert [line.split()[0] for line in lines[1:]] == ["2", "1"]
    assert lines[1].endswith(f"move to {tmp_path / 'aside'}      1  undone")
    assert lines[2].endswith("      2  done")
    runs = run("undo", "--list", "--json").json["runs"]
    assert [(one["run"], one["files"], one["state"]) for one in runs] == [
        (2, 1, "undone"),
        (1, 2, "done"),
    ]
    assert set(runs[0]) == {"run", "made", "action", "to", "files", "state"}


def test_json_and_what_is_left(run: Run, act: Callable[..., list[Path]], tmp_path: Path) -> None:
    copies = act("coins.jpg", "grass.jpg")
    copies[0].write_bytes(b"something else")
    done = run("undo", "1", "--json")
    assert done.code == 1
    assert done.json["back"] == [str(copies[1])]
    assert done.json["left"][0]["path"] == str(copies[0])
    assert set(done.json) == {"run", "action", "dry_run", "back", "left", "stopped"}
    done = run("undo")
    assert done.code == 1
    assert done.out.splitlines() == [
        "brought back 0 files of run 1 (move)",
        f"left: {copies[0]}: something else stands there now; what was there is"
        f" {tmp_path / 'aside' / copies[0].name}",
    ]


def test_a_run_is_undone_once(run: Run, act: Callable[..., list[Path]]) -> None:
    act("coins.jpg")
    assert run("undo").code == 0
    assert run("undo", "1").out == "run 1 (move) is undone already\n"
    done = run("undo")
    assert done.code == 1
    assert "all that was done is undone already" in done.err


def test_a_dry_run(run: Run, act: Callable[..., list[Path]]) -> None:
    copies = act("coins.jpg")
    done = run("undo", "--dry-run")
    assert done.out.splitlines() == [
        "would bring back 1 file of run 1 (move)",
        f"  {copies[0]}",
    ]
    assert done.code == 0
    assert not copies[0].exists()


def test_many_files_are_counted(run: Run, act: Callable[..., list[Path]], photos: Path) -> None:
    for n in range(21):
        (photos / f"{n}.jpg").write_bytes(f"{n}".encode())
    act(*(f"{n}.jpg" for n in range(21)))
    assert run("undo").out.splitlines()[-1] == "  and 1 more"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 1, "there is nothing to undo: no run of this library acted on files"),
        (["7"], 1, "there is no run 7"),
        (["0"], 2, "0 is not in the range"),
        (["x"], 2, "'x' is not a valid integer"),
        (["--list", "--dry-run"], 2, "--list lists all runs: give it alone"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    run: Run, arguments: list[str], code: int, message: str, tmp_path: Path
) -> None:
    done = run("undo", *arguments)
    assert done.code == code
    assert message in done.err
    assert len(done.err.splitlines()) == 1
    assert os.listdir(tmp_path) == []


def test_a_library_that_cannot_be_told(run: Run, act: Callable[..., list[Path]]) -> None:
    copies = act("coins.jpg")
    path = Path(os.environ["LOOKALIKE_LIBRARY"])
    path.write_bytes(b"damaged" * 100)
    done = run("undo")
    assert done.code == 0
    assert copies[0].exists()
    assert done.err.startswith("the library doesn't know of it yet (")
    assert len(done.err.splitlines()) == 1


def test_a_library_that_was_deleted_leaves_the_journal(
    run: Run, act: Callable[..., list[Path]]
) -> None:
    copies = act("coins.jpg")
    assert run("remove", "--all", "--yes").code == 0
    done = run("undo")
    assert (done.code, done.err) == (0, "")
    assert copies[0].exists()
