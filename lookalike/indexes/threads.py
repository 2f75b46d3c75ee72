"""The threads that kernels run on: one pool for the process, made when it is first needed.

Kernels release the interpreter's lock, so plain Python threads run them side by side. The calling
thread takes a share itself, which saves waking another one for it. (Numba's own ``parallel=True``
aborts the process when several threads call it.)
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TypeVar

__all__ = ["default_threads", "run", "shares"]

T = TypeVar("T")

_lock = threading.Lock()
_pool: ThreadPoolExecutor | None = None
_pool_process = 0


def default_threads() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _executor() -> ThreadPoolExecutor:
    global _pool, _pool_process
    with _lock:
        if _pool is None or _pool_process != os.getpid():  # a forked child has no threads
            _pool = ThreadPoolExecutor(max(1, default_threads()), "lookalike-scan")
            _pool_process = os.getpid()
        return _pool


def run(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """Run all jobs, the last of them in the calling thread; their results, in order.

    Jobs must not call :func:`run` themselves. The first error of a job is raised again when all
    have ended.
    """
    if len(jobs) == 1:
        return [jobs[0]()]
    pool = _executor()
    others = [pool.submit(job) for job in jobs[:-1]]
    try:
        own = jobs[-1]()
    finally:
        for other in others:
            other.exception()  # waits
    return [*(other.result() for other in others), own]


def shares(total: int, threads: int, at_least: int = 1, multiple: int = 1) -> list[tuple[int, int]]:
    """Split ``range(total)`` into at most ``threads`` ranges that are about equally long.

    Args:
        total: how much there is.
        threads: how many ranges at most.
        at_least: no range is shorter, unless there is only one.
        multiple: every range but the last is a multiple of this long.
    """
    parts = max(1, min(threads, total // max(1, at_least)))
    edges = [total * part // parts // multiple * multiple for part in range(parts)] + [total]
    return [(a, b) for a, b in pairwise(edges) if a < b or parts == 1]
