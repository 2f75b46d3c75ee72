"""Reasons and causes, fit for a ledger, out of whatever a decoder or the system raised."""

from __future__ import annotations

import errno
import os

from lookalike.errors import Cause

__all__ = ["cause_of", "names_memory", "one_line", "os_reason", "show_bytes"]

_LONGEST = 200
# How libraries put it that know no MemoryError, in their errors or on their way out.
_NO_MEMORY = (
    "out of memory",
    "cannot allocate memory",
    "insufficient memory",
    "unsufficient memory",  # LibRaw's spelling
    "memory allocation error",  # libheif
    "failed to map segment",  # a library that is loaded
    "bad_alloc",
    "memoryerror",
)


def one_line(text: str) -> str:
    """``text`` on one line of at most 200 printable characters; the rest is escaped or cut."""
    flat = " ".join(text.split())
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in flat)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 3] + "..."


def os_reason(error: OSError) -> str:
    """What the system said, without the path (which the ledger has) and without its number."""
    if error.errno == errno.ELOOP:
        return "a link that leads in a circle"
    if error.errno is not None:
        return os.strerror(error.errno).lower()
    return one_line(str(error)) or type(error).__name__


def cause_of(error: BaseException) -> Cause:
    """Whether what was raised is for the file, for the memory, or for the system."""
    number = error.errno if isinstance(error, OSError) else None
    if isinstance(error, MemoryError) or number == errno.ENOMEM or names_memory(str(error)):
        return "memory"
    # Pillow's own OSErrors, for what is in a file, have no number.
    return "file" if number is None else "access"


def names_memory(text: str) -> bool:
    """Whether a message says that memory ran out."""
    lower = text.lower()
    return any(words in lower for words in _NO_MEMORY)


def show_bytes(data: bytes) -> str:
    """The first bytes of a file that isn't a picture, to recognise it by."""
    return repr(data[:12])[1:]
