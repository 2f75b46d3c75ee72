"""One run over a random tree with something going wrong, and what has to hold afterwards.

Every call that changes a file goes through :mod:`lookalike.actions.calls`. A trial lets one of them
fail, be the last of the process, or be preceded by another program's change.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import stat
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from lookalike.actions import acts, calls, moving, seen, trash
from lookalike.actions.apply import apply
from lookalike.actions.known import Known
from lookalike.actions.plan import Plan, PlannedFile, PlannedGroup
from lookalike.actions.report import Report
from lookalike.actions.runs import list_runs
from lookalike.actions.undo import UndoReport, undo
from lookalike.actions.xmp import with_added
from lookalike.errors import ActionError
from lookalike.shot import Shot

__all__ = ["CONTENTS", "MEMORY", "NAMES", "Entry", "Fault", "Ground", "Group", "Member", "Trial"]

CONTENTS = tuple(f"picture {n} ".encode() * (1 + 997 * n) for n in range(5))
NAMES = (
    "a.jpg",
    "A.JPG",
    "b (1).jpg",
    "é.heic",
    "\udcff.png",
    "w" * 200 + ".jpg",
    "c.cr2",
    "a.png",
)
FOLDERS = ("", "one", "one/two", "three four")
MEMORY = Path("/dev/shm")  # another file system than that of TMPDIR, on most machines


@dataclass(frozen=True)
class Member:
    """A file of a group: where it lies, and what it is."""

    folder: int
    name: int
    mode: int = 0o644
    age: int = 0  # nanoseconds since 1970
    sidecars: tuple[str, ...] = ()  # ends, such as ".xmp", after the stem; "+.xmp" after the name
    kind: str = "same-bytes"
    other: bool = False  # has a further name elsewhere, as a hard link


@dataclass(frozen=True)
class Group:
    content: int
    kept: Member
    act: tuple[Member, ...]


@dataclass(frozen=True)
class Fault:
    """What goes wrong.

    ``kind``: none, kill, torn (killed in the middle of a write), once (one call fails), on (it and
    all later ones do), change, replace, delete, touch (another program does that to a file), taken
    (somebody takes the name that is about to be given). ``at``: at which call, from 1.
    """

    kind: str = "none"
    at: int = 1
    code: int = errno.EIO
    victim: int = 0


@dataclass(frozen=True)
class Trial:
    action: str
    groups: tuple[Group, ...]
    fault: Fault
    again: Fault = Fault()  # while it is undone
    far: bool = False  # moved to another file system
    fold: bool = False  # names of two cases are one


Entry = tuple[str, bytes | str, int, int]
"""Kind, digest or where a link leads to, time of change, rights."""


class Killed(BaseException):
    """Never caught by the code under test; only for what is to come in a child."""


class Ground:
    """Where trials are made: a folder on one file system, and one on another."""

    def __init__(self, near: Path, far: Path | None) -> None:
        self.near, self.far = near, far

    @contextmanager
    def tree(self, trial: Trial) -> Iterator[Tree]:
        near = Path(tempfile.mkdtemp(dir=self.near))
        far = Path(tempfile.mkdtemp(dir=self.far)) if self.far and trial.far else None
        try:
            with (
                mock.patch.dict(os.environ, XDG_DATA_HOME=str(near / "home")),
                mock.patch.object(trash, "mount_point", return_value=str(near)),
            ):
                yield Tree(trial, near, far)
        finally:
            shutil.rmtree(near)
            if far is not None:
                shutil.rmtree(far)

    def run(self, trial: Trial) -> str:
        """Try it; gives what happened, for the count.

        Raises:
            AssertionError: something doesn't hold.
        """
        with self.tree(trial) as tree:
            return tree.run()


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Tree:
    def __init__(self, trial: Trial, near: Path, far: Path | None) -> None:
        self.trial, self.near = trial, near
        self.root = near / "pictures"
        self.to = (far or near) / "moved"
        self.journal = near / "p.lookalike-actions"
        (near / "home" / "Trash").mkdir(parents=True)
        self.plan = self._write()
        self.before = look(self.root)
        self.contents = {e[1] for e in self.before.values() if e[0] == "file"}

    # The tree

    def _write(self) -> Plan:
        for folder in FOLDERS:
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        (self.root / "link").symlink_to("one", target_is_directory=True)
        taken: set[str] = set()
        groups = []
        for number, group in enumerate(self.trial.groups):
            content = CONTENTS[group.content % len(CONTENTS)] + str(number).encode()
            kept = self._member(group.kept, content, taken)
            if kept is None:
                continue
            act = [
                made
                for n, member in enumerate(group.act)
                if (made := self._member(member, content, taken, n + 1)) is not None
            ]
            if act:
                keep = PlannedFile(kept.path, kept.digest, kept.bytes)
                groups.append(PlannedGroup(f"g{number}", "edited", (keep,), tuple(act)))
        to = str(self.to) if self.trial.action == "move" else None
        return Plan(self.trial.action, tuple(groups), to)  # type: ignore[arg-type]

    def _member(
        self, member: Member, content: bytes, taken: set[str], number: int = 0
    ) -> PlannedFile | None:
        name = NAMES[member.name % len(NAMES)]
        path = self.root / FOLDERS[member.folder % len(FOLDERS)] / name
        key = str(path).casefold() if self.trial.fold else str(path)
        if key in taken:
            return None
        taken.add(key)
        if number and member.kind != "same-bytes":
            content += b" edited" + str(number).encode()
        self._file(path, content, member)
        for end in member.sidecars:
            beside = Path(f"{path}{end[1:]}") if end[0] == "+" else path.with_suffix(end)
            if not beside.exists() and str(beside).casefold() not in taken:
                taken.add(str(beside).casefold() if self.trial.fold else str(beside))
                text = f"sidecar {beside.name!a}".encode()
                if end.endswith(".xmp"):
                    rated = Known(rating=1 + number, keywords=(repr(beside.name),))
                    text = with_added(b"", rated) if number or not member.other else text
                self._file(beside, text, member)
        if member.other and number:
            os.link(path, self.near / f"other-{sha(str(path).encode('utf-8', 'replace'))[:9]}")
        kind = member.kind if number else ""
        why = "a copy" if number else ""
        return PlannedFile(str(path), sha(content), len(content), "", kind, why)  # type: ignore

    def _file(self, path: Path, content: bytes, member: Member) -> None:
        path.write_bytes(content)
        os.chmod(path, member.mode)
        with suppress(OSError):
            os.setxattr(path, "user.note", b"kept")
        os.utime(path, ns=(member.age, member.age))

    # The run

    def run(self) -> str:
        trial = self.trial
        with calls_of(self, trial.fault) as faulty:
            faulty.go(self._apply)
        intruded = faulty.intruded
        self.contents |= faulty.brought
        self.contents -= faulty.destroyed
        self._nothing_lost()
        self._keepers(faulty)
        self._journal_complete(faulty)
        with calls_of(self, trial.again) as later:
            later.go(self._undo)
        self.contents |= later.brought
        self.contents -= later.destroyed
        self._nothing_lost()
        told = ""
        if list_runs(self.journal):
            undone = undo(self.journal, list_runs(self.journal)[0].number)
            if not intruded and not later.intruded:
                assert undone.left == [], undone.left
            told = "\n".join(left.why for left in undone.left)
        self._nothing_lost()
        self._as_before({*faulty.touched, *later.touched}, told)
        kinds = {trial.fault.kind, trial.again.kind} - {"none"}
        hit = "hit" if faulty.hit or later.hit else "missed"
        return f"{trial.action} {hit} {' and '.join(sorted(kinds))}"

    def _apply(self) -> Report:
        return apply(
            self.plan,
            dry_run=False,
            journal=self.journal,
            protected=[self.root / FOLDERS[3]] if self.trial.fault.victim % 5 == 4 else [],
            save_metadata=self.trial.fault.victim % 2 == 1,
            shots=lambda file: Shot(taken="2019-06-01T12:34:56") if file.kind else None,
        )

    def _undo(self) -> UndoReport | None:
        runs = list_runs(self.journal)
        return undo(self.journal, runs[0].number) if runs else None

    # What has to hold

    def _nothing_lost(self) -> None:
        there = {
            e[1] for place in (self.near, self.to) for e in look(place).values() if e[0] == "file"
        }
        lost = self.contents - there
        assert not lost, f"lost {lost} of {self.before}"

    def _keepers(self, faulty: Calls) -> None:
        now = look(self.root)
        for group in self.plan.groups:
            for kept in group.keep:
                name = os.path.relpath(kept.path, self.root)
                if kept.path not in faulty.touched:
                    assert now[name] == self.before[name], f"{name} is kept, and was changed"

    def _journal_complete(self, faulty: Calls) -> None:
        now = look(self.root)
        changed = {n for n in {*now, *self.before} if now.get(n) != self.before.get(n)}
        runs = list_runs(self.journal) if self.journal.exists() else []
        named = {
            getattr(step, name)
            for run in runs
            for step in run.steps
            for name in ("path", "to", "aside", "back")
        }
        named |= faulty.touched
        unknown = {n for n in changed if str(self.root / n) not in named}
        assert not unknown, f"no journal knows of {unknown}"

    def _as_before(self, touched: set[str], told: str) -> None:
        """But for what others touched, and what is said to lie beside that."""
        now = look(self.root)
        for name in {*now, *self.before}:
            place = str(self.root / name)
            if place not in touched and f"what was there before is {place}" not in told:
                was = self.before.get(name)
                assert now.get(name) == was, f"{name}: was {was}, is {now.get(name)}"
        if not touched:
            assert not self.to.exists(), look(self.to)
            for place in (self.near / "home" / "Trash", self.near / f".Trash-{os.getuid()}"):
                for part in ("files", "info"):
                    assert not any((place / part).glob("*")), place


def look(root: Path) -> dict[str, Entry]:
    """All that is in a folder, by relative path; folders by that they are there."""
    found: dict[str, Entry] = {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = os.path.join(folder, name)
            status = os.lstat(path)
            relative = os.path.relpath(path, root)
            if stat.S_ISDIR(status.st_mode):
                found[relative] = ("folder", "", 0, 0)
            elif stat.S_ISLNK(status.st_mode):
                found[relative] = ("link", os.readlink(path), 0, 0)
            else:
                with open(path, "rb") as file:
                    digest = sha(file.read())
                found[relative] = ("file", digest, status.st_mtime_ns, status.st_mode)
    return found


class Calls:
    """Counts the calls, and lets one go wrong."""

    def __init__(self, tree: Tree, fault: Fault) -> None:
        self.tree, self.fault = tree, fault
        self.count = 0
        self.hit = self.intruded = False
        self.touched: set[str] = set()
        self.brought: set[str] = set()
        self.destroyed: set[str] = set()

    def wrapped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            self.count += 1
            fault = self.fault
            if self.count == fault.at or (fault.kind == "on" and self.count > fault.at):
                self._happen(name, real, arguments)
            if self.tree.trial.fold and name == "rename_new" and folded(arguments[1]):
                raise FileExistsError(errno.EEXIST, "", arguments[1])
            return real(*arguments)

        return call

    def _happen(self, name: str, real: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        kind = self.fault.kind
        if kind == "none":
            return
        self.hit = True
        if kind in ("once", "on"):
            # Without the right to give a file its owner or times, it has none, for good.
            code = errno.EIO if name.startswith("set_") else self.fault.code
            raise OSError(code, os.strerror(code))
        if kind == "torn" and name == "write":
            real(arguments[0], arguments[1][: len(arguments[1]) // 2])
        if kind in ("kill", "torn"):
            self._tell()
            os._exit(77)
        self._intrude(name, arguments)

    def _intrude(self, name: str, arguments: tuple[Any, ...]) -> None:
        """What another program does just before a call."""
        kind = self.fault.kind
        if kind == "taken":
            targets = {"rename_new": 1, "open_new": 0, "link": 1, "clone": 1, "make_folder": 0}
            place = targets.get(name)
            if place is None or os.path.basename(arguments[place]).startswith((".look", "run-")):
                return
            path = arguments[place]
            if not os.path.lexists(path):
                with open(path, "wb") as file:
                    file.write(b"another's")
                self.brought.add(sha(b"another's"))
                self._note(path)
            return
        files = sorted(n for n, e in look(self.tree.root).items() if e[0] == "file")
        if not files:
            return
        path = str(self.tree.root / files[self.fault.victim % len(files)])
        self._note(path)
        with open(path, "rb") as file:
            was = file.read()
        status = os.lstat(path)
        if kind == "touch":
            os.utime(path, ns=(5, 5))
        elif kind == "delete":
            os.unlink(path)
            self._gone(was)
        elif kind == "change":
            # In place, of the same size, with its time set back: by stat alone nobody can tell.
            with open(path, "r+b") as file:
                file.write(b"CHANGED")
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
            self._gone(was)
            self.brought.add(sha(b"CHANGED" + was[7:]))
        else:
            with open(f"{path}.new", "wb") as file:
                file.write(b"another picture")
            os.replace(f"{path}.new", path)
            self._gone(was)
            self.brought.add(sha(b"another picture"))

    def _note(self, path: str) -> None:
        self.intruded = True
        self.touched.add(path)
        # What is linked to it, or copied from it, is touched, too; and where it goes.
        for group in self.tree.plan.groups:
            paths = [file.path for file in (*group.keep, *group.act)]
            if path in paths or os.path.basename(path).startswith(".lookalike"):
                self.touched.update(paths)
                self.touched.update(self._all_beside(paths))
        stem = os.path.splitext(path)[0]
        self.touched.update(
            str(self.tree.root / n)
            for n in self.tree.before
            if str(self.tree.root / n).startswith(stem)
        )

    def _all_beside(self, paths: list[str]) -> set[str]:
        stems = tuple(os.path.splitext(path)[0] for path in paths)
        names = {*self.tree.before, *look(self.tree.root)}
        return {p for n in names if (p := str(self.tree.root / n)).startswith(stems)}

    def _gone(self, data: bytes) -> None:
        self.destroyed.add(sha(data))

    # A child

    def go(self, do: Callable[[], Any]) -> Any:
        """Do it, in a child where that may be killed."""
        if self.fault.kind not in ("kill", "torn"):
            with suppress(ActionError):
                return do()
            return None
        read, self._write = os.pipe()
        child = os.fork()
        if child == 0:
            code = 78
            try:
                do()
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        os.close(self._write)
        with os.fdopen(read) as told:
            self.hit = bool(told.read())
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) in (0, 77), "the child failed: see above"
        return None

    def _tell(self) -> None:
        with suppress(OSError):
            os.write(self._write, json.dumps(self.count).encode())


def folded(path: str) -> bool:
    """Whether another spelling of a name is there, as on a file system that keeps no case."""
    try:
        names = os.listdir(os.path.dirname(path))
    except OSError:
        return False
    return os.path.basename(path).casefold() in {n.casefold() for n in names}


@contextmanager
def calls_of(tree: Tree, fault: Fault) -> Iterator[Calls]:
    faulty = Calls(tree, fault)
    real_status = seen.status_of

    def status_of(path: str, *, follow: bool = False) -> os.stat_result | None:
        found = real_status(path, follow=follow)
        if found is None and folded(path):
            names = os.listdir(os.path.dirname(path))
            name = os.path.basename(path).casefold()
            same = next(n for n in names if n.casefold() == name)
            return real_status(os.path.join(os.path.dirname(path), same), follow=follow)
        return found

    with mock.patch.multiple(
        calls, **{name: faulty.wrapped(name, getattr(calls, name)) for name in calls.__all__}
    ):
        if not tree.trial.fold:
            yield faulty
            return
        with (
            mock.patch.object(acts, "status_of", status_of),
            mock.patch.object(moving, "status_of", status_of),
            mock.patch.object(trash, "status_of", status_of),
            mock.patch.object(seen, "status_of", status_of),
        ):
            yield faulty
