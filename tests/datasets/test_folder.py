"""Folders as data sets, RESISC45, and finding a data set by its name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from dataset_files import write_classes, write_picture

from lookalike.datasets import data_folder, load
from lookalike.datasets.resisc45 import load_resisc45
from lookalike.errors import LookalikeError, UsageError

NAMES = ("cat", "dog")


def test_class_folders_are_divided(tmp_path: Path) -> None:
    write_classes(tmp_path / "pets", ("dog", "cat"), 10)
    write_picture(tmp_path / "pets" / "cat" / "indoors" / "deep.png", 77_777)
    (tmp_path / "pets" / "empty").mkdir()
    (tmp_path / "pets" / ".hidden").mkdir()
    (tmp_path / "pets" / "cat" / "notes.txt").write_text("no picture")
    data = load(tmp_path / "pets")
    assert (data.name, data.kind, data.class_names) == ("pets", "folder", NAMES)
    assert (len(data.train), len(data.test)) == (17, 4)
    whole = data.everything()
    assert "cat/indoors/deep.png" in whole.names
    assert whole.labels is not None
    assert isinstance(whole.pictures, tuple)
    for path, name, label in zip(whole.pictures, whole.names, whole.labels, strict=True):
        assert path == str(tmp_path / "pets" / name)
        assert name.startswith(NAMES[label])
    assert not set(data.train.names) & set(data.test.names)


def test_folders_that_are_divided_stay_so(tmp_path: Path) -> None:
    write_classes(tmp_path / "train", NAMES, 3)
    write_classes(tmp_path / "test", NAMES, 2, first=50)
    write_classes(tmp_path / "val", ("dog",), 1, first=90)
    data = load(tmp_path)
    assert data.class_names == NAMES
    assert data.validation is not None
    assert (len(data.train), len(data.validation), len(data.test)) == (6, 1, 4)
    assert data.validation.labels is not None
    assert data.validation.labels.tolist() == [1]
    assert data.test.names[0] == "test/cat/cat_000.png"


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    write_classes(tmp_path, ("plane", "train"), 5)
    assert load(tmp_path).class_names == ("plane", "train")
    write_picture(tmp_path / "test" / "one.png", 3)
    assert load(tmp_path).class_names == ("plane", "test", "train")


def test_pictures_without_classes_have_no_labels(tmp_path: Path) -> None:
    for n in range(3):
        write_picture(tmp_path / f"{n}.png", n)
    data = load(tmp_path)
    assert data.train.labels is None
    assert (len(data.train), len(data.test), data.class_names) == (3, 0, ())


def test_what_holds_no_pictures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "notes.txt").write_text("no picture")
    with pytest.raises(LookalikeError, match="holds no pictures"):
        load(tmp_path)


def test_unknown_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean cifar10"):
        load("cifar11")
    with pytest.raises(UsageError, match="no data set"):
        load(tmp_path / "gone")
    file = write_picture(tmp_path / "a.png", 1)
    with pytest.raises(UsageError, match="is a file"):
        load(file)


def test_where_data_are_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert data_folder() == Path("data")
    monkeypatch.setenv("LOOKALIKE_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    assert data_folder("elsewhere") == Path("elsewhere")


@pytest.mark.parametrize("place", ["resisc45", "resisc45/NWPU-RESISC45", "NWPU-RESISC45"])
def test_resisc45_with_some_of_its_classes(tmp_path: Path, place: str) -> None:
    write_classes(tmp_path / place, ("airplane", "beach", "lake"), 10)
    for name in ("resisc45", "resisc"):
        data = load(name, tmp_path, seed=4)
        assert (data.name, data.kind) == ("resisc45", "resisc45")
        assert data.class_names == ("airplane", "beach", "lake")
        assert (len(data.train), len(data.test)) == (24, 6)


def test_resisc45_that_is_missing_says_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(LookalikeError, match="https://gcheng-nwpu"):
        load_resisc45(tmp_path)
    os.makedirs(tmp_path / "resisc45")
    with pytest.raises(LookalikeError, match=r"resisc45/airplane/airplane_001\.jpg"):
        load_resisc45(tmp_path)
