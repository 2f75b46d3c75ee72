"""Pictures in any order, by month and by folder: from dictionaries."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.library.filters import Filter
from lookalike.library.list_store import Order
from lookalike.library.memory.pictures import MemoryPictures
from lookalike.library.records import PictureInfo
from lookalike.types import ContentId, PictureId

__all__ = ["MemoryListing"]


class MemoryListing(MemoryPictures):
    """A part of :class:`~lookalike.library.memory.store.MemoryStore`."""

    def ordered(self, by: Order, only: Filter | None = None) -> npt.NDArray[np.int64]:
        """See :class:`~lookalike.library.store.Store`, as for all that follow."""
        found = self._pictures(only)  # by id
        word = by.removeprefix("-")
        backwards = by.startswith("-") or by == "newest"
        place_of = {
            (file.path, member.name): place
            for file in self._files.values()
            for place, member in enumerate(file.members)
        }

        def key(entry: tuple[ContentId, PictureInfo]) -> Any:
            content, picture = entry
            if word == "taken":
                return self._taken(content) or "", picture.id
            if word == "path":
                place = place_of[picture.path, picture.member]
                return os.fsencode(picture.path), place, picture.id
            return (picture.file_bytes, picture.id) if word == "size" else picture.id

        found.sort(key=key, reverse=backwards)
        if word == "taken":
            found.sort(key=lambda entry: self._taken(entry[0]) is None)
        return np.array([picture.id for _, picture in found], np.int64)

    def pictures(self, pictures: Sequence[PictureId]) -> dict[PictureId, PictureInfo]:
        wanted = set(pictures)
        return {one.id: one for _, one in self._pictures() if one.id in wanted}

    def months(self, only: Filter | None = None) -> list[tuple[str | None, int]]:
        taken = [self._taken(content) for content, _ in self._pictures(only)]
        found = Counter(None if moment is None else moment[:7] for moment in taken)
        known = sorted((month for month in found if month is not None), reverse=True)
        return [(month, found[month]) for month in [*known, None] if month in found]

    def directories(self, only: Filter | None = None) -> Mapping[str, int]:
        return Counter(os.path.dirname(picture.path) for _, picture in self._pictures(only))

    def _taken(self, content: ContentId) -> str | None:
        shot = self._contents[content].shot
        return None if shot is None else shot.taken
