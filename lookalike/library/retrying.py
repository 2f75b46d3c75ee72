"""Whether a file that gave no code is tried again though it is as it was."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from lookalike import __version__
from lookalike.library.run_records import Refusal
from lookalike.types import Limits

__all__ = ["context_of", "is_due"]

_DAY = 86_400  # seconds
# What reads pictures, required or not: an update or an installation may read what was refused.
_READERS = ("pillow", "pillow-heif", "rawpy")


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


def is_due(refusal: Refusal, context: str, now: int) -> bool:
    """Whether to try a file again whose size and time of change are those of its refusal.

    What the system would not read is tried at every run: that fails at once, and may be mended at
    any time. What takes long, or needs the whole file to be read for nothing, is tried once a day;
    and everything is once more when something changes that it may depend on. A refusal of an early
    build has no context, so it is due.

    Args:
        refusal: as the ledger has it.
        context: as :func:`context_of` tells it now.
        now: in seconds since 1970.
    """
    if refusal.cause == "access" or refusal.context != context:
        return True
    if refusal.cause in ("time", "memory", "extra"):
        # A clock that was set back shall keep no file away until it has caught up.
        return not 0 <= now - refusal.tried < _DAY
    return False


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
