"""Which folders may not be believed that their files are gone.

An unplugged disk leaves nothing, or an empty folder where it was, or whatever lies below that
place on another disk. Nothing of that says that the pictures are gone. So the files of such a
folder stay as they are known, until it has files of its own again or a person says that they are
gone. That is decided when a run begins and, since a disk may be unplugged at any moment, again when
it ends.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence

from lookalike.library.records import Folder
from lookalike.library.seen import STAYS, UNSEEN, Seen
from lookalike.library.store import Store
from lookalike.sources.folders import is_under
from lookalike.sources.tour import Tour
from lookalike.system.mounts import mount_point

__all__ = ["Offline", "covers"]

NOT_THERE = "is not there"
EMPTY = "is empty"
OTHER_DISK = "is on another disk than before"


class Offline:
    """The folders of a library whose files nothing can be said of, in one run.

    Args:
        store: that knows the files.
        chosen: folders that are looked through.
        known: all folders of the library.
        gone: whether a person says that what is missing of the chosen ones is gone.

    Attributes:
        places: paths, of folders or of places in them, and why. Complete after :meth:`judge`, but
            for links that lead nowhere, see :meth:`excuses`.
        reachable: those of the chosen folders that can be walked.
    """

    def __init__(
        self, store: Store, chosen: Sequence[Folder], known: Sequence[Folder], *, gone: bool
    ) -> None:
        self._store = store
        self._chosen = chosen
        self._gone = gone
        self._known = known
        self._devices = {folder.path: _device(folder.path) for folder in chosen}
        self.reachable = [f for f in chosen if self._devices[f.path] is not None]
        self.places: dict[str, str] = {}
        for folder in chosen:
            absent = self._devices[folder.path] is None
            # What may not be looked at is there, whatever a person says of what is not.
            if absent and (not gone or _is_closed(folder.path)):
                self.places[folder.path] = NOT_THERE
        self._others: dict[str, bool] = {}
        self._links: dict[
            str, bool
        ] = {}  # by folder: whether it is, or is behind, a link to nothing

    def look_at(self, folders: Sequence[Folder]) -> None:
        """Add folders that are looked through in place of chosen ones, which are the same place."""
        self._chosen = [*self._chosen, *folders]
        self._devices |= {folder.path: _device(folder.path) for folder in folders}

    def judge(self, tour: Tour, unread: Sequence[str], seen: Seen) -> None:
        """Decide at the end of a run, by what it found.

        Args:
            tour: that has ended.
            unread: folders and files that couldn't be read.
            seen: what was met.
        """
        for folder in self._chosen:
            path, device = folder.path, self._devices[folder.path]
            if device is None or path in tour.same_place:
                continue
            now = _device(path)
            if now is None:
                self.places[path] = NOT_THERE
            elif now != device:
                self.places[path] = OTHER_DISK
            elif not self._gone and self._is_suddenly_empty(tour, unread, path):
                self.places[path] = EMPTY
            elif not self._gone:
                self._judge_mounts(folder, tour, seen)

    def _is_suddenly_empty(self, tour: Tour, unread: Sequence[str], path: str) -> bool:
        """Whether a folder has no pictures at all, and should have some."""
        empty = not _found(tour, path) and not _has_unread(unread, path)
        return empty and self._holds(path)

    def _judge_mounts(self, folder: Folder, tour: Tour, seen: Seen) -> None:
        """Disks that were in a folder, or held it, and don't any more; and others in their place.

        A disk that was moved, or mounted elsewhere, has the files: then all is well.
        """
        before, now = set(folder.mounts), set(tour.mounts.get(folder.path, ()))
        for mount in sorted(before ^ now) if before else ():
            place = mount if is_under(mount, folder.path) else folder.path
            if mount in before and place == mount and os.path.ismount(mount):
                continue  # it is there, and left out by a pattern now
            if place not in self.places and self._holds(place):
                files = self._store.files_under(place)
                if not any(seen[file.id] == STAYS for file in files):
                    self.places[place] = NOT_THERE if mount in before else OTHER_DISK

    def _holds(self, path: str) -> bool:
        """Whether the library has present files below a path."""
        return any(file.present for file in self._store.files_under(path))

    def covers(self, path: str) -> bool:
        """Whether nothing can be said of a path's file."""
        return covers(self.places, path)

    def excuses(self, path: str, seen: Seen) -> bool:
        """Whether a file that wasn't met is not known to be gone.

        A link to a folder on another disk leads nowhere, or to an empty place, once that disk is
        unplugged: such links are found out here, by the files that are missing behind them.
        """
        if self.covers(path):
            return True
        return not self._gone and self._is_behind_lost_link(os.path.dirname(path), seen)

    def _is_behind_lost_link(self, folder: str, seen: Seen) -> bool:
        """Whether a folder is a link with nothing behind it, or lies behind one."""
        if folder not in self._links:
            lost = False
            if any(is_under(folder, chosen.path) for chosen in self._chosen):
                lost = self._is_behind_lost_link(os.path.dirname(folder), seen)
                if not lost and os.path.islink(folder) and not self._has_any(folder, seen):
                    self.places[folder] = EMPTY if os.path.isdir(folder) else NOT_THERE
                    lost = True
            self._links[folder] = lost
        return self._links[folder]

    def _has_any(self, path: str, seen: Seen) -> bool:
        """Whether any file below a path was met, or is there and left out by a pattern."""
        for file in self._store.files_under(path):
            if seen[file.id] != UNSEEN or os.path.lexists(file.path):
                return True
        return any(os.path.lexists(refusal.path) for refusal in self._store.ledger(path))

    def is_gone(self, path: str) -> bool:
        """Whether the file of a path in a folder that was not looked through is gone for sure."""
        folder = max(
            (f for f in self._known if is_under(path, f.path)),
            key=lambda f: len(f.path),
            default=None,
        )
        if folder is not None:
            if folder.path not in self._others:
                self._others[folder.path] = _is_online(folder)
            if not self._others[folder.path]:
                return False
        return not os.path.lexists(path)

    def remember(self, tour: Tour) -> None:
        """Keep with the folders what the next run has to know; in a transaction."""
        for folder in self._chosen:
            reason = self.places.get(folder.path, "")
            mounts = folder.mounts
            if not reason and folder.path in tour.mounts:
                before, now = set(folder.mounts), set(tour.mounts[folder.path])
                asleep = {m for m in before ^ now if self.covers(m) or m in self.places}
                mounts = tuple(sorted((now - (asleep - before)) | (asleep & before)))
            if (reason, mounts) != (folder.offline, folder.mounts):
                self._store.put_folder(folder._replace(offline=reason, mounts=mounts))


def covers(places: Collection[str], path: str) -> bool:
    """Whether a path is one of these places or lies below one."""
    return any(path == place or is_under(path, place) for place in places)


def _device(path: str) -> int | None:
    """The disk of a folder, as the system numbers it until it starts anew; ``None``: no folder."""
    if not os.path.isdir(path):
        return None
    try:
        return os.stat(path).st_dev
    except OSError:
        return None


def _is_closed(path: str) -> bool:
    """Whether the system doesn't say if there is a folder."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return False


def _found(tour: Tour, path: str) -> int:
    """Files found in a folder, those of folders in it and those left out included."""
    return sum(n for name, n in tour.files.items() if name == path or is_under(name, path))


def _has_unread(unread: Sequence[str], path: str) -> bool:
    return any(place == path or is_under(place, path) for place in unread)


def _is_online(folder: Folder) -> bool:
    """Whether a folder that isn't looked through seems to be where it was."""
    if folder.offline or not os.path.isdir(folder.path):
        return False
    above = [mount for mount in folder.mounts if not is_under(mount, folder.path)]
    if above and mount_point(folder.path) not in above:
        return False
    try:
        with os.scandir(folder.path) as entries:
            return next(entries, None) is not None
    except OSError:
        return False
