"""Pictures in any order, by month and by folder, from the tables of a library's file."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from lookalike.library.filters import Filter
from lookalike.library.list_store import Order
from lookalike.library.records import PictureInfo
from lookalike.library.sql.conditions import conditions
from lookalike.library.sql.files import PICTURES, Files, picture_of
from lookalike.types import PictureId

__all__ = ["Listing"]

_FROM: Final = (
    " FROM pictures JOIN files ON files.id = pictures.file"
    " JOIN contents ON contents.id = pictures.content"
    " LEFT JOIN shots ON shots.content = pictures.content WHERE present = 1"
)
_BY: Final[Mapping[Order, str]] = {
    "oldest": "pictures.id",
    "newest": "pictures.id DESC",
    "taken": "taken IS NULL, taken, pictures.id",
    "-taken": "taken IS NULL, taken DESC, pictures.id DESC",
    "path": "files.path, position, pictures.id",
    "-path": "files.path DESC, position DESC, pictures.id DESC",
    "size": "files.size, pictures.id",
    "-size": "files.size DESC, pictures.id DESC",
}


class Listing(Files):
    """A part of :class:`~lookalike.library.sql.store.SqlStore`."""

    def ordered(self, by: Order, only: Filter | None = None) -> npt.NDArray[np.int64]:
        """See :class:`~lookalike.library.store.Store`, as for all that follow."""
        where, values = _where(only)
        sql = f"SELECT pictures.id{_FROM}{where} ORDER BY {_BY[by]}"
        rows = self._database.stream(sql, values)
        return np.fromiter((row[0] for row in rows), np.int64)

    def pictures(self, pictures: Sequence[PictureId]) -> dict[PictureId, PictureInfo]:
        sql = f"{PICTURES} AND pictures.id IN ({{keys}})"
        return {row[0]: picture_of(row) for row in self._database.fetch_for(sql, pictures)}

    def months(self, only: Filter | None = None) -> list[tuple[str | None, int]]:
        where, values = _where(only)
        sql = (
            f"SELECT substr(taken, 1, 7) AS month, count(*){_FROM}{where}"
            " GROUP BY month ORDER BY substr(taken, 1, 7) IS NULL, 1 DESC"
        )
        return [(month, count) for month, count in self._database.fetch(sql, values)]

    def directories(self, only: Filter | None = None) -> Mapping[str, int]:
        where, values = _where(only)
        sql = f"SELECT files.path{_FROM}{where}"
        found = Counter(os.path.dirname(row[0]) for row in self._database.stream(sql, values))
        return {os.fsdecode(path): count for path, count in found.items()}


def _where(only: Filter | None) -> tuple[str, list[object]]:
    if only is None or not only.narrows:
        return "", []
    fitting, values = conditions(only)
    # Both tables have columns of these names.
    return f" AND {fitting}", values
