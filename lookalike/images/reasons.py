"""One-line reasons, fit for a ledger, out of whatever a decoder or the system raised."""

from __future__ import annotations

import errno
import os

__all__ = ["one_line", "os_reason", "show_bytes"]

_LONGEST = 200


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


def show_bytes(data: bytes) -> str:
    """The first bytes of a file that isn't a picture, to recognise it by."""
    return repr(data[:12])[1:]
