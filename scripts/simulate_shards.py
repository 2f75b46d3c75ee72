"""One set of codes over several processes: the same answers as in one, and what that takes.

    python scripts/simulate_shards.py --codes 20000000 --shards 4

Each process holds one shard of random codes, as a search server would, and scans it with one
thread. Every question goes to all of them, and their answers are merged: the k nearest by
(distance, id), and all within a radius. The merged answers are compared with those of one scan over
all codes. It prints, for each shard and for the merged answer, the median and the 95th percentile
of the milliseconds of a question, the processor time of a million codes, and the bytes that went
between the processes. Questions are copies of codes with some bits turned, so that there is
something to find.

The processes share this machine: with more of them than it has processors, wall times say what this
machine does and not what as many machines would. The processor time and the bytes hold there, too.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import os
import time
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from lookalike.codes.bits import to_words
from lookalike.indexes.scan import Scan

BITS = 256

Answer = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]


def codes_of(first: int, last: int) -> np.ndarray[Any, Any]:
    """The codes of some ids; of each million by one seed, so that any shard can be made."""
    million = 1_000_000
    found = []
    for block in range(first // million, (last + million - 1) // million):
        made = np.random.default_rng(block).integers(0, 256, (million, BITS // 8), dtype=np.uint8)
        found.append(made[max(0, first - block * million) : last - block * million])
    return np.concatenate(found)


def ask(index: Any, question: Any, k: int, radius: int, first: int) -> tuple[Answer, Answer]:
    """The nearest and all within a radius: ids of the whole set, and distances."""
    near, around = index.search(question, k), index.within(question, radius)
    return (near.ids[0] + first, near.distances[0]), (around.ids + first, around.distances)


def merged(answers: list[Answer], k: int | None) -> Answer:
    """By (distance, id), the first k of them or all."""
    ids, distances = (np.concatenate(parts) for parts in zip(*answers, strict=True))
    order = np.lexsort((ids, distances))[:k]
    return ids[order], distances[order]


def serve(pipe: Connection, first: int, last: int, k: int, radius: int) -> None:
    """One shard."""
    index = Scan(to_words(codes_of(first, last)), BITS, threads=1)
    pipe.send(None)
    while (question := pipe.recv()) is not None:
        begun, used = time.perf_counter(), time.process_time()
        found = ask(index, question, k, radius, first)
        pipe.send((found, time.perf_counter() - begun, time.process_time() - used))


def line(told: str, seconds: list[float]) -> str:
    """Of one row: the median and the 95th percentile."""
    median, slow = np.percentile(np.array(seconds) * 1000, (50, 95))
    return f"{told:<12} {median:>9.2f} {slow:>9.2f}"


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--codes", type=int, default=20_000_000, help="(default: 20000000)")
    parser.add_argument("--shards", type=int, default=4, help="(default: 4)")
    parser.add_argument("--questions", type=int, default=50, help="(default: 50)")
    parser.add_argument("--k", type=int, default=10, help="(default: 10)")
    parser.add_argument("--radius", type=int, default=31, help="in bits (default: 31)")
    given = parser.parse_args()
    rng = np.random.default_rng(7)
    asked = rng.integers(0, given.codes, given.questions)
    questions = np.concatenate([codes_of(one, one + 1) for one in asked.tolist()])
    questions[:, :2] ^= rng.integers(0, 256, (given.questions, 2), dtype=np.uint8)

    edges = np.linspace(0, given.codes, given.shards + 1).astype(int).tolist()
    context = multiprocessing.get_context("spawn")
    pipes, shards = [], []
    for first, last in itertools.pairwise(edges):
        ours, theirs = context.Pipe()
        shard = context.Process(
            target=serve, args=(theirs, first, last, given.k, given.radius), daemon=True
        )
        shard.start()
        pipes.append(ours)
        shards.append(shard)
    for pipe in pipes:
        pipe.recv()
    print(
        f"{given.codes:,} codes of {BITS} bits, {given.shards} shards, {os.cpu_count()} processors"
    )

    took: list[list[float]] = [[] for _ in pipes]
    whole: list[float] = []
    used, sent = 0.0, 0
    answers: list[tuple[Answer, Answer]] = []
    for number in range(-2, given.questions):  # two to warm up
        question = questions[max(number, 0) : max(number, 0) + 1]
        begun = time.perf_counter()
        for pipe in pipes:
            pipe.send(question)
        told = [pipe.recv() for pipe in pipes]
        found = (
            merged([one[0][0] for one in told], given.k),
            merged([one[0][1] for one in told], None),
        )
        if number < 0:
            continue
        whole.append(time.perf_counter() - begun)
        for row, one in zip(took, told, strict=True):
            row.append(one[1])
        used += sum(one[2] for one in told)
        sent += sum(part.nbytes for one in told for answer in one[0] for part in answer)
        answers.append(found)
    for pipe in pipes:
        pipe.send(None)
    for shard in shards:
        shard.join()

    print(f"{'':<12} {'median ms':>9} {'95 % ms':>9}")
    for number, row in enumerate(took):
        print(line(f"shard {number}", row))
    print(line("merged", whole))
    each = used / given.questions / (2 * given.codes / 1e6) * 1000
    print(f"{each:.3f} ms of one processor for a million codes, one question, one scan")
    print(f"{sent / given.questions:,.0f} bytes of answers for a question, from all shards")

    index = Scan(to_words(codes_of(0, given.codes)), BITS)
    wrong = 0
    for number, found in enumerate(answers):
        near, around = ask(index, questions[number : number + 1], given.k, given.radius, 0)
        same = [
            np.array_equal(a, b)
            for one, other in zip(found, (near, merged([around], None)), strict=True)
            for a, b in zip(one, other, strict=True)
        ]
        wrong += not all(same)
    print(f"{given.questions - wrong:,} of {given.questions:,} answers are those of one scan")
    if wrong:
        raise SystemExit("merged answers differ")


if __name__ == "__main__":
    main()
