"""How fast a folder is indexed and a picture is found, beside decoding alone and a peer."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from lookalike.encoders import registry
from lookalike.errors import MissingExtraError, UsageError
from lookalike.library import Library
from lookalike.road import FULL_SIZE, Road
from lookalike.sources.walk import Found, walk
from lookalike.system.installing import install_command

__all__ = ["IndexBenchmark", "enlarge", "measure_indexing"]


@dataclass(frozen=True, slots=True)
class IndexBenchmark:
    """Rates in pictures a second, times in seconds, memory in bytes.

    Attributes:
        pictures: files that were indexed.
        index_rate: end to end, both codes, from an empty library.
        decode_rate: the decoding alone, of the same files in the same processes.
        peer: what the last rate is of.
        peer_rate: of the peer, with decoding in the same processes; ``None`` where torch isn't
            installed.
        again_seconds: a second run with nothing changed, with a library that is open already.
        again_process_seconds: the same as a process of its own, ``lookalike index``.
        peak_bytes: resident memory of all processes together while indexing (pages that they
            share count once for each).
        query_seconds: a query from a file in a warm process, median.
        search_seconds: the search's share of it, median.
        cold_seconds: ``lookalike search`` as a whole process, median.
    """

    pictures: int
    index_rate: float
    decode_rate: float
    peer: str
    peer_rate: float | None
    again_seconds: float
    again_process_seconds: float
    peak_bytes: int
    query_seconds: float
    search_seconds: float
    cold_seconds: float


def measure_indexing(
    folder: str | os.PathLike[str],
    *,
    queries: int = 200,
    cold: int = 5,
    photo: str = "photo-256",
    say: Callable[[str], None] = lambda _: None,
) -> IndexBenchmark:
    """Measure on a folder of pictures, in one run.

    Args:
        folder: the pictures.
        queries: how many warm queries to time.
        cold: how many whole processes to time.
        photo: the photo encoder.
        say: told what is measured now.

    Raises:
        UsageError: the folder holds no pictures.
    """
    paths = [found.path for found in walk(folder) if isinstance(found, Found)]
    if not paths:
        raise UsageError(f"{os.fspath(folder)} holds no pictures")
    for path in paths:  # every measured part finds the files in the system's memory
        Path(path).read_bytes()
    encoders = {name: registry.load(name) for name in (registry.PERCEPTUAL, photo)}
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "benchmark.lookalike"
        say("indexing")
        with Library.open(file, photo=photo) as library:
            with _peak() as peak:
                report = library.index(folder)
            say("indexing again")
            again = library.index(folder).seconds
            say("querying")
            times = [library.search(path).seconds for path in _spread(paths, queries)]
        say("starting processes")
        index = _process("index", "--library", str(file), os.fspath(folder))
        cold_times = [
            _process("search", "--library", str(file), path) for path in _spread(paths, cold)
        ]
    say("decoding alone")
    started = time.perf_counter()
    with Road(encoders) as road:
        decoded = sum(1 for _ in road.each(zip(paths, paths, strict=True), road.picture))
    decode_rate = decoded / (time.perf_counter() - started)
    say("the peer")
    return IndexBenchmark(
        pictures=report.added,
        index_rate=report.pictures_per_second,
        decode_rate=decode_rate,
        peer="imagededup's CNN (MobileNetV3-Small in PyTorch, its batches of 64)",
        peer_rate=_peer_rate(paths),
        again_seconds=again,
        again_process_seconds=index,
        peak_bytes=peak[0],
        query_seconds=statistics.median(t["total"] for t in times[len(times) // 10 :]),
        search_seconds=statistics.median(t["search"] for t in times[len(times) // 10 :]),
        cold_seconds=statistics.median(cold_times),
    )


def enlarge(folder: str | os.PathLike[str], target: Path, *, count: int, seed: int = 0) -> None:
    """Make photographs of 12 megapixels from smaller ones, with grain, as a camera's are.

    Args:
        folder: the smaller ones.
        target: an existing folder for the large ones, JPEG of quality 90.
        count: how many to make.
        seed: of the grain.
    """
    paths = [found.path for found in walk(folder) if isinstance(found, Found)]
    if not paths:
        raise UsageError(f"{os.fspath(folder)} holds no pictures")
    grain = np.random.default_rng(seed).normal(0, 6, (1500, 2000, 1)).astype(np.int16)
    with Road[str]({}) as road:
        for i in range(count):
            path = paths[i * len(paths) // count % len(paths)]
            pixels = road.picture(path, more={"full": FULL_SIZE}).inputs["full"]
            small = Image.fromarray(pixels)
            large = ImageOps.fit(small, (4000, 3000), Image.Resampling.BICUBIC)
            noisy = np.asarray(large).astype(np.int16)
            noisy += np.tile(grain, (2, 2, 1))
            picture = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
            picture.save(target / f"{i:04}.jpg", quality=90)


def _spread(paths: Sequence[str], count: int) -> list[str]:
    """``count`` of the paths, evenly over all."""
    return [paths[i * len(paths) // count] for i in range(min(count, len(paths)))]


def _process(*arguments: str) -> float:
    """Seconds of a whole ``lookalike`` process."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "lookalike", *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - started


@contextmanager
def _peak() -> Iterator[list[int]]:
    """Watch the resident memory of this process and its children; the list's item is the peak."""
    try:
        import psutil
    except ImportError as error:
        raise MissingExtraError(
            f"measuring memory needs psutil: {install_command('benchmark')}"
        ) from error
    peak = [0]
    done = threading.Event()
    me = psutil.Process()

    def watch() -> None:
        while not done.wait(0.05):
            total = 0
            for process in (me, *me.children(recursive=True)):
                try:
                    total += process.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            peak[0] = max(peak[0], total)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()


def _peer_rate(paths: Sequence[str]) -> float | None:
    """Pictures a second of the encoder that imagededup uses, decoding included, all cores."""
    try:
        from lookalike.training.speed import features_of
    except ImportError:
        return None
    seconds, count = features_of(paths)
    return count / seconds
