"""Names for files where the one that they have is taken."""

from __future__ import annotations

import os
from collections.abc import Iterator

__all__ = ["beside", "numbered"]

_MOST = 10_000
_LONGEST = 255  # bytes of a name, on nearly every file system


def numbered(
    name: str, pattern: str = "{stem} ({number}){suffix}", *, room: int = 0
) -> Iterator[str]:
    """A name, then the same with numbers from 2 on, each short enough.

    Args:
        name: of the file.
        pattern: of the names with a number.
        room: bytes that must be free for what is added to the name.
    """
    stem, suffix = os.path.splitext(name)
    yield _short("{stem}{suffix}", stem, suffix, 1, room)
    for number in range(2, _MOST):
        yield _short(pattern, stem, suffix, number, room)


def _short(pattern: str, stem: str, suffix: str, number: int, room: int) -> str:
    while True:
        made = pattern.format(stem=stem, suffix=suffix, number=number)
        if len(os.fsencode(made)) + room <= _LONGEST or not stem:
            return made
        stem = stem[:-1]


def beside(picture: str, renamed: str, sidecar: str) -> str:
    """The name of a sidecar whose picture got another name.

    Args:
        picture: the name that it had.
        renamed: the name that it has.
        sidecar: the name of its sidecar, such as ``a.xmp`` or ``a.jpg.xmp`` for ``a.jpg``.
    """
    if picture == renamed:
        return sidecar
    if sidecar.startswith(picture):
        return renamed + sidecar[len(picture) :]
    stem, new = os.path.splitext(picture)[0], os.path.splitext(renamed)[0]
    if sidecar.startswith(stem):
        return new + sidecar[len(stem) :]
    # A name that a takeout has cut off: it is told by its beginning, and keeps that.
    return sidecar
