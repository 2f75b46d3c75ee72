"""What a question is given as: one picture or several, in any of their forms."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from PIL import Image

from lookalike.arguments import check_whole
from lookalike.errors import UsageError
from lookalike.images.pool.item import Item
from lookalike.library.arguments import check_name
from lookalike.road import Picture

__all__ = ["MOST_HITS", "check_asked", "check_several", "name_of", "named", "several"]

MOST_HITS: Final = 10_000


def check_asked(k: Any, code: Any) -> None:
    """Make sure that so many hits can be asked for, by such a code; UsageError else."""
    check_whole("k", k, 1, MOST_HITS)
    if not isinstance(code, str) or code not in ("pdq", "photo", "both"):
        raise UsageError(f"code is 'pdq', 'photo' or 'both', not {code!r}")


def named(picture: Picture, name: str | None) -> Picture:
    """The bytes of a file with its name, so that they take the road of that file."""
    if name is not None:
        check_name("name", name)
    return Item(picture, name=name) if isinstance(picture, bytes) and name else picture


def name_of(picture: Picture) -> str:
    """What a question is called: its path, or a word for what has none."""
    if isinstance(picture, Item):
        picture = picture.file
    if isinstance(picture, str | os.PathLike):
        return os.fspath(picture)
    return f"<{len(picture)} bytes>" if isinstance(picture, bytes) else "<pixels>"


def check_several(what: str, pictures: Any) -> None:
    """Make sure that pictures are several, or can be.

    Args:
        what: the method that takes them.
        pictures: as they were given.

    Raises:
        UsageError: a single one, or something else.
    """
    if isinstance(pictures, str | bytes | os.PathLike | Item | Image.Image | np.ndarray):
        raise UsageError(f"{what} takes several pictures: put a single one into a list")
    if not isinstance(pictures, Iterable):
        raise UsageError(f"{what} takes pictures, not {type(pictures).__name__}")


def several(what: str, pictures: Any) -> list[Any]:
    """Pictures as a list; UsageError as :func:`check_several`."""
    check_several(what, pictures)
    try:
        return list(pictures)
    except TypeError as error:  # some call themselves iterable and aren't
        raise UsageError(f"{what} takes pictures, not {pictures!r}") from error
