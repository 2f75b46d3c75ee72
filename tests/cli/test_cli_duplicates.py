"""``lookalike duplicates``, ``reject`` and ``settle``."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from lookalike.cli import duplicates as command
from lookalike.library.duplicates.rules import DEFAULT_RULES

Run = Callable[..., Any]


@pytest.fixture
def copies(photos: Path, run: Run) -> Path:
    """A library of the photographs, a small cat and a second cup."""
    with Image.open(photos / "chelsea.jpg") as cat:
        cat.reduce(2).save(photos / "small.jpg", quality=60)
    shutil.copy(photos / "coffee.jpg", photos / "cup.jpg")
    assert run("index", photos).code == 0
    return photos


def test_groups_are_printed_with_what_to_keep(run: Run, copies: Path) -> None:
    done = run("duplicates", "--explain")
    assert done.code == 0
    assert f"{copies}/chelsea.jpg" in done.out
    assert "more pixels: 451 x 300, not 226 x 150" in done.out
    assert re.search(r"^2 groups of 4 pictures, .* to free$", done.out, re.MULTILINE)
    assert re.search(r"^rules that decided: .*pixels 1", done.out, re.MULTILINE)
    assert "rule pixels: " in done.out
    limited = run("duplicates", "--limit", "1")
    assert "1 group of 2 pictures" in limited.out
    nothing = run("duplicates", "--under", copies / "nowhere")
    assert nothing.out.startswith("no duplicates among 0 pictures")


def test_json_csv_and_a_plan_tell_the_same(run: Run, copies: Path, tmp_path: Path) -> None:
    told = run("duplicates", "--json").json
    assert {"groups", "pairs", "seconds", "exact"} <= told.keys()
    for group in told["groups"]:
        assert {"id", "path", "why"} <= group["keep"].keys()
        for member in group["members"]:
            assert {"id", "path", "kind", "distance", "chance", "edits", "bytes", "width",
                    "height"} <= member.keys()  # fmt: skip
        assert group["bytes_to_free"] == sum(member["bytes"] for member in group["members"])
    rows = list(csv.DictReader(io.StringIO(run("duplicates", "--csv").out)))
    assert [(row["group"], row["path"]) for row in rows] == [
        (group["id"], one["path"])
        for group in told["groups"]
        for one in (group["keep"], *group["members"])
    ]
    assert {row["kind"] for row in rows} == {"keep", "edited", "same-bytes"}
    plan = tmp_path / "plan.json"
    assert run("duplicates", "--plan", plan).code == 0
    written = json.loads(plan.read_text())
    assert (written["lookalike_plan"], written["action"], written["to"]) == (1, "trash", None)
    assert {group["id"] for group in written["groups"]} == {g["id"] for g in told["groups"]}
    for group in written["groups"]:
        for one in (*group["keep"], *group["act"]):
            assert os.path.getsize(one["path"]) == one["bytes"]
            assert one["member"] == ""
            assert len(one["digest"]) == 64
        assert all(one["why"] for one in group["act"])
    assert all(path.exists() for path in copies.iterdir())


def test_a_plan_has_nothing_that_is_only_related(run: Run, photos: Path, tmp_path: Path) -> None:
    with Image.open(photos / "chelsea.jpg") as cat:
        width, height = cat.size
        cat.crop((60, 60, width, height)).save(photos / "crop.jpg", quality=90)
    run("index", photos)
    plan = tmp_path / "plan.json"
    done = run("duplicates", "--kind", "part", "--plan", plan)
    assert "part, 2 pictures\n" in done.out
    assert json.loads(plan.read_text())["groups"] == []
    after = run("duplicates")
    assert "beside these, as far as is known: 1 group of parts (--kind part)" in after.out


def test_a_report_opens_anywhere(run: Run, copies: Path, tmp_path: Path) -> None:
    odd = copies / "<b>&\"'\u202eodd\n.jpg"
    shutil.copy(copies / "coffee.jpg", odd)
    raw = os.fsencode(copies) + b"/\xff.jpg"
    shutil.copy(copies / "coffee.jpg", raw)
    run("index", copies)
    report = tmp_path / "report.html"
    assert run("duplicates", "--html", report).code == 0
    page = report.read_text(encoding="utf-8")
    assert "<b>" not in page
    assert "&lt;b&gt;&amp;&quot;" in page
    assert "\u202e" not in page
    assert page.count("data:image/jpeg;base64,") == 6
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    assert "default-src 'none'" in page
    shown = run("duplicates")
    assert "\\udcff.jpg" in shown.out
    again = run("duplicates", "--json")
    assert os.fsdecode(raw) in {
        member["path"] for group in again.json["groups"] for member in group["members"]
    }


def test_rules_can_be_shown_and_changed(run: Run, copies: Path, tmp_path: Path) -> None:
    assert run("duplicates", "--rules", "show").out == DEFAULT_RULES
    rules = tmp_path / "rules.toml"
    rules.write_text('order = ["name"]\n')
    done = run("duplicates", "--rules", rules, "--kind", "same-bytes", "--explain")
    assert re.search(r"keep .*/cup\.jpg\n +the shorter path", done.out)
    rules.write_text("order = 7\n")
    wrong = run("duplicates", "--rules", rules)
    assert wrong.code == 2
    assert wrong.err.count("\n") == 1
    assert "rules.toml" in wrong.err


def test_what_is_decided_is_said_and_kept(run: Run, copies: Path, tmp_path: Path) -> None:
    done = run("reject", copies / "small.jpg", copies / "chelsea.jpg")
    assert done.out.rstrip().endswith("are no duplicates")
    shown = run("duplicates")
    assert "small.jpg" not in shown.out
    group = shown.out.split()[0]
    assert run("settle", group[:8]).out == f"{group} is settled\n"
    assert run("duplicates").out == (
        "no duplicates among 10 pictures\nleft out: 1 group that is settled\n"
    )
    target = tmp_path / "decisions.json"
    assert run("duplicates", "--export-decisions", target).out == f"{target}\n"
    assert run("settle", "--undo", group).out == f"{group} is no longer settled\n"
    run("reject", "--undo", copies / "small.jpg", copies / "chelsea.jpg")
    assert "2 groups of 4 pictures" in run("duplicates").out
    taken = run("duplicates", "--import-decisions", target)
    assert taken.out == "1 pair and 1 group taken over\n"
    assert run("duplicates").out.startswith("no duplicates")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["duplicates", "--kind", "alike"], "a kind is one of"),
        (["duplicates", "--kind", ""], "a kind is one of"),
        (["duplicates", "--json", "--csv"], "one of --csv and --json"),
        (["duplicates", "--html", "report.txt"], "has to end in .html"),
        (["duplicates", "--plan", "no/plan.json"], "there is no folder"),
        (["duplicates", "--import-decisions", "none.json"], "No such file"),
        (["duplicates", "--rules", "none.toml"], "can't be read"),
        (["duplicates", "--export-decisions", "a", "--import-decisions", "b"], "give one of"),
        (["duplicates", "--limit", "0"], "--limit"),
        (["reject", "none.jpg", "other.jpg"], "none.jpg is not in the library"),
        (["settle", "ffffffffffff"], "there is no group ffffffffffff"),
        (["settle", "--undo", "f"], "there is no settled group f"),
        (["settle", "a/b"], "letters and digits"),
    ],
)
def test_wrong_use_is_one_line(words: list[str], said: str, run: Run, copies: Path) -> None:
    done = run(*words)
    assert done.code in (1, 2)
    assert said in done.err
    assert done.err.count("\n") == 1
    assert done.out == ""


def test_stopped_it_prints_what_was_found(
    run: Run, copies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = command._found

    def stopped(library: object, *given: object) -> object:
        import dataclasses

        return dataclasses.replace(before(library, *given), interrupted=True)  # type: ignore[arg-type]

    monkeypatch.setattr(command, "_found", stopped)
    done = run("duplicates")
    assert done.code == 130
    assert "2 groups" in done.out
    assert "resumes there" in done.err


def test_stopped_early_it_gives_no_clean_bill(
    run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("index", photos)
    before = command._found

    def stopped(library: object, *given: object) -> object:
        import dataclasses

        found = before(library, *given)  # type: ignore[arg-type]
        return dataclasses.replace(found, groups=(), interrupted=True)

    monkeypatch.setattr(command, "_found", stopped)
    done = run("duplicates")
    assert done.code == 130
    assert done.out.startswith("no duplicates so far; ")


def test_a_limit_says_what_it_leaves_out(run: Run, photos: Path) -> None:
    for name in ("coins", "grass"):
        (photos / f"{name} (1).jpg").write_bytes((photos / f"{name}.jpg").read_bytes())
    run("index", photos)
    done = run("duplicates", "--limit", "1")
    assert "left out by --limit: 1 group" in done.out.splitlines()
    assert "left out" not in run("duplicates").out


def test_folders_without_pictures_are_no_clean_bill(run: Run, photos: Path) -> None:
    run("index", photos)
    done = run("duplicates", "--under", "nowhere")
    assert "no picture of the library fits what --under" in done.err
    done = run("duplicates", "--across", photos, photos)
    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert "are one" in done.err
