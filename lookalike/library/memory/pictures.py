"""Files, the pictures in them, what they show, and the ledger: in dictionaries."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

import numpy as np
import numpy.typing as npt

from lookalike.library.closing import closed
from lookalike.library.filters import Filter
from lookalike.library.records import ContentKey, FileEntry, KnownFile, PictureInfo
from lookalike.library.run_records import Change, LossEntry, Refusal, Waiting
from lookalike.shot import Shot
from lookalike.sources.folders import is_under
from lookalike.types import ContentId, Decoded, FileId, PictureId

__all__ = ["LOCATION", "MemoryPictures"]

LOCATION = ":memory:"
"""What names a library in memory."""


class MemoryPictures:
    """What there is to see: a part of :class:`~lookalike.library.memory.store.MemoryStore`."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._closed = False
        self._epoch = self._generation = 0
        self._contents: dict[ContentId, Decoded] = {}
        self._contents_by_key: dict[ContentKey, ContentId] = {}
        self._files: dict[FileId, KnownFile] = {}
        self._paths: dict[str, FileId] = {}
        self._picture_ids: dict[tuple[FileId, str], PictureId] = {}
        self._ledger: dict[str, Refusal] = {}
        self._waiting: dict[str, Waiting] = {}
        self._changes: tuple[list[Change], int] = [], 0
        self._ids = {name: count(1) for name in ("content", "file", "picture")}

    @contextmanager
    def writing(self) -> Iterator[None]:
        """See :class:`~lookalike.library.store.Store`, as for all that follow.

        Reads go through here, too: one lock for all.
        """
        with self._lock:
            if self._closed:
                raise closed(LOCATION)
            yield

    def _touch(self, *, epoch: bool = False) -> None:
        """Note that a search could notice what is being written; ``epoch`` if it is no append."""
        self._generation += 1
        self._epoch += epoch

    def _put_content(self, picture: Decoded) -> ContentId:
        key = ContentKey(picture.content_digest, picture.member)
        known = self._contents_by_key.get(key)
        if known is None:
            known = ContentId(next(self._ids["content"]))
            self._contents_by_key[key] = known
            self._contents[known] = replace(picture, inputs={})
        else:
            before = self._contents[known]
            self._contents[known] = replace(
                before,
                members=before.members if picture.members is None else picture.members,
                pixel_digest=(
                    picture.pixel_digest or (None if picture.loss else before.pixel_digest)
                ),
                loss=picture.loss,
                shot=picture.shot or before.shot,
            )
        return known

    def _drop_content(self, content: ContentId) -> None:
        gone = self._contents.pop(content)
        del self._contents_by_key[ContentKey(gone.content_digest, gone.member)]

    def shots(self, contents: Sequence[ContentId]) -> dict[ContentId, Shot]:
        """See :class:`~lookalike.library.store.Store`, as for all that follow."""
        with self.writing():
            known = {c: self._contents[c].shot for c in contents if c in self._contents}
            return {content: shot for content, shot in known.items() if shot is not None}

    def unused(self) -> Iterator[ContentId]:
        with self.writing():
            held = {m.content for file in self._files.values() for m in file.members}
            return iter(sorted(set(self._contents) - held))

    def visible(self) -> Iterator[ContentId]:
        with self.writing():
            present = [file for file in self._files.values() if file.present]
            return iter(sorted({m.content for file in present for m in file.members}))

    def known(self, paths: Sequence[str]) -> dict[str, KnownFile]:
        with self.writing():
            return {p: self._files[self._paths[p]] for p in paths if p in self._paths}

    def holding(self, contents: Sequence[ContentId]) -> dict[ContentId, list[KnownFile]]:
        with self.writing():
            files = sorted(self._files.values(), key=lambda file: file.id)
            return {
                c: [f for f in files if any(m.content == c for m in f.members)] for c in contents
            }

    def files_under(self, folder: str) -> Iterator[KnownFile]:
        with self.writing():
            found = [file for file in self._files.values() if is_under(file.path, folder)]
            return iter(sorted(found, key=lambda file: file.id))

    def put_files(self, entries: Sequence[FileEntry]) -> list[FileId]:
        if not entries:
            return []
        with self.writing():
            return [self._put_file(entry) for entry in entries]

    def _put_file(self, entry: FileEntry) -> FileId:
        file = self._paths.get(entry.path)
        if file is None:
            file = self._paths[entry.path] = FileId(next(self._ids["file"]))
        self._files[file] = KnownFile(
            file, entry.path, entry.size, entry.mtime_ns, True, entry.members
        )
        names = {member.name for member in entry.members}
        for key in [k for k in self._picture_ids if k[0] == file and k[1] not in names]:
            del self._picture_ids[key]
        for member in entry.members:
            if (file, member.name) not in self._picture_ids:
                made = PictureId(next(self._ids["picture"]))
                self._picture_ids[file, member.name] = made
        self._ledger.pop(entry.path, None)
        self._touch()
        return file

    def leave_places(self, files: Sequence[FileId]) -> None:
        if not files:
            return
        with self.writing():
            for file in files:
                known = self._files[file]
                del self._paths[known.path]
                self._files[file] = known._replace(path=f"\0{file}")
                self._paths[f"\0{file}"] = file

    def move_files(self, moves: Sequence[tuple[FileId, FileEntry]]) -> None:
        if not moves:
            return
        with self.writing():
            for file, entry in moves:
                del self._paths[self._files[file].path]
                self._paths[entry.path] = file
                self._put_file(entry)

    def set_present(self, files: Sequence[FileId], present: bool) -> None:
        if not files:
            return
        with self.writing():
            for file in files:
                self._files[file] = self._files[file]._replace(present=present)
            self._touch()

    def drop_files(self, files: Sequence[FileId]) -> None:
        if not files:
            return
        with self.writing():
            for file in files:
                gone = self._files.pop(file)
                del self._paths[gone.path]
                for key in [k for k in self._picture_ids if k[0] == file]:
                    del self._picture_ids[key]
            self._touch()

    def pictures_of(self, contents: Sequence[ContentId]) -> dict[ContentId, list[PictureInfo]]:
        found: dict[ContentId, list[PictureInfo]] = {content: [] for content in contents}
        with self.writing():
            for content, picture in self._pictures():
                if content in found:
                    found[content].append(picture)
        return found

    def matching(self, only: Filter) -> npt.NDArray[np.int64] | None:
        if not only.narrows:
            return None
        return np.array(sorted({content for content, _ in self._pictures(only)}), np.int64)

    def picture(self, picture: PictureId) -> PictureInfo | None:
        return next((p for _, p in self._pictures() if p.id == picture), None)

    def page(
        self,
        limit: int,
        *,
        after: PictureId | None = None,
        newest: bool = False,
        only: Filter | None = None,
    ) -> list[PictureInfo]:
        found = [picture for _, picture in self._pictures(only)]
        if newest:
            found.reverse()
        if after is not None:
            found = [p for p in found if (p.id < after if newest else p.id > after)]
        return found[:limit]

    def copies(self, picture: PictureId) -> list[PictureId]:
        pictures = self._pictures()
        same = {content for content, p in pictures if p.id == picture}
        return [p.id for content, p in pictures if content in same and p.id != picture]

    def _pictures(self, only: Filter | None = None) -> list[tuple[ContentId, PictureInfo]]:
        """All that a search can find, or what of it fits a filter, by id."""
        found = []
        with self.writing():
            for file in self._files.values():
                for member in file.members if file.present else ():
                    shown = self._contents[member.content]
                    picture = PictureInfo(
                        self._picture_ids[file.id, member.name],
                        file.path,
                        file.size,
                        file.mtime_ns,
                        shown.width,
                        shown.height,
                        shown.format,
                        shown.content_digest,
                        member.name,
                    )
                    if only is None or only.fits(picture, shown.shot):
                        found.append((member.content, picture))
        return sorted(found, key=lambda entry: entry[1].id)

    def count_pictures(self, folder: str | None = None) -> int:
        return sum(folder is None or is_under(p.path, folder) for _, p in self._pictures())

    # What waits, and what became of files

    def wait_for(self, waiting: Sequence[Waiting]) -> None:
        with self.writing():
            self._waiting.update({found.path: found for found in waiting})

    def waiting(self) -> Iterator[Waiting]:
        with self.writing():
            return iter(sorted(self._waiting.values(), key=lambda found: os.fsencode(found.path)))

    def waiting_at(self, paths: Sequence[str]) -> dict[str, Waiting]:
        with self.writing():
            return {path: self._waiting[path] for path in paths if path in self._waiting}

    def drop_waiting(self) -> None:
        with self.writing():
            self._waiting.clear()

    def put_changes(self, changes: Sequence[Change], count: int) -> None:
        with self.writing():
            self._changes = list(changes), count

    def changes(self) -> tuple[list[Change], int]:
        with self.writing():
            return list(self._changes[0]), self._changes[1]

    # The ledger

    def refused(self, paths: Sequence[str]) -> dict[str, Refusal]:
        with self.writing():
            return {path: self._ledger[path] for path in paths if path in self._ledger}

    def refuse(self, refusals: Sequence[Refusal]) -> None:
        with self.writing():
            self._ledger.update({refusal.path: refusal for refusal in refusals})

    def unrefuse(self, paths: Iterable[str]) -> None:
        with self.writing():
            for path in paths:
                self._ledger.pop(path, None)

    def ledger(self, folder: str | None = None) -> Iterator[Refusal]:
        with self.writing():
            found = [r for p, r in self._ledger.items() if folder is None or is_under(p, folder)]
            return iter(sorted(found, key=lambda refusal: os.fsencode(refusal.path)))

    def losses(self, folder: str | None = None) -> Iterator[LossEntry]:
        found: dict[str, LossEntry] = {}
        with self.writing():
            for file in sorted(self._files.values(), key=lambda file: os.fsencode(file.path)):
                if not file.present or not (folder is None or is_under(file.path, folder)):
                    continue
                for name, content in file.members:
                    if loss := self._contents[content].loss:
                        entry = LossEntry(file.path, f"{name}: {loss}" if name else loss)
                        found.setdefault(file.path, entry)
            return iter(found.values())
