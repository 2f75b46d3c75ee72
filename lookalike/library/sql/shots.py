"""The table of what files say of how their pictures were taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple

from lookalike.library.sql.settings import Settings
from lookalike.shot import Shot
from lookalike.types import ContentId, Decoded

__all__ = ["Shots"]

_SAID = "taken, utc_offset, camera, lens, software, orientation, latitude, longitude, altitude"
_PUT = (
    f"INSERT INTO shots (content, {_SAID}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
    " ON CONFLICT (content) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _SAID.split(", "))
)


class Shots(Settings):
    """How pictures were taken: a part of :class:`~lookalike.library.sql.store.SqlStore`."""

    def shots(self, contents: Sequence[ContentId]) -> dict[ContentId, Shot]:
        """See :class:`~lookalike.library.store.Store`."""
        sql = f"SELECT content, {_SAID} FROM shots WHERE content IN ({{keys}})"  # noqa: S608
        rows = self._database.fetch_for(sql, contents)
        return {content: Shot(*rest) for content, *rest in rows}

    def _put_shots(self, contents: Sequence[ContentId | None], pictures: Sequence[Decoded]) -> None:
        """Write what pictures say; within a transaction."""
        self._database.execute_many(
            _PUT,
            [
                (content, *astuple(picture.shot))
                for content, picture in zip(contents, pictures, strict=True)
                if content is not None and picture.shot is not None
            ],
        )
