"""The tables of files and of the pictures in them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.library.filters import Filter
from lookalike.library.records import FileEntry, KnownFile, Member, PictureInfo
from lookalike.library.sql.conditions import conditions
from lookalike.library.sql.contents import Contents
from lookalike.sources.folders import bounds
from lookalike.types import ContentId, FileId, PictureId

__all__ = ["PICTURES", "UNDER", "Files", "picture_of"]

UNDER = "path >= ? AND path < ?"
"""True of files in a folder and below, with the values of ``sources.folders.bounds``."""

_FILES = (
    "SELECT files.id, path, size, mtime_ns, present, member, content"
    " FROM files JOIN pictures ON pictures.file = files.id"
)
PICTURES = (
    "SELECT pictures.id, path, size, mtime_ns, width, height, format, digest, pictures.member,"
    " pictures.content FROM pictures JOIN files ON files.id = pictures.file"
    " JOIN contents ON contents.id = pictures.content WHERE present = 1"
)


class Files(Contents):
    """Where pictures are: a part of :class:`~lookalike.library.sql.store.SqlStore`."""

    # The values of a list in JSON, as rows.
    _LISTED = "SELECT value FROM json_each(?)"

    def known(self, paths: Sequence[str]) -> dict[str, KnownFile]:
        """See :class:`~lookalike.library.store.Store`, as for all that follow."""
        sql = f"{_FILES} WHERE path IN ({{keys}}) ORDER BY files.id, position"
        rows = self._database.fetch_for(sql, [os.fsencode(path) for path in paths])
        return {file.path: file for file in _files(rows)}

    def holding(self, contents: Sequence[ContentId]) -> dict[ContentId, list[KnownFile]]:
        found: dict[ContentId, list[KnownFile]] = {content: [] for content in contents}
        sql = (
            f"{_FILES} WHERE files.id IN"  # noqa: S608
            " (SELECT file FROM pictures WHERE content IN ({keys}))"
            " ORDER BY files.id, position"
        )
        for file in _files(self._database.fetch_for(sql, list(found))):
            for content in {member.content for member in file.members}:
                if content in found and file not in found[content]:
                    found[content].append(file)
        return found

    def files_under(self, folder: str) -> Iterator[KnownFile]:
        sql = f"{_FILES} WHERE {UNDER} ORDER BY files.id, position"
        return _files(self._database.stream(sql, bounds(folder)))

    def put_files(self, entries: Sequence[FileEntry]) -> list[FileId]:
        if not entries:
            return []
        paths = [os.fsencode(entry.path) for entry in entries]
        with self._database.writing():
            self._database.execute_many(
                "INSERT INTO files (path, size, mtime_ns) VALUES (?, ?, ?)"
                " ON CONFLICT (path) DO UPDATE SET size = excluded.size,"
                " mtime_ns = excluded.mtime_ns",
                [
                    (path, entry.size, entry.mtime_ns)
                    for path, entry in zip(paths, entries, strict=True)
                ],
            )
            sql = "SELECT path, id FROM files WHERE path IN ({keys})"
            ids = dict(self._database.fetch_for(sql, paths))
            files = [ids[path] for path in paths]
            self._put_members(files, entries)
            self._database.execute_many(
                "DELETE FROM ledger WHERE path = ?", [(path,) for path in paths]
            )
            self._touch()
        return files

    def _put_members(self, files: Sequence[FileId], entries: Sequence[FileEntry]) -> None:
        rows: list[tuple[object, ...]] = []
        gone: list[tuple[object, ...]] = []
        for file, entry in zip(files, entries, strict=True):
            names = json.dumps([member.name for member in entry.members])
            gone.append((file, names))
            for place, member in enumerate(entry.members):
                rows.append((file, member.name, place, member.content))
        self._database.execute_many(
            "INSERT INTO pictures (file, member, position, content, present)"
            " VALUES (?, ?, ?, ?, 1) ON CONFLICT (file, member) DO UPDATE SET"
            " position = excluded.position, content = excluded.content, present = 1",
            rows,
        )
        # By name: another file in the place of this one may call its pictures otherwise.
        self._database.execute_many(
            f"DELETE FROM pictures WHERE file = ? AND member NOT IN ({self._LISTED})",  # noqa: S608
            gone,
        )

    def leave_places(self, files: Sequence[FileId]) -> None:
        if not files:
            return
        with self._database.writing():
            # No path begins with a null byte, and no two of these are alike.
            self._database.execute_many(
                "UPDATE files SET path = ? WHERE id = ?",
                [(b"\0%d" % file, file) for file in files],
            )

    def move_files(self, moves: Sequence[tuple[FileId, FileEntry]]) -> None:
        if not moves:
            return
        with self._database.writing():
            self._database.execute_many(
                "UPDATE files SET path = ?, size = ?, mtime_ns = ? WHERE id = ?",
                [(os.fsencode(e.path), e.size, e.mtime_ns, file) for file, e in moves],
            )
            self._put_members([file for file, _ in moves], [entry for _, entry in moves])
            self._database.execute_many(
                "DELETE FROM ledger WHERE path = ?", [(os.fsencode(e.path),) for _, e in moves]
            )
            self._touch()

    def set_present(self, files: Sequence[FileId], present: bool) -> None:
        if not files:
            return
        with self._database.writing():
            self._database.execute_many(
                "UPDATE pictures SET present = ? WHERE file = ?",
                [(int(present), file) for file in files],
            )
            self._touch()

    def drop_files(self, files: Sequence[FileId]) -> None:
        if not files:
            return
        with self._database.writing():
            self._database.execute_many(
                "DELETE FROM files WHERE id = ?", [(file,) for file in files]
            )
            self._touch()

    def pictures_of(self, contents: Sequence[ContentId]) -> dict[ContentId, list[PictureInfo]]:
        found: dict[ContentId, list[PictureInfo]] = {content: [] for content in contents}
        sql = f"{PICTURES} AND pictures.content IN ({{keys}}) ORDER BY pictures.id"
        for row in self._database.fetch_for(sql, list(found)):
            found[row[-1]].append(picture_of(row))
        return found

    def picture(self, picture: PictureId) -> PictureInfo | None:
        rows = self._database.fetch(f"{PICTURES} AND pictures.id = ?", [picture])
        return picture_of(rows[0]) if rows else None

    def page(
        self,
        limit: int,
        *,
        after: PictureId | None = None,
        newest: bool = False,
        only: Filter | None = None,
    ) -> list[PictureInfo]:
        sign, direction = ("<", "DESC") if newest else (">", "ASC")
        where, values = ("", []) if after is None else (f" AND pictures.id {sign} ?", [after])
        asked: list[object] = list(values)
        if only is not None and only.narrows:
            fitting, more = conditions(only)
            where, asked = f"{where} AND {fitting}", [*asked, *more]
        sql = f"{PICTURES}{where} ORDER BY pictures.id {direction} LIMIT ?"
        return [picture_of(row) for row in self._database.fetch(sql, [*asked, limit])]

    def matching(self, only: Filter) -> npt.NDArray[np.int64] | None:
        if not only.narrows:
            return None
        where, values = conditions(only)
        rows = self._database.stream(
            "SELECT DISTINCT pictures.content FROM pictures"  # noqa: S608
            " JOIN files ON files.id = pictures.file"
            " JOIN contents ON contents.id = pictures.content"
            f" WHERE present = 1 AND {where} ORDER BY 1",
            values,
        )
        return np.fromiter((row[0] for row in rows), np.int64)

    def copies(self, picture: PictureId) -> list[PictureId]:
        rows = self._database.fetch(
            "SELECT id FROM pictures WHERE present = 1 AND id <> ? AND content ="
            " (SELECT content FROM pictures WHERE id = ?) ORDER BY id",
            [picture, picture],
        )
        return [row[0] for row in rows]

    def count_pictures(self, folder: str | None = None) -> int:
        if folder is None:
            return self._database.number("SELECT count(*) FROM pictures WHERE present = 1")
        return self._database.number(
            "SELECT count(*) FROM files JOIN pictures ON pictures.file = files.id"  # noqa: S608
            f" WHERE present = 1 AND {UNDER}",
            bounds(folder),
        )


def _files(rows: Iterator[Any]) -> Iterator[KnownFile]:
    """Files from rows of one picture each, those of a file one after the other."""
    known: KnownFile | None = None
    more: list[Member] = []
    for file, path, size, mtime_ns, present, name, content in rows:
        member = Member(name, content)
        if known is not None and known.id == file:
            more.append(member)
            continue
        if known is not None:
            yield known._replace(members=(*known.members, *more)) if more else known
            more.clear()
        known = KnownFile(file, os.fsdecode(path), size, mtime_ns, bool(present), (member,))
    if known is not None:
        yield known._replace(members=(*known.members, *more)) if more else known


def picture_of(row: tuple[Any, ...]) -> PictureInfo:
    """The picture of a row of :data:`PICTURES`."""
    return PictureInfo(row[0], os.fsdecode(row[1]), *row[2:9])
