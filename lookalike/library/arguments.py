"""The checks of what people hand to a library, so that nothing wrong gets into its file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import numpy as np

from lookalike.arguments import check_whole
from lookalike.codes.bits import MAX_BITS
from lookalike.encoders import registry
from lookalike.errors import UsageError
from lookalike.library.records import EncoderInfo
from lookalike.types import Limits

__all__ = [
    "check_callback",
    "check_flag",
    "check_name",
    "check_options",
    "check_path",
    "check_patterns",
    "check_photo",
    "check_short_list",
    "check_stop",
    "check_switch",
]

_MOST_WORKERS = 1024


def check_path(what: str, value: Any) -> str:
    """A path, with the user's home folder in place of ``~``.

    Raises:
        UsageError: neither ``str`` nor a path of it, empty, or with a null character.
    """
    path = value.__fspath__() if isinstance(value, os.PathLike) else value
    if not isinstance(path, str):
        raise UsageError(f"{what} is a path (str or pathlib.Path), not {value!r}")
    if not path or "\0" in path:
        raise UsageError(f"{what} is a path, which {path!r} is not")
    return os.path.expanduser(path)


def check_name(what: str, value: Any) -> str:
    """A name.

    Raises:
        UsageError: it is no ``str``.
    """
    if not isinstance(value, str):
        raise UsageError(f"{what} is a name (str), not {value!r}")
    return value


def check_photo(value: Any) -> str:
    """The name of a photo model.

    Raises:
        UsageError: it is no ``str``, or the name of the code that every library has besides.
    """
    if check_name("photo", value) in registry.HASHES:
        raise UsageError(
            f"photo is the model of the other code, such as photo-256, and {value} is none: a"
            " perceptual hash is always there"
        )
    return str(value)


def check_patterns(patterns: Any) -> tuple[str, ...] | None:
    """Patterns that leave files out, or none.

    Raises:
        UsageError: no list of ``str``.
    """
    if patterns is None:
        return None
    if isinstance(patterns, str | bytes) or not isinstance(patterns, Iterable):
        raise UsageError(f"exclude is a list of patterns, not {patterns!r}")
    try:
        found = tuple(patterns)
    except TypeError as error:  # some call themselves iterable and aren't
        raise UsageError(f"exclude is a list of patterns, not {patterns!r}") from error
    for pattern in found:
        if not isinstance(pattern, str):
            raise UsageError(f"a pattern of exclude is a str, not {pattern!r}")
    return found


def check_switch(what: str, value: Any) -> bool | None:
    """True, false or none.

    Raises:
        UsageError: anything else.
    """
    if value is not None and not isinstance(value, bool | np.bool_):
        raise UsageError(f"{what} is True, False or None, not {value!r}")
    return None if value is None else bool(value)


def check_flag(what: str, value: Any) -> bool:
    """True or false.

    Raises:
        UsageError: anything else.
    """
    if not isinstance(value, bool | np.bool_):
        raise UsageError(f"{what} is True or False, not {value!r}")
    return bool(value)


def check_callback(what: str, value: Any) -> None:
    """A function, or none.

    Raises:
        UsageError: it can't be called.
    """
    if value is not None and not callable(value):
        raise UsageError(f"{what} is a function that is called, not {value!r}")


def check_stop(value: Any) -> None:
    """An event that ends a run, or none.

    Raises:
        UsageError: it can't be asked whether it is set.
    """
    if value is not None and not callable(getattr(value, "is_set", None)):
        raise UsageError(f"stop is a threading.Event, not {value!r}")


def check_options(limits: Any, workers: Any, photo: Any) -> Limits:
    """What a library is opened with.

    Returns:
        The limits; the usual ones where none are given.

    Raises:
        UsageError: one of them is of another type, or out of range.
    """
    check_photo(photo)
    if workers is not None:
        check_whole("workers", workers, 1, _MOST_WORKERS)
    if limits is not None and not isinstance(limits, Limits):
        raise UsageError(f"limits are a lookalike.types.Limits, not {limits!r}")
    return limits or Limits()


def check_short_list(first: int | None, encoders: Iterable[EncoderInfo]) -> None:
    """What short lists of the photo code are made by.

    Raises:
        UsageError: it is no whole number, or all bits of the code and more.
    """
    if first is None:
        return
    for bits in [row.bits for row in encoders if row.current and row.slot == "photo"] or [MAX_BITS]:
        whole = isinstance(first, int) and not isinstance(first, bool)
        if not whole or not 1 <= first < bits:
            raise UsageError(
                f"photo codes of {bits} bits: a short list is made by 1 to {bits - 1} of them, a"
                f" whole number, not {first!r}"
            )
