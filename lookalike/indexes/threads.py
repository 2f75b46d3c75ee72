"""The threads that kernels run on: one pool for the process, made when it is first needed.

Kernels release the interpreter's lock, so plain Python threads run them side by side. The calling
thread works too: it takes the last job, and then every other job that no thread has begun. So a
call never waits for a thread that is busy or slow to wake, and jobs may run jobs themselves.
(Numba's own ``parallel=True`` aborts the process when several threads call it.)
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from itertools import pairwise
from queue import SimpleQueue
from typing import Generic, TypeVar

__all__ = ["run", "shares"]

T = TypeVar("T")


class _Task(Generic[T]):
    """A job that is run by whoever claims it first."""

    __slots__ = ("_begun", "_done", "_error", "_job", "_result")

    def __init__(self, job: Callable[[], T]) -> None:
        self._job = job
        self._begun = threading.Lock()
        self._done = threading.Lock()
        self._done.acquire()
        self._result: T
        self._error: BaseException | None = None

    def begin(self) -> bool:
        """Run the job, unless another thread has begun it."""
        if not self._begun.acquire(blocking=False):
            return False
        try:
            self._result = self._job()
        except BaseException as error:  # raised again by the thread that wants the result
            self._error = error
        self._done.release()
        return True

    def result(self) -> T:
        """What the job returned, once it has."""
        if not self.begin():
            with self._done:
                pass
        if self._error is not None:
            raise self._error
        return self._result


class _Pool:
    """Threads that end with the process; new ones in a forked child, which has none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = 0
        self._threads = 0
        self._queue: SimpleQueue[_Task[object]] = SimpleQueue()

    def put(self, task: _Task[object], wanted: int) -> None:
        """Hand out a task to as many threads as are wanted by now."""
        if self._threads < wanted or self._process != os.getpid():
            self._grow(wanted)
        self._queue.put(task)

    def _grow(self, wanted: int) -> None:
        with self._lock:
            if self._process != os.getpid():
                self._process, self._threads, self._queue = os.getpid(), 0, SimpleQueue()
            while self._threads < wanted:
                self._threads += 1
                name = f"lookalike-scan-{self._threads}"
                threading.Thread(target=_work, args=(self._queue,), name=name, daemon=True).start()


def _work(queue: SimpleQueue[_Task[object]]) -> None:
    while True:
        queue.get().begin()


_pool = _Pool()
_MOST = 64  # threads of the pool, whatever is asked for


def run(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """Run jobs side by side; their results, in order.

    The error of a job is raised again, when those before it have ended.
    """
    tasks = [_Task(job) for job in jobs]
    for number, task in enumerate(tasks[:-1]):
        _pool.put(task, min(number + 1, _MOST))  # type: ignore[arg-type]
    for task in reversed(tasks):
        task.begin()
    return [task.result() for task in tasks]


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
