"""Patterns of files and folders to leave out, in the manner of gitignore."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from lookalike.errors import UsageError

__all__ = ["Exclusion"]


class Exclusion:
    """What a walk leaves out.

    A pattern without a slash matches the name of a file or folder at any depth; one with a slash
    at its beginning or in its middle matches the path from the walked folder on. A slash at the
    end restricts it to folders. A folder that is left out takes all below it along.

    =========  ======================================================
    ``*``      any characters but the slash, also none
    ``?``      one character but the slash
    ``[a-z]``  one of these characters; ``[!a-z]`` one that isn't
    ``**``     between slashes (``a/**/b``): any number of folders, also none; at the end
               (``a/**``): everything below
    =========  ======================================================

    Everything else stands for itself. Letter case counts, except on Windows. Unlike gitignore there
    are no comments and no exceptions with ``!``.

    Examples: ``*.gif``, ``thumbs/``, ``/2003``, ``2003/raw``, ``**/cache/*.png``.

    Args:
        patterns: any number of them.

    Raises:
        UsageError: a pattern that is empty, begins with ``!`` or has an open bracket.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        if isinstance(patterns, str):
            raise UsageError(f"exclude is a list of patterns, not one string: give [{patterns!r}]")
        self._rules = [_compile(pattern) for pattern in patterns]

    def __call__(self, relative: str, *, is_folder: bool) -> bool:
        """Whether a file or folder is left out, itself, by its path from the walked folder on.

        ``relative`` has slashes on every system. What lies above it isn't looked at.
        """
        return any(
            (is_folder or not folders_only) and expression.fullmatch(relative) is not None
            for expression, folders_only in self._rules
        )


def _compile(pattern: str) -> tuple[re.Pattern[str], bool]:
    """The expression that a relative path has to match, and whether only folders count."""
    body = pattern.removesuffix("/")
    if not body.strip("/"):
        raise UsageError(f"exclude pattern {pattern!r} is empty: leave it away")
    if body.startswith("!"):
        raise UsageError(
            f"exclude pattern {pattern!r}: exceptions with ! aren't supported; "
            "for a name that begins with it write [!]..."
        )
    anchored = "/" in body
    parts = body.removeprefix("/").split("/")
    expression = "" if anchored else "(?:.*/)?"
    for position, part in enumerate(parts):
        last = position == len(parts) - 1
        if part == "**" and anchored:
            expression += ".+" if last else "(?:.*/)?"
        else:
            expression += _translate(part, pattern) + ("" if last else "/")
    flags = re.DOTALL | (re.IGNORECASE if os.name == "nt" else 0)
    try:
        return re.compile(expression, flags), pattern.endswith("/")
    except re.error as error:
        raise UsageError(
            f"exclude pattern {pattern!r} has a range in its [ ] that runs backwards ({error}):"
            " write the lower end first"
        ) from error


def _translate(part: str, pattern: str) -> str:
    """One name of a pattern as a regular expression."""
    out, at = "", 0
    while at < len(part):
        character = part[at]
        at += 1
        if character == "*":
            while part[at : at + 1] == "*":
                at += 1
            out += "[^/]*"
        elif character == "?":
            out += "[^/]"
        elif character == "[":
            # A bracket right at the beginning of a set stands for itself, as in the shell.
            end = part.find("]", at + (2 if part[at : at + 1] == "!" else 1))
            if end < 0:
                raise UsageError(
                    f"exclude pattern {pattern!r} has a [ without a ]: write [[] for it"
                )
            chosen, at = part[at:end], end + 1
            negated = chosen.startswith("!") and len(chosen) > 1
            chosen = chosen[1:] if negated else chosen
            chosen = re.sub(r"([\\\[\]^&~|])", r"\\\1", chosen)
            out += f"(?!/)[{'^' if negated else ''}{chosen}]"
        else:
            out += re.escape(character)
    return out
