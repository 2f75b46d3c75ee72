"""Lay out class folders from several places as one data set, such as data/resisc45.

    python scripts/lay_out_resisc.py resisc12 resisc-more --to data/resisc45

Some copies of NWPU-RESISC45 have merged classes: ``farmland`` for the circular and the rectangular
ones, ``residential`` for the dense, medium and sparse ones. Nobody can tell any more which picture
of a merged class is of which part. So where a merged class is there, pictures of its parts are
pictures of it too, and lie in its folder under their own names. Of two classes that show the same
thing each would count the other's pictures as wrong. Where there is no merged class, as in the
published data set, all classes stay as they are.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

PARTS = {
    "circular_farmland": "farmland",
    "rectangular_farmland": "farmland",
    "dense_residential": "residential",
    "medium_residential": "residential",
    "sparse_residential": "residential",
}
"""Classes of NWPU-RESISC45, and the merged class that each is a part of in some copies."""


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, help="folders of class folders")
    parser.add_argument("--to", required=True, type=Path, help="a folder that isn't there yet")
    given = parser.parse_args()
    if given.to.exists():
        sys.exit(f"{given.to} is there already: name another folder, or remove it")
    for folder in given.folders:
        if not folder.is_dir():
            sys.exit(f"there is no folder {folder}: check the path")
    sizes = lay_out(given.folders, given.to)
    for name, count in sorted(sizes.items()):
        print(f"{name}\t{count}")
    print(f"{sum(sizes.values()):,} pictures of {len(sizes)} classes: {given.to}")


def lay_out(folders: Sequence[Path], to: Path) -> dict[str, int]:
    """Copy the pictures of all class folders into one folder for each class.

    Returns:
        The number of pictures of each class.

    Raises:
        FileExistsError: two pictures of a class have one name.
    """
    classes = [entry for folder in folders for entry in sorted(folder.iterdir()) if entry.is_dir()]
    there = {entry.name for entry in classes}
    sizes: dict[str, int] = {}
    for entry in classes:
        whole = PARTS.get(entry.name, entry.name)
        name = whole if whole in there else entry.name
        (to / name).mkdir(parents=True, exist_ok=True)
        for picture in sorted(entry.iterdir()):
            goal = to / name / picture.name
            if goal.exists():
                raise FileExistsError(f"{goal} would be written twice: {picture} is the second")
            shutil.copyfile(picture, goal)
            sizes[name] = sizes.get(name, 0) + 1
    return sizes


if __name__ == "__main__":
    main()
