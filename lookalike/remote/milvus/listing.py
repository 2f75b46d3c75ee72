"""Pictures in any order, by month, by folder, and those that fit a filter: of one in Milvus."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.library.filters import Filter
from lookalike.library.list_store import Order
from lookalike.library.records import Counts, PictureInfo
from lookalike.remote.milvus.books import path_of, under
from lookalike.remote.milvus.connection import MOST_ROWS, Row
from lookalike.remote.milvus.pictures import Pictures
from lookalike.types import PictureId

__all__ = ["Listing"]

_PORTION = 5_000  # rows that are read at a time where paths are in them


class Listing(Pictures):
    """A part of :class:`~lookalike.remote.milvus.store.MilvusStore`.

    Orders other than those of ids are made here, from what is read of all pictures: Milvus has
    none.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._distinct: tuple[object, int] = (None, 0)

    def matching(self, only: Filter) -> npt.NDArray[np.int64] | None:
        """See :class:`~lookalike.library.store.Store`, as for all that follow."""
        if not only.narrows:
            return None
        found = np.unique(self._column("content", _where(only)))
        fitting = self._fitting(only)
        return found if fitting is None else np.intersect1d(found, fitting)

    def page(
        self,
        limit: int,
        *,
        after: PictureId | None = None,
        newest: bool = False,
        only: Filter | None = None,
    ) -> list[PictureInfo]:
        fitting = None if only is None else self._fitting(only)
        if newest or fitting is not None or limit > MOST_ROWS:
            ids = self._ids(only)
            ids = ids[::-1] if newest else ids
            if after is not None:
                ids = ids[ids < after] if newest else ids[ids > after]
            shown = self.pictures([PictureId(one) for one in ids[:limit].tolist()])
            return sorted(shown.values(), key=lambda one: one.id, reverse=newest)
        where = _where(only)
        scan = self._connection.scan(
            self._of("files"), "id", self._fields(), where, after=after, rows=max(1, limit)
        )
        rows = [row for _, row in zip(range(limit), scan, strict=False)]
        return [picture for _, picture in self._infos_of(rows)]

    def _fields(self) -> list[str]:
        return ["file", "content", "place", "hash", "size", "mtime", "path", "name", "shown"]

    def _ids(self, only: Filter | None) -> npt.NDArray[np.int64]:
        """The ids of all present pictures that fit a filter, ascending."""
        if only is None or self._fitting_nothing(only):
            return self._column("id", _where(only))
        return np.array([row["id"] for row in self._narrow(only, [])], np.int64)

    def _fitting_nothing(self, only: Filter) -> bool:
        return not (only.taken or only.pixels or any(only.sides) or only.formats)

    def _narrow(self, only: Filter | None, fields: Sequence[str]) -> list[Row]:
        """Rows of the present pictures that fit a filter, by id, with these fields."""
        fitting = None if only is None else self._fitting(only)
        rows = self._connection.scan(
            self._of("files"), "id", ["content", *fields], _where(only), rows=_PORTION
        )
        if fitting is None:
            return list(rows)
        every = list(rows)
        contents = np.array([row["content"] for row in every], np.int64)
        kept = np.isin(contents, fitting)
        return [row for row, is_kept in zip(every, kept, strict=True) if is_kept]

    def ordered(self, by: Order, only: Filter | None = None) -> npt.NDArray[np.int64]:
        word = by.removeprefix("-")
        backwards = by.startswith("-") or by == "newest"
        if word in ("oldest", "newest"):
            ids = self._ids(only)
            return ids[::-1] if backwards else ids
        fields = {"path": ["path", "place"], "size": ["size"], "taken": []}[word]
        rows = self._narrow(only, fields)
        taken = self._taken_of(rows) if word == "taken" else {}

        def key(row: Row) -> Any:
            if word == "taken":
                return taken.get(row["content"], ""), row["id"]
            return *(row[field] for field in fields), row["id"]

        rows.sort(key=key, reverse=backwards)
        if word == "taken":
            rows.sort(key=lambda row: row["content"] not in taken)
        return np.array([row["id"] for row in rows], np.int64)

    def _taken_of(self, rows: Sequence[Row]) -> dict[int, str]:
        """When the contents of rows were taken, as far as that is known."""
        contents, times = self._taken()
        wanted = {row["content"] for row in rows}
        pairs = zip(contents.tolist(), times.tolist(), strict=True)
        return {content: moment for content, moment in pairs if content in wanted}

    def months(self, only: Filter | None = None) -> list[tuple[str | None, int]]:
        rows = self._narrow(only, [])
        taken = self._taken_of(rows)
        found = Counter(
            taken[row["content"]][:7] if row["content"] in taken else None for row in rows
        )
        known = sorted((month for month in found if month is not None), reverse=True)
        return [(month, found[month]) for month in [*known, None] if month in found]

    def directories(self, only: Filter | None = None) -> Mapping[str, int]:
        rows = self._narrow(only, ["path"])
        return Counter(os.path.dirname(path_of(row["path"])) for row in rows)

    def repeated(self) -> list[Any]:
        found, counts = np.unique(self._column("content", "shown == true"), return_counts=True)
        return list(found[counts > 1].tolist())

    def counts(self) -> Counts:
        stamp = self.stamp()
        if self._distinct[0] != stamp:
            self._distinct = stamp, sum(1 for _ in self.visible())
        missing = self._connection.count(self._of("files"), "shown == false and place == 0")
        return Counts(self.count_pictures(), self._distinct[1], missing, 0)


def _where(only: Filter | None) -> str:
    """What a filter asks of files, as an expression; of present ones."""
    if only is None or not only.under:
        return "shown == true"
    return f"shown == true and ({' or '.join(under(folder, 'path') for folder in only.under)})"
