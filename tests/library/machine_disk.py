"""The disk of the stateful test: tiny pictures, folders, and what a plain look at them finds."""

from __future__ import annotations

import ctypes
import hashlib
import io
import os
import shutil
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fnmatch import fnmatch
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

Folders = Mapping[str, tuple[str, ...]]  # the library's, with the patterns that leave files out

FOLDERS = ("a", "a/in", "b", "b/in")  # that a library may be told of
DIRECTORIES = ("a", "a/s", "a/in", "a/in/s", "b", "b/s", "b/in", "out")
SLOTS = tuple(f"{d}/{name}.png" for d in DIRECTORIES for name in ("f", "g", "x"))
ALIASES = {"la": "a", "lb": "b/s"}  # links that a library may be told of, too
PATTERNS: tuple[tuple[str, ...], ...] = ((), (), ("s/",), ("x*",), ("s/", "x*"), ("*.png",))

SECOND = 10**9
MOST, LEAST = 2**63 - 1, -(2**63)
# Whole numbers of nanoseconds: 2023, the same second again, 2300 and 2301 (which an int64 doesn't
# hold), 1969 and 1970.
TIMES = tuple(s * SECOND for s in (1_700_000_000, 1_700_000_001, 10_420_000_000, 10_450_000_000))
TIMES += (-5 * SECOND, 0)


def _png(seed: int, side: int = 8, text: str = "") -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (side, side, 3), np.uint8)
    info, file = PngInfo(), io.BytesIO()
    if text:
        info.add_text("Comment", text)
    Image.fromarray(pixels).save(file, "PNG", compress_level=0, pnginfo=info)
    return file.getvalue()


_ALIKE = [_png(seed) for seed in range(6)]
_BROKEN = _ALIKE[0][:80] + bytes(len(_ALIKE[0]) - 80)

# Six pictures of as many bytes as each other, two larger ones, one with the pixels of another, and
# three that can't be decoded, one of them as large as the first six.
PICTURES = (*_ALIKE, _png(6, 12), _png(7, 12), _png(0, text="again"))
CONTENTS = (*PICTURES, _BROKEN, b"", b"no picture")
GOOD = {hashlib.sha256(data).digest(): number for number, data in enumerate(PICTURES)}


class Seen(NamedTuple):
    """A file as it is: size, time as far as 64 bits hold it, SHA-256 or None if it is closed."""

    size: int
    time: int
    content: bytes | None


@dataclass
class Look:
    """What there is in the folders of a library, found by going through them.

    Attributes:
        found: files by path.
        finder: by path the folder that a file, or what is refused, is found by.
        refused: links that lead nowhere, or to what can't be reached.
        closed: directories that can't be listed, with the folder that they lie in.
        endings: by folder how many pictures there are by their endings, left out ones included, and
            folders of the library in it.
        any_entry: by folder whether there is anything in it at all.
        same: by link the folder of the library that it leads into.
        walked: the folders whose files these are.
    """

    found: dict[str, Seen] = field(default_factory=dict)
    finder: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    closed: dict[str, str] = field(default_factory=dict)
    endings: Counter[str] = field(default_factory=Counter)
    any_entry: dict[str, bool] = field(default_factory=dict)
    same: dict[str, str] = field(default_factory=dict)
    walked: set[str] = field(default_factory=set)

    def reach_into(self, folder: str) -> Iterator[str]:
        """Files in a folder that are found by links from elsewhere."""
        for path in self.found:
            real, by = os.path.realpath(path), os.path.realpath(self.finder[path])
            if real != path and is_below(real, folder) and not is_below(by + "/", folder):
                yield path

    def take(self, path: str, folder: str) -> None:
        """Note a file as it is."""
        self.finder[path] = folder
        try:
            self.found[path] = _see(path)
        except OSError:
            self.refused.add(path)


def is_below(path: str, folder: str) -> bool:
    return path.startswith(folder + "/")


def innermost(path: str, folders: Iterable[str]) -> str | None:
    """The folder that a path belongs to."""
    return max((f for f in folders if is_below(path, f)), key=len, default=None)


def leaves_out(patterns: tuple[str, ...], relative: str, *, is_folder: bool = False) -> bool:
    names = relative.split("/")
    folders = names if is_folder else names[:-1]
    return any(
        fnmatch(name, pattern.rstrip("/"))
        for pattern in patterns
        for name in (folders if pattern.endswith("/") else names)
    )


def look(folders: Folders, chosen: Collection[str]) -> Look:
    """Go through some folders of a library, and count what is in the others; each place once."""
    s = Look()
    for folder in folders:
        real = os.path.realpath(folder)
        owner = innermost(real + "/", folders)
        if real != folder and owner is not None and os.path.isdir(folder):
            relative = os.path.relpath(real, owner)
            if relative == "." or not leaves_out(folders[owner], relative, is_folder=True):
                s.same[folder] = owner
    s.walked = {s.same.get(folder, folder) for folder in chosen}
    roots = {os.path.realpath(folder): folder for folder in folders if folder not in s.same}
    for folder in folders:
        with suppress(OSError):
            s.any_entry[folder] = True
            s.any_entry[folder] = bool(os.listdir(folder))
    plain = {f: list(_below(f, f, folders[f], roots, s)) for f in folders if f not in s.same}
    own = {os.path.realpath(p) for paths in plain.values() for p in paths if not os.path.islink(p)}
    linked = set()  # files that were found by a link to them
    for folder in sorted(s.walked):
        for path in plain[folder]:
            real = os.path.realpath(path)
            if not os.path.islink(path):
                s.take(path, folder)
            elif not os.path.isdir(path) and real not in own | linked:
                s.take(path, folder)
                s.endings[folder] += path in s.found
                if path in s.found:
                    linked.add(real)
    for folder in sorted(s.walked):
        for link in plain[folder]:
            if os.path.isdir(link) and os.path.realpath(link) not in roots:
                for path in _below(link, folder, folders[folder], roots, s):
                    if os.path.realpath(path) not in own | linked:
                        s.take(path, folder)
                        s.endings[folder] += os.path.islink(path) and path in s.found
    return s


def _below(
    place: str, folder: str, patterns: tuple[str, ...], roots: Mapping[str, str], s: Look
) -> Iterator[str]:
    """Pictures in and below a place in a folder, and links to folders; all are counted."""
    todo = [place]
    while todo:
        directory = todo.pop()
        try:
            names = sorted(os.listdir(directory))
        except PermissionError:
            s.closed[directory] = folder
            continue
        except OSError:
            continue
        below = []
        for path in (f"{directory}/{name}" for name in names if not name.startswith(".")):
            is_link, is_folder = os.path.islink(path), os.path.isdir(path)
            out = leaves_out(patterns, os.path.relpath(path, folder), is_folder=is_folder)
            if is_folder and not is_link and os.path.realpath(path) in roots:
                s.endings[folder] += 1
            elif is_folder and not is_link and not out:
                below.append(path)
            elif is_folder and not is_link:
                files = [name for _, _, names in os.walk(path) for name in names]
                s.endings[folder] += sum(name.endswith(".png") for name in files)
            elif is_folder or path.endswith(".png"):
                # A link that isn't left out counts if a picture is found by it, see above.
                s.endings[folder] += out or not is_link
                if not out:
                    yield path
        todo += reversed(below)


def _give_up(error: OSError) -> None:
    raise error


def _see(path: str) -> Seen:
    status = os.stat(path)
    time = min(max(status.st_mtime_ns, LEAST), MOST)
    try:
        data = Path(path).read_bytes()
    except PermissionError:
        return Seen(status.st_size, time, None)
    return Seen(status.st_size, time, hashlib.sha256(data).digest())


class Disk:
    """A few folders on a real disk, and what happens to files. What can't be done isn't done."""

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.realpath(root))
        self._now = TIMES[0]
        for directory in DIRECTORIES:
            self.path(directory).mkdir(parents=True)
        for name, target in ALIASES.items():
            self.path(name).symlink_to(self.path(target))

    def path(self, name: str) -> Path:
        return self.root / name

    def _is_plain(self, *slots: str) -> bool:
        paths = [self.path(slot) for slot in slots]
        return all(os.path.isfile(path) or os.path.islink(path) for path in paths)

    def write(self, slot: str, content: int, time: int | None) -> None:
        """Write a file in its place; ``time``: of TIMES, -1 what it has, None a new one."""
        path = self.path(slot)
        with suppress(OSError):
            before = path.stat().st_mtime_ns if time == -1 and self._is_plain(slot) else None
            path.write_bytes(CONTENTS[content])
            self._now += 10 * SECOND
            chosen = None if time is None or time < 0 else TIMES[time]
            when = next((t for t in (before, chosen) if t is not None), self._now)
            os.utime(path, ns=(when, when))

    def touch(self, slot: str, time: int) -> None:
        with suppress(OSError):
            os.utime(self.path(slot), ns=(TIMES[time], TIMES[time]))

    def rename(self, *slots: str) -> None:
        """Give each file the name of the next one, and the last one that of the first."""
        if len(set(slots)) < len(slots) or not self._is_plain(*slots[:-1]):
            return
        with suppress(OSError):
            aside = self.path(f"{slots[0]}.aside")
            if self._is_plain(slots[-1]):
                self.path(slots[-1]).rename(aside)
            for source, target in reversed(list(pairwise(slots))):
                self.path(source).rename(self.path(target))
            if os.path.lexists(aside):
                aside.rename(self.path(slots[0]))

    def replace(self, source: str, target: str) -> None:
        if source != target and self._is_plain(source):
            with suppress(OSError):
                self.path(source).replace(self.path(target))

    def copy(self, source: str, target: str, keep_time: bool) -> None:
        with suppress(OSError, shutil.SameFileError):
            copied = self.path(source).read_bytes(), self.path(source).stat().st_mtime_ns
            self.path(target).write_bytes(copied[0])
            self._now += 10 * SECOND
            when = copied[1] if keep_time else self._now
            os.utime(self.path(target), ns=(when, when))

    def link(self, source: str, target: str, hard: bool) -> None:
        with suppress(OSError):
            if hard and self._is_plain(source):
                os.link(self.path(source), self.path(target), follow_symlinks=False)
            elif not hard and not source.startswith("out/"):
                self.path(target).symlink_to(self.path(source))

    def unlink(self, slot: str) -> None:
        with suppress(OSError):
            self.path(slot).unlink()

    def chmod(self, name: str, mode: int) -> None:
        with suppress(OSError):
            self.path(name).chmod(mode)

    def swap_directories(self, one: str, other: str) -> None:
        if "out" in (one, other) or one.startswith(other) or other.startswith(one):
            return
        first, second, aside = self.path(one), self.path(other), self.path("aside")
        if os.path.isdir(first) and os.path.isdir(second):
            with suppress(OSError):
                first.rename(aside)
                try:
                    second.rename(first)
                except OSError:
                    aside.rename(first)
                else:
                    aside.rename(second)

    def link_out(self, directory: str) -> None:
        """Let the only link to the folder outside be in this directory, or nowhere if it was."""
        link = self.path(directory) / "to-out"
        there = os.path.islink(link)
        with suppress(OSError):
            # Where a directory can't be looked into, another link may be there.
            for place, _, _ in os.walk(self.root, onerror=_give_up):
                Path(place, "to-out").unlink(missing_ok=True)
            if not there and directory != "out":
                link.symlink_to(self.path("out"))

    def unplug(self, folder: str, empty: bool) -> None:
        """Take a folder away; ``empty`` leaves what a disk leaves, its mount point."""
        away = self.path(folder.replace("/", "-") + ".away")
        if not os.path.lexists(away):
            with suppress(OSError):
                self.path(folder).rename(away)
                if empty:
                    self.path(folder).mkdir()

    def plug(self) -> None:
        """Bring back what is away, over what was left in its place."""
        for folder in FOLDERS:
            away = self.path(folder.replace("/", "-") + ".away")
            if os.path.lexists(away):
                with suppress(OSError):
                    if self.path(folder).exists():
                        shutil.rmtree(self.path(folder))
                    away.rename(self.path(folder))

    def delete(self) -> None:
        for directory, folders, _ in os.walk(self.root):
            for path in (f"{directory}/{name}" for name in folders):
                if not os.path.islink(path):
                    os.chmod(path, 0o700)
        shutil.rmtree(self.root)


class _Head(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Set(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("rest", ctypes.c_uint32 * 2))


@contextmanager
def as_a_user() -> Iterator[None]:
    """Let permissions hold for this thread and those that it starts, though it may be root's."""
    if sys.platform != "linux" or os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    head, sets = _Head(0x20080522, 0), (_Set * 2)()
    if libc.capget(ctypes.byref(head), ctypes.byref(sets)) != 0:
        raise OSError(ctypes.get_errno(), "capget")
    before = sets[0].effective
    sets[0].effective &= ~0b110  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    libc.capset(ctypes.byref(head), ctypes.byref(sets))
    try:
        yield
    finally:
        sets[0].effective = before
        libc.capset(ctypes.byref(head), ctypes.byref(sets))
