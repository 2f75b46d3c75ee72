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

from lookalike.library.records import Folder, Mount, Place
from lookalike.library.seen import NEW, STAYS, Seen
from lookalike.library.store import Store
from lookalike.sources.contents import why_unreachable
from lookalike.sources.folders import is_under
from lookalike.sources.naming import is_address, is_away, split
from lookalike.sources.tour import Tour
from lookalike.system.mounts import disk_at, mount_point
from lookalike.types import FileId

__all__ = ["Offline", "covers", "taken_over", "why_absent"]

NOT_THERE = "is not there"
NO_FOLDER = "is no folder any more"
EMPTY = "is empty"
NOT_REACHED = "can't be reached or read"
OTHER_DISK = "is on another disk than before"
OTHER_FILES = "has none of the pictures that it had"


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
            path = folder.path
            if self._devices[path] is None:
                # What may not be looked at is there, whatever a person says of what is not.
                untold = is_address(path) or _is_there(path, follow_links=True) is None
                if untold or (not gone and self._holds(path)):
                    self.places[path] = why_absent(path)
        self._others: dict[str, bool] = {}
        # By folder: whether it is a link to nothing, or is behind one.
        self._links: dict[str, bool] = {}

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
                self.places[path] = why_absent(path)
            elif now != device:
                self.places[path] = OTHER_DISK
            elif not self._gone and self._is_suddenly_empty(tour, unread, path):
                self.places[path] = EMPTY
            elif not self._gone:
                self._judge_doubts(folder, tour, seen)

    def _is_suddenly_empty(self, tour: Tour, unread: Sequence[str], path: str) -> bool:
        """Whether a folder has no pictures at all, and should have some."""
        empty = not _found(tour, path) and not _has_unread(unread, path)
        return empty and self._holds(path)

    def _judge_doubts(self, folder: Folder, tour: Tour, seen: Seen) -> None:
        """Places that have other files than those that they should have.

        In doubt is what was offline before, and what is on another disk: one that was in a folder,
        or held it, and doesn't any more, or one that is new there. Files from before, found there
        as they were, settle that: then the disk is back, or was moved with all that is on it.
        """
        doubts = {place.path: (OTHER_FILES, place.since) for place in folder.offline}
        before, now = set(folder.mounts), set(_mounts(tour, folder.path))
        paths = {mount.path for mount in now}
        for mount in sorted(before ^ now) if before else ():
            place = mount.path if is_under(mount.path, folder.path) else folder.path
            if mount in before and place not in paths and os.path.ismount(place):
                continue  # it is there, and left out by a pattern now
            doubts.setdefault(place, (OTHER_DISK, FileId(0)))
        for place, (why, since) in doubts.items():
            if place not in self.places and self._holds(place):
                files = self._store.files_under(place)
                if not any(seen[f.id] == STAYS and (f.id <= since or not since) for f in files):
                    self.places[place] = why if os.path.isdir(place) else why_absent(place)

    def _holds(self, path: str) -> bool:
        """Whether the library has present files below a path."""
        return any(file.present for file in self._store.files_under(path))

    def covers(self, path: str) -> bool:
        """Whether nothing can be said of a path's file."""
        return covers(self.places, path)

    def excuses(self, path: str, tour: Tour) -> bool:
        """Whether a file that wasn't met is not known to be gone.

        A link to a folder on another disk leads nowhere, or to an empty place, once that disk is
        unplugged: such links are found out here, by the files that are missing behind them.
        """
        if self.covers(path):
            return True
        return not self._gone and self._is_behind_lost_link(os.path.dirname(path), tour)

    def _is_behind_lost_link(self, folder: str, tour: Tour) -> bool:
        """Whether a folder is a link with nothing behind it, or lies behind one."""
        if folder not in self._links:
            lost = False
            if any(is_under(folder, chosen.path) for chosen in self._chosen):
                lost = self._is_behind_lost_link(os.path.dirname(folder), tour)
                if not lost and os.path.islink(folder) and not _has_any(tour, folder):
                    self.places[folder] = EMPTY if os.path.isdir(folder) else NOT_THERE
                    lost = True
            self._links[folder] = lost
        return self._links[folder]

    def is_gone(self, path: str) -> bool:
        """Whether the file of a path in a folder that was not looked through is gone for sure."""
        folder = self._owner(path)
        if folder is not None:
            if folder.path not in self._others:
                self._others[folder.path] = _is_online(folder)
            if not self._others[folder.path] or _is_on_lost_disk(folder, path):
                return False
        return _is_there(path, follow_links=False) is False

    def remember(self, tour: Tour, seen: Seen) -> None:
        """Keep with the folders what the next run has to know; in a transaction."""
        for folder in self._chosen:
            since = {place.path: place.since for place in folder.offline}
            offline = tuple(
                Place(path, why, since.get(path) or self._last_before(path, seen))
                for path, why in self.places.items()
                if self._owner(path) == folder
            )
            mounts = folder.mounts
            if folder.path not in self.places and folder.path in tour.mounts:
                before, now = set(folder.mounts), set(_mounts(tour, folder.path))
                asleep = {mount for mount in before ^ now if self.covers(mount.path)}
                mounts = tuple(sorted((now - (asleep - before)) | (asleep & before)))
            if (offline, mounts) != (folder.offline, folder.mounts):
                self._store.put_folder(folder._replace(offline=offline, mounts=mounts))

    def _last_before(self, path: str, seen: Seen) -> FileId:
        """The last file below a path that was known before this run."""
        files = self._store.files_under(path)
        return max((file.id for file in files if seen[file.id] != NEW), default=FileId(0))

    def _owner(self, path: str) -> Folder | None:
        """The innermost folder of the library that is a path or holds it."""
        around = (f for f in self._known if path == f.path or is_under(path, f.path))
        return max(around, key=lambda folder: len(folder.path), default=None)


def taken_over(folder: Folder, other: Folder) -> Folder:
    """A folder that takes over files of another one: what is known of their disks comes with them.

    Args:
        folder: that takes over, inside of the other one or around it.
        other: that has, or had, the files.
    """

    def is_own(path: str) -> bool:
        return path == folder.path or is_under(path, folder.path)

    mounts = {mount for mount in (*folder.mounts, *other.mounts) if is_own(mount.path)}
    around = [m for m in (*folder.mounts, *other.mounts) if is_under(folder.path, m.path)]
    if around and folder.path not in {mount.path for mount in mounts}:
        mounts.add(max(around, key=lambda mount: len(mount.path)))
    known = {place.path for place in folder.offline}
    offline = [p for p in other.offline if is_own(p.path) and p.path not in known]
    return folder._replace(offline=(*folder.offline, *offline), mounts=tuple(sorted(mounts)))


def covers(places: Collection[str], path: str) -> bool:
    """Whether a path is one of these places or lies below one."""
    # Asked of every file, and mostly of no place at all.
    return bool(places) and any(path == place or is_under(path, place) for place in places)


def _device(path: str) -> int | None:
    """The disk of a folder, as the system numbers it until it starts anew; ``None``: no folder.

    0 for a place away that can be asked now.
    """
    if is_away(path):
        return None if why_unreachable(path, look=False) else 0
    if not os.path.isdir(path):
        return None
    try:
        return os.stat(path).st_dev
    except OSError:
        return None


def _is_there(path: str, *, follow_links: bool) -> bool | None:
    """Whether there is anything of a path; ``None``: the system doesn't say."""
    try:
        os.stat(path, follow_symlinks=follow_links)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return None
    return True


def _found(tour: Tour, path: str) -> int:
    """Files found in a folder, those of folders in it and those left out included."""
    return sum(n for name, n in tour.files.items() if name == path or is_under(name, path))


def _has_any(tour: Tour, link: str) -> bool:
    """Whether there is anything behind a link, or the tour left it alone for another reason."""
    return os.path.isdir(link) if link not in tour.behind else tour.behind[link] > 0


def _has_unread(unread: Sequence[str], path: str) -> bool:
    return any(place == path or is_under(place, path) for place in unread)


def _is_online(folder: Folder) -> bool:
    """Whether a folder that isn't looked through seems to be where it was."""
    if folder.path in {place.path for place in folder.offline} or not os.path.isdir(folder.path):
        return False
    above = [mount for mount in folder.mounts if not is_under(mount.path, folder.path)]
    point = mount_point(folder.path)
    if above and Mount(point, disk_at(point)) not in above:
        return False
    try:
        with os.scandir(folder.path) as entries:
            return next(entries, None) is not None
    except OSError:
        return False


def _is_on_lost_disk(folder: Folder, path: str) -> bool:
    """Whether a path is on a disk in a folder that isn't where it was."""
    if covers([place.path for place in folder.offline], path):
        return True
    inner = [m for m in folder.mounts if is_under(m.path, folder.path) and is_under(path, m.path)]
    return any(disk_at(mount.path) != mount.disk for mount in inner)


def _mounts(tour: Tour, path: str) -> list[Mount]:
    """Where file systems begin at, above and below a folder."""
    return [Mount(place, disk_at(place)) for place in tour.mounts.get(path, ())]


def why_absent(path: str) -> str:
    """What to say of a folder that can't be looked through."""
    if is_away(path) and (is_address(path) or os.path.lexists(split(path)[0])):
        return NOT_REACHED
    return NO_FOLDER if os.path.lexists(path) and not os.path.islink(path) else NOT_THERE
