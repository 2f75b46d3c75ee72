"""``lookalike check-library`` in a shell."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lookalike.library import Library

Run = Any


@pytest.fixture
def indexed(tmp_path: Path, photos: Path) -> Path:
    path = tmp_path / "l.lookalike"
    with Library.open(path, workers=1) as library:
        library.index(photos)
    return path


def damage(path: Path) -> None:
    """Put zeros in the place of the pages behind the middle, which the model fills."""
    size = path.stat().st_size
    with path.open("rb+") as file:
        file.seek(size // 8192 * 4096)
        file.write(bytes(3 * 4096))


def test_a_sound_library(run: Run, indexed: Path) -> None:
    done = run("check-library")
    assert (done.code, done.out, done.err) == (0, f"sound: {indexed}\n", "")
    done = run("check-library", "--json")
    assert done.code == 0
    assert done.json == {"path": str(indexed), "sound": True, "problems": [], "notes": []}
    done = run("check-library", "--repair")
    assert (done.code, done.out) == (0, f"sound, nothing to repair: {indexed}\n")


def test_nothing_is_left_beside(run: Run, indexed: Path) -> None:
    before = sorted(path.name for path in indexed.parent.iterdir())
    assert run("check-library").code == 0
    assert sorted(path.name for path in indexed.parent.iterdir()) == before
    with Library.open(indexed, read_only=True) as library:
        assert library.check().sound
    assert sorted(path.name for path in indexed.parent.iterdir()) == before
    with Library.open(indexed) as library:  # what others need stays
        assert run("check-library").code == 0
        assert Path(f"{indexed}-shm").exists()
        assert library.status().pictures == 8
    damage(indexed)
    assert run("check-library").code == 1
    assert sorted(path.name for path in indexed.parent.iterdir()) == before


def test_a_damaged_library_is_repaired(run: Run, indexed: Path, photos: Path) -> None:
    damage(indexed)
    before = indexed.read_bytes()
    done = run("check-library")
    assert done.code == 1
    lines = done.out.splitlines()
    assert lines[0].startswith("wrong: table encoders: ")
    assert lines[-1] == f"not sound, {len(lines) - 1} fault{'s' * (len(lines) > 2)}: {indexed}"
    assert done.err == ""
    assert indexed.read_bytes() == before
    assert run("check-library", "--json").json["problems"][0]["where"] == "table encoders"

    done = run("check-library", "--repair")
    assert done.code == 0
    assert f"repaired: {indexed}" in done.out
    assert f"as it was: {indexed}.damaged" in done.out
    assert Path(f"{indexed}.damaged").read_bytes() == before
    assert run("check-library").code == 0
    # The model is one that came with lookalike, and nothing else was damaged.
    assert "8 unchanged" in run("index").out
    assert "same-bytes" in run("search", photos / "coins.jpg").out


def test_a_damaged_cache_is_deleted(run: Run, indexed: Path) -> None:
    (file, *_) = Path(f"{indexed}-cache").glob("photo-*.words")
    file.write_bytes(bytes(file.stat().st_size))
    assert run("check-library").code == 1
    done = run("check-library", "--repair", "--json")
    assert (done.code, done.json["action"], done.json["damaged"]) == (0, "cache", None)
    assert run("check-library").code == 0


def test_what_is_no_library(run: Run, tmp_path: Path) -> None:
    for arguments in ((), ("--repair",)):
        done = run("check-library", *arguments)
        assert done.code == 1
        assert "there is no library" in done.err
        (tmp_path / "notes.txt").write_text("no library")
        done = run("check-library", *arguments, "--library", tmp_path / "notes.txt")
        assert done.code == 1
        assert done.err.count("\n") == 1
        assert "not a lookalike library" in done.err
    assert not (tmp_path / "l.lookalike").exists()


def test_nothing_can_be_saved_from_the_first_page(run: Run, indexed: Path) -> None:
    with indexed.open("rb+") as file:
        file.seek(100)
        file.write(b"\x7f" * 3996)
    done = run("check-library", "--repair")
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "nothing can be saved" in done.err


def test_a_read_only_library(run: Run, indexed: Path) -> None:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("root may write anywhere, and only setpriv takes that from it")
    indexed.chmod(0o444)
    indexed.parent.chmod(0o555)
    try:
        for arguments, code, said in (([], 0, "sound: "), (["--repair"], 1, "can't be written")):
            done = subprocess.run(
                [
                    setpriv,
                    "--bounding-set=-dac_override,-dac_read_search",
                    "--inh-caps=-dac_override,-dac_read_search",
                    *(sys.executable, "-m", "lookalike"),
                    "check-library",
                    *arguments,
                    "--library",
                    str(indexed),
                ],
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == code, done
            assert said in done.stdout + done.stderr
    finally:
        indexed.parent.chmod(0o755)
