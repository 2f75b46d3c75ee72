"""The searches of a library in PostgreSQL beside those of a file with the same codes.

    python scripts/postgres_rate.py postgresql://USER@HOST/DATABASE/LIBRARY [--codes N]

Makes a library of N random codes of 256 bits at the address, which must be free, and one in a
temporary file. Asks both the same 1,000 questions, compares the answers to the last id, and prints
processor time, so that other work on the machine counts little; then alone and with 16 clients, by
turns, the medians of wall and of processor time. Then it adds 1,000 pictures and
times what a searcher takes to see them. Deletes both libraries.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from lookalike.library.engine import Engine, Table
from lookalike.library.opening import exists, open_library
from lookalike.library.records import EncoderInfo, FileEntry, Member, StoredCode
from lookalike.library.store import Store
from lookalike.library.tending import delete_library
from lookalike.remote.postgres.store import PostgresStore
from lookalike.types import Codes, ContentId, Decoded, Encoded, InputSpec

BITS = 256
QUERIES = 1_000
ROUNDS = 3
TURNS, EACH_TURN = 7, 200


class Encoder:
    """As far as a store knows encoders."""

    name, fingerprint = "random", "random-256"
    bits, embedding_size = BITS, 0
    input = InputSpec(8, "stretch")

    def encode(self, pictures: object) -> Encoded:
        raise NotImplementedError


def codes_of(count: int) -> Codes:
    """Random codes, of which each fiftieth is near the one before it, or equal to it."""
    rng = np.random.default_rng(7)
    codes = rng.integers(0, 256, (count, BITS // 8), dtype=np.uint8)
    near = np.arange(50, count, 50)
    codes[near] = codes[near - 1]
    for byte in range(4):
        codes[near, byte] ^= (1 << rng.integers(0, 9, len(near))).astype(np.uint8)
    return codes


def rows_of(codes: Codes, first: int) -> Iterator[tuple[Decoded, bytes]]:
    for number, code in enumerate(codes, first):
        digest = number.to_bytes(32, "big")
        yield Decoded({}, digest, digest, 640, 480, "PNG", 1_000), code.tobytes()


def fill(store: Store, encoder: EncoderInfo, codes: Codes, first: int = 0) -> None:
    for start in range(0, len(codes), 5_000):
        some = list(rows_of(codes[start : start + 5_000], first + start))
        with store.writing():
            contents = store.put_contents([picture for picture, _ in some])
            store.put_codes(
                [
                    StoredCode(encoder.id, content, code, None, None, None, b"")
                    for content, (_, code) in zip(contents, some, strict=True)
                ]
            )
            store.put_files(
                [
                    FileEntry(f"/p/{content}.png", 1_000, 1, (Member("", ContentId(content)),))
                    for content in contents
                ]
            )


def fill_at_once(store: Store, encoder: EncoderInfo, codes: Codes) -> None:
    """The rows that :func:`fill` writes into a new library, made by the database itself.

    In PostgreSQL it takes a superuser, who may do without the checks of references.
    """
    far, count = isinstance(store, PostgresStore), len(codes)
    numbers = f"WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT {count})"  # noqa: S608
    rows, digest = "n", "CAST(printf('%032d', n) AS BLOB)"
    if far:
        numbers, rows = "", f"generate_series(1, {count}) AS n"
        digest = "lpad(n::text, 32, '0')::bytea"
    path = "n::text::bytea" if far else "CAST(n AS BLOB)"
    with store.writing():
        database = store._database  # type: ignore[attr-defined]
        if far:
            database.execute("SET LOCAL session_replication_role TO replica")
        for table, values in (
            (
                "contents (id, digest, member, width, height, format, bytes)",
                f"n, {digest}, '', 640, 480, 'PNG', 1000",
            ),
            ("files (id, path, size, mtime_ns)", f"n, {path}, 1000, 1"),
            ("pictures (id, file, member, position, content, present)", "n, n, '', 0, n, 1"),
        ):
            database.execute(f"INSERT INTO {table} {numbers} SELECT {values} FROM {rows}")  # noqa: S608
        made = ((encoder.id, n, code.tobytes(), b"") for n, code in enumerate(codes, 1))
        columns = "codes (encoder, content, code, views)"
        if far:
            with database._writer.cursor().copy(f"COPY {columns} FROM STDIN") as copy:
                for row in made:
                    copy.write_row(row)
            for table in ("contents", "files", "pictures"):
                database.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {count})")
        else:
            database.execute_many(f"INSERT INTO {columns} VALUES (?, ?, ?, ?)", made)  # noqa: S608
        store._touch()  # type: ignore[attr-defined]


def fresh(engine: Engine, encoder: EncoderInfo) -> Table:
    return engine.tables([encoder])[encoder.id]


def timed(work: Callable[[], object]) -> tuple[float, float, object]:
    wall, own = time.perf_counter(), time.process_time()
    found = work()
    return time.perf_counter() - wall, time.process_time() - own, found


def compare(local: Table, remote: Table, queries: Codes) -> None:
    asked: list[tuple[str, Callable[[Table], object]]] = [
        (f"k = {k}", lambda table, k=k: table.nearest(queries, k))  # type: ignore[misc]
        for k in (1, 10, 200)
    ]
    asked.append(("radius 31", lambda table: table.within(queries, 31)))
    for name, ask in asked:
        ask(local), ask(remote)
        spent: dict[str, list[float]] = {"local": [], "remote": []}
        answers = {}
        for _ in range(ROUNDS):
            for where, table in (("local", local), ("remote", remote)):
                _, own, answers[where] = timed(partial(ask, table))
                spent[where].append(own)
        one, other = answers["local"], answers["remote"]
        same = all(
            np.array_equal(getattr(one, field), getattr(other, field))
            for field in ("ids", "distances")
        )
        ratio = np.median(spent["remote"]) / np.median(spent["local"])
        milliseconds = 1_000 * np.median(spent["local"]) / len(queries)
        print(
            f"{name}: {'identical' if same else 'DIFFERENT'},"
            f" {milliseconds:.3f} ms of processor a question, PostgreSQL {ratio:.2f} x",
            flush=True,
        )


def by_clients(engines: dict[str, Engine], encoder: EncoderInfo, queries: Codes) -> None:
    """Questions as searches ask them, each with a look whether anything is new."""
    for clients in (1, 16):
        spent: dict[str, list[tuple[float, float]]] = {where: [] for where in engines}
        with ThreadPoolExecutor(clients) as threads:
            for number in range(-1, TURNS):  # one to warm up
                for where, engine in engines.items():
                    ask = partial(_ask, engine, encoder)
                    some = [query[None] for query in queries[:EACH_TURN]]
                    wall, own, _ = timed(lambda a=ask, s=some: list(threads.map(a, s)))  # type: ignore[misc]
                    if number >= 0:
                        spent[where].append((wall, own))
        middle = {w: np.median(took, axis=0) * 1_000 / EACH_TURN for w, took in spent.items()}
        wall, own = middle["remote"] / middle["local"]
        print(
            f"clients {clients}: local {middle['local'][0]:.2f} ms"
            f" ({middle['local'][1]:.2f} of processor),"
            f" PostgreSQL {middle['remote'][0]:.2f} ({middle['remote'][1]:.2f}):"
            f" {wall:.2f} x, processor {own:.2f} x",
            flush=True,
        )


def _ask(engine: Engine, encoder: EncoderInfo, query: Codes) -> object:
    return fresh(engine, encoder).nearest(query, 10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--codes", type=int, default=1_000_000)
    arguments = parser.parse_args()
    if exists(arguments.address):
        raise SystemExit(f"there is something at {arguments.address}: name a library that is free")
    codes = codes_of(arguments.codes)
    rng = np.random.default_rng(8)
    queries = codes[rng.integers(0, len(codes), QUERIES)].copy()
    queries[:, 5] ^= rng.integers(0, 256, QUERIES, dtype=np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        places = {"local": str(Path(folder) / "local"), "remote": arguments.address}
        opened = {w: open_library(a, create=True, read_only=False) for w, a in places.items()}
        try:
            tables, encoder = {}, None
            for where, (store, engine) in opened.items():
                encoder = store.put_encoder("pdq", "random", Encoder(), current=True)
                wall, own, _ = timed(lambda s=store, e=encoder: fill_at_once(s, e, codes))  # type: ignore[misc]
                print(f"{where}: filled in {wall:.0f} s, {own:.0f} s of processor", flush=True)
                wall, own, table = timed(lambda e=engine, i=encoder: fresh(e, i))  # type: ignore[misc]
                print(f"{where}: mapped in {wall:.1f} s, {own:.1f} s of processor", flush=True)
                tables[where] = table
            assert encoder is not None
            compare(tables["local"], tables["remote"], queries)  # type: ignore[arg-type]
            by_clients({w: engine for w, (_, engine) in opened.items()}, encoder, queries)
            more = codes_of(1_000)
            for where, (store, engine) in opened.items():
                fill(store, encoder, more, first=10**9)
                store.settle()
                wall, own, _ = timed(lambda e=engine, i=encoder: e.prepare([i]))  # type: ignore[misc]
                print(
                    f"{where}: 1,000 new pictures seen in {wall:.2f} s, {own:.2f} s of processor",
                    flush=True,
                )
        finally:
            for store, engine in opened.values():
                engine.close()
                store.close()
            delete_library(arguments.address)


if __name__ == "__main__":
    main()
