"""``lookalike overlap``: which pictures of one folder are in another."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from PIL import Image

from lookalike.cli.overlap import _KINDS
from lookalike.library.overlap import OVERLAPPING
from lookalike.types import Kind

Run = Callable[..., Any]


@pytest.fixture
def test_set(photos: Path, tmp_path: Path) -> Path:
    """Six pictures in two classes; two are new, four are of ``photos``, and one file is none."""
    folder = tmp_path / "test"
    (folder / "cats").mkdir(parents=True)
    (folder / "things").mkdir()
    shutil.copy(photos / "coins.jpg", folder / "things" / "same.jpg")
    with Image.open(photos / "chelsea.jpg") as picture:
        picture.save(folder / "cats" / "cat.png")
        picture.reduce(2).save(folder / "cats" / "small.jpg", quality=60)
    with Image.open(photos / "coffee.jpg") as picture:
        picture.crop((120, 60, 480, 340)).save(folder / "things" / "detail.png")
    (photos / "rocket.jpg").rename(folder / "things" / "new.jpg")
    Image.effect_noise((200, 160), 90).save(folder / "things" / "noise.png")
    (folder / "junk.jpg").write_bytes(b"no picture")
    return folder


def test_what_is_there_is_named_and_counted(run: Run, photos: Path, test_set: Path) -> None:
    done = run("overlap", test_set, photos)
    assert (done.code, done.err) == (3, "")
    lines = done.out.splitlines()
    assert [line.split("  (")[0].split() for line in lines[:4]] == [
        ["same-pixels", str(test_set / "cats" / "cat.png"), "->", str(photos / "chelsea.jpg")],
        ["edited", str(test_set / "cats" / "small.jpg"), "->", str(photos / "chelsea.jpg")],
        ["part", str(test_set / "things" / "detail.png"), "->", str(photos / "coffee.jpg")],
        ["same-bytes", str(test_set / "things" / "same.jpg"), "->", str(photos / "coins.jpg")],
    ]
    assert lines[1].endswith("  (50 % of the size)")
    assert lines[4] == f"4 of 6 pictures of {test_set} are in {photos}: 2 same, 1 edited, 1 part"
    assert lines[5] == f"1 file of {test_set} can't be read, so nothing is known of it:"
    assert lines[6].startswith("  1: not a picture: ")
    assert lines[6].endswith(f", such as {test_set / 'junk.jpg'}")
    assert lines[7].startswith("compared with 7 pictures (read for this) in ")
    assert len(lines) == 8
    assert not (photos.parent / "l.lookalike").exists()


def test_the_exit_code_says_it_all(run: Run, photos: Path, test_set: Path) -> None:
    (test_set / "junk.jpg").rename(photos / "junk.jpg")
    shutil.rmtree(test_set / "cats")
    done = run("overlap", test_set, photos, "--kind", "edited")
    assert done.code == 1  # the file of B may be a copy
    assert f"0 of 4 pictures of {test_set} are in {photos}\n" in done.out
    (photos / "junk.jpg").unlink()
    assert run("overlap", test_set, photos, "--kind", "edited").code == 0
    assert run("overlap", test_set, photos, "--kind", "edited,same-bytes").code == 3
    assert run("overlap", test_set, photos, "--kind", "part").code == 3


def test_json_and_csv(run: Run, photos: Path, test_set: Path) -> None:
    done = run("overlap", test_set, photos, "--json")
    assert done.code == 3
    answer = done.json
    assert (answer["a"], answer["b"]) == (str(test_set), str(photos))
    assert (answer["pictures"], answer["among"], answer["in"], answer["bursts"]) == (6, 7, 4, 0)
    assert answer["counts"] == {"same-bytes": 1, "same-pixels": 1, "edited": 1, "part": 1}
    assert [Path(one["path"]).name for one in answer["found"]] == [
        "cat.png", "small.jpg", "detail.png", "same.jpg",
    ]  # fmt: skip
    assert answer["found"][1]["hit"]["edits"][0]["name"] == "resize"
    (failed,) = answer["failed"]
    assert failed["path"] == str(test_set / "junk.jpg")
    assert (answer["from_library"], answer["interrupted"]) == (False, False)
    done = run("overlap", test_set, photos, "--csv")
    rows = list(csv.DictReader(done.out.splitlines()))
    assert [row["kind"] for row in rows] == ["same-pixels", "edited", "part", "same-bytes"]
    assert rows[1]["partner"] == str(photos / "chelsea.jpg")
    assert rows[1]["edits"] == "50 % of the size"
    assert "4 of 6 pictures" in done.err


def test_paths_of_any_bytes(run: Run, photos: Path, tmp_path: Path) -> None:
    if sys.platform in ("darwin", "win32"):
        pytest.skip("names are Unicode there")
    odd = tmp_path / "a" / os.fsdecode(b"\xff,\"'.jpg")
    odd.parent.mkdir()
    shutil.copy(photos / "coins.jpg", odd)
    assert json.dumps(str(odd)) in run("overlap", odd.parent, photos).out
    assert run("overlap", odd.parent, photos, "--json").json["found"][0]["path"] == str(odd)
    done = subprocess.run(
        [sys.executable, "-m", "lookalike", "overlap", odd.parent, photos, "--csv"],
        capture_output=True, check=False,
    )  # fmt: skip
    lines = done.stdout.decode("utf-8", "surrogateescape").splitlines()
    assert list(csv.reader(lines))[1][:2] == [str(odd), str(photos / "coins.jpg")]


def test_codes_of_the_library_are_taken_while_they_are_right(
    run: Run, photos: Path, test_set: Path
) -> None:
    (test_set / "junk.jpg").unlink()
    run("index", photos, test_set)
    first = run("overlap", test_set, photos, "--json").json
    assert first["from_library"]
    # The library knows the pictures of A, too: they are no partners of themselves.
    assert (first["in"], first["among"]) == (4, 7)
    assert {Path(one["hit"]["path"]).parent for one in first["found"]} == {photos}
    (photos / "coins.jpg").unlink()
    again = run("overlap", test_set, photos, "--json").json
    assert (again["from_library"], again["in"], again["among"]) == (False, 3, 6)
    run("index", photos)
    with Image.open(photos / "grass.jpg") as picture:
        picture.save(photos / "more.png")
    assert not run("overlap", test_set, photos, "--json").json["from_library"]
    (photos.parent / "l.lookalike").write_bytes(b"no library")
    assert run("overlap", test_set, photos, "--json").json["in"] == 3


def taken(picture: Image.Image, at: str, target: Path) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Maker", "Camera"
    exif.get_ifd(0x8769)[0x9003] = f"2020:01:01 10:00:{at}"
    exif.get_ifd(0x8769)[0x9291] = "00"
    picture.save(target, exif=exif, quality=92)


def test_frames_of_a_burst_are_no_copies(run: Run, photos: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with Image.open(photos / "astronaut.jpg") as picture:
        taken(picture, "00", tmp_path / "b" / "1.jpg")
        taken(picture.resize((520, 520)).crop((4, 4, 516, 516)), "02", tmp_path / "a" / "2.jpg")
    done = run("overlap", "a", "b")
    assert done.code == 0
    assert done.out.splitlines()[1] == (
        "1 more is a frame of a burst with a picture there, seconds apart: not counted"
    )
    assert run("overlap", "a", "b", "--json").json["bursts"] == 1


def test_wrong_use(run: Run, photos: Path, test_set: Path) -> None:
    for given in (
        [test_set],
        [test_set, "missing"],
        [test_set, photos / "coins.jpg"],
        [test_set, test_set],
        [test_set, test_set / "cats"],
        [test_set / "cats", test_set],
        [test_set, photos, "--kind", "alike"],
        [test_set, photos, "--kind", ""],
        [test_set, photos, "--json", "--csv"],
    ):
        done = run("overlap", *given)
        assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1), given
    # Written down twice, so that --help needs no library.
    assert list(get_args(Kind))[:-1] == _KINDS == list(OVERLAPPING)


def test_empty_folders(run: Run, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = run("overlap", "empty", photos)
    assert (done.code, done.out.splitlines()[0]) == (
        0, f"0 of 0 pictures of {tmp_path / 'empty'} are in {photos}",
    )  # fmt: skip
    assert run("overlap", photos, "empty").code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent as a signal")
def test_ctrl_c_keeps_what_was_found(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for number in range(300):
        shutil.copy(photos / "coins.jpg", tmp_path / "a" / f"{number}.jpg")
    # A file: of a pipe, what readline() had read ahead would be missing from communicate().
    printed = tmp_path / "printed"
    with printed.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "lookalike", "overlap", "a", "photos"],
            cwd=tmp_path, stdout=output, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    while b"\n" not in printed.read_bytes() and process.poll() is None:
        time.sleep(0.05)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=90)
    out = printed.read_text()
    assert out.startswith("same-bytes")
    assert "Traceback" not in err
    found = [line for line in out.splitlines() if line.startswith("same-bytes")]
    assert f"{len(found)} of {len(found)} pictures of " in out
    assert process.returncode == 130
    assert "interrupted; what was found until then is above" in err
