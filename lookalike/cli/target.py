"""The files that commands write, checked before the work."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lookalike.errors import UsageError

__all__ = ["check_target"]


def check_target(target: Path, endings: Sequence[str] = ()) -> None:
    """Refuse a file that can't be written, before any work is done for it.

    Args:
        target: to be written.
        endings: that its name may have, in small letters; empty for any.

    Raises:
        UsageError: its folder is missing, it is a folder or a device, or it has another ending.
    """
    if endings and target.suffix.lower() not in endings:
        raise UsageError(f"{target} has to end in {' or '.join(endings)}")
    if target.exists() and not target.is_file():
        raise UsageError(f"{target} is not a file that can be replaced: name another")
    if not target.absolute().parent.is_dir():
        raise UsageError(f"there is no folder {target.parent} for {target.name}: make it first")
