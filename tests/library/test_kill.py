"""SIGKILL at random moments: the library opens every time, and the next run goes on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from lookalike.library import Library

KILLS = int(os.environ.get("LOOKALIKE_TEST_KILLS", "20"))

INDEX = """
import sys
from lookalike.library import Library
with Library.open(sys.argv[1]) as library:
    print("open", flush=True)
    library.index(sys.argv[2])
"""


def start(path: Path, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", INDEX, str(path), str(folder)], stdout=subprocess.PIPE
    )


def change(folder: Path, picture: Image.Image, rng: random.Random, turn: int) -> None:
    """Leave work for the next run: new files, changed ones, moved ones, deleted ones, bad ones."""
    for i in range(24):
        x, y = rng.randrange(200), rng.randrange(200)
        picture.crop((x, y, x + 220, y + 200)).save(folder / f"{turn:02}-{i:02}.jpg")
    files = sorted(folder.glob("*.jpg"))
    rng.choice(files).unlink()
    moved = rng.choice(sorted(folder.glob("*.jpg")))
    moved.rename(folder / f"moved-{turn:02}.jpg")
    broken = folder / f"broken-{turn:02}.jpg"
    broken.write_bytes((folder / f"moved-{turn:02}.jpg").read_bytes()[:900])


@pytest.mark.slow
def test_killed_at_many_moments(photos: Path, tmp_path: Path, contents: Callable[..., Any]) -> None:
    rng = random.Random(0)
    path = tmp_path / "killed.lookalike"
    with Image.open(photos / "astronaut.jpg") as image:
        picture = image.convert("RGB")
    change(photos, picture, rng, 0)
    began = time.monotonic()
    with start(tmp_path / "first.lookalike", photos) as first:
        assert first.wait() == 0
    whole = time.monotonic() - began
    killed = 0
    for turn in range(1, KILLS + 1):
        change(photos, picture, rng, turn)
        with start(path, photos) as process:
            if turn % 5:  # most of the time past the start, where nothing happens yet
                assert process.stdout is not None
                process.stdout.readline()
                time.sleep(rng.random() * whole * 0.4)
            else:
                time.sleep(rng.random() * whole)
            process.send_signal(signal.SIGKILL)
        killed += process.returncode == -signal.SIGKILL
        if path.exists() and path.stat().st_size:
            contents(path)  # checks integrity and foreign keys
            with Library.open(path) as library:
                library.status()
    assert killed >= KILLS * 0.8  # the others had ended before
    with Library.open(path) as library:
        assert not library.index(photos).interrupted
    with Library.open(tmp_path / "undisturbed.lookalike") as library:
        library.index(photos)
    assert present(contents(path)) == present(contents(tmp_path / "undisturbed.lookalike"))


def present(found: dict[str, Any]) -> dict[str, Any]:
    """What a search could see: files that are gone were never known to the undisturbed run."""
    files = [row for row in found["files"] if row[2]]
    digests = {row[3] for row in files}
    codes = [row for row in found["codes"] if row[0] in digests]
    return {"files": files, "codes": codes, "ledger": found["ledger"], "unused": found["unused"]}
