"""``lookalike check``: is it in the library already."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from PIL import Image

from lookalike.cli.check import _COUNTED, _KINDS
from lookalike.library.containing import COPIES
from lookalike.types import Kind

Run = Callable[..., Any]


@pytest.fixture
def inbox(run: Run, photos: Path, tmp_path: Path) -> Path:
    """Four pictures, of which the rocket is new; all others are in the library."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    (photos / "rocket.jpg").rename(folder / "rocket.jpg")
    (folder / "coins.jpg").write_bytes((photos / "coins.jpg").read_bytes())
    with Image.open(photos / "chelsea.jpg") as picture:
        picture.save(folder / "cat.png")
        picture.reduce(2).save(folder / "small.jpg", quality=30)
    run("index", photos)
    return folder


def test_a_folder_with_a_new_picture(run: Run, photos: Path, inbox: Path) -> None:
    done = run("check", inbox)
    assert (done.code, done.err) == (3, "")
    rows = [line.split() for line in done.out.splitlines()]
    assert rows == [
        ["in", "same-pixels", str(inbox / "cat.png"), "->", str(photos / "chelsea.jpg")],
        ["in", "same-bytes", str(inbox / "coins.jpg"), "->", str(photos / "coins.jpg")],
        ["new", "alike", str(inbox / "rocket.jpg")],
        ["in", "edited", str(inbox / "small.jpg"), "->", str(photos / "chelsea.jpg")],
        ["4", "pictures:", "3", "in", "the", "library,", "1", "not"],
    ]


def test_the_exit_code_says_it_all(run: Run, inbox: Path) -> None:
    assert run("check", inbox / "cat.png", inbox / "small.jpg").code == 0
    assert run("check", inbox / "rocket.jpg").code == 3
    done = run("check", inbox / "cat.png", "missing.jpg")
    assert (done.code, len(done.err.splitlines())) == (1, 1)
    assert done.err.startswith("lookalike: missing.jpg: ")
    assert done.out.splitlines()[-1] == "2 pictures: 1 in the library, 0 not, 1 can't be read"
    # What can't be read may be missing as well: that comes first.
    assert run("check", inbox / "rocket.jpg", "missing.jpg").code == 1


def test_which_kinds_count_can_be_said(run: Run, inbox: Path) -> None:
    small = inbox / "small.jpg"
    assert run("check", small, "--kind", "same-bytes", "--kind", "same-pixels").code == 3
    assert run("check", small, "--kind", "edited").code == 0
    assert run("check", inbox / "cat.png", "--kind", "part").code == 3
    done = run("check", small, "--kind", "alike")
    assert (done.code, "--kind" in done.err) == (2, True)
    # Written down twice, so that --help needs no library.
    assert _COUNTED == COPIES
    assert list(get_args(Kind))[:-1] == _KINDS


def test_only_pictures_that_fit_are_asked_about(
    run: Run, photos: Path, inbox: Path, tmp_path: Path
) -> None:
    assert run("check", inbox / "small.jpg", "--under", photos).code == 0
    done = run("check", inbox / "small.jpg", "--under", photos, "--format", "png")
    assert done.code == 3
    assert done.out.splitlines()[-1] == "1 picture: 0 in the library, 1 not"
    assert run("check", inbox / "coins.jpg", "--larger", "50MP").code == 3
    wrong = run("check", inbox / "coins.jpg", "--larger", "big")
    assert wrong.code == 2
    assert "big" in wrong.err


def test_lists_for_scripts(run: Run, inbox: Path) -> None:
    new = str(inbox / "rocket.jpg")
    done = run("check", inbox, "--missing-only")
    assert [line.split()[0] for line in done.out.splitlines()] == ["new", "4"]
    done = run("check", inbox, "--paths-only")
    assert (done.code, done.out, done.err) == (3, f"{new}\n", "")
    assert run("check", inbox, "--paths-only", "-0").out == f"{new}\0"


def test_json_is_an_object_a_line(run: Run, photos: Path, inbox: Path) -> None:
    done = run("check", inbox, "missing.jpg", "--json")
    lines = {Path(line["query"]).name: line for line in map(json.loads, done.out.splitlines())}
    assert {name: line.get("in") for name, line in lines.items()} == {
        "cat.png": True, "coins.jpg": True, "rocket.jpg": False, "small.jpg": True,
        "missing.jpg": None,
    }  # fmt: skip
    assert lines["small.jpg"]["hit"]["kind"] == "edited"
    assert lines["small.jpg"]["hit"]["path"] == str(photos / "chelsea.jpg")
    assert lines["rocket.jpg"]["hit"]["kind"] == "alike"
    assert "no such file" in lines["missing.jpg"]["error"]
    assert len(run("check", inbox, "--json", "--missing-only").out.splitlines()) == 1


def test_standard_input(run: Run, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, code in (("small.jpg", 0), ("rocket.jpg", 3)):
        data = (inbox / name).read_bytes()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        assert run("check", "-").code == code
    listed = f"{inbox / 'small.jpg'}\n{inbox / 'rocket.jpg'}\n".encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(listed)))
    done = run("check", "--paths-from", "-", "--paths-only")
    assert (done.code, done.out) == (3, f"{inbox / 'rocket.jpg'}\n")


def test_nothing_to_check(run: Run, inbox: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = run("check", "empty")
    assert (done.code, done.out) == (0, "")
    assert "there is no picture to check" in done.err
    for given in ([], [inbox, "--paths-only", "--json"], [inbox, "-0"]):
        done = run("check", *given)
        assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert run("check", inbox, "--library", "none.lookalike").code == 1


def test_an_empty_library_has_nothing(run: Run, photos: Path, inbox: Path) -> None:
    run("remove", photos)
    done = run("check", inbox / "small.jpg")
    assert (done.code, done.out.split()[0]) == (3, "new")
    assert json.loads(run("check", inbox / "small.jpg", "--json").out)["hit"] is None
