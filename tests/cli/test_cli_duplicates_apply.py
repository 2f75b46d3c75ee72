"""``lookalike duplicates --apply``: from a plan to the files and back."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

Run = Callable[..., Any]


@pytest.fixture
def plan(run: Run, photos: Path, tmp_path: Path) -> Path:
    """A plan about a copy and a smaller one."""
    (photos / "coins (1).jpg").write_bytes((photos / "coins.jpg").read_bytes())
    os.utime(photos / "coins (1).jpg", (1_000_000_000, 1_000_000_000.5))
    with Image.open(photos / "chelsea.jpg") as picture:
        picture.reduce(2).save(photos / "small.jpg", quality=60)
    run("index", photos)
    target = tmp_path / "plan.json"
    assert run("duplicates", "--plan", target).code == 0
    return target


def held(folder: Path) -> dict[str, tuple[str, int]]:
    """What each file of a folder holds, and its time."""
    return {
        path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in folder.iterdir()
    }


def test_a_plan_is_tried_done_and_undone(
    run: Run, photos: Path, plan: Path, tmp_path: Path
) -> None:
    before = held(photos)
    aside = tmp_path / "aside"
    tried = run("duplicates", "--plan", plan, "--apply", f"move:{aside}")
    assert (tried.code, tried.err) == (0, "")
    lines = tried.out.splitlines()
    assert f"would go: {photos / 'small.jpg'}  ->  {aside / 'small.jpg'}" in lines
    assert lines[-2].startswith("2 files would be acted on, 0 left alone, 0 failed, ")
    assert lines[-1] == "nothing was touched: the same command with --yes does it"
    assert held(photos) == before
    assert not aside.exists()

    done = run("duplicates", "--plan", plan, "--apply", f"move:{aside}", "--yes")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1] == "'lookalike undo 1' takes it back"
    gone = {"small.jpg", "coins (1).jpg", "coins.jpg"} & set(held(aside))
    assert len(gone) == 2
    assert set(held(photos)) == set(before) - gone
    assert run("duplicates").out.startswith("no duplicates among ")  # the library was told

    assert run("undo").code == 0
    assert held(photos) == before
    assert "2 groups of 4 pictures" in run("duplicates").out


def test_a_folder_that_was_emptied_is_not_taken_for_unplugged(
    run: Run, photos: Path, tmp_path: Path
) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    (copies / "coins.jpg").write_bytes((photos / "coins.jpg").read_bytes())
    os.utime(photos / "coins.jpg", (1_000_000_000, 1_000_000_000))  # the older one stays
    run("index", photos, copies)
    plan = tmp_path / "plan.json"
    run("duplicates", "--plan", plan)
    run("duplicates", "--plan", plan, "--apply", f"move:{tmp_path / 'aside'}", "--yes")
    assert list(copies.iterdir()) == []
    assert run("duplicates").out.startswith("no duplicates among 8 pictures")
    assert "offline" not in run("status").out


def test_a_disk_that_is_away_keeps_its_pictures(run: Run, photos: Path, tmp_path: Path) -> None:
    usb = photos / "usb"
    usb.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", usb], check=False).returncode:
        pytest.skip("this user may not mount")
    try:
        (photos / "rocket.jpg").rename(photos / "r.jpg")
        shutil.move(photos / "r.jpg", usb / "rocket.jpg")
        for path in photos.glob("*.jpg"):
            if path.stem != "coins":
                path.unlink()
        shutil.copy(photos / "coins.jpg", photos / "coins (1).jpg")
        run("index", photos)
    finally:
        subprocess.run(["umount", usb], check=True)
    plan = tmp_path / "plan.json"
    run("duplicates", "--plan", plan)
    done = run("duplicates", "--plan", plan, "--apply", f"move:{tmp_path / 'aside'}", "--yes")
    assert "1 file acted on" in done.out
    assert json.loads(run("status", "--json").out)["pictures"] == 2  # the rocket is one of them


def test_json_says_what_became_of_each_file(run: Run, photos: Path, plan: Path) -> None:
    told = json.loads(
        run("duplicates", "--plan", plan, "--apply", "hardlink", "--yes", "--json").out
    )
    assert {one["kind"] for one in json.loads(plan.read_text())["groups"]} == {
        "same-bytes",
        "edited",
    }
    assert (told["action"], told["dry_run"], told["done"], told["left"]) == (
        "hardlink",
        False,
        1,
        1,
    )
    assert os.path.samefile(photos / "coins.jpg", photos / "coins (1).jpg")
    assert {one["result"] for one in told["files"]} == {"done", "left"}


def test_what_is_protected_or_changed_stays(run: Run, photos: Path, plan: Path) -> None:
    before = held(photos)
    done = run("duplicates", "--plan", plan, "--apply", "trash", "--yes", "--protect", photos)
    assert done.code == 0
    assert "protected" in done.out
    assert "0 files acted on, 2 left alone, 0 failed, 0 B to free" in done.out
    assert held(photos) == before
    with (photos / "small.jpg").open("ab") as file:
        file.write(b"more")
    listed = run("duplicates", "--plan", plan, "--apply", "list")
    assert "listed: " in listed.out
    assert f"left: {photos / 'small.jpg'}: " in listed.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--apply", "trash"], "--apply takes a plan: write one with --plan FILE"),
        (["--yes"], "--yes, --protect and --save-metadata go with --apply"),
        (["--apply", "move", "--plan", "PLAN"], "trash, move:FOLDER, hardlink, reflink or list"),
        (["--apply", "delete", "--plan", "PLAN"], "not 'delete'"),
        (["--apply", "trash", "--plan", "nowhere.json"], "the plan nowhere.json can't be read"),
    ],
)
def test_wrong_use_is_one_line(run: Run, plan: Path, arguments: list[str], said: str) -> None:
    done = run("duplicates", *[str(plan) if one == "PLAN" else one for one in arguments])
    assert done.code == 2
    assert said in done.err
    assert len(done.err.splitlines()) == 1
