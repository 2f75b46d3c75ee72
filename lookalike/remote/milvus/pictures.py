"""The pictures of files that are there: of a library in Milvus."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from lookalike.library.records import PictureInfo
from lookalike.remote.milvus.books import path_of, under
from lookalike.remote.milvus.connection import Row
from lookalike.remote.milvus.files import Files
from lookalike.types import ContentId, PictureId

__all__ = ["Pictures"]


class Pictures(Files):
    """A part of :class:`~lookalike.remote.milvus.store.MilvusStore`."""

    def pictures_of(
        self, contents: Sequence[ContentId]
    ) -> Mapping[ContentId, Sequence[PictureInfo]]:
        found: dict[ContentId, list[PictureInfo]] = {content: [] for content in contents}
        rows = self._rows("content", found, " and shown == true")
        for content, picture in self._infos_of(rows):
            found[content].append(picture)
        return found

    def _infos_of(self, rows: Iterable[Row]) -> list[tuple[ContentId, PictureInfo]]:
        """Pictures of rows, by id."""
        in_order = sorted(rows, key=lambda row: int(row["id"]))
        shown = {row["id"]: row for row in self._content_rows(r["content"] for r in in_order)}
        return [
            (ContentId(row["content"]), _picture(row, shown[row["content"]]))
            for row in in_order
            if row["content"] in shown  # else it has gone in between
        ]

    def picture(self, picture: PictureId) -> PictureInfo | None:
        return self.pictures([picture]).get(picture)

    def pictures(self, pictures: Sequence[PictureId]) -> dict[PictureId, PictureInfo]:
        rows = self._rows("id", pictures, " and shown == true")
        return {one.id: one for _, one in self._infos_of(rows)}

    def copies(self, picture: PictureId) -> list[PictureId]:
        own = self._rows("id", [picture], " and shown == true")
        rows = self._rows("content", [row["content"] for row in own], " and shown == true")
        return sorted(PictureId(row["id"]) for row in rows if row["id"] != picture)

    def count_pictures(self, folder: str | None = None) -> int:
        where = "shown == true"
        if folder is not None:
            where += f" and {under(folder, 'path')}"
        return self._connection.count(self._of("files"), where)


def _picture(row: Row, content: Row) -> PictureInfo:
    told = json.loads(content["text"])
    return PictureInfo(
        PictureId(row["id"]),
        path_of(row["path"]),
        row["size"],
        row["mtime"],
        told["width"],
        told["height"],
        content["format"],
        bytes.fromhex(content["digest"]),
        row["name"],
    )
