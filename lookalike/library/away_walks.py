"""Walking what is no folder of this machine: an object store, or an archive of pictures.

An archive that is as it was when a run got through it isn't read again: what it holds is in the
library and its ledger.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence

from lookalike.images.formats.registry import is_candidate
from lookalike.library.options import Options
from lookalike.library.records import Folder
from lookalike.library.store import Store
from lookalike.sources.archives import ArchiveError, archive_entry, opened, reason_of
from lookalike.sources.exclude import mended
from lookalike.sources.folders import is_under
from lookalike.sources.naming import split
from lookalike.sources.rules import Rules
from lookalike.sources.source import Found, Unreadable
from lookalike.sources.stores import Entry, StoreError, store_of

__all__ = ["AwayWalk"]


class AwayWalk:
    """One walk through an object store or an archive.

    Args:
        store: of the library.
        folder: the place, as the library knows it.
        known: all places of the library: what lies in another one is left to that.
        options: of the run.

    Attributes:
        name: of the place.
    """

    def __init__(
        self, store: Store, folder: Folder, known: Sequence[Folder], options: Options
    ) -> None:
        self.name = folder.path
        self._store, self._folder, self._options = store, folder, options
        self._inner = [f.path for f in known if is_under(f.path, folder.path)]
        self._entry: Entry | None = None
        self._held = 0  # pictures and refusals that the archive should give
        self._got_through = False

    def rules(self) -> Rules:
        """What is left out of it."""
        patterns = mended(self._folder.exclude)
        return Rules(self.name, patterns, everything=True, shown=self._folder.exclude)

    def walk(self) -> Iterator[Found | Unreadable]:
        """Its pictures, those that patterns leave out included, and what can't be read."""
        archive, _ = split(self.name)
        try:
            if archive:
                yield from self._archive(archive)
            else:
                yield from self._listed()
        except (ArchiveError, StoreError, OSError) as error:
            yield Unreadable(self.name, reason_of(error), is_folder=True, status="failed")

    def _listed(self) -> Iterator[Found | Unreadable]:
        for entry in store_of(self.name).entries(self.name):
            relative = entry.path[len(self.name) + 1 :]
            parts = relative.split("/")
            if any(part.startswith(".") for part in parts) or not is_candidate(parts[-1]):
                continue
            if any(is_under(entry.path, inner) for inner in self._inner):
                continue
            if "" in parts or "\0" in relative:
                reason = "a name that no file can have"
                yield Unreadable(entry.path, reason, is_folder=False, status="skipped")
                continue
            yield Found(entry.path, relative, entry.size, entry.mtime_ns, 0, 0)

    def _archive(self, archive: str) -> Iterator[Found | Unreadable]:
        self._entry = entry = archive_entry(archive)
        if not self._options.verify and self._store.setting(self._key) == self._state(entry):
            yield from self._known(entry)
            return
        rules = self.rules()
        for member in opened(entry).members():
            path = f"{self.name}/{member.name}"
            self._held += rules.first_that_leaves_out(member.name) is None
            if member.refused:
                yield Unreadable(path, member.refused, is_folder=False, status="skipped")
            else:
                yield Found(path, member.name, member.size, entry.mtime_ns, 0, 0)
        self._got_through = True

    def _known(self, entry: Entry) -> Iterator[Found | Unreadable]:
        """What the library knows of an archive, in place of reading it."""
        begin = len(self.name) + 1
        for file in self._store.files_under(self.name):
            if file.present:
                yield Found(file.path, file.path[begin:], file.size, entry.mtime_ns, 0, 0)
        for one in self._store.ledger(self.name):
            if one.path != self.name and one.mtime_ns == entry.mtime_ns:
                yield Found(one.path, one.path[begin:], one.size, entry.mtime_ns, 0, 0)
            elif one.path != self.name:
                yield Unreadable(one.path, one.reason, is_folder=False, status=one.status)

    def remember(self) -> None:
        """Keep that all of an archive is in the library, if it is."""
        if self._got_through and self._entry is not None:
            held, refused = self._counts()
            if held + refused == self._held:
                self._store.put_setting(self._key, self._state(self._entry))

    @property
    def _key(self) -> str:
        return "archive " + hashlib.sha256(os.fsencode(self.name)).hexdigest()

    def _state(self, entry: Entry) -> str:
        """What has to be as it was for an archive not to be read again."""
        told = (entry.size, entry.mtime_ns, self._folder.exclude)
        return json.dumps([*told, *self._counts()])

    def _counts(self) -> tuple[int, int]:
        """How many pictures and refusals of it the library has."""
        held = sum(file.present for file in self._store.files_under(self.name))
        return held, sum(one.path != self.name for one in self._store.ledger(self.name))
