"""What a library has to be after a run: the rules in plain Python, and how they are checked.

:func:`may_say` and :func:`lost` are the model. Everything else compares a library with them.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from machine_disk import GOOD, Look, Seen, innermost, is_below, leaves_out

from lookalike.library.reports import IndexReport


class Row(NamedTuple):
    """A file that a library knows."""

    id: int
    size: int
    time: int
    content: bytes
    file: int
    present: bool

    def __repr__(self) -> str:
        there = "" if self.present else ", not present"
        return f"[{self.id}: picture {GOOD[self.content]}, {self.size} B, {self.time}{there}]"


class Tried(NamedTuple):
    """A file of the ledger; ``closed`` if it could not be opened, which is tried at every run."""

    size: int
    time: int
    closed: bool


@dataclass
class State:
    """A library as its file has it.

    Attributes:
        rows: files by path.
        ledger: likewise.
        folders: with their patterns.
        codes: by content the fingerprints of the encoders that gave it a code.
        current: fingerprints of the encoders that answer.
        last_id: the largest id that was ever given out.
        offline: places of which nothing could be said at the last run, each with the last file
            there that was known before.
    """

    rows: dict[str, Row] = field(default_factory=dict)
    ledger: dict[str, Tried] = field(default_factory=dict)
    folders: dict[str, tuple[str, ...]] = field(default_factory=dict)
    codes: dict[bytes, set[str]] = field(default_factory=dict)
    current: set[str] = field(default_factory=set)
    last_id: int = 0
    offline: dict[str, int] = field(default_factory=dict)


@dataclass
class Run:
    """One run over a library.

    Attributes:
        before: the library.
        look: the disk.
        chosen: folders of the library.
        wanted: fingerprints of the encoders whose codes are to be there.
        gone: whether folders that look unplugged are to be believed.
        verify: whether known files are read again.
        torn: folders that went away in the middle.
    """

    before: State
    look: Look
    chosen: Collection[str]
    wanted: set[str]
    gone: bool = False
    verify: bool = False
    torn: Collection[str] = ()

    def __post_init__(self) -> None:
        self.settled = self.look.walked | set(self.chosen)
        self.offline = {f for f in self.before.folders if self._is_offline(f)}
        self.places = self.offline & self.settled
        if not self.gone:
            self.places |= {place for place in self.before.offline if self._is_in_doubt(place)}
        self.lost_links = set(self._lost_links()) if not self.gone else set()

    def _is_offline(self, folder: str) -> bool:
        """Not there, or suddenly empty; of one that nobody looks through, empty of everything."""
        place = self.look.same.get(folder, folder)
        if not os.path.isdir(place):
            closed = place in self.look.closed  # by a directory above
            return closed or not (self.gone and folder in self.chosen)
        if self.gone and folder in self.chosen:
            return False
        if place not in self.look.walked:
            return folder in self.before.offline or not self.look.any_entry[place]
        if self.look.endings[place] or any(is_below(d + "/", place) for d in self.look.closed):
            return False
        return self.holds(place)

    def holds(self, place: str) -> bool:
        """Whether the library has present files below a path."""
        return any(row.present and is_below(path, place) for path, row in self.before.rows.items())

    def _is_in_doubt(self, place: str) -> bool:
        """Offline before, and none of the files that were there then is there as it was.

        One that would have to be read for that, and can't be, says nothing.
        """
        owner = place if place in self.before.folders else self.owner(place)
        if owner not in self.settled or owner in self.look.same or not self.holds(place):
            return False
        for path, row in self.before.rows.items():
            file, since = self.look.found.get(path), self.before.offline[place]
            was_there = is_below(path, place) and (row.file <= since or not since)
            if file is None or not was_there:
                continue
            closed = file.content is None
            if closed and not (row.present and self.is_complete(row.content)):
                continue
            if row.content in (file.content, same(file, row)):
                return False
        return True

    def _lost_links(self) -> Iterator[str]:
        """Links to folders behind which nothing is left: their disk may be unplugged.

        One whose folder can't be looked at is there: what it held is known as before.
        """
        for path, row in self.before.rows.items():
            owner, place = self.owner(path), os.path.dirname(path)
            while row.present and owner is not None and is_below(place, owner):
                files = (name for _, _, names in os.walk(place) for name in names)
                empty = not any(name.endswith(".png") for name in files)
                if os.path.islink(place) and place not in self.look.closed and empty:
                    yield place
                place = os.path.dirname(place)

    def owner(self, path: str) -> str | None:
        """The folder of the library that a path belongs to, or is."""
        folders = self.before.folders
        return path if path in folders else innermost(path, folders)

    def name(self, path: str) -> str:
        """What a path is called by the folder that its place is walked as."""
        owner = self.owner(path)
        if owner not in self.look.same or owner is None:
            return path
        return os.path.realpath(owner) + path[len(owner) :]

    def is_settled(self, path: str) -> bool:
        """Whether this run may know what became of a path."""
        name, row = self.name(path), self.before.rows.get(path)
        if self.owner(path) not in self.settled or self.owner(name) not in self.settled:
            return False
        unknown = self.places | self.look.closed.keys()
        if row is not None:
            unknown |= self.lost_links
        return not any(name == place or is_below(name, place) for place in unknown)

    def is_certain(self, path: str) -> bool:
        """Whether it has to."""
        return self.is_settled(path) and not any(is_below(path, folder) for folder in self.torn)

    def is_left_out(self, path: str) -> bool:
        """Whether there is a file of this path, and a pattern leaves it out."""
        owner = self.owner(path)
        if owner is None or owner in self.look.same or not os.path.lexists(path):
            return False
        return leaves_out(self.before.folders[owner], os.path.relpath(path, owner))

    def is_there(self, path: str) -> bool:
        """Whether there is a file of this path, or may be one."""
        closed = any(is_below(path, directory) for directory in self.look.closed)
        return closed or os.path.lexists(path)

    # The model

    def may_say(self) -> dict[str, set[bytes | None]]:
        """What the library may say of each file that is there: its content, or None: unreadable.

        A file is as it was when it was last read, as long as size and time stay. It need not be
        read again, but where a code is lacking, or on demand; then other bytes may be noticed.
        """
        said: dict[str, set[bytes | None]] = {}
        for path, file in self.look.found.items():
            truth = file.content if file.content in GOOD else None
            row, tried = self.before.rows.get(path), self.before.ledger.get(path)
            if row is not None and (row.size, row.time) == (file.size, file.time):
                closed = file.content is None
                if self.verify:
                    said[path] = {truth, row.content} if closed else {truth}
                elif row.present and self.is_complete(row.content):
                    said[path] = {row.content}
                else:
                    said[path] = {truth, row.content}
            elif tried is not None and not tried.closed and tried[:2] == file[:2]:
                said[path] = {None}
            else:
                said[path] = {truth}
        return said

    def is_complete(self, content: bytes) -> bool:
        """Whether the library has a content, with all codes that are wanted."""
        return self.wanted <= self.before.codes.get(content, set())

    def lost(self, content: bytes, after: State) -> tuple[set[str], set[str]]:
        """Paths that have let go of a content: those whose id has to follow it, and all that may.

        Nothing is known of what is offline. A file that went missing in an earlier run, that a
        pattern leaves out, or whose folder wasn't chosen may stay what it is.
        """
        must, may = set(), set()
        for path, row in self.before.rows.items():
            now = after.rows.get(path)
            if row.content != content or (now and now.present and now.content == content):
                continue
            if self.is_settled(path):
                may.add(path)
                file = self.look.found.get(path)
                gone = not os.path.lexists(path) if file is None else file.content is not None
                # What can't be read may hold anything.
                gone &= file is None or file.content in GOOD
                if row.present and gone and self.is_certain(path):
                    must.add(path)
            elif self.owner(path) not in self.settled | self.offline and not self.is_there(path):
                may.add(path)
        return must, may

    # The comparison

    def check(self, after: State) -> None:
        """Check a library after a run that was completed."""
        said, before = self.may_say(), self.before.rows
        for path, options in list(said.items()):
            file, row = self.look.found[path], after.rows.get(path)
            if row == before.get(path) and not self.is_certain(path):
                del said[path]
                continue
            known = before[path].content if path in before and not self.is_settled(path) else None
            assert known in (None, row and row.content), f"{path}: nothing is known of it"
            if row is not None and row.present:
                assert row.content in options, f"{path}: {GOOD[row.content]}, not {names(options)}"
                assert row[1:3] == file[:2], f"{path}: {row[1:3]}, not {file[:2]}"
                assert path not in after.ledger, f"{path} has a picture and is in the ledger"
            else:
                assert None in options, f"{path} is not in the library: {names(options)}"
                assert path in after.ledger, f"{path} is neither in the library nor in the ledger"
                closed = file.content is None
                again = self.before.ledger.get(path)
                if again is None or again[:2] != file[:2]:
                    assert after.ledger[path] == Tried(*file[:2], closed), path
        for path, row in after.rows.items():
            if path not in said or not row.present:
                assert path in before, f"{path} came from nowhere"
                gone = before[path]._replace(present=False)
                options = {gone} if self.is_settled(path) else set()
                options |= set() if self.is_certain(path) else {before[path]}
                assert row in options, f"{path} was {before[path]} and is {row}"
        ids = {row.id for row in after.rows.values()}
        for path in before.keys() - after.rows.keys():
            # What was known by a link to a folder is known by the folder's own name; and what
            # seems to be as it was, but can't be read, must not come back.
            twice = self.owner(path) in self.look.same and self.is_settled(path)
            broken = said.get(path) == {None} and self.verify
            assert before[path].id in ids or twice or broken, f"{path} is forgotten"
        self._check_ids(after)
        self._check_ledger(after, said)
        held = {row.content for row in after.rows.values()}
        assert held == set(after.codes), f"contents {names(held)}, but {names(after.codes)}"
        shown = {row.content for row in after.rows.values() if row.present}
        for content in shown:
            assert after.current <= after.codes[content], f"{names([content])} lacks a code"

    def _check_ids(self, after: State) -> None:
        before = self.before.rows
        origin = {row.id: path for path, row in before.items()}
        used = {row.id for row in after.rows.values()}
        gained: dict[bytes, list[str]] = {}
        for path, row in after.rows.items():
            old = before.get(path)
            if old is None or old.content != row.content:
                gained.setdefault(row.content, []).append(path)
            else:
                assert row.id == old.id, f"{path} shows what it did, and its id changed"
            fresh = row.id in origin or row.id > self.before.last_id
            assert fresh, f"{path} has an id that another picture had once"
        for content, paths in gained.items():
            must, may = self.lost(content, after)
            followed = []
            for path in paths:
                source = origin.get(after.rows[path].id, path)
                if source != path:
                    assert source in may, f"{path} has the id of {source}, which isn't its source"
                    followed.append(path)
                elif path in before and after.rows[path].id != before[path].id:
                    assert before[path].id in used, f"{path} lost its id"
            away = {path for path in may if self.is_certain(path) and not os.path.lexists(path)}
            there = [path for path in paths if self.is_certain(path)]
            new = [path for path in there if path not in before]
            least = max(min(len(there), len(must)), min(len(new), len(must | away)))
            assert len(followed) >= least, (
                f"{there} show what {must | away} did: {least} ids have to follow, not {followed}"
            )

    def _check_ledger(self, after: State, said: Mapping[str, set[bytes | None]]) -> None:
        refused = self.look.refused | self.look.closed.keys()
        for path in refused:
            if self.is_certain(path):
                assert path in after.ledger, f"{path} is not in the ledger"
        for path in (self.before.ledger.keys() | after.ledger.keys()) - said.keys() - refused:
            # Behind a link that leads to nothing now, nothing is known either.
            lost = any(is_below(path, link) for link in self.lost_links)
            if self.is_certain(path) and not lost:
                assert path not in after.ledger, f"{path} is in the ledger and isn't there"
            elif self.owner(path) not in self.settled and path not in self.settled:
                kept = (path in self.before.ledger) == (path in after.ledger)
                assert kept, f"{path}: nothing is known of it, and the ledger changed"

    def events(self, after: State) -> set[tuple[str, str, str | None]]:
        """What became of the files that the library knew: what, path, and from where."""
        before, found = self.before.rows, set[tuple[str, str, str | None]]()
        origin = {row.id: path for path, row in before.items()}
        used = {row.id for row in after.rows.values()}
        for path, row in after.rows.items():
            source, old = origin.get(row.id, path), before.get(path)
            if source != path:
                found.add(("moved", path, source))
            elif old is None or row.id != old.id:
                continue  # it is new
            elif row.content != old.content:
                known = self.verify and old.present and self.is_complete(old.content)
                silent = known and row[1:3] == old[1:3]
                found.add(("changed silently" if silent else "updated", path, None))
            elif row.present and not old.present:
                found.add(("returned", path, None))
            elif old.present and not row.present:
                out = self.is_left_out(path)
                if path in self.look.found.keys() | self.look.refused:
                    found.add(("unreadable", path, None))
                else:
                    found.add(("left out" if out else "missing", path, None))
        for path, row in before.items():
            if row.present and path in after.rows and row.id not in used:
                found.add(("replaced", path, None))
        return found

    def check_report(self, report: IndexReport, after: State) -> None:
        """Check what a run told."""
        told = {(change.what, change.path, change.source) for change in report.changes}
        assert len(told) == len(report.changes) == report.changes_count
        expected = self.events(after)
        # What can't be read any more though it seems to be as it was is told in two ways, and what
        # can't be read on a disk that isn't the one of before is told and stays.
        failed = {(w, p, s) for w, p, s in told - expected if w == "changed silently"}
        assert all(path in after.ledger for _, path, _ in failed), failed
        told = {(w, p, s) for w, p, s in told if w != "unreadable" or self.is_settled(p)}
        paths = {path for _, path, _ in told ^ expected}
        rows = [(path, self.before.rows.get(path), after.rows.get(path)) for path in paths]
        assert told - failed == expected, f"told {told - expected}, not {expected - told}: {rows}"
        count = Counter(what for what, _, _ in expected)
        new = after.rows.keys() - self.before.rows.keys()
        counts = {
            "moved": report.moved,
            "missing": report.missing,
            "left out": report.left_out,
            "replaced": report.replaced,
        }
        for what, number in counts.items():
            assert number == count[what], f"{number} {what}, not {count[what]}"
        silent = [p for what, p, _ in expected if what == "changed silently"]
        # One that holds no picture any more counts as failed.
        assert report.updated == count["updated"] + sum(p in after.rows for p in silent)
        moved = {path for what, path, _ in expected if what == "moved"}
        again = {p for p, row in after.rows.items() if row.id > self.before.last_id}
        assert report.added == len(again | (new - moved)), f"{report.added} added"
        if not self.places:  # else some are met that stay as they are
            said = self.may_say()
            met = report.added + report.updated + report.moved + report.unchanged
            present = [path for path in said if path in after.rows and after.rows[path].present]
            assert met == len(present), f"{met} met, not {len(present)}"
            closed = [p for p, folder in self.look.closed.items() if folder in self.look.walked]
            refused = len(self.look.refused) + len(closed)
            assert report.skipped + report.failed == len(said) - met + refused

    def check_interrupted(self, after: State) -> None:
        """Check a library after a run that was not completed.

        New files may be there, and files that show what they did with the time that they have now.
        """
        said = self.may_say()
        for path in self.before.rows.keys() | after.rows.keys():
            old, row = self.before.rows.get(path), after.rows.get(path)
            if row == old:
                continue
            assert row is not None, f"{path}: {old} is forgotten"
            assert row.content in said.get(path, ()), f"{path}: {row} is not what it shows"
            assert row[1:3] == self.look.found[path][:2], f"{path}: {row} is not as it is"
            assert row.present, path
            if old is None:
                assert row.id > self.before.last_id, f"{path} has an id that was used before"
            else:
                assert (row.id, row.content) == (old.id, old.content), f"{path}: {old} is {row}"
        assert self.before.codes.keys() <= after.codes.keys(), "a content is gone"

    def check_decoded(self, decoded: Iterable[tuple[str, bytes | None]]) -> None:
        """Check that nothing was decoded without need."""
        for (path, content), times in Counter(decoded).items():
            assert path in self.look.found, f"{path} was decoded, and isn't there for this run"
            tried, file = self.before.ledger.get(path), self.look.found[path]
            again = tried is not None and tried[:2] == file[:2] and not tried.closed
            assert times == 1, f"{path} was decoded {times} times"
            if content is not None:
                assert not self.is_complete(content), f"{path} was decoded, and is known"
                assert not again, f"{path} was tried again"


def same(file: Seen, row: Row) -> bytes | None:
    """The content that a file shows by its size and time."""
    return row.content if file[:2] == row[1:3] else None


def names(contents: Iterable[bytes | None]) -> str:
    """Contents by their numbers, for messages."""
    return str([GOOD.get(content, content) if content else None for content in contents])


def read_state(path: str, *, settled: bool) -> State:
    """What a library's file says, once it is sound; ``settled``: no run was cut short."""
    raw = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        state = State(
            rows={
                os.fsdecode(path): Row(*values, bool(present))
                for path, *values, present in raw.execute(
                    "SELECT path, pictures.id, size, mtime_ns, digest, files.id, present FROM files"
                    " JOIN pictures ON file = files.id JOIN contents ON contents.id = content"
                    " ORDER BY path"
                )
            },
            ledger={
                os.fsdecode(path): Tried(size, time, cause == "access")
                for path, size, time, cause in raw.execute(
                    "SELECT path, size, mtime_ns, cause FROM ledger"
                )
            },
            folders={
                os.fsdecode(path): tuple(json.loads(exclude))
                for path, exclude in raw.execute("SELECT path, exclude FROM folders")
            },
            offline={
                path: since
                for (places,) in raw.execute("SELECT offline FROM folders")
                for path, _, since in json.loads(places)
            },
            codes={row[0]: set() for row in raw.execute("SELECT digest FROM contents")},
        )
        for digest, fingerprint in raw.execute(
            "SELECT digest, fingerprint FROM codes JOIN contents ON contents.id = content"
            " JOIN encoders ON encoders.id = encoder"
        ):
            state.codes[digest].add(fingerprint)
        current = raw.execute("SELECT fingerprint FROM encoders WHERE current")
        state.current = {row[0] for row in current}
        assert raw.execute("SELECT count(*) FROM waiting").fetchone() == (0,) or not settled
        last = raw.execute("SELECT seq FROM sqlite_sequence WHERE name = 'pictures'").fetchone()
        state.last_id = last[0] if last else 0
    finally:
        raw.close()
    return state
