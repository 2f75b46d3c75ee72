"""The table of what files say of how their pictures were taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple

from lookalike.library.local.settings import Settings
from lookalike.shot import Shot
from lookalike.types import ContentId, Decoded

__all__ = ["Shots"]

_COLUMNS = (
    "content, taken, utc_offset, camera, lens, software, orientation, latitude, longitude, altitude"
)


class Shots(Settings):
    """How pictures were taken: a part of :class:`~lookalike.library.local.store.LocalStore`."""

    def shots(self, contents: Sequence[ContentId]) -> dict[ContentId, Shot]:
        """See :class:`~lookalike.library.store.Store`."""
        sql = f"SELECT {_COLUMNS} FROM shots WHERE content IN ({{keys}})"  # noqa: S608
        rows = self._database.fetch_for(sql, contents)
        return {content: Shot(*rest) for content, *rest in rows}

    def _put_shots(self, contents: Sequence[ContentId | None], pictures: Sequence[Decoded]) -> None:
        """Write what pictures say; within a transaction."""
        self._database.execute_many(
            f"INSERT OR REPLACE INTO shots ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            [
                (content, *astuple(picture.shot))
                for content, picture in zip(contents, pictures, strict=True)
                if content is not None and picture.shot is not None
            ],
        )
