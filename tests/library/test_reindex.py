"""Encoders by fingerprint: another version never mixes in, and old codes answer until reindex."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_model import make_model

from lookalike.cli import main
from lookalike.errors import EncoderMismatchError, ModelError
from lookalike.library import Library


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return make_model(tmp_path / "small.onnx", 0)


def photo_fingerprints(path: Path) -> list[tuple[str, int]]:
    """(fingerprint, number of codes) of the photo encoders in a library."""
    with sqlite3.connect(path) as raw:
        found = raw.execute(
            "SELECT e.fingerprint, count(c.content) FROM encoders e LEFT JOIN codes c"
            " ON c.encoder = e.id WHERE slot = 'photo' GROUP BY e.id ORDER BY e.id"
        ).fetchall()
    raw.close()
    return found


def test_a_library_with_a_model_of_ones_own(tmp_path: Path, photos: Path, model: Path) -> None:
    with Library.open(tmp_path / "own.lookalike", photo=str(model)) as library:
        library.index(photos)
        hit = library.search(photos / "coffee.jpg", k=1, code="photo").hits[0]
        assert (Path(hit.path).name, hit.code, hit.bits) == ("coffee.jpg", "small", 64)


def test_another_version_does_not_mix_in(tmp_path: Path, photos: Path, model: Path) -> None:
    path = tmp_path / "own.lookalike"
    late = photos.parent / "coins.jpg"
    (photos / "coins.jpg").rename(late)
    with Library.open(path, photo=str(model)) as library:
        library.index(photos)
    (old,) = photo_fingerprints(path)
    make_model(model, 1)  # an upgrade replaces the file
    late.rename(photos / "coins.jpg")
    with Library.open(path, photo=str(model)) as library:
        # The old model is kept in the library: it answers, and new pictures get its codes.
        assert library.index(photos).added == 1
        assert photo_fingerprints(path) == [(old[0], 8)]
        hit = library.search(photos / "coins.jpg", k=1, code="photo").hits[0]
        assert (Path(hit.path).name, hit.distance) == ("coins.jpg", 0)
        assert [c.stale for c in library.status().codes] == [0, 8]
        report = library.reindex()
        assert (report.unchanged, report.added, report.failed) == (8, 0, 0)
        ((new, count),) = photo_fingerprints(path)
        assert (new != old[0], count) == (True, 8)
        assert [c.stale for c in library.status().codes] == [0, 0]
        hit = library.search(photos / "coins.jpg", k=1, code="photo").hits[0]
        assert (Path(hit.path).name, hit.distance) == ("coins.jpg", 0)
        assert library.reindex().pictures_per_second == 0  # nothing left to do


def test_codes_of_the_old_encoder_answer_until_the_new_are_complete(
    tmp_path: Path, photos: Path, model: Path, contents: Callable[..., Any]
) -> None:
    from PIL import Image

    for i in range(80):
        with Image.open(photos / "coffee.jpg") as image:
            image.crop((i, i, 200 + i, 200)).save(photos / f"part-{i:03}.jpg")
    path = tmp_path / "own.lookalike"
    with Library.open(path, photo=str(model)) as library:
        library.index(photos)
        old = photo_fingerprints(path)[0][0]
        make_model(model, 1)
    with Library.open(path, photo=str(model)) as library:
        stop = threading.Event()
        report = library.reindex(progress=lambda _: stop.set(), stop=stop)
        assert report.interrupted
        found = dict(photo_fingerprints(path))
        assert found.pop(old) == 88
        assert 0 < sum(found.values()) < 88
        hit = library.search(photos / "part-040.jpg", k=1, code="photo").hits[0]
        assert (Path(hit.path).name, hit.distance) == ("part-040.jpg", 0)
        report = library.reindex()
        assert not report.interrupted
        assert [count for _, count in photo_fingerprints(path)] == [88]
    make_model(tmp_path / "fresh.onnx", 1)
    with Library.open(tmp_path / "fresh.lookalike", photo=str(tmp_path / "fresh.onnx")) as fresh:
        fresh.index(photos)
    codes = [c[3] for c in contents(path)["codes"]]
    assert codes == [c[3] for c in contents(tmp_path / "fresh.lookalike")["codes"]]


def test_an_offline_folder_keeps_the_old_codes(tmp_path: Path, photos: Path, model: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    (photos / "rocket.jpg").rename(disk / "rocket.jpg")
    path = tmp_path / "own.lookalike"
    with Library.open(path, photo=str(model)) as library:
        library.index(photos, disk)
        make_model(model, 1)
        disk.rename(tmp_path / "away")
        report = library.reindex()
        assert report.offline == (str(disk),)
        hit = library.search(tmp_path / "away" / "rocket.jpg", k=1, code="photo").hits[0]
        assert (hit.path, hit.distance) == (str(disk / "rocket.jpg"), 0)
        (tmp_path / "away").rename(disk)
        assert library.reindex().offline == ()
        assert len(photo_fingerprints(path)) == 1


def test_reindex_to_another_model(tmp_path: Path, photos: Path, model: Path) -> None:
    with Library.open(tmp_path / "own.lookalike") as library:
        library.index(photos)
        library.reindex(photo=str(model))
        assert [c.name for c in library.status().codes] == ["pdq-area", "small"]
        hit = library.search(photos / "coins.jpg", k=1, code="photo").hits[0]
        assert (hit.code, hit.distance) == ("small", 0)


def test_the_model_of_a_library_is_checked(tmp_path: Path, photos: Path, model: Path) -> None:
    with Library.open(tmp_path / "own.lookalike", photo=str(model)) as library:
        library.check_photo(str(model))
        with pytest.raises(EncoderMismatchError, match="reindex --model photo-256"):
            library.check_photo("photo-256")


def test_the_command_line_takes_a_model(
    tmp_path: Path, photos: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = ["--library", str(tmp_path / "own.lookalike")]
    assert main(["index", str(photos), "--model", str(tmp_path / "none.onnx"), *library]) == 1
    assert not (tmp_path / "own.lookalike").exists()
    assert main(["index", str(photos), "--model", str(model), *library]) == 0
    assert main(["index", "--model", str(model), *library]) == 0
    assert main(["index", "--model", "photo-256", *library]) == 1
    assert "lookalike reindex --model photo-256" in capsys.readouterr().err
    assert main(["reindex", "--model", "photo-256", *library]) == 0
    assert main(["index", "--model", "photo-256", *library]) == 0


def test_a_version_that_is_gone(tmp_path: Path, photos: Path, model: Path) -> None:
    path = tmp_path / "own.lookalike"
    with Library.open(path, photo=str(model)) as library:
        library.index(photos)
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE encoders SET fingerprint = 'pdq:0' WHERE slot = 'pdq'")
    raw.close()
    with Library.open(path, photo=str(model)) as library:
        with pytest.raises(EncoderMismatchError, match="lookalike reindex"):
            library.search(photos / "coins.jpg")
        with pytest.raises(EncoderMismatchError):
            library.index(photos)
        assert library.search(photos / "coins.jpg", k=1, code="photo").hits
        library.reindex()
        assert library.search(photos / "coins.jpg", k=1).hits[0].kind == "same-bytes"


def test_a_model_that_is_damaged(tmp_path: Path, model: Path) -> None:
    model.write_bytes(model.read_bytes()[:-40])
    with pytest.raises(ModelError):
        Library.open(tmp_path / "own.lookalike", photo=str(model))


def test_pictures_of_an_early_library_are_told_what_they_hold(
    tmp_path: Path, photos: Path, model: Path
) -> None:
    path = tmp_path / "early.lookalike"
    with Library.open(path, photo=str(model)) as library:
        library.index(photos)
    with sqlite3.connect(path) as raw:
        (count,) = raw.execute("SELECT count(*) FROM codes WHERE views IS NOT NULL").fetchone()
        raw.execute("UPDATE codes SET views = NULL")
    raw.close()
    with Library.open(path) as library:
        assert library.index(photos).reread == 0
        assert library.reindex().reread > 0
        assert library.reindex().reread == 0
    with sqlite3.connect(path) as raw:
        told = raw.execute("SELECT count(*) FROM codes WHERE views IS NOT NULL").fetchone()
    raw.close()
    assert told == (count,)
