"""How many files and connections this process may have open."""

from __future__ import annotations

__all__ = ["allow_open"]

_WITHOUT_LIMIT = 8_192  # what Windows lets a process have by its C library; sockets are no part


def allow_open(wanted: int) -> int:
    """Ask the system for so many open files, as far as this user may have them.

    Returns:
        How many this process may have open.
    """
    try:
        import resource
    except ImportError:  # Windows
        return _WITHOUT_LIMIT
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        except (OSError, ValueError):  # macOS has a limit of its own besides
            return soft
        return most
    return wanted if soft == resource.RLIM_INFINITY else soft
