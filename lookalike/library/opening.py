"""From a location to the store and the engine of a library there."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

from lookalike.errors import (
    LibraryDamagedError,
    LibraryError,
    LibraryNotFoundError,
    LibraryReadOnlyError,
    UsageError,
)
from lookalike.library.arguments import check_path
from lookalike.library.checking import CheckReport, OnCheck, RepairReport, report_of
from lookalike.library.disk import is_network
from lookalike.library.engine import Engine
from lookalike.library.previews import Previews
from lookalike.library.store import Store

__all__ = [
    "MEMORY",
    "Location",
    "check_library",
    "count_deletable",
    "delete_library",
    "exists",
    "file_of",
    "makes_one",
    "open_library",
    "previews_in_memory",
    "previews_of",
    "repair_library",
]

Location = str | os.PathLike[str]
"""The path of a file, or :data:`MEMORY`."""

MEMORY = ":memory:"
"""A library without a file, gone when it is closed."""

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")


def file_of(location: Location) -> Path | None:
    """The file that a location names or is a link to, absolute; ``None`` for one that is no file.

    Raises:
        UsageError: no path, or an address of a kind that this lookalike doesn't know.
    """
    named = check_path("a library's location", location)
    if named == MEMORY:
        return None
    address = _ADDRESS.match(named)
    if address is not None:
        raise UsageError(
            f"{address[1]}:// names no library that this lookalike can open: give the path of a"
            f" file, or {MEMORY}"
        )
    path = Path(named).absolute()
    try:
        path.exists()
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise UsageError(f"{named[:40]}... is too long for the path of a file") from error
        # Others come again when the file is opened.
    if path.is_symlink():
        # A link is the file that it leads to: lock, log and cache lie beside that one.
        path = Path(os.path.realpath(path))
    return path


def exists(location: Location) -> bool:
    """Whether something is at a location, be it a library or not."""
    path = file_of(location)
    return path is not None and os.path.exists(path)


def makes_one(location: Location, *, create: bool, read_only: bool) -> bool:
    """Whether :func:`open_library` would make a library; nothing is made or changed yet.

    Raises:
        UsageError: the location can't be understood.
        LibraryError: it would fail: there is no folder for the file, or something else is there.
    """
    named = os.fspath(location) if isinstance(location, str | os.PathLike) else ""
    path = file_of(location)
    if path is None:
        return create and not read_only
    if os.path.basename(named) in ("", os.curdir):
        raise UsageError(f"{named} names a folder, not a library: give the path of a file in it")
    # Here, not above: SQLite.
    from lookalike.library.local.connection import check_folder, is_there

    if is_there(path):
        # Of a process that was killed when it had just begun a library an empty file is left.
        return create and not read_only and path.stat().st_size == 0
    if create and not read_only:
        check_folder(path)
    return create and not read_only


def open_library(location: Location, *, create: bool, read_only: bool) -> tuple[Store, Engine]:
    """Open the library at a location, or make one.

    Args:
        location: where it is.
        create: make it where it is missing.
        read_only: never write.

    Raises:
        UsageError: the location can't be understood.
        LibraryError: there is none and ``create`` is false, or it can't be opened.
    """
    path = file_of(location)
    if path is None:
        if read_only or not create:
            raise LibraryNotFoundError(f"{MEMORY} is a new library each time: it must be created")
        from lookalike.library.memory.engine import MemoryEngine
        from lookalike.library.memory.store import MemoryStore

        in_memory = MemoryStore()
        return in_memory, MemoryEngine(in_memory)
    from lookalike.library.local.engine import LocalEngine
    from lookalike.library.local.store import LocalStore

    local = LocalStore(path, create=create, read_only=read_only)
    return local, LocalEngine(local)


def previews_of(store: Store) -> Previews:
    """The previews of a library, which lie beside its file, or in memory where it has none."""
    # Here, not above: SQLite.
    from lookalike.library.local.previews import PreviewsFile, previews_file

    path = file_of(store.location)
    if path is None:
        return previews_in_memory()
    shared = not is_network(path.parent)
    return PreviewsFile(previews_file(path), read_only=store.read_only, shared=shared)


def previews_in_memory(limit: int | None = None) -> Previews:
    """Previews that are gone when they are closed; at most so many bytes."""
    from lookalike.library.local.previews import LIMIT, PreviewsFile

    return PreviewsFile(None, limit=limit or LIMIT)


def delete_library(location: Location) -> None:
    """Delete a library with everything beside it. The pictures stay.

    Raises:
        UsageError: the location can't be understood.
        LibraryError: there is none, it is no library, or somebody is writing to it.
    """
    path = file_of(location)
    if path is None:
        raise LibraryNotFoundError(f"{MEMORY} can't be deleted: it is gone when it is closed")
    from lookalike.library.local.deleting import delete

    delete(path)


def count_deletable(location: Location) -> tuple[int | None, bool]:
    """What :func:`delete_library` would delete.

    Returns:
        The number of pictures, if it can be known, and whether the library is damaged.

    Raises:
        UsageError: the location can't be understood.
        LibraryError: there is none, it is no library, or it can't be deleted.
    """
    path = file_of(location)
    if path is None:
        raise LibraryNotFoundError(f"{MEMORY} can't be deleted: it is gone when it is closed")
    from lookalike.library.local.deleting import check_deletable
    from lookalike.library.local.store import LocalStore

    check_deletable(path)
    try:
        store = LocalStore(path, create=False, read_only=True)
        try:
            return store.count_pictures(), False
        finally:
            store.close()
    except LibraryDamagedError:
        return None, True
    except LibraryError:  # of an older version, or in use
        return None, False


def check_library(location: Location, progress: OnCheck | None = None) -> CheckReport:
    """Check the library at a location, be it so damaged that it can't be opened.

    Args:
        location: where it is.
        progress: called now and then.

    Raises:
        UsageError: the location can't be understood.
        LibraryError: there is none, it is something else, or it can't be read at all.
    """
    path = file_of(location)
    if path is None:
        raise LibraryNotFoundError(f"{MEMORY} is a new library each time: there is none to check")
    from lookalike.library.local.checking import check_file
    from lookalike.library.local.engine import LocalEngine
    from lookalike.library.local.store import LocalStore

    report = report_of(str(path), check_file(path, progress))
    if not report.sound:
        return report
    try:
        store = LocalStore(path, create=False, read_only=True)
    except LibraryReadOnlyError:  # an older version, whose cache is made anew anyway
        return report
    engine = LocalEngine(store)
    try:
        found = [*report.notes, *engine.check(progress)]
    finally:
        engine.close()
        store.close()
    return report_of(str(path), found)


def repair_library(location: Location, progress: OnCheck | None = None) -> RepairReport:
    """Repair the library at a location from what is sound in it.

    A damaged file is made anew, whole or not at all; as it was, it stays beside the new one. What
    can't be saved is made anew by the next index. Of a damaged cache nothing is kept.

    Args:
        location: where it is.
        progress: called now and then.

    Raises:
        UsageError: the location can't be understood.
        LibraryDamagedError: nothing can be saved; all is as it was.
        LibraryFullError: there is too little room for the new file.
        LibraryLockedError: another program is writing to it.
        LibraryReadOnlyError: it can't be written to.
        LibraryError: there is none, it is something else, or it can't be read at all.
    """
    path = file_of(location)
    if path is None:
        raise LibraryNotFoundError(f"{MEMORY} is a new library each time: there is none to repair")
    from lookalike.library.local import mapped
    from lookalike.library.local.repairing import repair

    problems, damaged, tables = repair(path, progress)
    if damaged is not None:
        return RepairReport(str(path), "file", problems, str(damaged), tables)
    report = check_library(path, progress)
    if report.sound:
        return RepairReport(str(path), "nothing", ())
    mapped.delete(path)
    if mapped.cache_folder(path).exists():  # of another user, or in use on Windows
        raise LibraryReadOnlyError(f"{mapped.cache_folder(path)} can't be deleted: delete it")
    return RepairReport(str(path), "cache", report.problems)
