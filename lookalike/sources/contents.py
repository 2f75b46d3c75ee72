"""What a file holds, wherever it is: in a folder, in an object store, in an archive."""

from __future__ import annotations

import hashlib
import os

from lookalike.errors import LookalikeError, MissingExtraError, PictureFailed, PictureSkipped
from lookalike.images.files import digest as file_digest
from lookalike.images.pool.item import Item
from lookalike.sources.archives import ArchiveError, archive_entry, opened, reason_of
from lookalike.sources.naming import is_address, is_away, split
from lookalike.sources.source import Found
from lookalike.sources.stores import Entry, StoreError, store_of
from lookalike.system.times import kept

__all__ = ["digest_of", "item_of", "stamp_of", "why_unreachable"]


def item_of(found: Found, most: int) -> str | Item:
    """A file as the road takes it: the path of one that child processes can read, or its bytes.

    Args:
        found: as a walk found it; of what changed since nothing is read.
        most: limit on its bytes, which is looked at before any is fetched.

    Raises:
        PictureSkipped: larger than the limit, or empty.
        PictureFailed: it can't be read.
    """
    path = found.path
    if not is_away(path):
        return path
    if found.size > most:
        raise PictureSkipped(
            f"{found.size:,} bytes: more than the limit of {most:,}", cause="limit"
        )
    if not found.size:
        raise PictureSkipped("empty file")
    return Item(_read(path, found), name=path.rpartition("/")[2])


def digest_of(found: Found) -> bytes:
    """SHA-256 of a file's bytes (32 bytes).

    Raises:
        PictureSkipped: not a regular file.
        PictureFailed: it can't be read.
    """
    if not is_away(found.path):
        return file_digest(found.path)
    return hashlib.sha256(_read(found.path, found)).digest()


def _read(path: str, found: Found) -> bytes:
    try:
        archive, member = split(path)
        if archive:
            return opened(archive_entry(archive)).read(member)
        return store_of(path).read(Entry(path, found.size, found.mtime_ns), 0, found.size)
    except MissingExtraError as error:
        raise PictureFailed(str(error), cause="extra") from error
    except (ArchiveError, StoreError, OSError) as error:
        raise PictureFailed(f"can't be read: {reason_of(error)}", cause="access") from error


def stamp_of(path: str) -> tuple[int, int] | None:
    """Size and time of change of a file, as a walk would find them; ``None`` if it isn't there.

    Of what lies in an archive the size isn't looked at: it is -1.
    """
    try:
        archive, _ = split(path)
        if archive:
            return -1, archive_entry(archive).mtime_ns
        if is_address(path):
            entry = store_of(path).entry(path)
            return entry.size, entry.mtime_ns
        status = os.stat(path)
    except (StoreError, OSError, ValueError, LookalikeError):
        return None
    return status.st_size, kept(status.st_mtime_ns)


def why_unreachable(name: str, *, look: bool = True) -> str:
    """Why an object store or an archive can't be asked now, in one line; empty if it can.

    Args:
        name: as :func:`lookalike.sources.naming.name_of` gives it.
        look: whether to look into an archive of this machine, too; of one elsewhere that would
            fetch a piece.

    Raises:
        MissingExtraError: what reads it isn't installed.
    """
    archive, _ = split(name)
    try:
        if archive:
            entry = archive_entry(archive)
            if look and not is_address(archive):
                opened(entry)
        else:
            # A store that has nothing there can be asked all the same.
            next(iter(store_of(name).entries(name)), None)
    except (ArchiveError, StoreError, OSError) as error:
        return reason_of(error)
    return ""
