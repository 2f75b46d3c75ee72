"""The trash: where a file goes there, and which files lie in one.

On Linux and the BSDs, of the trash specification of freedesktop.org, version 1.0. What is in it is
shown by every file manager, and can be brought back there, too. macOS and Windows have bins of
their own, which tell nobody where a file went.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from lookalike.actions import calls
from lookalike.actions.journal import Journal
from lookalike.actions.moving import make_folders, move
from lookalike.actions.names import numbered
from lookalike.actions.seen import LeftAlone, Seen, status_of
from lookalike.actions.step import Step
from lookalike.system.mounts import mount_point

__all__ = ["Trash", "has_own_bin", "in_trash", "put_in_trash", "trashes_for"]

_INFO = ".trashinfo"
_BINS = {".trash", ".trashes", "$recycle.bin", "recycler"}


@dataclass(frozen=True, slots=True)
class Trash:
    """One trash.

    Attributes:
        folder: with ``files`` and ``info`` in it; may not be there yet.
        root: the place where its file system begins; empty for the trash of the user's home.
    """

    folder: str
    root: str = ""

    def told(self, path: str) -> str:
        """What its information on a file says; ASCII."""
        shown = os.path.relpath(path, self.root) if self.root else path
        now = datetime.now().astimezone().strftime("%Y-%m-%dT%H:%M:%S")
        return f"[Trash Info]\nPath={quote(os.fsencode(shown))}\nDeletionDate={now}\n"


def has_own_bin() -> bool:
    """Whether this system has a bin that tells nobody where a file went: macOS and Windows."""
    return sys.platform in ("darwin", "win32")


def trashes_for(path: str) -> list[Trash]:
    """The trashes that a file may go to, best first; without making any.

    That of the home for files on its file system, else one at the top of the file's own.

    Args:
        path: of the file, without links on the way.
    """
    user = os.getuid() if sys.platform != "win32" else 0
    found = []
    home = _home_trash()
    folder = os.path.dirname(path)
    if _device(home) == _device(folder):
        found.append(Trash(home))
    root = mount_point(folder)
    shared = os.path.join(root, ".Trash")
    status = status_of(shared)
    # The specification asks for both: no link, and the sticky bit.
    if status is not None and stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX:
        found.append(Trash(os.path.join(shared, str(user)), root))
    found.append(Trash(os.path.join(root, f".Trash-{user}"), root))
    return found


def in_trash(path: str) -> bool:
    """Whether a file lies in a trash or bin, also another user's; ``path`` without links in it."""
    parts = Path(path).parts[:-1]
    if any(part.lower() in _BINS or part.lower().startswith(".trash-") for part in parts):
        return True
    home = os.path.realpath(_home_trash())
    return path.startswith(home + os.sep)


def put_in_trash(journal: Journal, file: str, seen: Seen) -> Step:
    """Move a file into the trash; the journal knows of it before.

    Args:
        journal: of the run.
        file: of the plan that it is done for.
        seen: the file as it was just read; its path without links on the way.

    Raises:
        LeftAlone: it was changed meanwhile, or no trash can be had for it. Nothing was done.
        OSError: what the system says. What was begun is taken back, if that can be.
    """
    why: OSError | None = None
    for trash in trashes_for(seen.path):
        try:
            _prepare(journal, trash)
            return _put(journal, file, seen, trash)
        except OSError as error:
            # Another trash helps where this one can't be had, or is on another file system.
            if error.errno not in (errno.EXDEV, errno.EACCES, errno.EPERM, errno.ENOTDIR):
                raise
            why = error
    told = why.strerror if why is not None else "none is known"
    raise LeftAlone(f"there is no trash for its file system ({told}): use move:FOLDER")


def _prepare(journal: Journal, trash: Trash) -> None:
    """Make the folders of a trash, for this user alone, and see that they are its own."""
    make_folders(journal, os.path.dirname(trash.folder))
    for folder in (trash.folder, *(os.path.join(trash.folder, n) for n in ("files", "info"))):
        with suppress(FileExistsError):
            calls.make_folder(folder, 0o700)
        status = status_of(folder)
        if status is None or not stat.S_ISDIR(status.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), folder)
        if trash.root and sys.platform != "win32" and status.st_uid != os.getuid():
            raise PermissionError(errno.EACCES, "it belongs to somebody else", folder)


def _put(journal: Journal, file: str, seen: Seen, trash: Trash) -> Step:
    told = trash.told(seen.path)
    for name in _names(os.path.basename(seen.path)):
        target = os.path.join(trash.folder, "files", name)
        info = os.path.join(trash.folder, "info", name + _INFO)
        if status_of(target) is not None or status_of(info) is not None:
            continue
        with suppress(FileExistsError):
            return move(journal, file, seen, target, info=info, told=told)
    raise LeftAlone("the trash has too many files of its name")


def _names(name: str) -> Iterator[str]:
    """Names to try, short enough for the information on them, too."""
    yield from numbered(name, "{stem}.{number}{suffix}", room=len(_INFO))


def _home_trash() -> str:
    data = os.environ.get("XDG_DATA_HOME", "")
    if not os.path.isabs(data):
        data = os.path.join(os.path.expanduser("~"), ".local", "share")
    return os.path.join(data, "Trash")


def _device(path: str) -> int | None:
    """Of the file system that a path is on, or would be."""
    while True:
        try:
            return os.stat(path).st_dev
        except (FileNotFoundError, NotADirectoryError):
            above = os.path.dirname(path)
            if above == path:
                return None
            path = above
        except OSError:
            return None
