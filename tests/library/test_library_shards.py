"""Several workers fill one library: whatever the parts, and whoever is killed, it is as by one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from machine_child import decoding_here
from PIL import Image
from small_model import make_model

from lookalike.errors import LibraryLockedError, UsageError
from lookalike.library import IndexReport, Library
from lookalike.library.turns import shard_turn

Read = Callable[..., Any]
Tree = Mapping[str, int]

# Of contents: 0 is no picture.
BYTES = [b"no picture"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("model") / "small.onnx", 1)


@pytest.fixture(scope="module", autouse=True)
def some_bytes(tmp_path_factory: pytest.TempPathFactory) -> None:
    rng = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("bytes")
    for _ in range(1, 6):
        Image.fromarray(rng.integers(0, 256, (40, 40, 3), np.uint8)).save(folder / "a.png")
        BYTES.append((folder / "a.png").read_bytes())


@pytest.fixture
def here() -> Iterator[None]:
    with decoding_here():
        yield


def plant(root: Path, tree: Tree) -> None:
    """Make a folder what a tree says: names, and which bytes they hold."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    (root / "stays.png").write_bytes(BYTES[1])
    os.utime(root / "stays.png", ns=(0, 0))
    for name, content in tree.items():
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(BYTES[content])
        os.utime(path, ns=(0, content * 10**9))


class KilledError(Exception):
    pass


def work(library: Library, root: Path, shard: str, kill: int | None) -> IndexReport | None:
    """One worker, which ends at a commit."""
    left = kill

    def count(_: object) -> None:
        nonlocal left
        if left is not None:
            left -= 1
            if left < 0:
                raise KilledError

    try:
        return library.index(root, shard=shard, progress=count)
    except KilledError:
        return None


names = st.sampled_from([f"{folder}{stem}.png" for folder in ("", "x/", "y/") for stem in "abc"])
trees = st.dictionaries(names, st.integers(0, 5), max_size=7)
kills = st.lists(st.none() | st.integers(0, 2), min_size=4, max_size=4)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trees, trees, st.integers(1, 4), kills)
def test_any_parts_and_any_kills_give_what_one_run_gives(
    here: None, contents: Read, model: Path, before: Tree, after: Tree, of: int,
    kills: list[int | None],
) -> None:  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        root, one, many = (Path(place) / name for name in ("p", "one.lookalike", "many.lookalike"))
        options: dict[str, Any] = {"photo": str(model), "workers": 1}
        with Library.open(one, **options) as plain, Library.open(many, **options) as parted:
            for turn, tree in enumerate((before, after)):
                plant(root, tree)
                plain.index(root)
                for number in range(1, of + 1):
                    kill = kills[number - 1]
                    if work(parted, root, f"{number}/{of}", kill) is None and turn:
                        work(parted, root, f"{number}/{of}", None)
                parted.index()
            again = [parted.index(root, shard=f"{number}/{of}") for number in range(1, of + 1)]
            again.append(parted.index())
        for report in again:
            assert (report.added, report.updated, report.moved, report.waiting) == (0, 0, 0, 0)
        found, wanted = contents(many), contents(one)
        # Of files that are gone nobody promises which is remembered.
        for each in (found, wanted):
            each["files"] = [row for row in each["files"] if row[2]]
            each["held"] = {row[3] for row in each["files"]}
            each["codes"] = [row for row in each["codes"] if row[0] in each["held"]]
        assert found["files"] == wanted["files"]
        assert found["codes"] == wanted["codes"]
        assert found["ledger"] == wanted["ledger"]
        assert found["unused"] == (0,)


def test_a_worker_leaves_what_changed_to_the_run_over_all(
    here: None, tmp_path: Path, model: Path
) -> None:
    root = tmp_path / "p"
    plant(root, {"a.png": 2, "b.png": 3})
    with Library.open(tmp_path / "l.lookalike", photo=str(model), workers=1) as library:
        library.index(root)
        ids = {Path(p.path).name: p.id for p in library.pictures.page(9)}
        (root / "a.png").rename(root / "c.png")
        (root / "b.png").unlink()
        report = library.index(shard="1/1")
        assert (report.moved, report.missing, report.waiting) == (0, 0, 1)
        assert report.shard == "1/1"
        assert {Path(p.path).name: p.id for p in library.pictures.page(9)} == ids
        report = library.index()
        assert (report.moved, report.missing, report.waiting, report.shard) == (1, 1, 0, None)
        now = {Path(p.path).name: p.id for p in library.pictures.page(9)}
        assert now == {"stays.png": ids["stays.png"], "c.png": ids["a.png"]}


def test_what_no_shard_can_be(tmp_path: Path) -> None:
    with Library.open(tmp_path / "l.lookalike", workers=1) as library:
        for wrong in ("0/4", "5/4", "1", "1/0", "a/b", "-1/4", "1/999999", 3):
            with pytest.raises(UsageError, match=r"a shard is I/N, such as 3/8"):
                library.index(tmp_path, shard=wrong)  # type: ignore[arg-type]
        with pytest.raises(UsageError, match="without a shard"):
            library.index(tmp_path, shard="1/2", gone=True)


def test_waiting_for_ones_turn_can_be_ended(tmp_path: Path) -> None:
    with Library.open(tmp_path / "l.lookalike", workers=1) as library:
        stop = threading.Event()
        stop.set()
        with (
            library._store.run(),
            pytest.raises(LibraryLockedError),
            shard_turn(library._store, stop),
        ):
            pass


WORK = """
import sys
from lookalike.library import Library
with Library.open(sys.argv[1], workers=1, photo=sys.argv[4]) as library:
    print("open", flush=True)
    library.index(sys.argv[2], shard=sys.argv[3], progress=lambda _: print("on", flush=True))
"""


def test_four_workers_at_once_of_which_one_is_killed(
    contents: Read, tmp_path: Path, model: Path
) -> None:
    rng = np.random.default_rng(1)
    root = tmp_path / "p"
    root.mkdir()
    for number in range(100):
        picture = Image.fromarray(rng.integers(0, 256, (40, 40, 3), np.uint8))
        picture.save(root / f"{number:03}.png")
    shutil.copy(root / "000.png", root / "copy.png")
    many, one = tmp_path / "many.lookalike", tmp_path / "one.lookalike"
    Library.open(many, workers=1, photo=str(model)).close()

    def start(number: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", WORK, many, root, f"{number}/4", model]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    workers = [start(number) for number in range(1, 5)]
    first = workers[0]
    assert first.stdout is not None
    while first.stdout.readline().strip() != b"on":
        assert first.poll() is None
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert first.returncode
    workers[0] = start(1)
    said = [worker.communicate()[1].decode() for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0, 0]
    # They came one after the other, and said so in a line.
    assert any("another process is filling" in text for text in said)
    assert all(text.count("\n") <= 1 for text in said)
    with decoding_here(), Library.open(many, workers=1) as library:
        assert library.index().waiting == 0
        again = [library.index(shard=f"{number}/4") for number in range(1, 5)]
        assert [(r.added, r.updated, r.waiting) for r in again] == [(0, 0, 0)] * 4
        assert sum(r.unchanged for r in again) == 101
    with decoding_here(), Library.open(one, workers=1, photo=str(model)) as library:
        library.index(root)
    assert contents(many) == contents(one)
