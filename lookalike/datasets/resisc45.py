"""NWPU-RESISC45: aerial pictures of 256 x 256 pixels, 45 classes of 700 (Cheng, Han, Lu, 2017)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lookalike.datasets.folder import class_folders, load_folder
from lookalike.datasets.subsets import Dataset
from lookalike.errors import LookalikeError

__all__ = ["FOLDER", "WHERE", "load_resisc45"]

FOLDER = "resisc45"
"""Name of its folder among the data."""

WHERE = "https://gcheng-nwpu.github.io/#Datasets"
"""Where its authors offer it."""

_UNPACKED = "NWPU-RESISC45"  # what the authors' archive unpacks to


def load_resisc45(data: Path, seed: int = 0) -> Dataset:
    """Read the class folders in ``data/resisc45``, as many as there are.

    The folder ``NWPU-RESISC45`` of the authors' archive may lie in it, or be it.

    Args:
        data: the folder that holds the data sets.
        seed: of the draw of the test part, a fifth of each class.

    Raises:
        LookalikeError: it isn't there (the message says where to get it), or a picture can't be
            read.
    """
    for folder in (data / FOLDER / _UNPACKED, data / FOLDER, data / _UNPACKED):
        if folder.is_dir() and class_folders(folder):
            return replace(load_folder(folder, seed), name="resisc45", kind="resisc45")
    raise LookalikeError(
        f"there is no folder of class folders {data / FOLDER}: get NWPU-RESISC45 from {WHERE}, and "
        f"unpack it there, as {FOLDER}/airplane/airplane_001.jpg; some of its classes will do"
    )
