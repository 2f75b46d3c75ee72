"""Which pictures of one folder are in another."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

import lookalike
from lookalike.errors import UsageError
from lookalike.library import overlap as module
from lookalike.library.overlap import OVERLAPPING, Shared, counts_told, overlap
from lookalike.library.reports import Progress


@pytest.fixture
def other(photos: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "other"
    folder.mkdir()
    for name in ("coins", "grass", "rocket"):
        shutil.copy(photos / f"{name}.jpg", folder)
    (photos / "rocket.jpg").unlink()
    return folder


def test_each_picture_is_told_as_it_is_found(photos: Path, other: Path) -> None:
    indexed: list[Progress] = []
    searched: list[tuple[int, int]] = []
    told: list[Shared] = []
    found = overlap(
        other,
        photos,
        indexing=indexed.append,
        searching=lambda done, total: searched.append((done, total)),
        found=told.append,
    )
    assert [Path(shared.path).name for shared in told] == ["coins.jpg", "grass.jpg"]
    assert found.found == tuple(told)
    assert (found.pictures, found.among, found.counts) == (3, 7, {"same-bytes": 2})
    assert searched == [(1, 3), (2, 3), (3, 3)]
    assert indexed[-1].done == 7


def test_both_directions_name_the_same_pairs(photos: Path, other: Path) -> None:
    one, two = overlap(other, photos), overlap(photos, other)
    pairs = {(shared.path, shared.match.path) for shared in one.found}
    assert pairs == {(shared.match.path, shared.path) for shared in two.found}
    assert len(pairs) == 2


def test_a_large_folder_goes_into_a_file(
    photos: Path, other: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_IN_MEMORY", 2)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    at: list[str] = []
    real = module.Library.open

    def noting(location: object, **options: object) -> object:
        at.append(str(location))
        return real(location, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(module.Library, "open", noting)
    assert overlap(other, photos).counts == {"same-bytes": 2}
    (location,) = at
    assert Path(location).is_relative_to(tmp_path)
    assert not Path(location).parent.exists()


def test_a_stop_ends_it_with_what_was_found(photos: Path, other: Path) -> None:
    stop = threading.Event()
    stop.set()
    found = overlap(other, photos, stop=stop)
    assert (found.pictures, found.found, found.interrupted) == (0, (), True)


def test_wrong_folders_and_kinds(photos: Path, other: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(photos, target_is_directory=True)
    for wrong in (photos, tmp_path, tmp_path / "link", photos / "coins.jpg"):
        with pytest.raises(UsageError):
            overlap(wrong, photos)
    with pytest.raises(UsageError, match="a kind that counts"):
        overlap(other, photos, kinds=["alike"])


def test_arguments_of_another_type(photos: Path, other: Path) -> None:
    for wrong in (
        {"library": "pictures.lookalike"},
        {"found": "print"},
        {"stop": True},
        {"limits": 3},
        {"kinds": "edited"},
    ):
        with pytest.raises(UsageError, match=next(iter(wrong))):
            lookalike.overlap(other, photos, **wrong)  # type: ignore[arg-type]


def test_it_is_public() -> None:
    assert lookalike.overlap is overlap
    assert lookalike.Overlap is module.Overlap


def test_counts_for_people() -> None:
    counts = {"same-bytes": 3, "same-pixels": 2, "edited": 1200}
    assert counts_told(counts, OVERLAPPING) == "5 same, 1,200 edited, 0 part"  # type: ignore[arg-type]
    assert counts_told({"part": 1}, ["edited", "part"]) == "0 edited, 1 part"
