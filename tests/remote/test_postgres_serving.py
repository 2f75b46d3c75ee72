"""A library in PostgreSQL as one in a file with the same pictures: served, tested, and its chances.

Both are asked the same in one run. What they say has to be the same but for ids and times.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from postgres_server import address_of
from small_model import make_model

from lookalike.cli import main
from lookalike.evaluation.chance import held_out_chance
from lookalike.library import Library
from lookalike.library.tending import delete_library

CLIENTS, NOISE = 16, 112


@pytest.fixture(scope="module")
def places(
    postgres: str, original_photos: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """Where the same pictures are: in a file, and on the server."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "p").mkdir()
    rng = np.random.default_rng(0)
    for number in range(NOISE):
        coarse = Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8))
        coarse.resize((96, 96), Image.Resampling.BICUBIC).save(folder / f"p/{number:03}.png")
    for path in original_photos.iterdir():
        with Image.open(path) as picture:
            picture.reduce(2).save(folder / f"p/half-{path.name}")
    with Image.open(folder / "p/half-chelsea.jpg") as picture:
        picture.crop((20, 20, 200, 130)).save(folder / "p/part.png")
    model = str(make_model(folder / "small.onnx", 1))
    there = address_of(postgres, f"served_{os.getpid()}")
    for place in (here := str(folder / "l.lookalike"), there):
        with Library.open(place, photo=model, workers=1) as library:
            assert library.index(folder / "p").added == NOISE + 9
    yield here, there
    delete_library(there)


@pytest.fixture
def queries(original_photos: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(original_photos.iterdir())]


@contextmanager
def served(place: str, pictures: int = NOISE + 9) -> Iterator[str]:
    """``lookalike serve`` as people start it; the address that it prints."""
    pytest.importorskip("starlette", reason="needs the extra server")
    process = subprocess.Popen(
        [sys.executable, "-m", "lookalike", "serve", "--port", "0", "--library", place],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.match(rf"serving {pictures} pictures at (http://127\.0\.0\.1:\d+/)", line)
        assert found, line
        yield found[1]
        process.send_signal(signal.SIGINT)
        printed, said = process.communicate(timeout=60)
        # Once after an installation it says that it compiles.
        assert (printed, [w for w in said.splitlines() if "compiling code" not in w]) == ("", [])
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


def asked(url: str, path: str, body: bytes | None = None) -> Any:
    """An answer without what differs from library to library: ids, links and times."""
    with urllib.request.urlopen(urllib.request.Request(url + path, body), timeout=120) as answer:
        return bare(json.load(answer))


def bare(said: Any) -> Any:
    if isinstance(said, dict):
        left_out = ("id", "links", "seconds", "next", "library")
        return {key: bare(value) for key, value in said.items() if key not in left_out}
    return [bare(one) for one in said] if isinstance(said, list) else said


def test_sixteen_clients_get_what_a_file_gives(
    places: tuple[str, str], queries: list[bytes]
) -> None:
    here, there = places
    questions = [(f"api/v1/search?k={k}", query) for k in (1, 10) for query in queries]
    with served(here) as url:
        wanted = [asked(url, *question) for question in questions]
        status = asked(url, "api/v1/status")["pictures"]
    assert {hit["kind"] for one in wanted for hit in one["hits"]} >= {"edited", "part", "alike"}
    assert all(hit["chance"] is not None for one in wanted for hit in one["hits"])
    with served(there) as url, ThreadPoolExecutor(CLIENTS) as clients:
        assert asked(url, "api/v1/status")["pictures"] == status
        again = 3 * questions
        for said, right in zip(
            clients.map(lambda question: asked(url, *question), again), 3 * wanted, strict=True
        ):
            assert said == right
        listed = asked(url, "api/v1/pictures?limit=1000")["pictures"]
        assert len(listed) == NOISE + 9


def test_another_process_indexes_while_it_is_served(postgres: str, photos: Path) -> None:
    """What others index is found by the next search."""
    place = address_of(postgres, f"growing_{os.getpid()}")
    model = str(make_model(photos.parent / "small.onnx", 1))
    (photos / "coins.jpg").rename(late := photos.parent / "coins.jpg")
    try:
        with Library.open(place, photo=model, workers=1) as library:
            library.index(photos)
            with served(place, len(list(photos.iterdir()))) as url:
                search = "api/v1/search?k=1"
                before = asked(url, search, late.read_bytes())["hits"]
                assert [hit["kind"] for hit in before] != ["same-bytes"]
                late.rename(photos / "coins.jpg")
                assert library.index().added == 1
                (hit,) = asked(url, search, (photos / "coins.jpg").read_bytes())["hits"]
                assert (hit["kind"], hit["name"]) == ("same-bytes", "coins.jpg")
    finally:
        delete_library(place)


def test_a_selftest_says_what_it_says_of_a_file(
    places: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    found = []
    for place in places:
        arguments = ["--sample", "9", "--edit", "jpeg-20", "--edit", "crop-50", "--json"]
        assert main(["selftest", "--library", place, *arguments]) == 0
        found.append(bare(json.loads(capsys.readouterr().out)))
    local, remote = found
    assert remote["sampled"] == 9
    assert all(one["equal"] == one["queries"] > 0 for one in remote["exact"])
    assert remote == local


def test_chances_are_those_of_a_file(places: tuple[str, str]) -> None:
    local, remote = (held_out_chance(place) for place in places)
    assert remote[0].code.startswith("pdq")
    assert any(report.rows for report in remote)
    assert remote == local


def test_a_comparison_prints_the_same_chance(
    places: tuple[str, str], original_photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = []
    for place in places:
        pair = [str(original_photos / name) for name in ("chelsea.jpg", "coffee.jpg")]
        assert main(["compare", *pair, "--library", place, "--json"]) in (0, 1, 3)
        said.append(bare(json.loads(capsys.readouterr().out)))
    assert said[0] == said[1]
    assert "chance" in json.dumps(said[0])
