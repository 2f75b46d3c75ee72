"""The demo takes the first pictures that are there, in the order that it documents."""

from __future__ import annotations

import importlib.util
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.cli.demo_pictures import DemoPictures, choose_pictures, choose_query
from lookalike.errors import LookalikeError, MissingExtraError, UsageError
from lookalike.library import Library
from lookalike.types import Pixels

pytestmark = pytest.mark.slow


def ask(pictures: DemoPictures, folder: Path) -> tuple[Path, Pixels]:
    """The query that is chosen after indexing."""
    with Library.open(folder / "demo.lookalike") as library:
        library.index(pictures.folder)
        return choose_query(pictures, library)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with CIFAR-10 (the first 20 pictures of a made-up one), without photos/."""
    folder = tmp_path / "data" / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    batch = {
        b"data": rng.integers(0, 256, (20, 3072), dtype=np.uint8),
        b"labels": [n % 10 for n in range(20)],
        b"filenames": [b"x.png"] * 20,
    }
    (folder / "test_batch").write_bytes(pickle.dumps(batch))
    names = [b"class%d" % n for n in range(10)]
    (folder / "batches.meta").write_bytes(pickle.dumps({b"label_names": names}))
    return folder.parent


def test_a_given_folder_comes_first(photos: Path, data: Path, tmp_path: Path) -> None:
    assert choose_pictures(photos, data, tmp_path).folder == photos


def test_a_given_folder_must_exist(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        choose_pictures(tmp_path / "nowhere", data, tmp_path)


def test_photographs_of_the_data_folder_come_next(data: Path, tmp_path: Path) -> None:
    (data / "photos").mkdir()
    assert choose_pictures(None, data, tmp_path).folder == data / "photos"


def test_cifar_10_comes_third(data: Path, tmp_path: Path) -> None:
    chosen = choose_pictures(None, data, tmp_path / "out")
    files = sorted(chosen.folder.iterdir())
    assert len(files) == 20
    assert files[0].name == "class0_0000.png"
    with Image.open(files[0]) as picture:
        assert (picture.size, picture.mode) == ((32, 32), "RGB")


def test_bundled_photographs_come_last(tmp_path: Path) -> None:
    chosen = choose_pictures(None, tmp_path / "no-data", tmp_path / "out")
    names = {path.name for path in chosen.folder.iterdir()}
    assert chosen.favourite in names
    assert {"astronaut.png", "astronaut, mirrored.jpg", "china.jpg", "china, grey.jpg"} <= names
    original, pixels = ask(chosen, tmp_path)
    assert original.name == chosen.favourite
    assert pixels.shape == (300, 451, 3)


def test_without_any_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(MissingExtraError, match=r"\[demo\]"):
        choose_pictures(None, tmp_path, tmp_path / "out")


def test_the_query_is_a_picture_with_something_to_see(tmp_path: Path, photos: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    for number in range(6):
        Image.new("RGB", (64, 64), "white").save(folder / f"a{number}.png")
        (folder / f"b{number}.jpg").write_bytes(b"damaged")
    (photos / "coffee.jpg").rename(folder / "c.jpg")
    original, pixels = ask(DemoPictures(folder, "pictures"), tmp_path)
    assert original == folder / "c.jpg"
    assert pixels.shape == (400, 600, 3)


def test_a_folder_without_pictures_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"damaged")
    with pytest.raises(LookalikeError, match="no picture"):
        ask(DemoPictures(tmp_path, "pictures"), tmp_path)
