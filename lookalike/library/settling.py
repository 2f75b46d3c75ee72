"""The end of a run: all that changed or lost its content changes places at once.

Only when every folder was looked through is it known whose content went where. Then each file that
waits is given the content that it shows now, in one transaction: renamed files, names exchanged or
passed on in a circle, files put in the place of others and files changed in place are one case.
A file, with its id and its pictures' ids, goes where its content went.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import TypeVar

from lookalike.library.loose import Loose
from lookalike.library.offline import Offline, covers
from lookalike.library.records import FileEntry, KnownFile
from lookalike.library.run_records import Waiting
from lookalike.library.seen import CHANGED, STAYS, UNSEEN, Seen
from lookalike.library.store import Store
from lookalike.library.tally import Tally
from lookalike.sources.folders import is_under
from lookalike.sources.tour import Tour
from lookalike.types import FileId

__all__ = ["Settling"]

T = TypeVar("T")

# Files that the store is asked about at a time.
PORTION = 1_000


class Settling:
    """Ends one run. Its memory is some bytes a file, whatever changed.

    Args:
        store: to write to.
        seen: what was met of known files.
        tally: kept up here.
        loose: likewise.
        tour: through the folders, ended.
        offline: what nothing can be said of, judged.
        unread: folders and files that couldn't be read.
        folders: paths that were looked through, and those whose absence is certain.
        elsewhere: the library's other folders.
    """

    def __init__(
        self,
        store: Store,
        seen: Seen,
        tally: Tally,
        loose: Loose,
        tour: Tour,
        offline: Offline,
        unread: Collection[str],
        folders: Sequence[str],
        elsewhere: Sequence[str],
    ) -> None:
        self._store, self._seen = store, seen
        self._tally, self._loose = tally, loose
        self._tour, self._offline = tour, offline
        self._unread, self._folders = unread, folders
        # Those in folders that were looked through, which an outer walk leaves alone.
        self._inner = [f for f in elsewhere if covers(folders, f)]
        self._names = {name: _named(name, owner) for name, owner in tour.same_place.items()}
        self._claims = array("q")  # for each that waits the file that goes there, 0 for none
        self._leaving = Seen()  # those that go elsewhere

    def run(self) -> None:
        """Do all of it; in a transaction."""
        self._tally.waiting = 0
        self._claim()
        self._make_room()
        self._place()
        self._hide_what_is_gone()
        self._store.drop_waiting()
        self._loose.drop()

    def _waiting(self) -> Iterator[list[Waiting]]:
        """What waits, in portions, the same each time."""
        return _portions(self._store.waiting(), PORTION)

    # Who goes where

    def _claim(self) -> None:
        """Find for each content that turned up somewhere a file that has lost it."""
        for portion in self._waiting():
            holders = self._store.holding([w.members[0].content for w in portion if w.members])
            paths = {f.path for files in holders.values() for f in files}
            others = self._store.waiting_at(list(paths)) if paths else {}
            for waiting in portion:
                source = None
                if waiting.members and not self._offline.covers(waiting.path):
                    files = holders[waiting.members[0].content]
                    free = [file for file in files if self._is_free(file, waiting, others)]
                    source = min(free, key=partial(_likeliest, waiting), default=None)
                self._claims.append(0 if source is None else source.id)
                if source is not None:
                    self._leave(source.id)
                    self._tally.moved += 1
                    self._tally.tell("moved", waiting.path, source.path)
                    self._let_go(source, waiting)

    def _is_free(self, file: KnownFile, waiting: Waiting, others: Mapping[str, Waiting]) -> bool:
        """Whether a file that held a content is known to have lost it."""
        if file.path == waiting.path or self._leaves(file.id) or self._offline.covers(file.path):
            return False
        state = self._seen[file.id]
        if state == CHANGED:
            now = others.get(file.path)
            content = waiting.members[0].content
            # What can't be read may hold anything.
            return now is not None and bool(now.members) and now.members[0].content != content
        return state == UNSEEN and self._is_gone(file)

    def _is_gone(self, file: KnownFile) -> bool:
        """Whether a file that wasn't met is gone from its path."""
        path = file.path
        if self._is_unknown(path) or self._is_excused(file):
            return False
        if not covers(self._folders, path) or covers(self._inner, path):
            return self._offline.is_gone(path)
        return not (self._tour.leaves_out(path) and os.path.lexists(path))

    def _is_excused(self, file: KnownFile) -> bool:
        """Whether a file wasn't met since its disk isn't there; of missing ones nobody asks."""
        return file.present and self._offline.excuses(file.path, self._tour)

    def _leave(self, file: FileId) -> None:
        self._leaving.note(file, CHANGED)

    def _leaves(self, file: FileId) -> bool:
        return self._leaving[file] == CHANGED

    # Changing places

    def _make_room(self) -> None:
        """Take files from paths that others get, and forget those that have no other."""
        at = 0
        for portion in self._waiting():
            known = self._store.known([w.path for w in portion])
            leaving, replaced = [], []
            for place, waiting in enumerate(portion, at):
                here = known.get(waiting.path)
                if here is None:
                    continue
                if self._leaves(here.id):
                    leaving.append(here.id)
                elif self._claims[place]:
                    leaving.append(here.id)
                    replaced.append(here)
            at += len(portion)
            self._store.leave_places(leaving)
            self._forget(replaced)

    def _forget(self, replaced: Sequence[KnownFile]) -> None:
        for file in replaced:
            self._let_go(file, None)
            if file.present:
                self._tally.replaced += 1
                self._tally.tell("replaced", file.path)
        self._store.drop_files([file.id for file in replaced])

    def _place(self) -> None:
        """Give every path what it shows now."""
        at = 0
        for portion in self._waiting():
            known = self._store.known([w.path for w in portion])
            moves: list[tuple[FileId, FileEntry]] = []
            entries: list[FileEntry] = []
            lost: list[tuple[KnownFile, Waiting]] = []
            for place, waiting in enumerate(portion, at):
                here, source = known.get(waiting.path), self._claims[place]
                if here is not None and self._offline.covers(waiting.path):
                    self._loose.note(member.content for member in waiting.members)
                elif not waiting.members:
                    lost += [] if here is None else [(here, waiting)]
                elif source:
                    moves.append((FileId(source), _entry(waiting)))
                else:
                    entries.append(_entry(waiting))
                    self._count(here, waiting)
            at += len(portion)
            self._store.move_files(moves)
            for placed in [*(file for file, _ in moves), *self._store.put_files(entries)]:
                self._seen.note(placed, STAYS)
            self._hide(lost)

    def _hide(self, lost: Sequence[tuple[KnownFile, Waiting]]) -> None:
        """Let files leave the results that give no picture any more."""
        self._store.set_present([file.id for file, now in lost if not now.silent], False)
        # By size and time these would seem to be as they were, should they come back.
        broken = [file for file, now in lost if now.silent]
        for file in broken:
            self._let_go(file, None)
        self._store.drop_files([file.id for file in broken])

    def _count(self, here: KnownFile | None, waiting: Waiting) -> None:
        if here is None:
            self._tally.added += 1
            return
        self._tally.updated += 1
        self._tally.tell("changed silently" if waiting.silent else "updated", waiting.path)
        self._let_go(here, waiting)

    def _let_go(self, file: KnownFile, now: Waiting | None) -> None:
        """Note what a file held and doesn't hold any more."""
        kept = () if now is None else now.members
        self._loose.note(m.content for m in file.members if m not in kept)

    # What is gone

    def _hide_what_is_gone(self) -> None:
        """Let files that weren't met leave the results.

        What lies below a folder that couldn't be read, or that is offline, is not known to be gone.
        """
        gone = array("q")
        doubled: list[KnownFile] = []
        outer = [f for f in self._folders if not any(is_under(f, other) for other in self._folders)]
        for folder in outer:
            is_twice = folder in self._tour.same_place
            for file in self._store.files_under(folder):
                if self._seen[file.id] != UNSEEN or not self._may_go(file.path):
                    continue
                if is_twice or covers(self._tour.same_place, file.path):
                    doubled.append(file)
                elif file.present and not self._is_excused(file):
                    gone.append(file.id)
                    self._tell_gone(file.path)
        for portion in _portions(gone, PORTION):
            self._store.set_present([FileId(file) for file in portion], False)
        for file in doubled:  # found by another name, which is another file's
            self._let_go(file, None)
        self._store.drop_files([file.id for file in doubled])

    def clear_ledger(self, met: Collection[str]) -> None:
        """Take out of the ledger what wasn't met any more, as far as that can be known."""
        for folder in self._folders:
            paths = [folder, *(refusal.path for refusal in self._store.ledger(folder))]
            self._store.unrefuse([p for p in paths if p not in met and self._may_go(p)])

    def _may_go(self, path: str) -> bool:
        return not self._is_unknown(path) and not covers(self._inner, path)

    def _is_unknown(self, path: str) -> bool:
        """Whether nothing can be said of a path, or of the name that its place has now."""
        for name, other in self._names.items():
            if is_under(path, name):
                return not self._may_go(other + path[len(name) :])
        return covers(self._unread, path) or self._offline.covers(path)

    def _tell_gone(self, path: str) -> None:
        if self._tour.leaves_out(path) and os.path.lexists(path):
            self._tally.left_out += 1
            self._tally.tell("left out", path)
        else:
            self._tally.missing += 1
            self._tally.tell("missing", path)


def _likeliest(waiting: Waiting, file: KnownFile) -> tuple[bool, bool, FileId]:
    """Of several files that lost a content, the one that goes here has the least."""
    is_renamed = os.path.basename(file.path) != os.path.basename(waiting.path)
    return not file.present, is_renamed, file.id


def _named(name: str, owner: str) -> str:
    """What a folder is called by its owner, which is the same place or has it in it."""
    place, around = os.path.realpath(name), os.path.realpath(owner)
    return owner + place[len(around) :] if is_under(place, around) else owner


def _entry(waiting: Waiting) -> FileEntry:
    return FileEntry(waiting.path, waiting.size, waiting.mtime_ns, waiting.members)


def _portions(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while portion := list(islice(rest, size)):
        yield portion
