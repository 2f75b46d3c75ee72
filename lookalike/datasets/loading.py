"""A data set by its name, or by the path of its folder."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from pathlib import Path

from lookalike.datasets.cifar10 import is_cifar10, load_cifar10, read_cifar10
from lookalike.datasets.cifar10_batches import FOLDER
from lookalike.datasets.folder import load_folder
from lookalike.datasets.resisc45 import load_resisc45
from lookalike.datasets.subsets import Dataset
from lookalike.errors import UsageError

__all__ = ["ALIASES", "NAMES", "VARIABLE", "data_folder", "load"]

NAMES = ("cifar10", "resisc45")
"""Data sets that are known by name; any other is given as a path."""

ALIASES = {"cifar": "cifar10", "resisc": "resisc45"}
"""What the thesis calls them."""

VARIABLE = "LOOKALIKE_DATA"
"""The environment variable that names the folder of the data sets."""


def data_folder(given: str | os.PathLike[str] | None = None) -> Path:
    """Where data sets are looked for: ``given``, else ``$LOOKALIKE_DATA``, else ``data``."""
    if given is not None:
        if not isinstance(given, str | os.PathLike) or "\0" in os.fspath(given):
            raise UsageError(f"the folder of data sets is a path, not {given!r}")
        return Path(given)
    return Path(os.environ.get(VARIABLE) or "data")


def load(
    name: str | os.PathLike[str],
    data_dir: str | os.PathLike[str] | None = None,
    *,
    seed: int = 0,
    download: bool = False,
    progress: Callable[[int, int], object] | None = None,
) -> Dataset:
    """Read a data set.

    Args:
        name: ``cifar10``, ``resisc45``, or the path of a folder: ``cifar-10-batches-py``, a folder
            of class folders, or one of pictures without labels. A path object is always a path.
        data_dir: where data sets are looked for by name; see :func:`data_folder`.
        seed: of the draw of the test part, where the data set doesn't say itself what is for
            testing.
        download: whether to fetch ``cifar10`` where it is missing.
        progress: called while downloading with the bytes that are there and the bytes in all.

    Raises:
        UsageError: no data set has this name, and there is no such folder.
        LookalikeError: it is missing, empty or damaged.
        OSError: a file can't be read or written.

    Example:
        >>> data = load("cifar10", download=True)      # doctest: +SKIP
        >>> data.train.pictures.shape, data.class_names[3]  # doctest: +SKIP
        ((50000, 32, 32, 3), 'cat')
    """
    if not isinstance(name, str | os.PathLike) or not os.fspath(name):
        raise UsageError(f"a data set is given by its name or its folder's path, not {name!r}")
    known = ALIASES.get(name, name) if isinstance(name, str) else None
    if known == "cifar10":
        return load_cifar10(data_folder(data_dir), fetch=download, progress=progress)
    if known == "resisc45":
        return load_resisc45(data_folder(data_dir), seed)
    folder = Path(name)
    if not folder.exists():
        close = difflib.get_close_matches(str(name), [*NAMES, *ALIASES], n=1, cutoff=0.5)
        guess = f"did you mean {close[0]}? " if close else ""
        raise UsageError(
            f"there is no data set {str(name)!r}: {guess}Give {', '.join(NAMES)}, or the path of a "
            "folder of class folders"
        )
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file, and a data set is a folder: give that")
    if is_cifar10(folder):
        return read_cifar10(folder)
    if is_cifar10(folder / FOLDER):
        return read_cifar10(folder / FOLDER)
    return load_folder(folder, seed)
