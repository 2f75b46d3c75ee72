"""What the tests of actions share: a home with a trash, and other file systems."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from lookalike.system.mounts import mount_point


@pytest.fixture(autouse=True)
def home_trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The trash of a home of its own; nothing comes to the top of the machine's own disk."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    top = mount_point(str(tmp_path))

    def own(path: str) -> str:
        found = mount_point(path)
        return str(tmp_path) if found == top else found

    monkeypatch.setattr("lookalike.actions.trash.mount_point", own)
    return tmp_path / "home" / "Trash"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "p.lookalike-actions"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system than ``tmp_path``."""
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system to write to")
    with tempfile.TemporaryDirectory(dir=shared) as folder:
        yield Path(folder)


@contextmanager
def mounted(point: Path, *arguments: str) -> Iterator[Path]:
    point.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("needs the right to mount")
    made = subprocess.run(["mount", *arguments, str(point)], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"can't mount here: {made.stderr.strip()}")
    try:
        yield point
    finally:
        subprocess.run(["umount", "-l", str(point)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of a megabyte."""
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=1m", "none") as point:
        yield point


@pytest.fixture
def cloning_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system whose files can share blocks: Btrfs, where its tools are installed."""
    maker = shutil.which("mkfs.btrfs")
    if maker is None:
        pytest.skip("needs mkfs.btrfs")
    image = tmp_path / "btrfs.img"
    with image.open("wb") as file:
        file.truncate(128 << 20)
    subprocess.run([maker, "-q", str(image)], check=True, capture_output=True)
    with mounted(tmp_path / "cloning", "-o", "loop", str(image)) as point:
        yield point


@pytest.fixture
def as_nobody() -> Callable[[Callable[[], object]], None]:
    """Run something in a child without rights; what it asserts is asserted here."""

    def run(do: Callable[[], object]) -> None:
        if not hasattr(os, "fork") or os.geteuid() != 0:
            pytest.skip("takes root, who can become somebody else")
        child = os.fork()
        if child == 0:
            code = 1
            with ExitStack() as stack:
                stack.callback(lambda: os._exit(code))
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
                do()
                code = 0
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0

    return run
