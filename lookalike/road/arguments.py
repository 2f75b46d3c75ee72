"""The checks of what a road is made of and handed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

import numpy as np

from lookalike.errors import UsageError
from lookalike.images.pool.pool import DecodePool
from lookalike.road.lazy import LazyEncoder
from lookalike.types import Encoder, InputSpec

__all__ = ["check_calls", "check_items", "check_more", "check_most", "check_road", "found"]

K = TypeVar("K")
T = TypeVar("T")


def check_road(encoders: Any, parts: Any, pool: Any) -> None:
    """Encoders by key, the keys of those that make codes of parts, and what decodes, or none.

    Raises:
        UsageError: something else, or a key of no encoder.
    """
    if not isinstance(encoders, Mapping):
        raise UsageError(f"encoders are a mapping of keys to encoders, not {encoders!r}")
    for key, encoder in encoders.items():
        if not isinstance(encoder, Encoder | LazyEncoder):
            raise UsageError(f"{key!r} names no encoder, but {encoder!r}")
    if isinstance(parts, str) or not isinstance(parts, Collection) or not _goes(parts):
        raise UsageError(f"parts are a list of keys of encoders, not {parts!r}")
    if pool is not None and not isinstance(pool, DecodePool):
        raise UsageError(f"pool is a DecodePool, not {pool!r}")
    for key in parts:
        if not any(key is other or key == other for other in encoders):
            raise UsageError(f"there is no encoder {key!r} to make codes of parts with")


def check_more(more: Any) -> None:
    """What else is wanted of a picture, by name, or none.

    Raises:
        UsageError: something else.
    """
    if more is None:
        return
    if not isinstance(more, Mapping) or not all(
        isinstance(name, str) and isinstance(spec, InputSpec) for name, spec in more.items()
    ):
        raise UsageError(f"more is a mapping of names to InputSpec, not {more!r}")


def check_most(most: Any) -> int:
    """How many pictures of a file are wanted, at most.

    Raises:
        UsageError: no whole number of at least 1.
    """
    whole = isinstance(most, int | np.integer) and not isinstance(most, bool)
    if not whole or most < 1:
        raise UsageError(f"most is a whole number of at least 1 picture, not {most!r}")
    return int(most)


def check_items(items: Any) -> None:
    """Names and pictures.

    Raises:
        UsageError: nothing that can be gone through.
    """
    if isinstance(items, str | bytes | Mapping) or not _goes(items):
        raise UsageError(f"items are pairs of a name and a picture, not {items!r}")


def check_calls(**given: Callable[..., object] | None) -> None:
    """Functions by their names, or none.

    Raises:
        UsageError: one can't be called.
    """
    for what, value in given.items():
        if value is not None and not callable(value):
            raise UsageError(f"{what} is a function that is called, not {value!r}")


def found(encoders: Mapping[K, T], key: Any) -> T:
    """What is meant by the key of an encoder.

    Raises:
        UsageError: there is none.
    """
    try:
        return encoders[key]
    except (KeyError, TypeError) as error:  # a key that can't be looked up is none, either
        raise UsageError(f"this road has no encoder {key!r}") from error


def _goes(values: Any) -> bool:
    """Whether something can be gone through; an array of no dimensions only says so."""
    return isinstance(values, Iterable) and getattr(values, "ndim", 1) > 0
