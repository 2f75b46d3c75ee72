"""The parameters of a request that say which pictures are wanted."""

from __future__ import annotations

from lookalike.errors import UsageError
from lookalike.library.filters import Filter
from lookalike.server.answers import ApiError
from lookalike.server.endpoints import Arguments

__all__ = ["only_of"]


def only_of(arguments: Arguments) -> Filter | None:
    """The filter that a request asks for; ``None`` for none.

    Raises:
        ApiError: it can't be understood.
    """
    under = arguments["under"]
    try:
        only = Filter.parse(
            under=() if under is None else [under],
            taken=arguments["taken"],
            larger=arguments["larger"],
            formats=arguments["format"],
            kinds=arguments.get("kind"),
        )
    except UsageError as error:
        raise ApiError(400, "bad_parameter", str(error)) from error
    return only or None
