"""``lookalike search`` and ``status``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lookalike.cli.search import print_hits
from lookalike.types import Match

HIT = {
    "id", "path", "kind", "code", "distance", "bits", "similarity", "width", "height", "part",
    "member",
}  # fmt: skip

Run = Callable[..., Any]


@pytest.fixture
def query(photos: Path) -> Path:
    """The cat at half its size, as a poor JPEG."""
    path = photos.parent / "query.jpg"
    with Image.open(photos / "chelsea.jpg") as picture:
        picture.reduce(2).save(path, quality=30)
    return path


def test_json_has_its_keys(run: Run, photos: Path, query: Path) -> None:
    run("index", photos)
    done = run("search", query, "-k", 3, "--all", "--json")
    assert (done.code, done.err) == (0, "")
    answer = done.json
    assert set(answer) == {"query", "exact", "hits", "seconds", "searched", "left_out"}
    assert answer["query"] == str(query)
    assert answer["exact"] is True
    assert len(answer["hits"]) == 3
    assert all(set(hit) >= HIT for hit in answer["hits"])
    best = answer["hits"][0]
    assert best["path"] == str(photos / "chelsea.jpg")
    assert (best["kind"], best["code"], best["bits"]) == ("edited", "pdq-area", 256)
    assert (best["width"], best["height"]) == (451, 300)
    assert {"decode", "encode", "search", "total"} <= set(answer["seconds"])


def test_each_code_can_be_asked_alone(run: Run, photos: Path, query: Path) -> None:
    run("index", photos)
    for code in ("pdq", "photo"):
        hits = run("search", query, "--code", code, "--json").json["hits"]
        assert hits[0]["path"] == str(photos / "chelsea.jpg")
        assert hits[0]["code"].startswith(code)


def test_the_table_is_for_people(run: Run, photos: Path) -> None:
    run("index", photos)
    done = run("search", photos / "rocket.jpg", "-k", 2, "--all")
    assert done.err == ""
    heading, first, _second = done.out.splitlines()
    assert heading.split() == ["kind", "code", "distance", "similarity", "size", "chance", "path"]
    assert first.startswith("same-bytes ")
    assert first.endswith(f" {photos / 'rocket.jpg'}")


def test_what_chance_would_bring_is_left_out(run: Run, photos: Path) -> None:
    run("index", photos)
    done = run("search", photos / "rocket.jpg", "-k", 5)
    assert len(done.out.splitlines()) == 2
    assert done.err == ("4 more are no nearer than unrelated pictures are; --all shows them\n")
    answer = run("search", photos / "rocket.jpg", "-k", 5, "--json").json
    assert (len(answer["hits"]), answer["left_out"], answer["searched"]) == (1, 4, 8)
    far = run("search", photos / "rocket.jpg", "-k", 5, "--max-chance", 100)
    assert len(far.out.splitlines()) == 6
    none = run("search", photos / "rocket.jpg", "-k", 5, "--max-chance", 0)
    assert "have a chance above 0" in none.err
    both = run("search", photos / "rocket.jpg", "--all", "--max-chance", 1)
    assert (both.code, both.out) == (2, "")
    assert "contradict each other" in both.err


def test_columns_that_would_be_empty_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    whole = Match(1, "/a.jpg", "edited", "pdq", 16, 256, None, 451, 300)
    page = replace(whole, path="/b.tiff", member="page-2")
    detail = replace(whole, kind="alike", similarity=0.5, part=(0.0, 0.0, 0.5, 1.0))
    print_hits((whole,))
    print_hits((page, whole))
    print_hits((detail,))
    print_hits(())
    assert capsys.readouterr().out.splitlines() == [
        "kind    code  distance  similarity     size  path",
        "edited  pdq     16/256              451x300  /a.jpg",
        "kind    code  distance  similarity     size  member  path",
        "edited  pdq     16/256              451x300  page-2  /b.tiff",
        "edited  pdq     16/256              451x300          /a.jpg",
        "kind   code  distance  similarity     size  part            path",
        "alike  pdq     16/256        0.50  451x300  0%,0%,50%,100%  /a.jpg",
    ]


def test_the_sheet_is_written_and_named_last(
    run: Run, photos: Path, query: Path, tmp_path: Path
) -> None:
    run("index", photos)
    done = run("search", query, "--plot", "sheet.png")
    assert done.out.splitlines()[-1] == str(tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.format == "PNG"
        assert min(sheet.size) > 300
    quiet = run("search", query, "--plot", "other.png", "--json")
    assert quiet.json["hits"]
    assert (tmp_path / "other.png").exists()


def test_a_sheet_that_cant_be_written_is_one_line(run: Run, photos: Path, query: Path) -> None:
    run("index", photos)
    for name in ("none/sheet.png", "sheet.xyz", "sheet", "photos"):
        done = run("search", query, "--plot", name)
        assert done.code == 2
        assert len(done.err.splitlines()) == 1


def test_an_emptied_library_says_so(run: Run, photos: Path, query: Path) -> None:
    run("index", photos)
    run("remove", photos)
    done = run("search", query, "--json")
    assert done.json["hits"] == []
    assert "lookalike index FOLDER" in done.err


def test_a_query_that_is_no_picture_is_a_failure(run: Run, photos: Path, tmp_path: Path) -> None:
    run("index", photos)
    (tmp_path / "query.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    for path in ("query.jpg", "missing.jpg"):
        done = run("search", path)
        assert done.code == 1
        assert done.out == ""
        assert path in done.err
        assert len(done.err.splitlines()) == 1


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names there are Unicode")
def test_names_that_are_not_utf_8_come_back(photos: Path, tmp_path: Path) -> None:
    name = b'caf\xe9 \n"\xf0\x9f\x90\x88.jpg'
    target = os.fsencode(photos) + b"/" + name
    os.rename(os.fsencode(photos / "chelsea.jpg"), target)
    base = [sys.executable.encode(), b"-m", b"lookalike"]
    library = [b"--library", os.fsencode(tmp_path / "l.lookalike")]
    subprocess.run([*base, b"index", os.fsencode(photos), *library], check=True, timeout=60)
    command = [*base, b"search", target, b"-k", b"1", *library]
    answer = json.loads(subprocess.check_output([*command, b"--json"], timeout=60))
    assert os.fsencode(answer["hits"][0]["path"]) == target
    assert os.fsencode(answer["query"]) == target
    shown = subprocess.check_output(command, timeout=60).decode().splitlines()[1]
    assert os.fsencode(json.loads(shown[shown.index('"') :])) == target


def test_status_counts_and_lists_the_ledger(run: Run, photos: Path, tmp_path: Path) -> None:
    (photos / "notes.jpg").write_text("not a picture")
    run("index", photos)
    found = run("status", "--json").json
    assert (found["pictures"], found["distinct"], found["missing"]) == (8, 8, 0)
    assert found["path"] == str(tmp_path / "l.lookalike")
    (entry,) = found["ledger"]
    assert set(entry) == {"path", "status", "cause", "reason"}
    assert entry["path"] == str(photos / "notes.jpg")
    assert entry["status"] == "skipped"
    assert [code["bits"] for code in found["codes"]] == [256, 256]
    assert found["folders"][0]["path"] == str(photos)
    told = run("status").out
    assert str(photos / "notes.jpg") in told
    assert entry["reason"] in told


def test_a_sheet_shows_the_page_that_was_found(run: Run, photos: Path, tmp_path: Path) -> None:
    """Not the first one of its file."""
    folder = tmp_path / "scans"
    folder.mkdir()
    red, blue = (Image.new("RGB", (300, 300), colour) for colour in ("red", "blue"))
    red.save(folder / "scan.tif", save_all=True, append_images=[blue])
    query = tmp_path / "asked.png"
    blue.save(query)
    run("index", folder, "--members", 2)
    sheet = tmp_path / "sheet.png"
    hits = run("search", query, "--plot", sheet, "--json").json["hits"]
    assert hits[0]["member"] == "page-2"
    with Image.open(sheet) as drawn:
        pixels = np.asarray(drawn.convert("RGB")).reshape(-1, 3)
    counts = [int((pixels == colour).all(1).sum()) for colour in ((0, 0, 255), (255, 0, 0))]
    assert counts[0] == 2 * counts[1] > 10_000  # the query and page 2; page 1


def test_no_sheet_is_written_over_a_picture(
    run: Run, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("index", photos)
    query = tmp_path / "query.jpg"
    query.write_bytes((photos / "chelsea.jpg").read_bytes())
    link = tmp_path / "link"
    link.symlink_to(photos)
    taken = [query, photos / "coffee.jpg", link / "coffee.jpg", Path("photos/coffee.jpg")]
    before = {path: path.read_bytes() for path in photos.iterdir()}
    for sheet in taken:
        done = run("search", query, "--plot", sheet)
        assert done.code == 2
        assert "--plot" in done.err
        assert len(done.err.splitlines()) == 1
    assert {path: path.read_bytes() for path in photos.iterdir()} == before
    for _ in range(2):  # its own sheet it may write again
        assert run("search", query, "--plot", "sheet.jpg").code == 0


def test_filters_say_what_hits_have_to_be(run: Run, photos: Path, query: Path) -> None:
    (photos / "sub").mkdir()
    (photos / "coins.jpg").rename(photos / "sub" / "coins.jpg")
    run("index", photos)
    done = run("search", query, "--all", "--under", photos / "sub", "--format", "jpg", "--json")
    assert [Path(hit["path"]).name for hit in done.json["hits"]] == ["coins.jpg"]
    done = run("search", query, "--all", "--kind", "edited", "--json")
    assert {hit["kind"] for hit in done.json["hits"]} == {"edited"}
    done = run("search", query, "--taken", "1999..2001")
    assert "no picture of the library fits what --under, " in done.err


@pytest.mark.parametrize("option", [["--taken", "soon"], ["--larger", "big"], ["--kind", "copy"]])
def test_a_filter_that_cannot_be_understood(
    run: Run, photos: Path, query: Path, option: list[str]
) -> None:
    run("index", photos)
    done = run("search", query, *option)
    assert done.code == 2
    assert option[1] in done.err


def test_a_short_list_by_the_first_bits(run: Run, photos: Path) -> None:
    run("index", photos)
    asked = ["search", photos / "coffee.jpg"]
    found = run(*asked, "--short-list", 64, "--json")
    assert found.code == 0
    assert json.loads(found.out)["hits"][0]["kind"] == "same-bytes"
    refused = run(*asked, "--short-list", 256)
    assert refused.code == 2
    assert "photo codes of 256 bits: a short list is made by 1 to 255" in refused.err
