"""Whether a file that gave no code is tried again though it is as it was."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from lookalike import __version__
from lookalike.errors import Cause
from lookalike.library.run_records import Refusal
from lookalike.types import Limits

__all__ = ["context_after", "context_of", "is_due"]

_DAY = 86_400  # seconds
# What reads pictures, required or not: an update or an installation may read what was refused.
_READERS = ("pillow", "pillow-heif", "rawpy", "tifffile", "imagecodecs")
# What the machine may do better another time, though it costs a lot to find out.
_BUSY = ("time", "memory")
_AGAIN = "; again"  # behind the context of a refusal that came again


def context_of(limits: Limits) -> str:
    """What a refusal may depend on besides the file, as text that is compared and not read.

    Args:
        limits: for decoding a picture.
    """
    readers = ", ".join(f"{name} {_version(name)}" for name in _READERS)
    return (
        f"lookalike {__version__}, {readers}; {limits.pixels} pixels, {limits.file_bytes} bytes, "
        f"{limits.memory_bytes} bytes of memory, {limits.seconds:g} seconds"
    )


def context_after(before: Refusal | None, cause: Cause, context: str) -> str:
    """The context of a new refusal, which also tells whether the file was refused so before.

    Args:
        before: the refusal of the last try, if the file was the same then.
        cause: of the new one.
        context: as :func:`context_of` tells it now.
    """
    known = before is not None and before.cause == cause
    if known and before is not None and before.context in (context, context + _AGAIN):
        return context + _AGAIN
    return context


def is_due(refusal: Refusal, context: str, now: int) -> bool:
    """Whether to try a file again whose size and time of change are those of its refusal.

    What the system would not read is tried at every run: that fails at once, and may be mended at
    any time. What took too long or too much memory is tried at the next run, and if that fails too,
    once a day; so is what lacks an extra, since its installation is a change. Everything is tried
    once more when something changes that it may depend on: lookalike, what reads pictures, the
    limits. A refusal of an early build has no context, so it is due.

    Args:
        refusal: as the ledger has it.
        context: as :func:`context_of` tells it now.
        now: in seconds since 1970.
    """
    if refusal.cause == "access" or refusal.context not in (context, context + _AGAIN):
        return True
    if refusal.cause in _BUSY and refusal.context == context:
        return True
    # A clock that was set back shall keep no file away until it has caught up.
    is_old = not 0 <= now - refusal.tried < _DAY
    return is_old and refusal.cause in (*_BUSY, "extra")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
