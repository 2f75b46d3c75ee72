"""Find the picture files in a folder, without opening any of them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence

from lookalike.images.files import digest, file_kind
from lookalike.images.formats.registry import is_candidate
from lookalike.images.reasons import os_reason
from lookalike.sources.ground import Ground, identity
from lookalike.sources.leaving import Leaving
from lookalike.sources.rules import Rules
from lookalike.sources.source import Found, Unreadable
from lookalike.system.times import kept

__all__ = ["Found", "Unreadable", "Walk", "digest", "walk"]

_MOST_BYTES = 2**63 - 1


def walk(
    folder: str | os.PathLike[str],
    *,
    exclude: Sequence[str] = (),
    follow_links: bool = True,
    everything: bool = False,
) -> Iterator[Found | Unreadable]:
    """Find the picture files in a folder and all folders below it.

    A file is a picture by its suffix, of whatever case, camera raw included; other files aren't
    mentioned. Hidden files and folders (with a dot at the beginning, among them AppleDouble
    ``._*``) are left out, and so are the folders that programs make for themselves
    (:mod:`lookalike.sources.programs`). What vanishes on the way is passed over. The order is by
    name, by bytes, folder by folder, files of a folder first; the same tree gives the same order.

    Args:
        folder: where to begin; a link to a folder is followed, whatever ``follow_links`` says. A
            file of any name gives itself. One that can't be reached gives one ``Unreadable``.
        exclude: patterns of what to leave out; see :class:`lookalike.sources.exclude.Exclusion`.
        follow_links: whether to follow symbolic links, to files and to folders. A link to
            something that the walk finds at its own place anyway is passed over, and no folder is
            entered twice, so that circles end.
        everything: whether to look through the folders of programs, too.

    Yields:
        Files, and what can't be read.

    Raises:
        UsageError: a pattern that can't be worked with.
    """
    rules = Rules(os.path.abspath(folder), exclude, everything=everything)
    ground = Ground()
    ground.claim(os.path.realpath(rules.name), rules)
    return _alone(Walk(rules, ground, follow_links=follow_links))


def _alone(one: Walk) -> Iterator[Found | Unreadable]:
    yield from one.plain()
    yield from one.linked()


class Walk:
    """One walk through a folder, in two parts: :meth:`plain` first, then :meth:`linked`.

    Linked folders come after all others: a folder is found at its own place first, and a link that
    is added later changes nobody's path.

    Args:
        rules: what to leave out of which folder.
        ground: what it shares with other walks.
        follow_links: whether to follow symbolic links.

    Attributes:
        files: pictures that were found, or left out by a pattern, and places that show that the
            folder isn't empty: folders of programs, and folders that are walked by themselves.
        leaving: counts what was left out.
        mounts: folders on the way, not behind links, where another file system begins.
        behind: links to folders that were entered, with the pictures found there, those that are
            left out included.
    """

    def __init__(self, rules: Rules, ground: Ground, *, follow_links: bool = True) -> None:
        self._root = rules.name
        self._rules = rules
        self._ground = ground
        self._follow_links = follow_links
        self._links: list[str] = []
        self.files = 0
        self.leaving = Leaving(rules, ground.names)
        self.mounts: list[str] = []
        self.behind: dict[str, int] = {}

    def plain(self) -> Iterator[Found | Unreadable]:
        """What lies in the folder and those below it, and files that are linked there."""
        try:
            status = os.stat(self._root)
        except (OSError, ValueError) as error:
            reason = os_reason(error) if isinstance(error, OSError) else str(error)
            yield Unreadable(self._root, reason, is_folder=True, status="failed")
            return
        if not stat.S_ISDIR(status.st_mode):
            self.files += 1
            yield _judge(self._root, os.path.basename(self._root), status)
            return
        own = identity(status)
        if own is not None:
            self._ground.entered.add(own)
        yield from self._below("", status.st_dev)

    def linked(self) -> Iterator[Found | Unreadable]:
        """What lies in folders that links lead to."""
        ground = self._ground
        while self._links:
            relative = self._links.pop(0)
            path = f"{self._root}{os.sep}{relative}"
            real = os.path.realpath(path)
            status = self._enter(path, 0, linked=True)
            if status is not None:
                ground.claim(real, self._rules, relative)
                before = self.files
                yield from self._below(relative, status.st_dev, (path, real))
                self.behind[path] = self.files - before

    def _below(
        self, relative: str, device: int, link: tuple[str, str] | None = None
    ) -> Iterator[Found | Unreadable]:
        """The files of a folder and all below it; ``link`` is a link and where it leads to."""
        folders = [(relative, device)]
        while folders:
            relative, device = folders.pop()
            below: list[tuple[str, int]] = []
            yield from self._list(relative, device, below, link)
            folders.extend(reversed(below))

    def _list(
        self,
        relative: str,
        device: int,
        below: list[tuple[str, int]],
        link: tuple[str, str] | None,
    ) -> Iterator[Found | Unreadable]:
        """The files of one folder; its folders are added to ``below`` and the links."""
        path = os.path.join(self._root, relative) if relative else self._root
        try:
            with os.scandir(path) as entries:
                listed = sorted(entries, key=lambda entry: os.fsencode(entry.name))
        except (FileNotFoundError, NotADirectoryError):
            if relative:
                return
            yield Unreadable(path, "vanished while it was read", is_folder=True, status="failed")
            return
        except OSError as error:
            yield Unreadable(path, os_reason(error), is_folder=True, status="failed")
            return
        # Nearly all that a walk meets are files, and nearly all walks have nothing to ask of them.
        ask = self._rules.have_patterns or self._ground.lone or link is not None
        for entry in listed:
            if entry.name.startswith("."):
                continue
            inner = f"{relative}/{entry.name}" if relative else entry.name
            try:
                if entry.is_dir(follow_symlinks=False) and not is_junction(entry):
                    if self._takes(entry.path, inner, is_folder=True):
                        status = self._enter(entry.path, device, linked=link is not None)
                        if status is not None:
                            below.append((inner, status.st_dev))
                elif entry.is_symlink() or is_junction(entry):
                    yield from self._link(entry, inner)
                elif is_candidate(entry.name) and (
                    not ask
                    or (
                        self._takes(entry.path, inner, is_folder=False)
                        and not self._was_linked(entry.path, link)
                    )
                ):
                    self.files += 1
                    yield _judge(entry.path, inner, entry.stat(follow_symlinks=False))
            except FileNotFoundError:
                continue
            except OSError as error:
                yield Unreadable(entry.path, os_reason(error), is_folder=False, status="failed")

    def _takes(self, path: str, inner: str, *, is_folder: bool) -> bool:
        """Whether no pattern leaves a path out, and nobody else walks it; counts those that are."""
        apart = self._ground.names if is_folder else self._ground.lone
        if apart and os.path.normcase(path) in apart:
            self.files += 1
            return False
        pattern = self._rules.leaves_out(inner, is_folder=is_folder)
        if pattern is not None:
            self.files += self.leaving.out(pattern, path, inner, is_folder=is_folder)
            return False
        return True

    def _was_linked(self, path: str, link: tuple[str, str] | None) -> bool:
        """Whether a file in a linked folder was found already, by a link to it alone."""
        if link is None or not self._ground.targets:
            return False
        begin, real = link
        return real + path[len(begin) :] in self._ground.targets

    def _link(self, entry: os.DirEntry[str], inner: str) -> Iterator[Found | Unreadable]:
        """A symbolic link: a file, a folder to enter later, or nothing new."""
        if not self._follow_links:
            return
        candidate = is_candidate(entry.name)
        try:
            status = os.stat(entry.path)
        except OSError as error:
            # What a pattern leaves out is left out wherever it leads.
            if candidate and self._takes(entry.path, inner, is_folder=False):
                if not isinstance(error, FileNotFoundError):
                    yield Unreadable(
                        entry.path, os_reason(error), is_folder=False, status="skipped"
                    )
                elif os.path.lexists(entry.path):
                    reason = "a link to what doesn't exist"
                    yield Unreadable(entry.path, reason, is_folder=False, status="skipped")
            return
        is_folder = stat.S_ISDIR(status.st_mode)
        if not (is_folder or candidate):
            return
        pattern = self._rules.leaves_out(inner, is_folder=is_folder)
        if pattern is not None:
            self.files += self.leaving.link(pattern, is_folder=is_folder)
            return
        real = os.path.realpath(entry.path)
        if self._ground.finder(real, is_folder=is_folder) is not None:
            return
        if is_folder:
            self._links.append(inner)
        elif real not in self._ground.targets:
            self._ground.targets.add(real)
            self.files += 1
            yield _judge(entry.path, inner, status)

    def _enter(self, path: str, device: int, *, linked: bool) -> os.stat_result | None:
        """Note a folder as entered, and say what it is; ``None`` where nothing is to be done."""
        try:
            # os.stat, not DirEntry.stat: on Windows only the former knows the file's index.
            status = os.stat(path)
        except FileNotFoundError:
            return None
        except OSError:
            # Listing it will say why it can't be read.
            return os.stat_result((0, 0, device, *[0] * 7))
        key = identity(status)
        if key is not None:
            if self._ground.roots.get(key, self._root) != self._root:
                self.files += 1
                return None
            if key in self._ground.entered:
                return None
            self._ground.entered.add(key)
        if status.st_dev != device and not linked:
            self.mounts.append(path)
        return status


def is_junction(entry: os.DirEntry[str]) -> bool:
    """Whether a folder is a junction of Windows, which ``is_symlink`` doesn't count as a link."""
    check = getattr(entry, "is_junction", None)  # from Python 3.12 on
    return bool(check()) if check is not None else False


def _judge(path: str, relative: str, status: os.stat_result) -> Found | Unreadable:
    if not stat.S_ISREG(status.st_mode):
        reason = f"not a regular file: {file_kind(status.st_mode)}"
        return Unreadable(path, reason, is_folder=False, status="skipped", cause="file")
    # Whatever a file system says has to fit where it is kept: signed 64 bits.
    size, mtime_ns = status.st_size, status.st_mtime_ns
    if not (0 <= size <= _MOST_BYTES and -_MOST_BYTES <= mtime_ns <= _MOST_BYTES):
        size, mtime_ns = max(0, min(size, _MOST_BYTES)), kept(mtime_ns)
    return Found(path, relative, size, mtime_ns, status.st_dev, status.st_ino)
