"""``lookalike demo``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

pytestmark = pytest.mark.slow

Run = Callable[..., Any]


def test_own_pictures(run: Run, photos: Path, tmp_path: Path) -> None:
    done = run("demo", "photos")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    sheet = Path(lines[-1])
    assert sheet == tmp_path / "demo" / "sheet.png"
    with Image.open(sheet) as picture:
        assert picture.format == "PNG"
    assert "   The original is hit 1 of 8." in lines
    assert any("index ~/Pictures" in line for line in lines)
    assert len(list(photos.iterdir())) == 8  # nothing written there
    assert not (tmp_path / "l.lookalike").exists()  # the user's library


def test_bundled_pictures(run: Run, tmp_path: Path) -> None:
    done = run("demo", "--out", "out put")
    assert done.code == 0
    assert done.out.splitlines()[-1] == str(tmp_path / "out put" / "sheet.png")
    assert "   The original is hit " in done.out


def test_a_second_demo_starts_anew(run: Run, photos: Path) -> None:
    run("demo", "photos")
    (photos / "coins.jpg").unlink()
    assert "7 pictures in " in run("demo", "photos").out
    status = run("status", "--library", "demo/library.lookalike", "--json").json
    assert status["pictures"] == 7


def test_a_library_of_the_users_is_not_deleted(run: Run, photos: Path, tmp_path: Path) -> None:
    run("index", photos)
    other = tmp_path / "other"
    other.mkdir()
    os.replace(photos / "coins.jpg", other / "coins.jpg")
    assert run("demo", "other", "--library", "l.lookalike").code == 0
    assert run("status", "--json").json["pictures"] == 8


def test_a_folder_without_pictures_is_a_failure(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = run("demo", "empty")
    assert done.code == 1
    assert "no picture" in done.err
