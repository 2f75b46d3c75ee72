"""Plans of files that are there."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lookalike.actions import Plan, PlannedFile, PlannedGroup

__all__ = ["file_of", "plan_of", "put"]


def put(path: Path, data: bytes = b"a picture") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def file_of(path: Path, kind: Any = "", why: str = "") -> PlannedFile:
    data = path.read_bytes()
    return PlannedFile(str(path), hashlib.sha256(data).hexdigest(), len(data), "", kind, why)


def plan_of(
    action: Any,
    keep: Path | Sequence[Path],
    *act: Path,
    kind: Any = "same-bytes",
    to: Path | None = None,
) -> Plan:
    """One group."""
    kept = [keep] if isinstance(keep, Path) else keep
    group = PlannedGroup(
        "g1",
        kind,
        tuple(file_of(path) for path in kept),
        tuple(file_of(path, kind, "a copy") for path in act),
    )
    return Plan(action, (group,), None if to is None else str(to))
