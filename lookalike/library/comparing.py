"""What the nearness of two pictures means in a library, which need hold neither of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from lookalike.codes.bits import hamming
from lookalike.library.calibrations import Calibrations
from lookalike.library.engine import Table
from lookalike.library.readying import Readying
from lookalike.ranking.short_list import cosines
from lookalike.road import Picture, Question
from lookalike.types import Slot

if TYPE_CHECKING:
    from lookalike.library.asked import Asked
    from lookalike.library.pairing import ComparedPictures

__all__ = ["Comparing", "pair_chance"]


def pair_chance(
    query: Question, hit: Question, tables: Mapping[Slot, Table], calibrations: Calibrations
) -> float | None:
    """How many hits as near as one picture is to another an unrelated picture would get.

    By the code that says less of chance, as a search lists what either finds. The hit is taken as a
    library would keep it, and the query as it would be asked with.

    Args:
        query: one picture.
        hit: the other one.
        tables: by slot, those of the library's codes.
        calibrations: of the library.

    Returns:
        ``None`` where neither code can be trusted.
    """
    found = []
    for slot, table in tables.items():
        nearness: float | None = None
        if slot == "pdq":
            if query.pdq is None or hit.pdq is None:
                continue
            distances, views = hamming(query.pdq, hit.pdq[:1])[:, 0], len(query.pdq) // 8
        else:
            if query.photo is None or hit.photo is None:
                continue
            distances = hamming(query.photo.codes, hit.photo.codes[:1])[:, 0]
            views = len(query.photo.codes)
            if query.photo.embeddings is not None and hit.photo.embeddings is not None:
                near = cosines(hit.photo.embeddings[0], query.photo.embeddings)
                nearness = float(near.max())
        calibration = calibrations.of(table)
        chance = calibration.chance(
            [int(distances.min())],
            len(table),
            None if nearness is None else np.array([nearness]),
            views=max(1, views),
        )
        found.append(float(chance[0]))
    return min(found, default=None)


class Comparing(Readying):
    """A part of :class:`~lookalike.library.reading.Reading`."""

    def chance(self, query: Picture | Asked, hit: Picture | Asked) -> float | None:
        """How many hits as near as two pictures are an unrelated one would be expected to get here.

        Args:
            query: as for :meth:`search`; it need not be in the library.
            hit: likewise.

        Returns:
            As of :class:`~lookalike.types.Match`; ``None`` where it can't be told.

        Raises:
            PictureError: one of them can't be read.
            LibraryError: the library has no codes.
        """
        return self._asking().chance(query, hit)

    def compare(self, query: Picture | Asked | int, hit: Picture | Asked | int) -> ComparedPictures:
        """Compare two pictures, pixel by pixel, as :func:`lookalike.compare` does.

        Of a picture of the library whose file isn't there, or isn't what was indexed, the preview
        is compared; then so is that of the other one.

        Args:
            query: as for :meth:`search`; or the id of one of the library's pictures.
            hit: likewise.

        Raises:
            PictureError: one of them can't be read.
            UsageError: the library has no picture of an id.
            LibraryError: the library has no codes.
        """
        return self._asking().compare(self.asked(query), self.asked(hit))
