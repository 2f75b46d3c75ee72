"""Two builds of lookalike, side by side in one run: is the newer one slower anywhere, or larger?

    python scripts/side_by_side.py ../before photos
    python scripts/side_by_side.py ../before photos --rounds 9 --only help cold warm

OTHER is a checkout with its own ``.venv``, or a virtual environment that lookalike is installed in.
It is compared with the checkout that this script stands in, run by the Python that runs it. The
builds take turns, one measurement each, so that both meet the same machine; the first round of
each is not counted: it fills caches and compiles. What is measured:

* help: ``lookalike --help``;
* index: ``lookalike index PHOTOS`` into a new library, and again: with nothing new to index;
* cold: ``lookalike search``, the whole process, each round another photograph;
* warm: searches in a process that has asked before: one of them, the median of many;
* edited: as warm, but asked with edited copies, one of each of the twenty edits, for 20 hits;
* million-cold, million-warm, million-edited: the same in a library of the photographs and of a
  million pictures more, whose codes are random; it is made once in the folder of ``--work``, by the
  build's own schema;
* million-open: opening that library and its first search, in a process that has imported lookalike.

For each it prints the median wall time, the least processor time (of all processes together; on a
machine that others use it is the steadier one), the peak memory of all processes together
(proportional, so that shared pages count once; Linux only, else of the largest), and the ratios of
this build to the other. A ratio above 1.03 is marked.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from lookalike.evaluation.edits import EDITS

ALLOWED = 1.03
"""The largest ratio that counts as no slower."""

MILLION = 1_000_000
SAMPLING_SECONDS = 0.02  # between two looks at the memory of the processes
FIRST_SEARCHES, SEARCHES = 40, 120  # of a warm process: before it is measured, and measured

WARM = """
import json, sys, time
from lookalike.library import Library
library, first, counted, k, *photos = sys.argv[1:]
with Library.open(library, create=False) as opened:
    def ask(number):
        start = time.perf_counter(), time.process_time()
        opened.search(photos[number % len(photos)], int(k))
        return time.perf_counter() - start[0], time.process_time() - start[1]
    for number in range(int(first)):
        ask(number)
    time.sleep(1)  # what is loaded beside the work may end
    print(json.dumps([ask(number) for number in range(int(counted))]))
"""

OPEN = """
import json, sys, time
import lookalike.library.library
from lookalike.library import Library
start = time.perf_counter(), time.process_time()
with Library.open(sys.argv[1], create=False) as opened:
    opened.search(sys.argv[2], 10)
    print(json.dumps([[time.perf_counter() - start[0], time.process_time() - start[1]]]))
"""


@dataclass(frozen=True)
class Taken:
    """What one measurement took.

    Attributes:
        wall: seconds.
        cpu: seconds of all processes together.
        memory: peak, MB.
    """

    wall: float
    cpu: float
    memory: float


@dataclass(frozen=True)
class Build:
    """One of the two.

    Attributes:
        name: in the table.
        python: its interpreter.
        root: the checkout, or ``None`` where lookalike is installed.
        work: folder for its libraries.
    """

    name: str
    python: Path
    root: Path | None
    work: Path

    def run(self, *arguments: str) -> tuple[Taken, str]:
        """Run Python with arguments; what it took, and what it printed."""
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        if self.root is not None:
            environment["PYTHONPATH"] = str(self.root)
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
            start = time.perf_counter()
            process = subprocess.Popen(
                [str(self.python), *arguments],
                stdout=out,
                stderr=errors,
                env=environment,
                cwd=self.work,
            )
            with _Watched(process.pid) as peak:
                _, status, used = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            errors.seek(0)
            if process.returncode != 0:
                raise SystemExit(f"{self.name}: {' '.join(arguments)[:200]}\n{errors.read()}")
            largest = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
            memory = max(peak[0], largest) / 1e6
            return Taken(wall, used.ru_utime + used.ru_stime, memory), out.read()

    def command(self, *arguments: str) -> Taken:
        """Run a command of lookalike."""
        return self.run("-m", "lookalike", *arguments)[0]

    def inside(self, code: str, *arguments: str) -> Taken:
        """Run code that prints what it measured itself: the median, and the memory of all."""
        taken, printed = self.run("-c", code, *arguments)
        found = json.loads(printed.splitlines()[-1])
        wall, cpu = (statistics.median(column) for column in zip(*found, strict=True))
        return Taken(wall, cpu, taken.memory)


class _Watched:
    """Looks at a process and its children from time to time: their memory together at its peak."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._peak = [0]
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> list[int]:
        self._thread.start()
        return self._peak

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._end.wait(SAMPLING_SECONDS):
            self._peak[0] = max(self._peak[0], sum(map(_memory, _family(self._process))))


def _family(process: int) -> Iterator[int]:
    yield process
    try:
        for path in Path(f"/proc/{process}/task").glob("*/children"):
            for child in path.read_text().split():
                yield from _family(int(child))
    except OSError:  # it has ended, or this is no Linux
        return


def _memory(process: int) -> int:
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0
    lines = [line.split() for line in text.splitlines()]
    return sum(int(line[1]) * 1024 for line in lines if line[0] in ("Pss:", "SwapPss:"))


class Comparison:
    """The measurements, by name; each is a method that takes a build and a round's number."""

    def __init__(self, photos: Path, work: Path) -> None:
        self._photos = photos
        self._work = work
        some = [p for p in sorted(photos.rglob("*")) if p.suffix.lower() in (".jpg", ".jpeg")]
        if not some:
            raise SystemExit(f"{photos} holds no JPEG files")
        self._asked = [str(path) for path in some[:: max(1, len(some) // 40)]]
        self.measures: dict[str, Callable[[Build, int], Taken]] = {
            "help": lambda build, _: build.command("--help"),
            "index": self._index,
            "again": self._again,
            "cold": lambda build, turn: self._cold(build, turn, self._library(build)),
            "warm": lambda build, _: self._warm(build, self._library(build)),
            "edited": lambda build, _: self._warm(build, self._library(build), self._edited()),
            "million-open": self._open,
            "million-cold": lambda build, turn: self._cold(build, turn, self._million(build)),
            "million-warm": lambda build, _: self._warm(build, self._million(build)),
            "million-edited": lambda build, _: self._warm(
                build, self._million(build), self._edited()
            ),
        }

    def _library(self, build: Build) -> Path:
        library = build.work / "photos.lookalike"
        if not library.exists():
            build.command("index", str(self._photos), "--library", str(library))
        return library

    def _index(self, build: Build, _: int) -> Taken:
        library = build.work / "photos.lookalike"
        for path in build.work.glob("photos.lookalike*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        return build.command("index", str(self._photos), "--library", str(library))

    def _again(self, build: Build, _: int) -> Taken:
        return build.command("index", str(self._photos), "--library", str(self._library(build)))

    def _cold(self, build: Build, turn: int, library: Path) -> Taken:
        photo = self._asked[turn % len(self._asked)]
        return build.command("search", photo, "--library", str(library))

    def _warm(self, build: Build, library: Path, copies: Sequence[str] = ()) -> Taken:
        numbers = (str(FIRST_SEARCHES), str(SEARCHES), "20" if copies else "10")
        return build.inside(WARM, str(library), *numbers, *(copies or self._asked))

    def _edited(self) -> list[str]:
        """Copies of some of the photographs, one for each edit."""
        folder = self._work / "edited"
        if not folder.exists():
            partial = self._work / "edited.partial"
            partial.mkdir(exist_ok=True)
            images = []
            for path in self._asked:
                with Image.open(path) as image:
                    images.append(image.convert("RGB"))
            for turn, (name, edit) in enumerate(EDITS.items()):
                beside = [images[(turn + step) % len(images)] for step in (1, 2, 3)]
                edit(images[turn % len(images)], turn, beside).save(partial / f"{name}.png")
            partial.rename(folder)
        return sorted(map(str, folder.iterdir()))

    def _open(self, build: Build, turn: int) -> Taken:
        photo = self._asked[turn % len(self._asked)]
        return build.inside(OPEN, str(self._million(build)), photo)

    def _million(self, build: Build) -> Path:
        library = self._work / f"million-{build.name}.lookalike"
        if not library.exists():
            print(f"making {library}", file=sys.stderr)
            partial = library.with_suffix(".partial")
            partial.unlink(missing_ok=True)
            build.command("index", str(self._photos), "--library", str(partial))
            fill(partial, MILLION)
            shutil.rmtree(f"{partial}-cache", ignore_errors=True)
            for beside in self._work.glob(f"{partial.name}-*"):  # previews
                beside.rename(f"{library}{beside.name.removeprefix(partial.name)}")
            partial.rename(library)
        return library


def fill(library: Path, pictures: int) -> None:
    """Put random codes into a library file, with the rows that belong to them.

    Only columns of these names are written, where the tables have them, so that one list serves
    several versions of the schema.
    """
    rng = np.random.default_rng(0)
    with sqlite3.connect(library) as file:
        columns = {
            table: [row[1] for row in file.execute(f"PRAGMA table_info({table})")]
            for table in ("contents", "files", "pictures", "codes")
        }
        encoders = file.execute(
            "SELECT id, bits, embedding_size FROM encoders WHERE current"
        ).fetchall()
        (last,) = file.execute("SELECT max(id) FROM contents").fetchone()
        for first in range(last + 1, last + 1 + pictures, 50_000):
            numbers = range(first, min(first + 50_000, last + 1 + pictures))
            rows = [_row(number) for number in numbers]
            for table in ("contents", "files", "pictures"):
                _insert(file, table, columns[table], rows)
            for encoder, bits, size in encoders:
                codes = rng.integers(0, 256, (len(rows), (bits + 7) // 8), np.uint8)
                codes[:, -1] &= 255 << (-bits % 8) & 255
                vectors = rng.integers(-128, 128, (len(rows), size), np.int8)
                made = [
                    {
                        "encoder": encoder,
                        "content": number,
                        "code": code.tobytes(),
                        "embedding": vector.tobytes() if size else None,
                        "quality": 100,
                    }
                    for number, code, vector in zip(numbers, codes, vectors, strict=True)
                ]
                _insert(file, "codes", columns["codes"], made)
        file.execute("UPDATE settings SET value = value + 1 WHERE key IN ('generation', 'epoch')")
    sqlite3.connect(library).execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _row(number: int) -> dict[str, object]:
    """What the tables of pictures hold of one, by the names of the columns."""
    digest = number.to_bytes(32, "big")
    return {
        "id": number,
        "file": number,
        "content": number,
        "digest": digest,
        "pixel_digest": digest,
        "member": "",
        "members": 1,
        "position": 0,
        "width": 400,
        "height": 300,
        "format": "JPEG",
        "bytes": 20_000,
        "path": f"/nowhere/{number // 1000}/{number}.jpg".encode(),
        "size": 20_000,
        "mtime_ns": 0,
        "present": 1,
    }


def _insert(
    file: sqlite3.Connection, table: str, columns: Sequence[str], rows: Sequence[dict[str, object]]
) -> None:
    named = [name for name in columns if name in rows[0]]
    if named:
        marks = ", ".join(f":{name}" for name in named)
        command = f"INSERT INTO {table} ({', '.join(named)}) VALUES ({marks})"  # noqa: S608
        file.executemany(command, rows)


def other_build(given: Path, work: Path) -> Build:
    """The build that a checkout or a virtual environment holds."""
    given = given.absolute()
    if (given / "pyvenv.cfg").is_file():
        return Build("other", given / "bin" / "python", None, work)
    python = given / ".venv" / "bin" / "python"
    if not python.exists():
        raise SystemExit(f"{given} is no virtual environment, and no checkout with one in .venv")
    return Build("other", python, given, work)


def line(name: str, one: Sequence[Taken], other: Sequence[Taken]) -> str:
    """A row of the table."""

    def wall(taken: Sequence[Taken]) -> float:
        return statistics.median(t.wall for t in taken)

    def cpu(taken: Sequence[Taken]) -> float:
        return min(t.cpu for t in taken)

    def memory(taken: Sequence[Taken]) -> float:
        return statistics.median(t.memory for t in taken)

    cells, marked = [f"{name:14}"], []
    for told, value, form in (
        ("wall", wall, ".4f"),
        ("cpu", cpu, ".4f"),
        ("memory", memory, ".0f"),
    ):
        before, now = value(other), value(one)
        cells.append(f"{before:9{form}} {now:9{form}} {now / before:5.2f}")
        if now > ALLOWED * before:
            marked.append(told)
    return "  ".join(cells) + ("  more: " + ", ".join(marked) if marked else "")


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("other", type=Path, help="a checkout with a .venv, or an environment")
    parser.add_argument("photos", type=Path, help="a folder of photographs")
    parser.add_argument("--rounds", type=int, default=5, help="that count (default: 5)")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="of the measurements")
    parser.add_argument(
        "--work", type=Path, help="folder of the large libraries, kept; a temporary one by default"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="side-by-side-") as temporary:
        for name in ("this", "other"):
            (Path(temporary) / name).mkdir()
        work = (given.work or Path(temporary)).absolute()
        work.mkdir(parents=True, exist_ok=True)
        root = Path(__file__).resolve().parent.parent
        this = Build("this", Path(sys.executable), root, Path(temporary) / "this")
        other = other_build(given.other, Path(temporary) / "other")
        comparison = Comparison(given.photos.absolute(), work)
        unknown = set(given.only or ()) - set(comparison.measures)
        if unknown:
            parser.error(f"--only takes {', '.join(comparison.measures)}")
        heading = ("wall, s", "cpu, s", "memory, MB")
        print(" " * 14 + "".join(f"  {told:^25}" for told in heading))
        print(" " * 14 + 3 * f"  {'other':>9} {'this':>9} {'ratio':>5}", flush=True)
        for name in given.only or comparison.measures:
            taken: dict[str, list[Taken]] = {"this": [], "other": []}
            for turn in range(given.rounds + 1):
                # Who goes first changes, so that neither always follows the other.
                for build in (this, other) if turn % 2 else (other, this):
                    found = comparison.measures[name](build, turn)
                    if turn:
                        taken[build.name].append(found)
            print(line(name, taken["this"], taken["other"]), flush=True)


if __name__ == "__main__":
    main()
