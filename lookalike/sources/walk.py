"""Find the picture files in a folder, without opening any of them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence

from lookalike.images.files import digest, file_kind
from lookalike.images.formats.registry import is_candidate
from lookalike.images.reasons import os_reason
from lookalike.sources.exclude import Exclusion
from lookalike.sources.source import Found, Unreadable

__all__ = ["Found", "Unreadable", "digest", "walk"]


def walk(
    folder: str | os.PathLike[str], *, exclude: Sequence[str] = (), follow_links: bool = True
) -> Iterator[Found | Unreadable]:
    """Find the picture files in a folder and all folders below it.

    A file is a picture by its suffix, of whatever case, camera raw included; other files aren't
    mentioned. Hidden files and folders (with a dot at the beginning, among them AppleDouble
    ``._*``) are left out. What vanishes on the way is passed over. The order is by name, by bytes,
    folder by folder, files of a folder first; the same tree gives the same order.

    Args:
        folder: where to begin; a link to a folder is followed, whatever ``follow_links`` says. A
            file of any name gives itself. One that can't be reached gives one ``Unreadable``.
        exclude: patterns of what to leave out; see :class:`lookalike.sources.exclude.Exclusion`.
        follow_links: whether to follow symbolic links, to files and to folders. A link to
            something that the walk finds at its own place anyway is passed over, and no folder is
            entered twice, so that circles end.

    Yields:
        Files, and what can't be read.

    Raises:
        UsageError: a pattern that can't be worked with.
    """
    return _Walk(os.path.abspath(folder), Exclusion(exclude), follow_links).run()


class _Walk:
    def __init__(self, root: str, excluded: Exclusion, follow_links: bool) -> None:
        self._root = root
        self._real_root = os.path.realpath(root)
        self._excluded = excluded
        self._follow_links = follow_links
        self._entered: set[tuple[int, int]] = set()

    def run(self) -> Iterator[Found | Unreadable]:
        try:
            status = os.stat(self._root)
        except (OSError, ValueError) as error:
            reason = os_reason(error) if isinstance(error, OSError) else str(error)
            yield Unreadable(self._root, reason, is_folder=True, status="failed")
            return
        if not stat.S_ISDIR(status.st_mode):
            yield _judge(self._root, os.path.basename(self._root), status)
            return
        self._entered.add((status.st_dev, status.st_ino))
        # Linked folders come after all others: a folder is found at its own place first, and a
        # link that is added later changes nobody's path.
        folders, linked = [""], list[str]()
        while folders or linked:
            if folders:
                relative = folders.pop()
            else:
                relative = linked.pop(0)
                if not self._enter(relative):
                    continue
            below: list[str] = []
            yield from self._list(relative, below, linked)
            folders.extend(reversed(below))

    def _list(
        self, relative: str, below: list[str], linked: list[str]
    ) -> Iterator[Found | Unreadable]:
        """The files of one folder; its folders are added to ``below`` and ``linked``."""
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
        for entry in listed:
            if entry.name.startswith("."):
                continue
            inner = f"{relative}/{entry.name}" if relative else entry.name
            try:
                if entry.is_dir(follow_symlinks=False) and not _is_junction(entry):
                    if not self._excluded(inner, is_folder=True) and self._enter(inner):
                        below.append(inner)
                elif entry.is_symlink() or _is_junction(entry):
                    yield from self._link(entry, inner, linked)
                elif is_candidate(entry.name) and not self._excluded(inner, is_folder=False):
                    yield _judge(entry.path, inner, entry.stat(follow_symlinks=False))
            except FileNotFoundError:
                continue
            except OSError as error:
                yield Unreadable(entry.path, os_reason(error), is_folder=False, status="failed")

    def _link(
        self, entry: os.DirEntry[str], inner: str, linked: list[str]
    ) -> Iterator[Found | Unreadable]:
        """A symbolic link: a file, a folder to enter later, or nothing new."""
        if not self._follow_links:
            return
        candidate = is_candidate(entry.name)
        try:
            status = os.stat(entry.path)
        except FileNotFoundError:
            if candidate and os.path.lexists(entry.path):
                reason = "a link to what doesn't exist"
                yield Unreadable(entry.path, reason, is_folder=False, status="skipped")
            return
        except OSError as error:
            if candidate:
                yield Unreadable(entry.path, os_reason(error), is_folder=False, status="skipped")
            return
        is_folder = stat.S_ISDIR(status.st_mode)
        if self._excluded(inner, is_folder=is_folder):
            return
        if is_folder:
            linked.append(inner)
        elif candidate and not self._is_found_itself(os.path.realpath(entry.path)):
            yield _judge(entry.path, inner, status)

    def _is_found_itself(self, target: str) -> bool:
        """Whether the file at a real path is one that this walk gives without any link."""
        prefix = self._real_root.rstrip(os.sep) + os.sep
        if not target.startswith(prefix):
            return False
        names = target[len(prefix) :].split(os.sep)
        if any(name.startswith(".") for name in names) or not is_candidate(names[-1]):
            return False
        paths = ["/".join(names[: i + 1]) for i in range(len(names))]
        return not (
            any(self._excluded(path, is_folder=True) for path in paths[:-1])
            or self._excluded(paths[-1], is_folder=False)
        )

    def _enter(self, relative: str) -> bool:
        """Note a folder as entered; false where it was already, or is gone."""
        try:
            # os.stat, not DirEntry.stat: on Windows only the former knows the file's index.
            status = os.stat(os.path.join(self._root, relative))
        except FileNotFoundError:
            return False
        except OSError:
            return True  # listing it will say why it can't be read
        key = (status.st_dev, status.st_ino)
        if key in self._entered and status.st_ino:
            return False
        self._entered.add(key)
        return True


def _is_junction(entry: os.DirEntry[str]) -> bool:
    """Whether a folder is a junction of Windows, which ``is_symlink`` doesn't count as a link."""
    check = getattr(entry, "is_junction", None)  # from Python 3.12 on
    return bool(check()) if check is not None else False


def _judge(path: str, relative: str, status: os.stat_result) -> Found | Unreadable:
    if not stat.S_ISREG(status.st_mode):
        reason = f"not a regular file: {file_kind(status.st_mode)}"
        return Unreadable(path, reason, is_folder=False, status="skipped")
    return Found(path, relative, status.st_size, status.st_mtime_ns, status.st_dev, status.st_ino)
