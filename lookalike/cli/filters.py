"""The options that say which pictures hits may be."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from lookalike.cli.options import PathType

__all__ = ["filter_options"]

Command = Callable[..., Any]


def filter_options(command: Command) -> Command:
    """Add ``--under`` and the like, handed to the command as ``only``; ``None`` without any."""

    @functools.wraps(command)
    def filtered(*args: Any, **options: Any) -> Any:
        given = {
            name: options.pop(name) for name in ("under", "taken", "larger", "formats", "kinds")
        }
        only = None
        if any(value not in (None, ()) for value in given.values()):
            # Here, not above: --help needs none of it.
            from lookalike.library.filters import Filter

            only = Filter.parse(**given)
        return command(*args, only=only, **options)

    for option in reversed(_OPTIONS):
        filtered = option(filtered)
    return filtered


_OPTIONS = (
    click.option(
        "--under",
        multiple=True,
        metavar="FOLDER",
        type=PathType(),
        help="Only pictures in FOLDER or below; may be repeated.",
    ),
    click.option(
        "--taken",
        metavar="TIME",
        help="Only pictures taken then, such as 2019, 2019-06, 2019..2021-06 or 2020.. .",
    ),
    click.option(
        "--larger",
        metavar="SIZE",
        help="Only pictures of at least this size, such as 2MP or 1920x1080.",
    ),
    click.option(
        "--format",
        "formats",
        metavar="FORMATS",
        help="Only pictures of these formats, such as jpeg,heic.",
    ),
    click.option(
        "--kind",
        "kinds",
        metavar="KINDS",
        help="Only hits of these kinds, such as edited,part.",
    ),
)
