"""How many processors this process may use."""

from __future__ import annotations

import math
import os
from pathlib import Path

__all__ = ["processors"]

_CONTROL_GROUPS = Path("/sys/fs/cgroup")


def processors(*, groups: Path = _CONTROL_GROUPS) -> int:
    """Processors that this process may use, at least 1.

    ``os.cpu_count()`` gives those of the machine. A process may be held to fewer: by its affinity
    (``taskset``, a batch system), and by the quota of its container (``docker run --cpus 2``),
    which is rounded up.

    Args:
        groups: where the system shows control groups (Linux).
    """
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    quota = _quota(groups)
    return max(1, count if quota is None else min(count, math.ceil(quota)))


def _quota(groups: Path) -> float | None:
    """Processors that the container's quota allows; ``None`` where there is none.

    Source: the kernel's documentation, "Control Group v2" (``cpu.max``) and "CFS Bandwidth
    Control" (``cpu.cfs_quota_us``).
    """
    try:
        quota, period = (groups / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota = (groups / "cpu" / "cpu.cfs_quota_us").read_text().strip()
            period = (groups / "cpu" / "cpu.cfs_period_us").read_text().strip()
        except OSError:
            return None
    try:
        allowed = int(quota) / int(period)
    except (ValueError, ZeroDivisionError):  # "max": no quota
        return None
    return allowed if allowed > 0 else None
