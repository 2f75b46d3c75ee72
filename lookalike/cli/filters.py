"""The options that say which pictures hits may be."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from lookalike.cli.options import PathType

__all__ = ["filter_options", "picture_filter_options"]

Command = Callable[..., Any]
Option = Callable[[Command], Command]


def filter_options(command: Command) -> Command:
    """Add ``--under`` and the like, handed to the command as ``only``; ``None`` without any."""
    return _filtered(command, _OF_PICTURES | _OF_HITS)


def picture_filter_options(command: Command) -> Command:
    """The same without ``--kind``, for commands that have one of their own."""
    return _filtered(command, _OF_PICTURES)


def _filtered(command: Command, options: dict[str, Option]) -> Command:
    @functools.wraps(command)
    def filtered(*args: Any, **given: Any) -> Any:
        asked = {name: given.pop(name) for name in options}
        only = None
        if any(value not in (None, ()) for value in asked.values()):
            # Here, not above: --help needs none of it.
            from lookalike.library.filters import Filter

            only = Filter.parse(**asked)
        return command(*args, only=only, **given)

    made: Command = filtered
    for option in reversed(options.values()):
        made = option(made)
    return made


_OF_PICTURES: dict[str, Option] = {
    "under": click.option(
        "--under",
        multiple=True,
        metavar="FOLDER",
        type=PathType(),
        help="Only pictures in FOLDER or below; may be repeated.",
    ),
    "taken": click.option(
        "--taken",
        metavar="TIME",
        help="Only pictures taken then, such as 2019, 2019-06, 2019..2021-06 or 2020.. .",
    ),
    "larger": click.option(
        "--larger",
        metavar="SIZE",
        help="Only pictures of at least this size, such as 2MP or 1920x1080.",
    ),
    "formats": click.option(
        "--format",
        "formats",
        metavar="FORMATS",
        help="Only pictures of these formats, such as jpeg,heic.",
    ),
}
_OF_HITS: dict[str, Option] = {
    "kinds": click.option(
        "--kind",
        "kinds",
        metavar="KINDS",
        help="Only hits of these kinds, such as edited,part.",
    ),
}
