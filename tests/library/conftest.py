"""What the library's tests share: its contents in a form that can be compared."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Contents = dict[str, Any]


def read_contents(path: Path, *, ids: bool = False) -> Contents:
    """All that a library says of files, without ids, times and counters."""
    with sqlite3.connect(path) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        files = raw.execute(
            "SELECT f.path, f.size, p.present, c.digest, c.pixel_digest, c.width, c.height,"
            " c.format, c.bytes FROM files f JOIN pictures p ON p.file = f.id"
            " JOIN contents c ON c.id = p.content ORDER BY f.path, p.position"
        ).fetchall()
        codes = raw.execute(
            "SELECT c.digest, e.slot, e.fingerprint, k.code, k.embedding, k.quality FROM codes k"
            " JOIN contents c ON c.id = k.content JOIN encoders e ON e.id = k.encoder"
            " ORDER BY c.digest, e.slot, e.fingerprint"
        ).fetchall()
        ledger = raw.execute("SELECT path, status, reason FROM ledger ORDER BY path").fetchall()
        unused = raw.execute(
            "SELECT count(*) FROM contents WHERE id NOT IN (SELECT content FROM pictures)"
        ).fetchone()
        found: Contents = {"files": files, "codes": codes, "ledger": ledger, "unused": unused}
        if ids:
            found["ids"] = raw.execute("SELECT id, path FROM files ORDER BY id").fetchall()
    raw.close()
    return found


@pytest.fixture
def contents() -> Callable[..., Contents]:
    return read_contents


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, 64 MB in memory; mounting takes root and Linux."""
    point = tmp_path / "disk"
    point.mkdir()
    mount = shutil.which("mount")
    if mount is None or sys.platform != "linux":
        pytest.skip("mounting a disk needs Linux's mount")
    made = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=64m", "none", str(point)], capture_output=True
    )
    if made.returncode:
        pytest.skip(f"mounting a disk needs root: {made.stderr.decode().strip()}")
    yield point
    subprocess.run(["umount", "-l", str(point)], check=True)


def write_and_end(path: Path) -> None:
    """Change a library in a process that ends before its log is merged."""
    script = (
        "import os, sys; from lookalike.library.opening import open_library;"
        "from lookalike.library.records import Folder; from lookalike.library import Library;"
        "library = Library.open(sys.argv[1]);"
        "store, _ = open_library(sys.argv[1], create=False, read_only=False);"
        "store.put_folder(Folder('/x', ())); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=True)


@pytest.fixture
def leave_log() -> Callable[[Path], None]:
    return write_and_end
