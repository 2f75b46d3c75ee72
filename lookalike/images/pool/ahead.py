"""Many pictures at a time, some ahead of whoever takes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from lookalike.errors import PictureError

__all__ = ["each"]

J = TypeVar("J")
K = TypeVar("K")
T = TypeVar("T")

_POLL_SECONDS = 1.0  # how often a wait looks up, for Ctrl-C on Windows


def each(
    jobs: Iterator[tuple[K, J]], work: Callable[[J], T], workers: int, ahead: int
) -> Iterator[tuple[K, T | PictureError]]:
    """Do something with each of many jobs, in threads.

    Args:
        jobs: keys and what ``work`` takes; advanced by the caller's own thread.
        work: may raise a PictureError, which then stands for its answer.
        workers: threads.
        ahead: how many jobs are on their way at a time.

    Yields:
        Each key with its answer, as they come: not in the order of ``jobs``.
    """
    todo: SimpleQueue[tuple[K, J] | None] = SimpleQueue()
    done: SimpleQueue[tuple[K, T | BaseException, bool]] = SimpleQueue()
    stop = threading.Event()

    def serve() -> None:
        while (job := todo.get()) is not None and not stop.is_set():
            key, item = job
            try:
                done.put((key, work(item), True))
            except BaseException as error:  # the caller's thread raises it
                done.put((key, error, False))

    threads = [
        threading.Thread(target=serve, name=f"lookalike-map-{i}", daemon=True)
        for i in range(workers)
    ]
    try:
        for thread in threads:
            thread.start()
        open_jobs, more = 0, True
        while True:
            while more and open_jobs < ahead:
                job = next(jobs, None)
                if job is None:
                    more = False
                    break
                todo.put(job)
                open_jobs += 1
            if not open_jobs:
                return
            key, answer, made = _get(done)
            open_jobs -= 1
            if made or isinstance(answer, PictureError):
                yield key, answer
            else:
                raise answer
    finally:
        stop.set()
        for _ in threads:
            todo.put(None)


def _get(queue: SimpleQueue[Any]) -> Any:
    """Wait in short steps: on Windows an endless wait can't be interrupted."""
    while True:
        try:
            return queue.get(timeout=_POLL_SECONDS)
        except Empty:
            continue
