"""How many searches by id a running server answers a second, and what each costs its processor.

    lookalike serve --rate 0 & python scripts/search_rate.py http://127.0.0.1:5665 --pid $!

Each search is one that the server has not answered before: pictures are drawn from all of the
library, and further rounds name the kinds in another order. Give several addresses and ids of
processes to measure servers in alternation.
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import threading
import time
from collections.abc import Iterator

import httpx

KINDS = ["same-bytes", "same-pixels", "edited", "part", "alike"]


def processor(pid: int) -> float:
    """Seconds of processor time of a process and its children; 0 where that isn't known."""
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    ticks = 0
    for one in [str(pid), *found.stdout.split()]:
        try:
            with open(f"/proc/{one}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def questions(url: str, count: int, look: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Addresses and parameters, each once."""
    pages = httpx.get(f"{url}/api/v1/pictures", params={"limit": 1}, timeout=60).json()
    step = max(1, pages.get("total", count) // count)
    ids = [
        httpx.get(
            f"{url}/api/v1/pictures", params={"limit": 1, "skip": n * step}, timeout=60
        ).json()["pictures"][0]["id"]
        for n in range(count)
    ]
    for kinds in itertools.permutations(KINDS):
        for one in ids:
            asked = {"kind": ",".join(kinds), "look": look}
            yield f"{url}/api/v1/pictures/{one}/similar", asked


def measure(
    asked: Iterator[tuple[str, dict[str, str]]], clients: int, seconds: float
) -> list[float]:
    """Seconds of each answer, sorted."""
    took: list[float] = []
    until, lock = time.monotonic() + seconds, threading.Lock()

    def ask() -> None:
        with httpx.Client(timeout=300) as client:
            while time.monotonic() < until:
                with lock:
                    address, parameters = next(asked)
                began = time.monotonic()
                client.get(address, params=parameters).raise_for_status()
                took.append(time.monotonic() - began)

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(took)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("urls", nargs="+")
    parser.add_argument("--pid", type=int, action="append", default=[])
    parser.add_argument("--pictures", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    pids = [*given.pid, *[0] * len(given.urls)]
    asked = {
        (url, look): questions(url, given.pictures, look)
        for url in given.urls
        for look in ("true", "false")
    }
    for url in given.urls:  # features that a second look makes are kept from now on
        for _ in range(given.pictures):
            address, parameters = next(asked[url, "true"])
            httpx.get(address, params=parameters, timeout=300).raise_for_status()
    for _ in range(given.rounds):
        for clients in (1, 8, 32):
            for url, pid in zip(given.urls, pids, strict=False):
                for look in ("true", "false"):
                    before, began = processor(pid) if pid else 0.0, time.monotonic()
                    took = measure(asked[url, look], clients, given.seconds)
                    each = (processor(pid) - before) / len(took) * 1e3 if pid else 0.0
                    print(
                        f"{url} look={look:5} {clients:3} clients:"
                        f" {len(took) / (time.monotonic() - began):7.1f} a second,"
                        f" p50 {took[len(took) // 2] * 1e3:6.0f} ms,"
                        f" p99 {took[int(0.99 * (len(took) - 1))] * 1e3:6.0f} ms,"
                        f" processor {each:6.1f} ms each",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
