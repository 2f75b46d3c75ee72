"""Two builds of lookalike index 100,000 small files: is the newer one slower, or larger?

    python scripts/hundred_thousand.py ../before
    python scripts/hundred_thousand.py ../before --files 5000 --rounds 5

OTHER is a checkout with its own ``.venv``, or a virtual environment that lookalike is installed in;
``--python`` names the interpreter of a checkout without one. It is compared with the checkout that
this script stands in, run by the Python that runs it. The files are tiny pictures, all different,
in 100 folders; the photo encoder is as small as one can be, so that what is measured is keeping
files, not encoding pictures. The builds take turns, and each run is a process of its own:

* first: ``lookalike index PICTURES`` into a new library;
* again: nothing has changed;
* renamed: every file has another name in its folder;
* moved: every file is in another folder;
* changed: every file has the name that another one had.

The last three must decode nothing, and the script ends with an error where this build does. Where
the other build fails, its numbers are those of this one. For
each run it prints what ``side_by_side.py`` prints: the median wall time, the least processor time
and the peak memory of all processes together, and the ratios; one above 1.03 is marked.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import struct
import sys
import tempfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from side_by_side import Build, Taken, line, other_build

FOLDERS = 100
SIDE = 8

Report = dict[str, float]


def chunk(kind: bytes, data: bytes) -> bytes:
    """A part of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(rng: np.random.Generator) -> bytes:
    """A small picture like no other; the comment is there to give files different sizes."""
    rows = np.zeros((SIDE, 1 + SIDE * 3), np.uint8)
    rows[:, 1:] = rng.integers(0, 256, (SIDE, SIDE * 3))
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    comment = b"Comment\0" + b"." * int(rng.integers(0, 3000))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"tEXt", comment)
        + chunk(b"IDAT", zlib.compress(rows.tobytes(), 0))
        + chunk(b"IEND", b"")
    )


class Pictures:
    """The files, and what happens to them."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        rng = np.random.default_rng(0)
        self._count = count
        self._where = [self._path(number, number % FOLDERS, "a") for number in range(count)]
        for number in range(FOLDERS):
            (folder / f"{number:02}").mkdir(parents=True)
        for path in self._where:
            path.write_bytes(png(rng))

    def _path(self, number: int, folder: int, letter: str) -> Path:
        return self.folder / f"{folder:02}" / f"{letter}{number:06}.png"

    def _move(self, targets: list[Path]) -> None:
        aside = [path.with_suffix(".aside") for path in self._where]
        for path, other in zip(self._where, aside, strict=True):
            path.rename(other)
        for path, other in zip(aside, targets, strict=True):
            path.rename(other)
        self._where = targets

    def restore(self) -> None:
        """As they were made."""
        self._move([self._path(number, number % FOLDERS, "a") for number in range(self._count)])

    def rename(self) -> None:
        """Other names in the same folders."""
        self._move([self._path(number, number % FOLDERS, "b") for number in range(self._count)])

    def move(self) -> None:
        """Other folders."""
        numbers = range(self._count)
        self._move([self._path(number, (number + 1) % FOLDERS, "b") for number in numbers])

    def exchange(self) -> None:
        """Each one under the name that another had."""
        self._move([*self._where[1:], self._where[0]])

    def stay(self) -> None:
        """As they are."""


class Comparison:
    """The runs of one build over the files, in their order."""

    def __init__(self, pictures: Pictures, model: Path) -> None:
        self._pictures = pictures
        self._model = model
        self.steps: dict[str, tuple[Callable[[], None], str, bool]] = {
            "first": (pictures.restore, "added", False),
            "again": (pictures.stay, "unchanged", True),
            "renamed": (pictures.rename, "moved", True),
            "moved": (pictures.move, "moved", True),
            "changed": (pictures.exchange, "moved", True),
        }

    def warm(self, build: Build) -> None:
        """Index a few, which fills caches and compiles."""
        library = str(build.work / "warm.lookalike")
        folder = str(self._pictures.folder / "00")
        build.command("index", folder, "--model", str(self._model), "--library", library)

    def run(self, build: Build, count: int) -> Iterator[tuple[str, Taken | None, str]]:
        """What each step took, and what is wrong with what it did."""
        for path in build.work.glob("pictures.lookalike*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        options = ["--library", str(build.work / "pictures.lookalike"), "--json"]
        for name, (change, key, known) in self.steps.items():
            change()
            os.sync()
            model = ["--model", str(self._model)] if name == "first" else []
            command = ["-m", "lookalike", "index", str(self._pictures.folder), *model, *options]
            try:
                taken, printed = build.run(*command)
            except SystemExit as error:
                yield name, None, str(error).strip().rsplit("\n", 1)[-1]
            else:
                yield name, taken, _fault(json.loads(printed), key, count, known=known)


def _fault(report: Report, key: str, count: int, *, known: bool) -> str:
    """What a run did that it shouldn't have."""
    if key and report[key] != count:
        return f"{report[key]:,} {key} instead of {count:,}"
    if known and report["pictures_per_second"]:
        return f"decoded {report['pictures_per_second'] * report['seconds']:,.0f} pictures"
    return ""


def small_model(folder: Path) -> Path:
    """The encoder that the tests have for such things."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
    from small_model import make_model

    return make_model(folder / "small.onnx", 0)


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("other", type=Path, help="a checkout with a .venv, or an environment")
    parser.add_argument("--python", type=Path, help="of a checkout without a .venv")
    parser.add_argument("--files", type=int, default=100_000, help="(default: 100000)")
    parser.add_argument("--rounds", type=int, default=1, help="(default: 1)")
    parser.add_argument("--work", type=Path, help="where the files are written (default: TMPDIR)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hundred-thousand-", dir=given.work) as temporary:
        work = Path(temporary)
        for name in ("this", "other"):
            (work / name).mkdir()
        this = Build("this", Path(sys.executable), _root(), work / "this")
        if given.python is None:
            other = other_build(given.other, work / "other")
        else:
            other = Build("other", given.python.absolute(), given.other.absolute(), work / "other")
        print(f"writing {given.files:,} files", file=sys.stderr)
        comparison = Comparison(Pictures(work / "pictures", given.files), small_model(work))
        if not _compare(comparison, this, other, given.files, given.rounds):
            raise SystemExit("this build did what it shouldn't have")


def _root() -> Path:
    return Path(__file__).resolve().parent.parent


def _compare(comparison: Comparison, this: Build, other: Build, files: int, rounds: int) -> bool:
    """Measure and print; whether this build did what it should have."""
    taken: dict[tuple[str, str], list[Taken]] = defaultdict(list)
    faults: dict[tuple[str, str], str] = {}
    for build in (this, other):
        comparison.warm(build)
    for turn in range(rounds):
        # Who goes first changes, so that neither always follows the other.
        for build in (this, other) if turn % 2 else (other, this):
            print(f"round {turn + 1}: {build.name}", file=sys.stderr)
            for step, found, fault in comparison.run(build, files):
                if found is not None:
                    taken[build.name, step].append(found)
                if fault:
                    faults[build.name, step] = fault
    print(" " * 14 + "".join(f"  {told:^25}" for told in ("wall, s", "cpu, s", "memory, MB")))
    print(" " * 14 + 3 * f"  {'other':>9} {'this':>9} {'ratio':>5}")
    for step in comparison.steps:
        own, others = taken["this", step], taken["other", step]
        print(line(step, own, others or own) if own else step)
    for (name, step), fault in faults.items():
        print(f"{name}, {step}: {fault}")
    return not any(name == "this" for name, _ in faults)


if __name__ == "__main__":
    main()
