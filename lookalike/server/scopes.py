"""What a client may do besides looking."""

from __future__ import annotations

from lookalike.server.answers import ApiError
from lookalike.server.context import Context
from lookalike.server.endpoints import Scope
from lookalike.server.visitors import here

__all__ = ["check_scope", "scopes_here"]


_ALL: tuple[Scope, ...] = ("read", "decide", "change")


def scopes_here() -> tuple[Scope, ...]:
    """What the client of the request in hand may do."""
    return tuple(scope for scope in _ALL if scope in here().scopes)


def check_scope(context: Context, scope: Scope) -> None:
    """Refuse what the client of the request in hand may not do.

    Raises:
        ApiError: it needs another token, or another start of the server.
    """
    if scope not in here().scopes:
        raise ApiError(
            403,
            "changes_not_allowed",
            "this server writes nothing: start lookalike serve without --read-only"
            if context.settings.read_only
            else "this changes files, and takes the second token that lookalike serve printed"
            if context.settings.allow_changes
            else "this server changes nothing: start lookalike serve with --allow-changes",
        )
