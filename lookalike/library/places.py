"""What people name as places of pictures, as a library remembers them."""

from __future__ import annotations

import os
from collections.abc import Container, Sequence

from lookalike.errors import UsageError
from lookalike.library.arguments import check_path
from lookalike.sources.contents import why_unreachable
from lookalike.sources.naming import expanded, is_away, name_of

__all__ = ["absolute", "check_new", "given_places"]


def absolute(folder: str | os.PathLike[str]) -> str:
    """Absolute without following links: a folder keeps the name that the user knows.

    Raises:
        UsageError: an address of a store that isn't read.
    """
    return name_of(check_path("a folder", folder))


def given_places(folders: Sequence[str | os.PathLike[str]], known: Container[str]) -> list[str]:
    """The places that these names stand for.

    Args:
        folders: as they were given.
        known: names of places that may be out of reach now.

    Raises:
        UsageError: one that isn't known can't be reached.
        MissingExtraError: what reads it isn't installed.
    """
    named = [name for folder in folders for name in expanded(check_path("a folder", folder))]
    places = list(dict.fromkeys(map(name_of, named)))
    for place in places:
        if place not in known:
            check_new(place)
    return places


def check_new(place: str) -> None:
    """Refuse a place that can't be reached, and that no library knows.

    Raises:
        UsageError: why.
        MissingExtraError: what reads it isn't installed.
    """
    if is_away(place):
        if why := why_unreachable(place):
            raise UsageError(f"{place.rstrip('#')} can't be indexed: {why}")
    elif not os.path.isdir(place):
        raise UsageError(f"{place} is not a folder that can be reached")
