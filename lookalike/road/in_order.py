"""Work on many pictures at a time, with the results in their order and a bound on the memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from lookalike.errors import PictureError, UsageError

__all__ = ["WINDOW", "in_order"]

N = TypeVar("N")
P = TypeVar("P")
T = TypeVar("T")

# Pictures that are on their way at a time, so that memory is bounded however many there are.
WINDOW = 64


def in_order(
    items: Iterable[tuple[N, P]], work: Callable[[P], T], threads: int
) -> Iterator[tuple[N, T | PictureError]]:
    """Each name with what ``work`` gives for its picture, or with the picture's error.

    Args:
        items: names and pictures; advanced by the caller's own thread, and never far ahead.
        work: done in several threads.
        threads: how many.
    """
    with ThreadPoolExecutor(threads, "lookalike-road") as pool:
        pending: deque[tuple[N, Future[T]]] = deque()

        def take() -> tuple[N, T | PictureError]:
            name, future = pending.popleft()
            try:
                return name, future.result()
            except PictureError as error:
                return name, error

        try:
            for pair in items:
                try:
                    name, item = pair
                except (TypeError, ValueError) as error:
                    raise UsageError(
                        f"items are pairs of a name and a picture, not {pair!r}"
                    ) from error
                pending.append((name, pool.submit(work, item)))
                if len(pending) >= WINDOW:
                    yield take()
            while pending:
                yield take()
        finally:
            for _, future in pending:
                future.cancel()
