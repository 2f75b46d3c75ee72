"""What lies beside a library's file and belongs to it."""

from __future__ import annotations

import os
import re
from pathlib import Path

__all__ = ["beside"]

# SQLite's log, its shared memory and its journal; the lock, the cache and the previews; the file
# as it was before a repair or an update; and what a killed run was about to write of these.
_ENDINGS = re.compile(
    r"-wal|-shm|-journal|-cache|-previews(-wal|-shm|-journal)?|\.lock|\.damaged(-\d+)?(-wal)?|\.v\d+|(\.v\d+|\.repaired)\.partial"
    r"(-wal|-shm|-journal)?"
)


def beside(path: Path) -> list[Path]:
    """All that lies beside a library and belongs to it, by name; nothing if that can't be seen."""
    try:
        names = sorted(os.listdir(path.parent))
    except OSError:
        return []
    return [
        path.with_name(name)
        for name in names
        if name.startswith(path.name) and _ENDINGS.fullmatch(name[len(path.name) :])
    ]
