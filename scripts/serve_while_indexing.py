"""A server that answers while its library is indexed, by itself and by another process.

    python scripts/serve_while_indexing.py [--pictures 10000]

Makes small pictures, and a library of a few of them. A client asks a server for its status and for
searches by id, all the time, while

1. a job of the server indexes half of the others, until the server is killed (SIGKILL) half way;
2. the server, started again, indexes the rest of that half;
3. `lookalike index` indexes the other half, is killed half way, and is run again.

After each of them the library is checked (`Library.check`). Prints the answers of each time with
their median and 99th percentile. Exits with 1 if an answer was no 200, but for the moment of the
kill, if the library was harmed, or if a picture lacks at the end.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

from lookalike import Library

API = "/api/v1"
CHANGE = "a-token-that-may-change-files"
COMMAND = [sys.executable, "-m", "lookalike"]


def write(folder: Path, count: int, seed: int) -> None:
    """Write small pictures, none like another one."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        where = folder / f"{number // 500:03}"
        where.mkdir(parents=True, exist_ok=True)
        coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8))
        coarse.resize((96, 72), Image.Resampling.BICUBIC).save(where / f"{number:06}.jpg")


def started(library: Path) -> tuple[subprocess.Popen[str], str]:
    """A server, once it is ready, and its address."""
    process = subprocess.Popen(
        [*COMMAND, "serve", str(library), "--port", "0", "--rate", "0", "--allow-changes"],
        env={**os.environ, "LOOKALIKE_CHANGE_TOKEN": CHANGE, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
    assert found is not None
    while httpx.get(f"{found[0]}/readyz").status_code != 200:
        time.sleep(0.1)
    return process, found[0]


class Asking:
    """A client that asks all the time, in a thread; left, it prints what it was answered."""

    def __init__(self, url: str, name: str, *, killed: bool = False) -> None:
        self._url, self._name, self._killed = url, name, killed
        self._stop = threading.Event()
        self._times: list[float] = []
        self.wrong: list[str] = []
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> Asking:
        self._thread.start()
        return self

    def __exit__(self, *_of: object) -> None:
        self._stop.set()
        self._thread.join()
        took = sorted(self._times)
        print(
            f"{self._name}: {len(took):,} answers, median {statistics.median(took):.0f} ms,"
            f" p99 {took[int(0.99 * (len(took) - 1))]:.0f} ms, slowest {took[-1]:.0f} ms;"
            f" {len(self.wrong)} wrong {self.wrong[:3]}",
            flush=True,
        )

    def _ask(self) -> None:
        with httpx.Client(base_url=self._url, timeout=60) as client:
            page = client.get(f"{API}/pictures", params={"limit": 20}).json()["pictures"]
            turn = 0
            while not self._stop.is_set():
                similar = page[turn % len(page)]["links"]["similar"]
                address = f"{API}/status" if turn % 2 else f"{similar}?k={1 + turn % 50}"
                began = time.perf_counter()
                try:
                    answer = client.get(address)
                except httpx.HTTPError as error:
                    if not self._killed:
                        self.wrong.append(type(error).__name__)
                    return
                self._times.append((time.perf_counter() - began) * 1e3)
                if answer.status_code != 200:
                    self.wrong.append(f"{answer.status_code} {address}")
                turn += 1


def count(url: str) -> int:
    return int(httpx.get(f"{url}{API}/pictures", params={"limit": 1}, timeout=60).json()["total"])


def until(url: str, wanted: int) -> None:
    """Wait until the library has so many pictures."""
    while count(url) < wanted:
        time.sleep(0.2)


def index_by_job(url: str, folder: Path) -> str:
    """Have the server index a folder; the address of the job."""
    job = httpx.post(
        f"{url}{API}/jobs",
        json={"what": "index", "folders": [str(folder)]},
        headers={"Authorization": f"Bearer {CHANGE}"},
        timeout=60,
    ).raise_for_status()
    return url + str(job.json()["links"]["self"])


def checked(library: Path, name: str) -> bool:
    """Whether the library is whole."""
    with Library.open(library, create=False, read_only=True) as opened:
        report = opened.check()
        pictures = opened.pictures.count()
    print(f"{name}: {pictures:,} pictures, {'whole' if report.sound else 'HARMED'}", flush=True)
    return bool(report.sound)


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=10_000)
    given = parser.parse_args()
    half, few = given.pictures // 2, 100
    good = True
    with tempfile.TemporaryDirectory() as place:
        folders = {name: Path(place) / name for name in ("few", "one", "other")}
        for seed, (folder, number) in enumerate(
            zip(folders.values(), (few, half, half), strict=True)
        ):
            write(folder, number, seed)
        library = Path(place) / "l.lookalike"
        with Library.open(library) as opened:
            opened.index(folders["few"])
        server, url = started(library)
        with Asking(url, "while its own job indexes, until it is killed", killed=True) as client:
            index_by_job(url, folders["one"])
            until(url, few + half // 2)
            server.send_signal(signal.SIGKILL)
            server.wait()
        good &= checked(library, "after the server was killed") and not client.wrong
        server, url = started(library)
        try:
            with Asking(url, "while its own job goes on") as client:
                job = index_by_job(url, folders["one"])
                while httpx.get(job, timeout=60).json()["state"] in ("waiting", "running"):
                    time.sleep(0.2)
            good &= count(url) == few + half and not client.wrong
            command = [*COMMAND, "index", str(folders["other"]), "--library", str(library)]
            with Asking(url, "while another process indexes, killed half way") as client:
                other = subprocess.Popen(command, stdout=subprocess.DEVNULL)
                until(url, few + half + half // 2)
                other.send_signal(signal.SIGKILL)
                other.wait()
                good &= checked(library, "after the other process was killed")
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            good &= count(url) == few + 2 * half and not client.wrong
        finally:
            server.terminate()
            server.wait()
        good &= checked(library, "at the end")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
