"""``--limit``: what reading one picture may cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:
    from lookalike.types import Limits

__all__ = ["limit_option"]

Command = TypeVar("Command", bound=Callable[..., Any])

_FIELDS: Final = {
    "pixels": "pixels",
    "file-bytes": "file_bytes",
    "memory": "memory_bytes",
    "seconds": "seconds",
}
_GIVEN = re.compile(r"([a-z-]+)=(\d{1,15}(?:\.\d{1,6})?)([kKMGT]?)")
_TIMES = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def limit_option(command: Command) -> Command:
    """Add ``--limit NAME=NUMBER``, handed to the command as ``limits``."""
    return click.option(
        "--limit",
        "limits",
        multiple=True,
        metavar="NAME=NUMBER",
        callback=_limits,
        help="What one picture may cost in this run: pixels, file-bytes, memory (bytes) or seconds,"
        " such as pixels=400M; may be repeated. What was beyond it is tried again.",
    )(command)


def _limits(
    context: click.Context, parameter: click.Parameter, given: tuple[str, ...]
) -> Limits | None:
    """The limits; ``None`` for the usual ones."""
    if not given:
        return None
    # Here, not above: --help needs none of it.
    from lookalike.types import Limits

    chosen: dict[str, Any] = {}
    for text in given:
        found = _GIVEN.fullmatch(text)
        if found is None or found[1] not in _FIELDS:
            names = ", ".join(_FIELDS)
            raise click.BadParameter(
                f"{text!r} is no NAME=NUMBER with a name of {names}, such as pixels=400M",
                ctx=context,
                param=parameter,
            )
        name, value = _FIELDS[found[1]], float(found[2]) * _TIMES[found[3]]
        number = value if name == "seconds" else int(value)
        if not number > 0:
            raise click.BadParameter(f"{text!r} is not above 0", ctx=context, param=parameter)
        chosen[name] = number
    return Limits(**chosen)
