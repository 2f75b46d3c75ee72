"""A folder of class folders, or one without labels."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lookalike.datasets.splits import train_and_test
from lookalike.datasets.subsets import Dataset, Subset, joined
from lookalike.errors import LookalikeError
from lookalike.sources.programs import program_folder
from lookalike.sources.walk import Found, walk

__all__ = ["class_folders", "labelled", "load_folder"]

_log = logging.getLogger(__name__)

_SUBSETS = {"train": ("train", "training"), "test": ("test",), "validation": ("validation", "val")}


def load_folder(folder: Path, seed: int = 0) -> Dataset:
    """Read the labels of the pictures in a folder; the pictures themselves aren't opened.

    Three layouts are known:

    - ``folder/<class>/.../picture.jpg``: a class is named by its folder. A fifth of each class is
      drawn for testing (:func:`lookalike.datasets.splits.train_and_test`).
    - ``folder/train/<class>/...`` and ``folder/test/<class>/...``, and perhaps
      ``folder/validation/<class>/...``: divided as the folder says.
    - pictures that lie in ``folder`` itself, and no folders with pictures: no labels; all are in
      ``train``, and ``test`` is empty.

    Classes are in alphabetical order. Hidden folders, and those that programs make for themselves,
    are passed over; folders without pictures are no classes.

    Args:
        folder: to be read.
        seed: of the draw.

    Raises:
        LookalikeError: there is no such folder, it holds no pictures, or a picture can't be read.
    """
    if not folder.is_dir():
        raise LookalikeError(f"there is no folder {folder}: check the path")
    subsets = _subsets(folder)
    if subsets is not None:
        return _divided(folder, subsets)
    names = class_folders(folder)
    if not names:
        loose = _pictures(folder, folder)
        if not loose:
            raise LookalikeError(
                f"{folder} holds no pictures: give a folder of pictures, or of a folder for each "
                "class"
            )
        subset = Subset(tuple(p for p, _ in loose), None, tuple(n for _, n in loose))
        return Dataset(folder.resolve().name, "folder", folder, (), subset, subset.take([]))
    train, test = train_and_test(labelled(folder, folder, names), seed)
    return Dataset(folder.resolve().name, "folder", folder, names, train, test)


def class_folders(folder: Path) -> tuple[str, ...]:
    """The names of the folders in a folder that hold pictures, in alphabetical order."""
    return tuple(
        name
        for name in _folders(folder)
        if any(isinstance(entry, Found) for entry in walk(folder / name))
    )


def labelled(root: Path, folder: Path, names: Sequence[str]) -> Subset:
    """The pictures of the class folders ``names`` in ``folder``, labelled by their place there.

    Args:
        root: where the names of the pictures begin.
        folder: of the class folders; those that are missing give no pictures.
        names: of the classes.
    """
    found: list[tuple[str, str]] = []
    labels: list[int] = []
    for label, name in enumerate(names):
        members = _pictures(root, folder / name) if (folder / name).is_dir() else []
        found += members
        labels += [label] * len(members)
    paths, shown = tuple(path for path, _ in found), tuple(name for _, name in found)
    return Subset(paths, np.asarray(labels, np.int64), shown)


def _subsets(folder: Path) -> dict[str, Path] | None:
    """The folders of the subsets, if this folder is divided into such."""
    present = set(_folders(folder))
    found = {
        subset: folder / name
        for subset, names in _SUBSETS.items()
        for name in names
        if name in present
    }
    if not {"train", "test"} <= set(found):
        return None
    return found if all(class_folders(path) for path in found.values()) else None


def _divided(folder: Path, subsets: dict[str, Path]) -> Dataset:
    names = tuple(sorted({name for path in subsets.values() for name in class_folders(path)}))
    made = {subset: labelled(folder, path, names) for subset, path in subsets.items()}
    shared = set(made["test"].digests()) & set(
        joined([subset for name, subset in made.items() if name != "test"]).digests()
    )
    if shared:
        _log.warning(
            "%s: %d pictures are both in the test part and in the others", folder, len(shared)
        )
    return Dataset(
        folder.resolve().name,
        "folder",
        folder,
        names,
        made["train"],
        made["test"],
        made.get("validation"),
    )


def _folders(folder: Path) -> list[str]:
    with os.scandir(os.path.abspath(folder)) as entries:
        return sorted(
            e.name
            for e in entries
            if not e.name.startswith(".")
            and e.is_dir()
            and program_folder(e.path.replace(os.sep, "/")) is None
        )


def _pictures(root: Path, folder: Path) -> list[tuple[str, str]]:
    """The absolute path of each picture below a folder, and its path from ``root`` on."""
    found = []
    start = os.path.abspath(root)
    for entry in walk(folder):
        if isinstance(entry, Found):
            found.append((entry.path, Path(os.path.relpath(entry.path, start)).as_posix()))
        else:
            _log.warning("left out: %s: %s", entry.path, entry.reason)
    return found
