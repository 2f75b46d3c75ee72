"""Patterns of files and folders to leave out: those of gitignore.

Translated here, since pathspec answers for lists of files: asked folder by folder, as a walk has to
ask, it differs from Git (docs/dependencies.md has the count).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence

from lookalike.errors import UsageError

__all__ = ["Exclusion", "mended"]

# The classes of POSIX in brackets, for ASCII as Git has them.
_CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": r"\ \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"\x21-\x7e",
    "lower": "a-z",
    "print": r"\x20-\x7e",
    "punct": r"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
    "space": r"\ \t-\r",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}
_CLASS = re.compile(r"\[:([^]]*):\]")


class Exclusion:
    r"""What a walk leaves out, by the patterns of gitignore.

    A pattern without a slash matches the name of a file or folder at any depth; one with a slash
    at its beginning or in its middle matches the path from the walked folder on. A slash at the
    end restricts it to folders. A folder that is left out takes all below it along.

    =========  ======================================================
    ``*``      any characters but the slash, also none
    ``?``      one character but the slash
    ``[a-z]``  one of these characters; ``[!a-z]`` or ``[^a-z]`` one that isn't
    ``**``     between slashes (``a/**/b``): any number of folders, also none; at the end
               (``a/**``): everything below
    ``!``      at the beginning: what an earlier pattern left out is taken up again
    ``\``      before a character: the character itself, as in ``\!`` and ``\#``
    =========  ======================================================

    The last pattern that matches decides. What lies in a folder that is left out can't be taken
    up again. Spaces at the end don't count, but for those after a backslash. Letter case counts,
    except on Windows.

    Examples: ``*.gif``, ``thumbs/``, ``/2003``, ``2003/raw``, ``**/cache/*.png``; and
    ``raw/*``, ``!raw/best/``.

    Args:
        patterns: any number of them, in order.
        ignore_case: whether letter case doesn't count on this system, either.

    Raises:
        UsageError: a pattern that is empty, is a comment, or can't match anything: it has an open
            bracket, a range that runs backwards, a backslash at the end, a null character, or a
            part that no path from the walked folder on has (``//``, ``.``, ``..``).
    """

    def __init__(self, patterns: Sequence[str], *, ignore_case: bool = os.name == "nt") -> None:
        if isinstance(patterns, str):
            raise UsageError(f"exclude is a list of patterns, not one string: give [{patterns!r}]")
        # The last one that matches decides: it is asked first.
        self._rules = [
            (*_compile(pattern, ignore_case), position)
            for position, pattern in reversed(list(enumerate(patterns)))
        ]

    def __call__(self, relative: str, *, is_folder: bool) -> bool:
        """Whether a file or folder is left out, itself, by its path from the walked folder on.

        ``relative`` has slashes on every system. What lies above it isn't looked at.
        """
        decided = self.decided(relative, is_folder=is_folder)
        return decided is not None and decided[1]

    def decided(self, relative: str, *, is_folder: bool) -> tuple[int, bool] | None:
        """Which of the patterns decides, counted from 0, and whether it leaves the path out.

        ``None`` where none of them matches.
        """
        for matches, folders_only, leaves_out, position in self._rules:
            if (is_folder or not folders_only) and matches(relative) is not None:
                return position, leaves_out
        return None


def mended(patterns: Sequence[str]) -> list[str]:
    r"""Patterns that a library has kept, those of an early build so that they can be used.

    Comments, spaces alone and a backslash at the end were names then. Exclusion refuses them before
    a library keeps them, so that a kept one can only be older, and gets its meaning back. One that
    could match nothing still does.
    """
    found = []
    for pattern in patterns:
        if _why_never(pattern):
            found.append(_NOTHING)
            continue
        if pattern and not pattern.strip(" "):
            found.append(pattern.replace(" ", "\\ "))
            continue
        escaped = (len(pattern) - len(pattern.rstrip("\\"))) % 2
        found.append("\\" * pattern.startswith("#") + pattern + "\\" * escaped)
    return found


# No name has a null character.
_NOTHING = "[!\x01-\U0010ffff]"


def _why_never(pattern: str) -> str:
    """What a pattern has that no path has; empty if it has nothing such."""
    if "\0" in pattern:
        return "a null character"
    body = _without_spaces(pattern).removeprefix("!").removeprefix("/").removesuffix("/")
    parts = body.replace("\\", "").split("/")
    if len(parts) > 1 and "" in parts:
        return "two slashes with nothing between"
    return next((f"a part {part!r}" for part in parts if part in (".", "..")), "")


def _compile(
    pattern: str, ignore_case: bool
) -> tuple[Callable[[str], re.Match[str] | None], bool, bool]:
    """What matches a relative path, whether only folders count, whether it leaves them out."""
    body = _without_spaces(pattern)
    if body.startswith("#"):
        raise UsageError(
            f"exclude pattern {pattern!r} is a comment: for a name that begins with # write \\#..."
        )
    never = _why_never(pattern)
    if never:
        raise UsageError(
            f"exclude pattern {pattern!r} can't match anything, since it has {never}: write the"
            " path from the folder on, such as '2003/raw'"
        )
    leaves_out = not body.startswith("!")
    body = body.removeprefix("!")
    folders_only = body.endswith("/")
    body = body.removesuffix("/")
    if not body.strip("/"):
        raise UsageError(f"exclude pattern {pattern!r} is empty: leave it away")
    anchored = "/" in body
    parts = body.removeprefix("/").split("/")
    expression = "" if anchored else "(?:.*/)?"
    for position, part in enumerate(parts):
        last = position == len(parts) - 1
        if anchored and len(part) > 1 and not part.strip("*"):
            expression += ".+" if last else "(?:.*/)?"
        else:
            expression += _translate(part, pattern) + ("" if last else "/")
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    return re.compile(expression, flags).fullmatch, folders_only, leaves_out


def _without_spaces(pattern: str) -> str:
    """A pattern without the spaces at its end, but for those after a backslash."""
    while pattern.endswith(" "):
        rest = pattern[:-1]
        if (len(rest) - len(rest.rstrip("\\"))) % 2:
            break
        pattern = rest
    return pattern


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
            chosen, at = _bracket(part, at, pattern)
            out += chosen
        elif character == "\\":
            if at == len(part):
                raise UsageError(
                    f"exclude pattern {pattern!r} has a backslash with nothing after it: write two "
                    "for one"
                )
            out += re.escape(part[at])
            at += 1
        else:
            out += re.escape(character)
    return out


def _bracket(part: str, at: int, pattern: str) -> tuple[str, int]:
    """The set that begins after a bracket as a regular expression, and where it ends."""
    negated = part[at : at + 1] in ("!", "^")
    at += negated
    chosen, begin = "", at
    # A bracket right at the beginning of a set stands for itself, as in the shell.
    while part[at : at + 1] != "]" or at == begin:
        name = _CLASS.match(part, at)
        if name is not None:
            if name[1] not in _CLASSES:
                raise UsageError(
                    f"exclude pattern {pattern!r} has an unknown class: there are "
                    + ", ".join(f"[:{known}:]" for known in _CLASSES)
                )
            chosen, at = chosen + _CLASSES[name[1]], name.end()
            continue
        low, at = _member(part, at, pattern)
        if part[at : at + 1] == "-" and part[at + 1 : at + 2] not in ("]", ""):
            high, at = _member(part, at + 1, pattern)
            if high < low:
                raise UsageError(
                    f"exclude pattern {pattern!r} has a range in its [ ] that runs backwards:"
                    " write the lower end first"
                )
            chosen += f"{re.escape(low)}-{re.escape(high)}"
        else:
            chosen += re.escape(low)
    return f"(?!/)[{'^' if negated else ''}{chosen}]", at + 1


def _member(part: str, at: int, pattern: str) -> tuple[str, int]:
    """One character of a set, and where the next begins."""
    at += part[at : at + 1] == "\\"
    if at >= len(part):
        raise UsageError(f"exclude pattern {pattern!r} has a [ without a ]: write \\[ for it")
    return part[at], at + 1
