"""What only the file that goes says is told, and saved beside the kept one if asked for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from planned import plan_of, put

from lookalike.actions import Plan, Report, apply, undo
from lookalike.actions.known import Known
from lookalike.actions.xmp import read_xmp, with_added


@pytest.fixture
def pictures(tmp_path: Path) -> tuple[Path, Path]:
    """One with a date and a position in its EXIF, and a kept one without."""
    image = Image.effect_mandelbrot((64, 64), (-2, -1.5, 1, 1.5), 50)
    kept, copy = tmp_path / "kept.jpg", tmp_path / "p" / "copy.jpg"
    copy.parent.mkdir()
    image.resize((128, 128)).save(kept)
    exif = Image.Exif()
    exif[0x8769] = {0x9003: "2019:06:01 12:34:56"}
    exif[0x8825] = {1: "N", 2: (47.0, 30.0, 0.0), 3: "E", 4: (8.0, 15.0, 0.0)}
    image.save(copy, exif=exif)
    return kept, copy


def act(plan: Plan, journal: Path, **settings: Any) -> Report:
    return apply(plan, dry_run=False, journal=journal, **settings)


def test_it_is_told(pictures: tuple[Path, Path]) -> None:
    kept, copy = pictures
    report = apply(plan_of("trash", kept, copy, kind="edited"))
    assert report.outcomes[0].only_here == ("taken 2019-06-01T12:34:56", "position")
    assert report.outcomes[0].saved is None
    other_way = apply(plan_of("trash", copy, kept, kind="edited"))
    assert other_way.outcomes[0].only_here == ()


def test_it_is_saved_beside_the_kept_one_never_in_it(
    pictures: tuple[Path, Path], journal: Path
) -> None:
    kept, copy = pictures
    before = kept.read_bytes(), kept.stat().st_mtime_ns
    plan = plan_of("trash", kept, copy, kind="edited")
    assert apply(plan, save_metadata=True).outcomes[0].saved == f"{kept}.xmp"
    assert not Path(f"{kept}.xmp").exists()
    report = act(plan, journal, save_metadata=True)
    assert report.outcomes[0].saved == f"{kept}.xmp"
    found = read_xmp(Path(f"{kept}.xmp").read_bytes())
    assert found.taken == "2019-06-01T12:34:56"
    assert found.position == (47.5, 8.25, None)
    assert (kept.read_bytes(), kept.stat().st_mtime_ns) == before
    assert str(kept.parent) in report.changed
    undo(journal)
    assert not Path(f"{kept}.xmp").exists()
    assert copy.exists()


def test_of_equal_bytes_only_the_sidecar_differs(
    pictures: tuple[Path, Path], tmp_path: Path, journal: Path
) -> None:
    copy = pictures[1]
    twin = put(tmp_path / "p" / "twin.jpg", copy.read_bytes())
    put(tmp_path / "p" / "twin.xmp", with_added(b"", Known(rating=5, keywords=("sea",))))
    report = act(plan_of("trash", copy, twin), journal, save_metadata=True)
    assert report.outcomes[0].only_here == ("rating 5", "keywords sea")
    assert list(report.outcomes[0].sidecars or {}) == [str(tmp_path / "p" / "twin.xmp")]
    assert read_xmp(Path(f"{copy}.xmp").read_bytes()).rating == 5


def test_a_sidecar_that_is_there_is_added_to_and_comes_back(
    pictures: tuple[Path, Path], journal: Path
) -> None:
    kept, copy = pictures
    former = with_added(b"", Known(rating=2, keywords=("old",))) + b"<!-- mine -->\n"
    sidecar = put(kept.with_suffix(".xmp"), former)
    sidecar.chmod(0o600)
    os.utime(sidecar, ns=(5, 7))
    put(copy.with_suffix(".xmp"), with_added(b"", Known(rating=5, keywords=("old", "new"))))
    report = act(plan_of("trash", kept, copy, kind="edited"), journal, save_metadata=True)
    assert report.outcomes[0].saved == str(sidecar)
    found = read_xmp(sidecar.read_bytes())
    assert (found.rating, found.keywords) == (2, ("old", "new"))
    assert b"<!-- mine -->" in sidecar.read_bytes()
    assert sidecar.stat().st_mode & 0o777 == 0o600
    undo(journal)
    assert sidecar.read_bytes() == former
    assert sidecar.stat().st_mtime_ns == 7
    assert copy.with_suffix(".xmp").exists()


def test_a_sidecar_that_is_not_understood_keeps_the_file_where_it_is(
    pictures: tuple[Path, Path], journal: Path
) -> None:
    kept, copy = pictures
    sidecar = put(Path(f"{kept}.xmp"), b"my own notes")
    report = act(plan_of("trash", kept, copy, kind="edited"), journal, save_metadata=True)
    assert report.outcomes[0].result == "left"
    assert report.outcomes[0].why == f"{sidecar} is no XMP that can be understood"
    assert sidecar.read_bytes() == b"my own notes"
    assert copy.exists()


def test_nothing_is_written_beside_what_is_protected(
    pictures: tuple[Path, Path], tmp_path: Path, journal: Path
) -> None:
    copy = pictures[1]
    kept = tmp_path / "reference" / "kept.jpg"
    kept.parent.mkdir()
    pictures[0].rename(kept)
    report = act(
        plan_of("trash", kept, copy, kind="edited"),
        journal,
        save_metadata=True,
        protected=[kept.parent],
    )
    assert report.outcomes[0].result == "done"
    assert report.outcomes[0].saved is None
    assert "is protected" in report.outcomes[0].notes[0]
    assert os.listdir(kept.parent) == ["kept.jpg"]


def test_when_the_file_cannot_go_nothing_is_saved(
    pictures: tuple[Path, Path], journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, copy = pictures

    def refuse(*arguments: Any) -> None:
        raise PermissionError(13, "Permission denied", str(copy))

    monkeypatch.setattr("lookalike.actions.moving._rename", refuse)
    report = act(plan_of("trash", kept, copy, kind="edited"), journal, save_metadata=True)
    assert report.outcomes[0].why == (
        "there is no trash for its file system (Permission denied): use move:FOLDER"
    )
    assert not Path(f"{kept}.xmp").exists()
    assert copy.exists()
