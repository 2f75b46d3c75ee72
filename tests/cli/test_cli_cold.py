"""What a command costs that asks one question: no compiler, and a line where one has to run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lookalike.cli import main

pytestmark = pytest.mark.slow

SEARCH = """if 1:
    import sys
    from lookalike.cli import main
    assert main(["search", *sys.argv[1:]]) == 0
    heavy = "onnxruntime numba llvmlite scipy torch sklearn skimage matplotlib tqdm onnx".split()
    print([name for name in heavy if name in sys.modules], file=sys.stderr)
"""

SCAN = """if 1:
    import numpy as np
    import lookalike.cli
    from lookalike.indexes.exact import exact_scan
    codes = np.zeros((20_000_000, 1), np.uint8)
    for _ in range(2):
        print(exact_scan(codes, 8).search(codes[:3], 1).ids.tolist())
"""


HASH = """if 1:
    import numpy as np
    import lookalike.cli
    from lookalike.encoders.perceptual import PDQ
    PDQ().encode(20 * [np.zeros((64, 64, 3), np.uint8)])
"""


def run(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    )


@pytest.fixture(scope="module")
def library(original_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tmp_path_factory.mktemp("cold") / "photos.lookalike"
    assert main(["index", str(original_photos), "--library", str(library)]) == 0
    return library


def test_a_search_needs_no_compiler(library: Path, original_photos: Path, tmp_path: Path) -> None:
    picture = shutil.copy(original_photos / "chelsea.jpg", tmp_path / "cat.jpg")
    asked, cache = (str(picture), "--all", "--library", str(library)), str(tmp_path / "cache")
    done = run(SEARCH, *asked, NUMBA_CACHE_DIR=cache)
    assert "same-bytes" in done.stdout
    assert done.stderr == "['onnxruntime']\n"
    assert not Path(cache).exists()
    # And without the photo code no network.
    assert run(SEARCH, *asked, "--code", "pdq").stderr == "[]\n"


def test_compiling_is_told_once_and_only_where_it_happens(tmp_path: Path) -> None:
    cache = {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    first = run(SCAN, **cache)
    assert first.stderr.splitlines() == [
        "lookalike: compiling code for this processor, once after an installation; "
        "this takes some seconds"
    ]
    again = run(SCAN, **cache)
    assert again.stderr == ""
    assert again.stdout == first.stdout == "[[0], [0], [0]]\n" * 2


def test_hashing_many_pictures_tells_it_too(tmp_path: Path) -> None:
    cache = {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    done = [run(HASH, **cache) for _ in range(2)]
    assert done[0].stderr.count("compiling code for this processor") == 1
    assert done[1].stderr == ""


def test_it_is_told_above_a_progress_bar(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import logging

    from tqdm import tqdm

    from lookalike.codes.loading import COMPILING

    with tqdm(total=3, file=sys.stderr):
        logging.getLogger(COMPILING).info("compiling")
    assert "lookalike: compiling\n" in capsys.readouterr().err
