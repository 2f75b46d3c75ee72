"""A filter as a condition of SQL over the tables of files, pictures and contents."""

from __future__ import annotations

from lookalike.library.filters import Filter
from lookalike.sources.folders import bounds

__all__ = ["conditions"]


def conditions(only: Filter) -> tuple[str, list[object]]:
    """What has to be true of a row, and the values for its marks.

    The indexes of paths, times and formats serve it.

    Args:
        only: that asks something of pictures.
    """
    parts: list[str] = []
    values: list[object] = []
    if only.under:
        parts.append(" OR ".join(["files.path >= ? AND files.path < ?"] * len(only.under)))
        for folder in only.under:
            values += bounds(folder)
    if only.taken is not None:
        first, behind = only.taken
        wanted = ["taken IS NOT NULL"]
        for sign, moment in ((">=", first), ("<", behind)):
            if moment is not None:
                wanted.append(f"taken {sign} ?")
                values.append(moment)
        found = " AND ".join(wanted)
        parts.append(f"contents.id IN (SELECT content FROM shots WHERE {found})")  # noqa: S608
    if only.formats:
        parts.append(f"contents.format IN ({', '.join('?' * len(only.formats))})")
        values += only.formats
    if only.pixels:
        parts.append("contents.width * contents.height >= ?")
        values.append(only.pixels)
    if any(only.sides):
        longer, shorter = only.sides
        parts.append("(width >= ? OR height >= ?) AND width >= ? AND height >= ?")
        values += [longer, longer, shorter, shorter]
    return " AND ".join(f"({part})" for part in parts), values
