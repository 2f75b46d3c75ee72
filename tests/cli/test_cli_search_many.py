"""``lookalike search`` with several pictures, folders, standard input, parts and weights."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from lookalike.cli.queries import Query, Refused, answered
from lookalike.errors import PictureError

Run = Callable[..., Any]


@pytest.fixture
def query(photos: Path) -> Path:
    """The cat at half its size, as a poor JPEG."""
    path = photos.parent / "query.jpg"
    with Image.open(photos / "chelsea.jpg") as picture:
        picture.reduce(2).save(path, quality=30)
    return path


@pytest.fixture
def asked(photos: Path, query: Path, tmp_path: Path) -> Path:
    """A folder with two pictures, a file that is none, and another picture below."""
    folder = tmp_path / "asked"
    (folder / "below").mkdir(parents=True)
    (folder / "a.jpg").write_bytes(query.read_bytes())
    (folder / "b.jpg").write_text("no picture")
    (folder / "c.jpg").write_bytes((photos / "coins.jpg").read_bytes())
    (folder / "below" / "d.jpg").write_bytes((photos / "coffee.jpg").read_bytes())
    return folder


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_a_folder_is_searched_picture_by_picture(run: Run, photos: Path, asked: Path) -> None:
    run("index", photos)
    done = run("search", asked, "-k", 1)
    assert done.code == 1  # for the one that is no picture
    assert done.err == f"lookalike: {asked / 'b.jpg'}: not a picture: starts with 'no picture'\n"
    blocks = [block.splitlines() for block in done.out.split("\n\n")]
    assert [block[0] for block in blocks] == [
        f"query: {asked / name}" for name in ("a.jpg", "c.jpg", "below/d.jpg")
    ]
    found = [block[2].split() for block in blocks]
    assert [(row[0], row[-1]) for row in found] == [
        ("edited", str(photos / "chelsea.jpg")),
        ("same-bytes", str(photos / "coins.jpg")),
        ("same-bytes", str(photos / "coffee.jpg")),
    ]


def test_json_of_several_is_an_object_a_line(
    run: Run, photos: Path, query: Path, tmp_path: Path
) -> None:
    run("index", photos)
    done = run("search", query, "missing.jpg", photos / "coins.jpg", "-k", 2, "--json")
    assert done.code == 1
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert [line["query"] for line in lines] == [
        str(query), "missing.jpg", str(photos / "coins.jpg"),
    ]  # fmt: skip
    assert set(lines[1]) == {"query", "error"}
    assert "no such file" in lines[1]["error"]
    alone = run("search", query, "-k", 2, "--json").json
    assert set(lines[0]) == set(alone)
    assert lines[0]["hits"] == alone["hits"]


def test_a_picture_comes_by_standard_input(
    run: Run, photos: Path, query: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("index", photos)
    feed(monkeypatch, query.read_bytes())
    done = run("search", "-", "-k", 1, "--json", "--plot", "sheet.png")
    assert (done.code, done.json["query"]) == (0, "-")
    assert done.json["hits"][0]["path"] == str(photos / "chelsea.jpg")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 300
    feed(monkeypatch, b"")
    done = run("search", "-")
    assert (done.code, done.err) == (1, "lookalike: -: empty file\n")
    feed(monkeypatch, query.read_bytes())
    done = run("search", "-", photos / "coins.jpg", "-k", 1)
    assert done.out.startswith("query: -\n")


def test_paths_go_in_and_out_by_pipes(
    run: Run, photos: Path, query: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("index", photos)
    wanted = [str(photos / "chelsea.jpg"), str(photos / "coins.jpg")]
    (tmp_path / "list").write_text(f"{query}\n\n{photos / 'coins.jpg'}\n")
    done = run("search", "--paths-from", "list", "--paths-only", "-k", 1)
    assert (done.code, done.out.splitlines()) == (0, wanted)
    feed(monkeypatch, b"\0".join([os.fsencode(query), os.fsencode(photos / "coins.jpg"), b""]))
    done = run("search", "--paths-from", "-", "-0", "--paths-only", "-k", 1)
    assert (done.code, done.out) == (0, "".join(f"{path}\0" for path in wanted))
    done = run("search", query, "--paths-only", "-k", 1)
    assert done.out.splitlines() == wanted[:1]
    feed(monkeypatch, b"a\0b\0")
    done = run("search", "--paths-from", "-")
    assert (done.code, "add -0" in done.err) == (2, True)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names there are Unicode")
def test_paths_are_printed_as_their_bytes(run: Run, photos: Path, tmp_path: Path) -> None:
    target = os.fsencode(photos) + b'/caf\xe9 "\n.jpg'
    os.rename(os.fsencode(photos / "chelsea.jpg"), target)
    run("index", photos)
    command = [sys.executable, "-m", "lookalike", "search", target, "-k", "1", "--paths-only", "-0"]
    assert subprocess.check_output(command, timeout=60) == target + b"\0"


def test_a_part_is_looked_for(run: Run, photos: Path, tmp_path: Path) -> None:
    run("index", photos)
    with (
        Image.open(photos / "rocket.jpg") as rocket,
        Image.open(photos / "coffee.jpg") as coffee,
    ):
        page = Image.new("RGB", (1200, 427), "white")
        page.paste(rocket, (0, 0))
        page.paste(coffee.resize((560, 373)), (640, 54))
    page.save(tmp_path / "page.png")
    for part in ("0,0,0.5333333,1", "0%, 0%, 53.33333%, 100%"):
        done = run("search", "page.png", "--part", part, "-k", 1, "--json", "--plot", "s.png")
        best = done.json["hits"][0]
        assert (best["path"], best["kind"]) == (str(photos / "rocket.jpg"), "edited")
    for wrong in ("0,0,1", "0,0,0,1", "0.5,0,0.2,1", "0,0,2,1", "a,b,c,d", "-1,0,1,1", ""):
        done = run("search", "page.png", "--part", wrong)
        assert (done.code, len(done.err.splitlines())) == (2, 1)
        assert "--part" in done.err


def test_pictures_are_asked_about_together(run: Run, photos: Path, tmp_path: Path) -> None:
    run("index", photos)
    pair = (photos / "coins.jpg", photos / "rocket.jpg")
    both = run("search", *pair, "--together", "-k", 8, "--json", "--plot", "s.png").json
    assert {hit["path"] for hit in both["hits"][:2]} == {str(path) for path in pair}
    assert (tmp_path / "s.png").exists()
    one = run("search", *pair, "--together", "--weight", 1, "--weight", -1, "-k", 8, "--json").json
    assert one["query"] == f"+1 x {pair[0]} -1 x {pair[1]}"
    assert one["hits"][0]["path"] == str(pair[0])
    assert one["hits"][-1]["path"] == str(pair[1])
    done = run("search", *pair, "missing.jpg", "--together")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("lookalike: missing.jpg: ")


def test_what_doesnt_go_together(run: Run, photos: Path, query: Path) -> None:
    run("index", photos)
    for given, told in (
        ([query, query, "--plot", "s.png"], "--plot draws the hits of one"),
        ([photos, "--plot", "s.png"], "--plot draws the hits of one"),
        ([query, photos, "--part", "0,0,1,1"], "--part is of one picture"),
        ([query, "--together", "--part", "0,0,1,1"], "--part is of one picture"),
        ([query, "--weight", "2"], "add --together"),
        ([query, "--together", "--weight", "2", "--weight", "1"], "2 weights for 1 pictures"),
        ([query, "--together", "--code", "pdq"], "leave out --code"),
        ([query, "--text", "cat"], "either a PICTURE or --text"),
        (["--text", "cat", "--together"], "--together is of pictures"),
        (["--text", "cat", "--paths-from", "x"], "either a PICTURE or --text"),
        ([], "either a PICTURE or --text"),
        ([query, "--paths-only", "--json"], "leave out one of"),
        ([query, "-0"], "-0 is about paths"),
        (["-", "--paths-from", "-"], "give it once"),
        (["--paths-from", "none"], "--paths-from none can't be read: no such file"),
    ):
        done = run("search", *given)
        assert (done.code, done.out) == (2, ""), given
        assert told in done.err
        assert len(done.err.splitlines()) == 1


def test_no_pictures_and_no_library_are_said(run: Run, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert run("search", photos).code == 1  # no library
    run("index", photos)
    done = run("search", "empty")
    assert (done.code, done.out) == (0, "")
    assert done.err.splitlines() == [
        "lookalike: empty holds no pictures", "lookalike: there is no picture to look for",
    ]  # fmt: skip
    run("remove", photos)
    done = run("search", photos / "coins.jpg", photos / "rocket.jpg")
    assert done.code == 0
    assert "lookalike index FOLDER" in done.err


def test_answers_keep_their_names_however_far_ahead_the_search_is() -> None:
    asked = [Refused("r0", "x"), Query("a", "1"), Refused("r1", "y"), Query("b", "2"),
             Refused("r2", "z")]  # fmt: skip
    for ahead in (True, False):

        def ask(pictures: Any, ahead: bool = ahead) -> Any:
            listed = list(pictures) if ahead else pictures
            return (f"<{picture}>" for picture in listed)

        found = list(answered(ask, asked))
        assert [name for name, _ in found] == ["r0", "a", "r1", "b", "r2"]
        told = [str(one) if isinstance(one, PictureError) else one for _, one in found]
        assert told == ["x", "<1>", "y", "<2>", "z"]
