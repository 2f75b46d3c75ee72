"""How many searches by id a running server answers a second, and what each costs its processor.

    lookalike serve --rate 0 & python scripts/search_rate.py http://127.0.0.1:5665 --pid $!

While a library is open, a pair of pictures is looked at once. So two kinds of searches are told
apart. *First* ones are by pictures that nobody has asked for yet, drawn from all of the library.
*Repeated* ones are by pictures that were asked for, with the kinds named in another order, so that
the server has kept no answer to them. With --look false nothing is looked at, and all are alike.
Give several addresses and ids of processes to measure servers in alternation; --watch N prints the
memory of each server for so many seconds of repeated searches (of first ones with --look false),
by --clients.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import subprocess
import threading
import time
from collections.abc import Iterator

import httpx

PAGE = 100  # pictures that are drawn at a time
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


Question = tuple[str, dict[str, str]]


class Questions:
    """What a server is asked.

    Args:
        url: of the server.
        look: whether hits are looked at.
        count: pictures of the repeated ones.
    """

    def __init__(self, url: str, look: str, count: int) -> None:
        self._url, self._look, self._count = url, look, count
        self._known: list[str] = []
        self._turn = itertools.count()

    def _asked(self, picture: str, kinds: tuple[str, ...]) -> Question:
        asked = {"kind": ",".join(kinds), "look": self._look}
        return f"{self._url}/api/v1/pictures/{picture}/similar", asked

    def first(self, fresh: Iterator[str]) -> Iterator[Question]:
        """By pictures that nobody has asked for."""
        for picture in fresh:
            self._known.append(picture)
            yield self._asked(picture, tuple(KINDS))

    def repeated(self) -> Iterator[Question]:
        """By pictures that were asked for, in another way each time."""
        orders = list(itertools.permutations(KINDS))[1:]
        for turn in self._turn:
            some = self._known[: self._count]
            order = orders[turn // len(some) % len(orders)]
            yield self._asked(some[turn % len(some)], order)


def pictures(url: str) -> Iterator[str]:
    """The ids of pictures, each once, from all over the library."""
    total = httpx.get(f"{url}/api/v1/pictures", params={"limit": 1}, timeout=60).json()["total"]
    starts = list(range(0, total, PAGE))
    random.Random(0).shuffle(starts)  # noqa: S311
    for start in starts:
        asked = {"limit": PAGE, "skip": start}
        found = httpx.get(f"{url}/api/v1/pictures", params=asked, timeout=60).json()
        yield from (picture["id"] for picture in found["pictures"])


def memory(pid: int) -> float:
    """Megabytes of a process that no other one shares; 0 where that isn't known."""
    try:
        with open(f"/proc/{pid}/status") as file:
            return float(next(line for line in file if line.startswith("RssAnon")).split()[1]) / 1e3
    except (OSError, StopIteration):
        return 0.0


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
                    question = next(asked, None)
                if question is None:
                    return
                address, parameters = question
                began = time.monotonic()
                client.get(address, params=parameters).raise_for_status()
                took.append(time.monotonic() - began)

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(took)


def told(name: str, took: list[float], seconds: float, processed: float) -> None:
    """Print what came of one measurement."""
    if not took:
        print(f"{name}: no answer in {seconds:.0f} s", flush=True)
        return
    each = f", processor {processed / len(took) * 1e3:6.1f} ms each" if processed else ""
    print(
        f"{name}: {len(took) / seconds:7.1f} a second, p50 {took[len(took) // 2] * 1e3:6.0f} ms,"
        f" p99 {took[int(0.99 * (len(took) - 1))] * 1e3:6.0f} ms{each}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("urls", nargs="+")
    parser.add_argument("--pid", type=int, action="append", default=[])
    parser.add_argument("--pictures", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--look", choices=["true", "false"], action="append")
    parser.add_argument("--watch", type=float, default=0, metavar="SECONDS")
    parser.add_argument("--clients", type=int, default=2, help="of --watch (default: 2)")
    given = parser.parse_args()
    servers = list(zip(given.urls, [*given.pid, *[0] * len(given.urls)], strict=False))
    looks = given.look or ["true", "false"]
    asked = {
        (url, look): Questions(url, look, given.pictures) for url in given.urls for look in looks
    }
    # Drawn before anything is measured; enough of them for the fastest server that is known.
    wanted = int(given.seconds * 41 * given.rounds + given.watch * 200) + given.pictures
    drawn = {url: iter(list(itertools.islice(pictures(url), wanted))) for url in given.urls}
    for url in given.urls:
        for look in looks:
            few = itertools.islice(drawn[url], given.pictures if look == looks[0] else 1)
            for address, parameters in asked[url, look].first(few):
                httpx.get(address, params=parameters, timeout=300).raise_for_status()
    for _ in range(given.rounds):
        for clients in (1, 8, 32):
            for url, pid in servers:
                for look in looks:
                    of = asked[url, look]
                    kinds = {"first": of.first(drawn[url]), "again": of.repeated()}
                    if look == "false":  # which leaves nothing behind
                        del kinds["first"]
                    for kind, some in kinds.items():
                        before, began = processor(pid) if pid else 0.0, time.monotonic()
                        took = measure(some, clients, given.seconds)
                        used = processor(pid) - before if pid else 0.0
                        name = f"{url} look={look:5} {clients:3} clients, {kind}"
                        told(name, took, time.monotonic() - began, used)
    until = time.monotonic() + given.watch
    while time.monotonic() < until:
        for url, pid in servers:
            of, began = asked[url, looks[0]], time.monotonic()
            some = of.first(drawn[url]) if looks[0] == "false" else of.repeated()
            took = measure(some, given.clients, 10)
            told(f"{url} {memory(pid):7.1f} MB", took, time.monotonic() - began, 0.0)


if __name__ == "__main__":
    main()
