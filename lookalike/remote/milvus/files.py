"""Files and the pictures in them: of a library in Milvus.

A row is a picture: a file's rows have its number, path, size and time. They are written in one
call, so that a file is there whole or not at all.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lookalike.library.records import FileEntry, KnownFile, Member
from lookalike.remote.milvus.books import hashed, hex_of, path_of, under
from lookalike.remote.milvus.codes import Codes
from lookalike.remote.milvus.connection import Row
from lookalike.remote.milvus.forms import FILES, bare
from lookalike.types import ContentId, FileId

__all__ = ["Files"]

_FIELDS: Final = ["id", *bare(FILES)]
_PORTION: Final = 5_000  # rows that are read at a time where paths are in them


class Files(Codes):
    """A part of :class:`~lookalike.remote.milvus.store.MilvusStore`."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._left: set[int] = set()  # files that have left their paths and have no others yet

    def _rows(self, field: str, keys: Iterable[int], more: str = "") -> list[Row]:
        return list(self._connection.of(self._of("files"), field, keys, _FIELDS, more))

    def known(self, paths: Sequence[str]) -> dict[str, KnownFile]:
        """See :class:`~lookalike.library.store.Store`, as for all that follow."""
        return {path: _file(rows) for path, rows in self._at(paths).items()}

    def _at(self, paths: Sequence[str]) -> dict[str, list[Row]]:
        """The rows of the files of paths, in order."""
        wanted = {hex_of(path): path for path in paths}
        found: dict[str, dict[int, list[Row]]] = {}
        for row in self._rows("hash", map(_hash, wanted.values())):
            if row["path"] in wanted and row["file"] not in self._left:
                files = found.setdefault(wanted[row["path"]], {})
                files.setdefault(row["file"], []).append(row)
        # Two writers may have met at one path: the file that was there first counts.
        return {path: _in_order(files[min(files)]) for path, files in found.items()}

    def _by_file(self, files: Iterable[int]) -> dict[FileId, list[Row]]:
        found: dict[FileId, list[Row]] = {}
        for row in self._rows("file", files):
            found.setdefault(FileId(row["file"]), []).append(row)
        return {file: _in_order(rows) for file, rows in sorted(found.items())}

    def holding(self, contents: Sequence[ContentId]) -> dict[ContentId, list[KnownFile]]:
        found: dict[ContentId, list[KnownFile]] = {content: [] for content in contents}
        rows = self._connection.of(self._of("files"), "content", found, ["file"])
        for rows_of in self._by_file({row["file"] for row in rows}).values():
            file = _file(rows_of)
            for content in {member.content for member in file.members} & found.keys():
                found[content].append(file)
        return found

    def files_under(self, folder: str) -> Iterator[KnownFile]:
        rows: list[Row] = []
        done: set[int] = set()
        where = under(folder, "path")
        scan = self._connection.scan(self._of("files"), "id", _FIELDS[1:], where, rows=_PORTION)
        # A file's rows mostly stand together, but for those of pictures that it got later.
        for row in scan:
            if row["file"] in done:
                continue
            rows.append(row)
            if len(rows) == _PORTION:
                yield from self._whole(rows, done)
                rows = []
        yield from self._whole(rows, done)

    def _whole(self, rows: Sequence[Row], done: set[int]) -> Iterator[KnownFile]:
        """The files of rows, with what other rows say of them."""
        several = {row["file"] for row in rows if row["name"] or row["place"]}
        found: dict[FileId, list[Row]] = {}
        for row in rows:
            if row["file"] not in several:
                found[FileId(row["file"])] = [row]
        if several or found:
            every = self._by_file(several | set(self._more(found)))
            found.update(every)
            done.update(every)
        yield from (_file(_in_order(found[file])) for file in sorted(found))

    def _more(self, files: Iterable[int]) -> set[int]:
        """Those of the files that have more than their first picture."""
        rows = self._connection.of(self._of("files"), "file", files, ["file"], " and place > 0")
        return {row["file"] for row in rows}

    # Writing

    def put_files(self, entries: Sequence[FileEntry]) -> list[FileId]:
        if not entries:
            return []
        with self.writing():
            last = {entry.path: entry for entry in entries}
            before = self._at(list(last))
            files = {path: FileId(rows[0]["file"]) for path, rows in before.items()}
            new = [path for path in last if path not in files]
            files.update(zip(new, map(FileId, self._tickets(len(new))), strict=True))
            self._settle_files(
                [(files[path], entry, before.get(path, [])) for path, entry in last.items()]
            )
            return [files[entry.path] for entry in entries]

    def move_files(self, moves: Sequence[tuple[FileId, FileEntry]]) -> None:
        if not moves:
            return
        with self.writing():
            before = self._by_file(file for file, _ in moves)
            self._settle_files([(file, entry, before.get(file, [])) for file, entry in moves])
            self._left.difference_update(file for file, _ in moves)

    def _settle_files(self, placed: Sequence[tuple[FileId, FileEntry, list[Row]]]) -> None:
        """Write what files hold now, in place of the rows that they had."""
        rows: list[Row] = []
        gone: list[int] = []
        lost: set[ContentId] = set()
        fresh = iter(self._tickets(sum(len(entry.members) for _, entry, _ in placed)))
        for file, entry, before in placed:
            ids = {row["name"]: row["id"] for row in before}
            names = {member.name for member in entry.members}
            gone += [row["id"] for row in before if row["name"] not in names]
            lost.update(ContentId(row["content"]) for row in before)
            for place, member in enumerate(entry.members):
                number = ids[member.name] if member.name in ids else next(fresh)
                rows.append(_row(number, file, place, member, entry))
        held = {ContentId(row["content"]) for row in rows}
        # Whatever moment the process is killed at: what is shown has its codes and can be found.
        self._flush(held)
        self._mark(held, True)
        self._put("files", rows)
        if gone:
            self._connection.delete(self._of("files"), "id", gone)
        self._hide(lost - held)
        paths = [hashed(entry.path) for _, entry, _ in placed]
        self._book("ledger", "refusal").drop(paths)
        self._touch()

    def leave_places(self, files: Sequence[FileId]) -> None:
        """Nothing is written: rows are kept by number, so that two may have one path meanwhile."""
        self._left.update(files)

    def set_present(self, files: Sequence[FileId], present: bool) -> None:
        if not files:
            return
        with self.writing():
            rows = [row for row in self._rows("file", files) if row["shown"] != present]
            contents = {ContentId(row["content"]) for row in rows}
            if present:
                self._flush(contents)
                self._mark(contents, True)
            self._put("files", [{**row, "shown": present} for row in rows])
            if not present:
                self._hide(contents)
            self._touch()

    def drop_files(self, files: Sequence[FileId]) -> None:
        if not files:
            return
        with self.writing():
            contents = {ContentId(row["content"]) for row in self._rows("file", files)}
            self._connection.delete(self._of("files"), "file", files)
            self._left.difference_update(files)
            self._hide(contents)
            self._touch()

    def _hide(self, contents: Iterable[ContentId]) -> None:
        """Let no search find those of the contents that no present file holds any more."""
        wanted = set(contents)
        if wanted:
            self._flush()
            self._mark(wanted - self._present(wanted), False)

    def _present(self, contents: Iterable[ContentId]) -> set[ContentId]:
        more = " and shown == true"
        rows = self._connection.of(self._of("files"), "content", contents, ["content"], more)
        return {ContentId(row["content"]) for row in rows}

    def drop_unused(self, contents: Iterable[ContentId]) -> None:
        with self.writing():
            self._flush()
            wanted = set(contents)
            rows = self._connection.of(self._of("files"), "content", wanted, ["content"])
            unused = sorted(wanted - {ContentId(row["content"]) for row in rows})
            if not unused:
                return
            self._drop_codes(unused)
            for field in ("first", "second"):
                self._connection.delete(self._of("looks"), field, unused)
            self._connection.delete(self._of("contents"), "id", unused)
            self._touch(epoch=True)

    # What is held, as numbers

    def _column(self, field: str, where: str = "") -> npt.NDArray[np.int64]:
        rows = self._connection.scan(self._of("files"), "id", [field], where)
        return np.fromiter((row[field] for row in rows), np.int64)

    def unused(self) -> Iterator[ContentId]:
        rows = self._connection.scan(self._of("contents"), "id", [])
        every = np.fromiter((row["id"] for row in rows), np.int64)
        held = np.unique(self._column("content"))
        return map(ContentId, np.setdiff1d(every, held).tolist())

    def visible(self) -> Iterator[ContentId]:
        return map(ContentId, np.unique(self._column("content", "shown == true")).tolist())


def _hash(path: str) -> int:
    """Of a path: what files are looked up by."""
    return int.from_bytes(hashlib.sha256(os.fsencode(path)).digest()[:8], "big") >> 1


def _in_order(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row["place"], row["id"]))


def _file(rows: Sequence[Row]) -> KnownFile:
    first = rows[0]
    members = tuple(Member(row["name"], ContentId(row["content"])) for row in rows)
    path = path_of(first["path"])
    return KnownFile(
        FileId(first["file"]), path, first["size"], first["mtime"], first["shown"], members
    )


def _row(number: int, file: FileId, place: int, member: Member, entry: FileEntry) -> Row:
    return {
        "id": number,
        "file": file,
        "content": member.content,
        "place": place,
        "hash": _hash(entry.path),
        "size": entry.size,
        "mtime": entry.mtime_ns,
        "path": hex_of(entry.path),
        "name": member.name,
        "shown": True,
    }
