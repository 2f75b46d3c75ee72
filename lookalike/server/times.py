"""Moments as the interface tells them."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["moment_text", "now_text"]


def now_text() -> str:
    """This moment, as :func:`moment_text` tells it."""
    return moment_text(datetime.now(UTC))


def moment_text(moment: datetime) -> str:
    """A moment in UTC: ISO 8601, to the second."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
