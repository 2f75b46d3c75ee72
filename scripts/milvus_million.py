"""Answers and times of a million codes in Milvus, beside the scan on this machine, in one run.

    python scripts/milvus_million.py milvus://HOST:19530/NAME [--size 1000000] [--queries 1000]

Makes a library of that name, which must not be there, and deletes it. Codes alone are written, by
the store's own calls; no pictures. Prints a table, and whether every answer was that of the scan,
ties and ids included. Processor time is of this process: that of the server isn't in it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np

from lookalike.codes.bits import to_words
from lookalike.indexes.exact import exact_scan
from lookalike.library.records import StoredCode
from lookalike.remote.milvus.engine import MilvusEngine
from lookalike.remote.milvus.place import place
from lookalike.remote.milvus.store import MilvusStore
from lookalike.types import Codes, ContentId, Encoded, InputSpec

BITS = 256


class Plain:
    """An encoder as far as a store knows encoders."""

    name, bits, embedding_size, fingerprint = "plain", BITS, 0, "plain"
    input = InputSpec(8, "stretch")

    def encode(self, pictures: Any) -> Encoded:
        raise NotImplementedError


def clustered(size: int, seed: int) -> Codes:
    """Codes around as many centres as a twentieth of them, so that there are ties and near ones."""
    rng = np.random.default_rng(seed)
    centres = rng.integers(0, 256, (max(1, size // 20), BITS // 8), np.uint8)
    codes = centres[rng.integers(0, len(centres), size)]
    flips = rng.random((size, 16))
    places = rng.integers(0, BITS, (size, 16))
    for column in range(16):
        rows = np.flatnonzero(flips[:, column] < 0.5)
        bit = places[rows, column]
        codes[rows, bit // 8] ^= (1 << (bit % 8)).astype(np.uint8)
    return codes


def fill(store: MilvusStore, codes: Codes) -> np.ndarray[Any, Any]:
    """Write codes under ids as digests are, ascending; all can be found."""
    encoder = store.put_encoder("pdq", "plain", Plain(), current=True)
    ids = np.unique(np.random.default_rng(5).integers(1, 2**59, len(codes) + 100))[: len(codes)]
    for start in range(0, len(codes), 20_000):
        some = ids[start : start + 20_000].tolist()
        rows = codes[start : start + 20_000]
        with store.writing():
            store.put_codes(
                [
                    StoredCode(encoder.id, ContentId(one), row.tobytes())
                    for one, row in zip(some, rows, strict=True)
                ]
            )
            store._flush(some)
        print(f"written: {start + len(some):,}", flush=True)
    return ids


def timed(calls: list[Callable[[], object]], clients: int) -> tuple[float, float]:
    """Milliseconds a call, of wall and of this process's processors."""
    wall, own = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(clients) as threads:
        list(threads.map(lambda call: call(), calls))
    return (
        (time.perf_counter() - wall) * 1_000 / len(calls),
        (time.process_time() - own) * 1_000 / len(calls),
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=1_000)
    parser.add_argument("--timed", type=int, default=64)
    given = parser.parse_args()
    where = place(given.address)
    if where.exists():
        raise SystemExit("this library is there: name another one")
    codes = clustered(given.size, 1)
    queries = clustered(given.queries, 1)[: given.queries // 2]
    queries = np.concatenate([queries, codes[:: given.size // (given.queries // 2)]])
    queries = queries[: given.queries]
    store = MilvusStore(where, create=True, read_only=False)
    try:
        ids = fill(store, codes)
        (encoder,) = store.encoders()
        table = MilvusEngine(store).tables([encoder])[encoder.id]
        scan = exact_scan(to_words(codes), BITS, ids)
        wrong = 0
        for k in (1, 10, 200):
            theirs, own = table.nearest(queries, k), scan.search(queries, k)
            same = (theirs.ids == own.ids).all(1) & (theirs.distances == own.distances).all(1)
            wrong += int((~same).sum())
            print(f"k {k}: {int(same.sum())} of {len(queries)} identical", flush=True)
        theirs, own = table.within(queries, 31), scan.within(queries, 31)
        same_ = sum(theirs[n] == own[n] for n in range(len(queries)))
        wrong += len(queries) - same_
        print(f"radius 31: {same_} of {len(queries)} identical", flush=True)
        figures = []
        connection, name = store.connection, store.codes_of(encoder)

        def raw(query: bytes, k: int) -> None:
            """The two calls that it takes: k, then all within the last distance."""
            options: dict[str, Any] = {"filter": "shown == true", "anns_field": "code"}
            params: dict[str, Any] = {"metric_type": "HAMMING", "params": {}}
            (found,) = connection.reading(
                "search", name, data=[query], limit=k, search_params=params, **options
            )
            params = {**params, "params": {"radius": int(found[-1]["distance"]) + 1}}
            connection.reading(
                "search", name, data=[query], limit=16_384, search_params=params, **options
            )

        some = queries[: given.timed]
        for k in (1, 10, 200):
            for clients in (1, 16):
                line: dict[str, Any] = {"k": k, "clients": clients}
                asked: dict[str, Callable[[Codes], object]] = {
                    "milvus": lambda one, k=k: table.nearest(one, k),  # type: ignore[misc]
                    "raw": lambda one, k=k: raw(one.tobytes(), k),  # type: ignore[misc]
                    "local": lambda one, k=k: scan.search(one, k),  # type: ignore[misc]
                }
                spent = {what: np.zeros(2) for what in asked}
                # By turns, so that other work on the machine meets all three.
                for start in range(0, len(some), max(16, clients)):
                    portion = [some[n : n + 1] for n in range(start, len(some))][: max(16, clients)]
                    for what, call in asked.items():
                        calls = [partial(call, one) for one in portion]
                        spent[what] += np.array(timed(calls, clients)) * len(calls)
                for what, (wall, own_time) in spent.items():
                    line[what] = round(wall / len(some), 2)
                    line[f"{what} processor"] = round(own_time / len(some), 2)
                line["to raw"] = round(line["milvus"] / line["raw"], 2)
                figures.append(line)
                print(json.dumps(line), flush=True)
        print("all identical" if not wrong else f"{wrong} answers differ")
    finally:
        store.close()
        where.delete()


if __name__ == "__main__":
    main()
