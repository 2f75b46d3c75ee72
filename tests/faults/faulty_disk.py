"""Disks that fail under a real ``lookalike index``, and what has to hold afterwards.

Kinds of fault: a call of ``write``, ``fsync`` or ``ftruncate`` on a file of the library that fails
once or from then on, by a library that is preloaded; a disk of its own that gets full; a disk that
can only be read.
"""

from __future__ import annotations

import errno
import hashlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image
from tiny_model import CARD, tiny

from lookalike.library import Library
from lookalike.library.tending import check_library

__all__ = ["KINDS", "Fault", "Ground", "can_mount", "compiled", "draw", "try_fault"]

SOURCE = Path(__file__).with_name("failing.c")
NAME = "faulty.lookalike"
KINDS = ("EIO once", "EIO on", "ENOSPC once", "ENOSPC on", "full", "read-only")
SIZE = 4  # MB of a disk of its own


@dataclass(frozen=True)
class Fault:
    """What goes wrong in one run."""

    kind: str
    new: bool  # whether the library is made in this run
    where: float  # 0 to 1: at which of all calls, or how much room is left


def compiled(folder: Path) -> Path | None:
    """The library that is preloaded; ``None`` where it can't be made."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        return None
    made = folder / "failing.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(made), str(SOURCE), "-ldl"]
    return made if subprocess.run(command, capture_output=True).returncode == 0 else None


def can_mount(folder: Path) -> bool:
    """Whether this user may mount a disk of its own."""
    try:
        with disk(folder / "trial"):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


@contextmanager
def disk(point: Path) -> Iterator[Path]:
    point.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}m", "none", str(point)],
        check=True,
        capture_output=True,
    )
    try:
        yield point
    finally:
        subprocess.run(["umount", "-l", str(point)], check=True)


def write(path: Path, seed: int) -> None:
    rng = random.Random(seed)
    size = (rng.randrange(8, 65), rng.randrange(8, 65))
    noise = Image.frombytes("RGB", size, rng.randbytes(3 * size[0] * size[1]))
    noise.save(path)


class Ground:
    """A tree of small pictures, and libraries of it as they are without a fault.

    Args:
        folder: for all files of the trials.
        preload: the library that lets calls fail, if there is one.
    """

    def __init__(self, folder: Path, preload: Path | None) -> None:
        self.folder, self.preload = folder, preload
        self.tree = folder / "tree"
        self.tree.mkdir()
        self.model = folder / "tiny.onnx"
        self.model.write_bytes(tiny())
        checksum = hashlib.sha256(self.model.read_bytes()).hexdigest()
        card = replace(CARD, sha256=checksum).to_json()
        self.model.with_suffix(".json").write_text(card, encoding="utf-8")
        for n in range(40):
            write(self.tree / f"{n:03}.png", n)
        (self.tree / "notes.txt").write_text("no picture")
        self.base = folder / "base" / NAME
        self.base.parent.mkdir()
        self._index(self.base)
        self._change()
        self.ids = ids(self.base)
        self.wanted = {}
        for new in (False, True):
            path = folder / f"undisturbed-{new}" / NAME
            path.parent.mkdir()
            if not new:
                copy(self.base, path)
            self._index(path)
            self.wanted[new] = shown(path)
        self.calls = {new: self._count(new) for new in (False, True)} if preload else {}

    def _change(self) -> None:
        """New pictures, changed ones, moved ones, copies, ones that are gone, ones that swap."""
        tree = self.tree
        for n in range(40, 55):
            write(tree / f"{n:03}.png", n)
        for n in range(6):
            write(tree / f"{n:03}.png", 1000 + n)
        for n in range(6, 12):
            (tree / f"{n:03}.png").rename(tree / f"moved-{n:03}.png")
        for n in range(12, 16):
            (tree / f"{n:03}.png").unlink()
        shutil.copyfile(tree / "020.png", tree / "copy.png")
        for a, b in ((30, 31), (32, 33)):
            one, other = tree / f"{a:03}.png", tree / f"{b:03}.png"
            one.rename(tree / "between.png")
            other.rename(one)
            (tree / "between.png").rename(other)

    def _index(self, path: Path) -> None:
        with Library.open(path, workers=1, photo=str(self.model)) as library:
            library.index(self.tree)

    def _count(self, new: bool) -> int:
        path = self.place("count", new)
        told = path.parent / "calls"
        done = run(self, path, self.preload, FAIL_COUNT=str(told))
        assert done.returncode == 0, done
        return max(map(int, told.read_text().split()))

    def place(self, name: str, new: bool) -> Path:
        """Where a trial has its library, as it is before the run."""
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        if not new:
            copy(self.base, folder / NAME)
        return folder / NAME


def shown(path: Path) -> dict[str, Any]:
    """What a search could see, and the ledger; without ids, which depend on the order of runs."""
    raw = sqlite3.connect(path)
    files = (
        "FROM files JOIN pictures ON file = files.id JOIN contents ON contents.id = content"
        " WHERE present = 1"
    )
    found = {
        "files": f"SELECT path, size, digest, pixel_digest, width, height, format {files}",
        "codes": (
            "SELECT DISTINCT digest, slot, fingerprint, code, embedding, quality FROM codes"
            " JOIN encoders ON encoders.id = encoder JOIN contents ON contents.id = codes.content"
            f" WHERE digest IN (SELECT digest {files})"
        ),
        "ledger": "SELECT path, status, reason FROM ledger",
    }
    told = {name: sorted(raw.execute(sql).fetchall()) for name, sql in found.items()}
    raw.close()
    return told


def copy(library: Path, target: Path) -> None:
    shutil.copyfile(library, target)
    cache = library.with_name(f"{library.name}-cache")
    shutil.copytree(cache, target.with_name(cache.name), dirs_exist_ok=True)


def ids(path: Path) -> set[tuple[int, int]]:
    raw = sqlite3.connect(path)
    found = set(raw.execute("SELECT id, file FROM pictures").fetchall())
    raw.close()
    return found


def run(
    ground: Ground, path: Path, preload: Path | None = None, **settings: str
) -> subprocess.CompletedProcess[str]:
    """A real ``lookalike index``, without a fault unless told."""
    told = {"FAIL_NAME": NAME, **settings} if preload else {}
    environment = {**os.environ, **told}
    if preload is not None:
        environment["LD_PRELOAD"] = str(preload)
    return subprocess.run(
        [
            *(sys.executable, "-m", "lookalike", "index", str(ground.tree)),
            *("--model", str(ground.model), "--library", str(path)),
        ],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def draw(rng: random.Random, *, mounts: bool, preloads: bool) -> Fault:
    """A fault by chance."""
    kinds = [k for k in KINDS if (mounts if k in ("full", "read-only") else preloads)]
    return Fault(rng.choice(kinds), rng.random() < 0.25, rng.random())


def try_fault(ground: Ground, fault: Fault) -> str:
    """Index with a fault, see that nothing is lost, and index again without.

    Returns:
        What the command said; empty where it succeeded.

    Raises:
        AssertionError: something doesn't hold.
    """
    if fault.kind in ("full", "read-only"):
        with disk(ground.folder / "disk") as point:
            path = point / NAME
            if not fault.new:
                copy(ground.base, path)
            said = _on_a_disk(ground, fault, path)
            _afterwards(ground, fault, path)
        (ground.folder / "disk").rmdir()
        return said
    path = ground.place("trial", fault.new)
    name, how = fault.kind.split()
    calls = ground.calls[fault.new]
    done = run(
        ground,
        path,
        ground.preload,
        FAIL_AT=str(1 + int(fault.where * calls)),
        FAIL_ERRNO=str(getattr(errno, name)),
        FAIL_ON=str(int(how == "on")),
    )
    said = _said(done)
    _afterwards(ground, fault, path)
    return said


def _on_a_disk(ground: Ground, fault: Fault, path: Path) -> str:
    if fault.kind == "read-only":
        mode = "remount,ro"
    else:
        most = 400_000
        left = int(fault.where * most)
        with (path.parent / "filler").open("wb") as filler:
            filler.write(bytes(max(0, shutil.disk_usage(path.parent).free - left)))
        mode = ""
    if mode:
        subprocess.run(["mount", "-o", mode, str(path.parent)], check=True)
    done = run(ground, path)
    if mode:
        assert done.returncode == 1, done
        subprocess.run(["mount", "-o", "remount,rw", str(path.parent)], check=True)
    (path.parent / "filler").unlink(missing_ok=True)
    return _said(done)


def _said(done: subprocess.CompletedProcess[str]) -> str:
    """Success without a word, or one line that says what is wrong."""
    lines = done.stderr.splitlines()
    assert "Traceback" not in done.stderr, done.stderr
    assert "unexpected" not in done.stderr, done.stderr
    if done.returncode == 0:
        assert lines == [], done.stderr
        return ""
    assert done.returncode == 1, done
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("lookalike: "), lines
    return lines[0]


def _afterwards(ground: Ground, fault: Fault, path: Path) -> None:
    if not fault.new:
        first = check_library(path)
        assert first.sound, first.problems
        assert ground.ids <= ids(path)
    with Library.open(path, workers=1, photo=str(ground.model)) as library:
        report = library.index(ground.tree)
        assert not report.failed
    assert shown(path) == ground.wanted[fault.new]
    checked = check_library(path)
    assert checked.sound, checked.problems
    if not fault.new:
        assert ground.ids <= ids(path)
