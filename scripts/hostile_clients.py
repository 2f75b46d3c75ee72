"""How a client with the token fares while hostile ones keep the server waiting.

    python scripts/hostile_clients.py PICTURES [--connections 300] [--rounds 3] [--seconds 20]

Indexes a folder, serves it with a token, and asks it one thing after the other: the page, the
status, a thumbnail, a search by id and a search by file. Quiet and hostile times take turns, so
that both see the same machine. In hostile times there are so many connections more, from the same
address and without the token, a quarter of each kind: silent ones, half headers that drip, logins
whose bodies drip, and guesses of the token. Whoever is hung up on comes again at once.

Prints for both times the answers, their median and 99th percentile, and the processor time of the
server. Exits with 1 if an answer was no 200, or the 99th percentile grew more than threefold.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from multiprocessing.synchronize import Event
from pathlib import Path

import httpx

TOKEN = "a-token-that-nobody-guesses"  # noqa: S105
API = "/api/v1"
MOST = 3.0  # times the 99th percentile may grow
DRIP_SECONDS = 1.0
HEAD = "Host: 127.0.0.1\r\n"


async def silent(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


async def half_head(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(f"GET {API}/status HTTP/1.1\r\n{HEAD}".encode())
    while True:
        await asyncio.sleep(DRIP_SECONDS)
        writer.write(b"X: y\r\n")
        await writer.drain()


async def half_login(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(f"POST {API}/login HTTP/1.1\r\n{HEAD}Content-Length: 3000\r\n\r\n{{".encode())
    while True:
        await asyncio.sleep(DRIP_SECONDS)
        writer.write(b" ")
        await writer.drain()


async def guess(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    number = 0
    while True:
        number += 1
        told = f"Authorization: Bearer guess-{id(writer)}-{number}\r\n"
        writer.write(f"GET {API}/status HTTP/1.1\r\n{HEAD}{told}\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        found = re.search(r"content-length: (\d+)", head)
        await reader.readexactly(int(found[1]) if found else 0)


KINDS = (silent, half_head, half_login, guess)


async def attack(port: int, connections: int, stop: Event) -> Counter[str]:
    """Keep so many connections busy until told to stop; how often each kind came."""
    came: Counter[str] = Counter()

    async def one(number: int) -> None:
        kind = KINDS[number % len(KINDS)]
        while True:
            came[kind.__name__] += 1
            writer, tasks = None, set[asyncio.Task[object]]()
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                tasks.add(asyncio.create_task(kind(reader, writer)))
                if kind is not guess:  # which reads by itself
                    tasks.add(asyncio.create_task(reader.read()))
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            except OSError:
                pass
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                if writer is not None:
                    writer.close()

    tasks = [asyncio.create_task(one(number)) for number in range(connections)]
    while not stop.is_set():
        await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return came


def attacker(port: int, connections: int, stop: Event, told: multiprocessing.Queue) -> None:  # type: ignore[type-arg]
    told.put(asyncio.run(attack(port, connections, stop)))


def ask(client: httpx.Client, query: bytes, seconds: float) -> tuple[list[float], Counter[int]]:
    """Milliseconds of each answer, and how many there were of each status."""
    page = client.get(f"{API}/pictures", params={"limit": 20}).json()["pictures"]
    times, statuses = [], Counter[int]()
    until, turn = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        links = page[turn % len(page)]["links"]
        begun = time.perf_counter()
        match turn % 5:
            case 0:
                answer = client.get("/")
            case 1:
                answer = client.get(f"{API}/status")
            case 2:
                answer = client.get(links["thumbnail"])
            case 3:
                answer = client.get(links["similar"])
            case _:
                answer = client.post(f"{API}/search", content=query)
        times.append((time.perf_counter() - begun) * 1000)
        statuses[answer.status_code] += 1
        turn += 1
    return times, statuses


def processor_seconds(process: int) -> float:
    """That a process has used so far; 0 where the system doesn't say so."""
    try:
        words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def percentile(times: list[float], share: float) -> float:
    return statistics.quantiles(times, n=1000, method="inclusive")[round(share * 1000) - 1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--connections", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        library = str(Path(folder) / "l.lookalike")
        command = [sys.executable, "-m", "lookalike"]
        subprocess.run(
            [*command, "index", str(options.pictures), "--library", library],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        server = subprocess.Popen(
            [*command, "serve", library, "--port", "0", "--rate", "0"],
            env={**os.environ, "LOOKALIKE_TOKEN": TOKEN, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:(\d+)/", server.stdout.readline())
            assert found is not None
            return measure(int(found[1]), server.pid, options)
        finally:
            server.terminate()
            server.wait()


def measure(port: int, server: int, options: argparse.Namespace) -> int:
    query = next(p for p in sorted(options.pictures.rglob("*.jp*g")) if p.is_file()).read_bytes()
    times: dict[str, list[float]] = {"quiet": [], "hostile": []}
    used = dict.fromkeys(times, 0.0)
    statuses: dict[str, Counter[int]] = {name: Counter() for name in times}
    came: Counter[str] = Counter()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    url = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        while client.get("/readyz").status_code != 200:
            time.sleep(0.1)
        ask(client, query, 2)  # all is warm now
        for turn in range(2 * options.rounds):
            name = "hostile" if turn % 2 else "quiet"
            stop, told = multiprocessing.Event(), multiprocessing.Queue()
            process = None
            if name == "hostile":
                process = multiprocessing.Process(
                    target=attacker, args=(port, options.connections, stop, told)
                )
                process.start()
                time.sleep(2)  # all of them are there
            before = processor_seconds(server)
            more, counted = ask(client, query, options.seconds)
            used[name] += processor_seconds(server) - before
            times[name] += more
            statuses[name] += counted
            if process is not None:
                stop.set()
                came += told.get()
                process.join()
    for name, took in times.items():
        rate = used[name] / (options.rounds * options.seconds)
        print(
            f"{name:8} {len(took):6,} answers {dict(statuses[name])}, "
            f"median {statistics.median(took):.1f} ms, p99 {percentile(took, 0.99):.1f} ms, "
            f"the server used {rate:.2f} of a processor"
        )
    print(f"hostile connections: {options.connections} at once; came: {dict(came)}")
    ratio = percentile(times["hostile"], 0.99) / percentile(times["quiet"], 0.99)
    print(f"the 99th percentile grew to {ratio:.2f} times; at most {MOST:g} is allowed")
    answered = all(set(counted) == {200} for counted in statuses.values())
    return 0 if answered and ratio <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
