"""Times of files: whatever a file system can hold, as a number that a library can keep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["kept", "moment"]

_MOST = 2**63 - 1
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


def kept(nanoseconds: int) -> int:
    """A time of change as it is stored and compared: of signed 64 bits, 1677 to 2262.

    File systems go further, XFS to 2486 and ext4 to 2446; times beyond either end become that end.

    Args:
        nanoseconds: since 1970, as ``os.stat_result.st_mtime_ns``.
    """
    return max(-_MOST - 1, min(nanoseconds, _MOST))


def moment(nanoseconds: int) -> datetime:
    """The date of a time, to the second: also before 1970, which ``fromtimestamp`` may refuse."""
    return _BEGIN + timedelta(seconds=kept(nanoseconds) // 1_000_000_000)
