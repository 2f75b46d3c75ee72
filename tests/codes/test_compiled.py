"""Kernels compile, are cached where they can be, and work where nothing can be written."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from lookalike.codes import compiled as module
from lookalike.codes.compiled import compiled

SOURCE = """
import logging
logging.basicConfig(level=logging.WARNING)
import numpy as np
from lookalike.codes.compiled import compiled

@compiled("int64(int64[::1])")
def total(values):
    result = 0
    for value in values:
        result += value
    return result

print(total(np.arange(10, dtype=np.int64)))
"""


def run(folder: Path, home: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("NUMBA_", "XDG_"))}
    environment |= {"HOME": str(home), "PYTHONPATH": str(Path(module.__file__).parents[2])} | extra
    return subprocess.run(
        [sys.executable, "-c", "import kernel"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "kernel.py").write_text(SOURCE)
    return folder


def test_cached_beside_the_source(folder: Path, tmp_path: Path) -> None:
    finished = run(folder, tmp_path)
    assert finished.stdout == "45\n"
    assert finished.stderr == ""
    assert list(folder.glob("__pycache__/*.nbi"))


def test_nothing_can_be_written(folder: Path, tmp_path: Path) -> None:
    # A file in place of a folder refuses even a superuser, whom permissions don't stop.
    (folder / "__pycache__").write_text("in the way")
    home = tmp_path / "home"
    home.write_text("in the way")
    finished = run(folder, home, XDG_CACHE_HOME=str(home / "cache"))
    assert finished.stdout == "45\n"
    assert "can't be cached" in finished.stderr


def test_signature_with_read_only_arrays() -> None:
    array = numba.types.Array(numba.uint8, 1, "C", readonly=True)

    @compiled(numba.int64(array))
    def first(values: np.ndarray) -> int:
        return int(values[0])

    values = np.array([7], dtype=np.uint8)
    assert first(values) == 7
    values.flags.writeable = False
    assert first(values) == 7


def test_cache_that_fills_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from numba.core import caching

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(caching.IndexDataCacheFile, "save", full)
    with caplog.at_level(logging.WARNING):

        @compiled("int64(int64)")
        def twice(value: int) -> int:
            return 2 * value

    assert twice(21) == 42
    assert "No space left" in caplog.text


def test_other_errors_are_not_hidden() -> None:
    with pytest.raises(numba.core.errors.NumbaError):

        @compiled("int64(int64)")
        def wrong(value: int) -> int:
            return value.no_such_attribute  # type: ignore[attr-defined, no-any-return]


KERNELS = """
from lookalike.codes.compiled import compiled
from constants import FACTOR

@compiled(*SIGNATURES)
def scaled(value):
    return FACTOR * value

print(scaled(21))
"""


@pytest.mark.parametrize("signatures", ["()", "('int64(int64)',)"])
def test_a_change_in_a_neighbour_makes_cached_code_stale(tmp_path: Path, signatures: str) -> None:
    (tmp_path / "kernels.py").write_text(KERNELS.replace("SIGNATURES", signatures))
    printed = []
    for factor in (2, 3):
        (tmp_path / "constants.py").write_text(f"FACTOR = {factor}\n")
        done = subprocess.run(
            [sys.executable, "-B", str(tmp_path / "kernels.py")],
            capture_output=True,
            check=True,
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")},
        )
        printed.append(int(done.stdout))
    assert printed == [42, 63]
    assert list((tmp_path / "cache").rglob("*.nbi"))
