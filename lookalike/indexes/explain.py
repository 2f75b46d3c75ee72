"""What answers questions, in a line for people."""

from __future__ import annotations

from pathlib import Path

from lookalike.indexes.multihash_layout import usual_radius
from lookalike.indexes.paying import pays, table_bytes
from lookalike.indexes.table_folder import TableFolder

__all__ = ["explain"]


def explain(
    codes: int, bits: int, *, folder: Path | None = None, stamp: str = "", radius: int | None = None
) -> str:
    """What answers questions about codes, whether there are tables, and what they take.

    Nothing is opened or measured.

    Args:
        codes: how many there are.
        bits: their width.
        folder: as for :class:`lookalike.indexes.kept.KeptIndex`.
        stamp: likewise.
        radius: likewise.
    """
    radius = usual_radius(bits) if radius is None else radius
    if not pays(codes, bits, radius, radius, False):
        return "exact scan, which is the fastest for so few codes"
    asked = f"within {radius} of {bits} bits"
    bytes_ = 0 if folder is None else TableFolder(folder, stamp).nbytes(codes)
    if bytes_:
        return f"multi-index hashing {asked} (tables: {_size(bytes_)}), exact scan for the nearest"
    size = _size(table_bytes(codes, bits, radius))
    return f"exact scan; tables for what is {asked} ({size}) are built once enough was asked"


def _size(bytes_: int) -> str:
    return f"{bytes_ / 1e9:.1f} GB" if bytes_ >= 1e9 else f"{bytes_ / 1e6:.0f} MB"
