"""``lookalike remove``: folders in folders, and libraries that are damaged."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lookalike.library import Library

Run = Callable[..., Any]


@pytest.fixture
def library(tmp_path: Path, photos: Path) -> Path:
    """The pictures in ``photos``, three of them in ``photos/inner``."""
    (photos / "inner").mkdir()
    for name in ("coins", "grass", "gravel"):
        (photos / f"{name}.jpg").rename(photos / "inner" / f"{name}.jpg")
    path = tmp_path / "l.lookalike"
    with Library.open(path, workers=1) as opened:
        opened.index(photos)
        opened.index(photos / "inner")
    return path


def test_a_folder_in_another_says_whose_its_files_are(
    run: Run, library: Path, photos: Path
) -> None:
    done = run("remove", photos / "inner")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "forgot 0 files; the files themselves stay",
        f"{photos / 'inner'} lies in {photos}, which the library keeps: what that takes in stays",
    ]
    assert run("status", "--json").json["pictures"] == 8


def test_both_at_once_is_nothing_special(run: Run, library: Path, photos: Path) -> None:
    done = run("remove", photos / "inner", photos)
    assert done.out == "forgot 8 files; the files themselves stay\n"


@pytest.mark.parametrize(
    ("patterns", "gone"),
    [(["inner"], 3), (["inner/g*"], 2), (["*.gif"], 0), (["inner/", "!g*"], 3)],
)
def test_what_the_outer_folder_leaves_out_goes_at_once(
    run: Run, library: Path, photos: Path, patterns: list[str], gone: int
) -> None:
    with Library.open(library, workers=1) as opened:
        opened.index(photos, exclude=patterns)
        assert opened.status().pictures == 8
        (photos / "inner" / "broken.jpg").write_bytes(b"")
        opened.index()
        assert opened.remove(photos / "inner") == gone
        status = opened.status()
        assert (status.pictures, len(status.ledger)) == (8 - gone, 0 if gone == 3 else 1)
        report = opened.index()
        assert (report.unchanged, report.missing, report.left_out) == (8 - gone, 0, 0)
        assert opened.check().sound


@pytest.mark.parametrize("name", ["@eaDir", ".hidden"])
def test_folders_that_no_walk_enters_go_too(
    run: Run, library: Path, photos: Path, name: str
) -> None:
    (photos / "inner").rename(photos / name)
    with Library.open(library, workers=1) as opened:
        opened.index(photos / name)
        assert opened.remove(photos / "inner") == 0 or name == ".hidden"
        opened.index()
        assert opened.status().pictures == 8
        assert opened.remove(photos / name) == 3
        assert opened.status().pictures == 5


def damage(path: Path) -> None:
    with path.open("rb+") as file:
        file.seek(100)
        file.write(b"\x7f" * (path.stat().st_size - 100))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("answer", ["y", "n"])
def test_a_damaged_library_is_asked_for_without_its_pictures(
    run: Run, library: Path, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage(library)
    monkeypatch.setattr("sys.stdin", Terminal(f"{answer}\n"))
    done = run("remove", "--all")
    assert f"Delete the damaged library {library}? The files themselves stay." in done.err
    assert done.code == (0 if answer == "y" else 1)
    assert library.exists() is (answer == "n")


def test_a_sound_library_is_asked_for_with_them(
    run: Run, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    assert f"Delete the library {library} with 8 pictures?" in run("remove", "--all").err


def test_json_of_a_damaged_library(run: Run, library: Path) -> None:
    damage(library)
    assert run("remove", "--all", "--yes", "--json").json == {"removed": None}
    assert not library.exists()


def test_what_lost_its_beginning_is_left_to_the_user(run: Run, library: Path) -> None:
    library.write_bytes(bytes(100) + library.read_bytes()[100:])
    for command in (["remove", "--all", "--yes"], ["check-library"], ["check-library", "--repair"]):
        done = run(*command)
        assert done.code == 1
        assert "begins with zeros" in done.err
        assert "delete it by hand, with what lies beside it: l.lookalike-cache" in done.err
        assert done.err.count("\n") == 1
    assert library.exists()
