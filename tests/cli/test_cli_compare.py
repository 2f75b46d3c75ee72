"""``lookalike compare``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import skimage.data
from PIL import Image, ImageOps

from lookalike import Comparison, compare
from lookalike.errors import PictureSkipped
from lookalike.evaluation.edits import EDITS
from lookalike.library import Library

Run = Callable[..., Any]


@pytest.fixture
def cat(tmp_path: Path) -> Image.Image:
    """Also saved as ``cat.jpg``."""
    made: Any = skimage.data.chelsea
    image = Image.fromarray(made())
    image.save(tmp_path / "cat.jpg", quality=92)
    return image


def test_edits_are_said_in_words(run: Run, cat: Image.Image, tmp_path: Path) -> None:
    copy = ImageOps.mirror(EDITS["half-size"](cat))
    copy.save(tmp_path / "copy.jpg", quality=88)
    there = run("compare", "copy.jpg", "cat.jpg")
    assert (there.code, there.err) == (0, "")
    assert there.out == "edited: mirrored, 50 % of the size\n"
    assert run("compare", "cat.jpg", "copy.jpg").out == "edited: mirrored, 2 times the size\n"


def test_json_holds_the_same_as_the_api(run: Run, cat: Image.Image, tmp_path: Path) -> None:
    EDITS["crop-50"](cat).save(tmp_path / "part.png")
    done = run("compare", "part.png", "cat.jpg", "--json")
    assert done.code == 0
    keys = ["kind", "edits", "boxes", "transform", "chance", "seconds"]
    assert list(done.json) == keys
    found = compare(tmp_path / "part.png", tmp_path / "cat.jpg")
    assert isinstance(found, Comparison)
    assert done.json["kind"] == found.kind == "part"
    assert done.json["boxes"] == [{"of": "hit", "at": list(found.boxes[0].at)}]
    assert found.boxes[0].at == pytest.approx((0.25, 0.25, 0.75, 0.75), abs=0.02)
    assert found.transform is not None
    assert done.json["transform"] == [list(row) for row in found.transform]
    assert done.json["chance"] is None
    assert done.json["seconds"] > 0
    told = run("compare", "part.png", "cat.jpg").out.splitlines()
    assert told[1] == "shared: 25%,25%,75%,75% of cat.jpg"


def test_equal_files_and_equal_pixels(run: Run, cat: Image.Image, tmp_path: Path) -> None:
    (tmp_path / "again.jpg").write_bytes((tmp_path / "cat.jpg").read_bytes())
    with Image.open(tmp_path / "cat.jpg") as image:
        image.save(tmp_path / "cat.png")
        image.save(tmp_path / "cat.tif")
    assert run("compare", "again.jpg", "cat.jpg").out == "same-bytes\n"
    assert run("compare", "cat.png", "cat.jpg").out == "same-pixels\n"
    assert run("compare", "cat.png", "cat.tif").out == "same-pixels\n"


def test_strangers_are_alike_at_most(run: Run, cat: Image.Image, tmp_path: Path) -> None:
    made: Any = skimage.data.coffee
    Image.fromarray(made()).save(tmp_path / "cup.jpg")
    done = run("compare", "cup.jpg", "cat.jpg", "--json")
    assert done.code == 0
    assert (done.json["kind"], done.json["edits"]) == ("alike", [])
    assert done.json["transform"] is None


@pytest.mark.parametrize("ending", ["png", "jpg", "webp"])
def test_the_drawing_is_written(run: Run, cat: Image.Image, tmp_path: Path, ending: str) -> None:
    EDITS["text"](cat, 1).save(tmp_path / "copy.jpg")
    done = run("compare", "copy.jpg", "cat.jpg", "--plot", f"sheet.{ending}")
    assert done.code == 0
    assert done.out.splitlines()[-1] == str(tmp_path / f"sheet.{ending}")
    with Image.open(tmp_path / f"sheet.{ending}") as sheet:
        assert sheet.width > 3 * 400


@pytest.mark.parametrize("which", ["copy.jpg", "cat.jpg"])
def test_no_drawing_over_a_picture(run: Run, cat: Image.Image, tmp_path: Path, which: str) -> None:
    cat.save(tmp_path / "copy.jpg")
    before = (tmp_path / which).read_bytes()
    done = run("compare", "copy.jpg", "cat.jpg", "--plot", which)
    assert done.code == 2
    assert done.err == f"lookalike: {which} is one of the pictures: name another file for --plot\n"
    assert (tmp_path / which).read_bytes() == before


@pytest.mark.parametrize("order", [("bad.jpg", "cat.jpg"), ("cat.jpg", "bad.jpg")])
def test_a_file_that_is_no_picture(
    run: Run, cat: Image.Image, tmp_path: Path, order: tuple[str, str]
) -> None:
    (tmp_path / "bad.jpg").write_text("no picture")
    done = run("compare", *order)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("lookalike: bad.jpg: not a picture")
    assert done.err.count("\n") == 1
    with pytest.raises(PictureSkipped, match="not a picture"):
        compare(*(tmp_path / name for name in order))


def test_a_file_that_is_not_there(run: Run, cat: Image.Image) -> None:
    done = run("compare", "cat.jpg", "none.jpg")
    assert done.code == 1
    assert done.err == "lookalike: none.jpg: can't be read: no such file or directory\n"


def test_pictures_in_memory(cat: Image.Image) -> None:
    assert compare(cat, cat).kind == "same-pixels"
    found = compare(EDITS["grey"](cat), cat)
    assert [edit.name for edit in found.edits] == ["grey"]


def test_the_chance_is_that_of_a_library(run: Run, cat: Image.Image, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("coffee", "rocket"):
        made: Any = getattr(skimage.data, name)
        Image.fromarray(made()).save(folder / f"{name}.jpg")

    EDITS["half-size"](cat).save(tmp_path / "copy.png")
    library = tmp_path / "library.lookalike"
    with Library.open(library) as made_one:
        made_one.index(folder)
        expected = made_one.chance(tmp_path / "copy.png", tmp_path / "cat.jpg")
    done = run("compare", "copy.png", "cat.jpg", "--json", "--library", library)
    assert done.json["chance"] == pytest.approx(expected)
    assert (
        f"chance: {expected:.2g}" in run("compare", "copy.png", "cat.jpg", "--library", library).out
    )
    none = run("compare", "copy.png", "cat.jpg", "--library", tmp_path / "none.lookalike")
    assert (none.code, none.out) == (1, "")
    assert len(none.err.splitlines()) == 1
