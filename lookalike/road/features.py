"""What a third-party model is fitted on: features of many pictures, before any code."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from lookalike.encoders.fitted import FittedEncoder
from lookalike.errors import PictureError, UsageError
from lookalike.road import arguments
from lookalike.road.pictures import Picture

if TYPE_CHECKING:
    from lookalike.road.road import K, Road

__all__ = ["features_of"]

N = TypeVar("N")


def features_of(
    road: Road[K],
    key: K,
    items: Iterable[tuple[N, Picture]],
    failed: Callable[[N, PictureError], object] | None,
    progress: Callable[[int], object] | None,
    stop: threading.Event | None,
) -> npt.NDArray[np.float32] | None:
    """As :meth:`lookalike.road.Road.features` says."""
    arguments.check_calls(failed=failed, progress=progress)
    encoder = road.encoder(key)
    if not isinstance(encoder, FittedEncoder):
        raise UsageError(f"{encoder.name} isn't fitted on pictures: its codes are fixed")
    tower = encoder.tower

    def work(item: Picture) -> npt.NDArray[np.float32]:
        pictures = [road.picture(item).inputs[str(key)]]
        made = tower.features(pictures)
        tower.remember(pictures, made)
        return made

    rows: list[npt.NDArray[np.float32]] = [np.empty((0, tower.size), np.float32)]
    for name, made in road.each(items, work):
        if stop is not None and stop.is_set():
            return None
        if not isinstance(made, PictureError):
            rows.append(made)
        elif failed is not None:
            failed(name, made)
        if progress is not None:
            progress(1)
    return np.concatenate(rows)
