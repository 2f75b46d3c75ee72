"""The pictures that a fit looks at: a few of many, drawn at random and each time the same."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable
from typing import TypeVar

__all__ = ["draw"]

_SEED = 0

T = TypeVar("T")


def draw(items: Iterable[T], most: int, stop: threading.Event | None = None) -> tuple[list[T], int]:
    """Some of the items, and how many there are; memory is needed only for those drawn.

    Every item has the same chance (J. Vitter, "Random sampling with a reservoir", 1985, algorithm
    R). The same items in the same order give the same sample; up to ``most`` items all are drawn,
    in their order.

    Args:
        items: gone through once.
        most: items to draw.
        stop: set it, from any thread, to end early.
    """
    generator = random.Random(_SEED)  # noqa: S311 - a sample, no secret
    drawn: list[T] = []
    count = 0
    for item in items:
        if stop is not None and stop.is_set():
            break
        count += 1
        if len(drawn) < most:
            drawn.append(item)
        else:
            place = generator.randrange(count)
            if place < most:
                drawn[place] = item
    return drawn, count
