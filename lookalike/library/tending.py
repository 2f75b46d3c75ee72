"""Deleting, checking and repairing the library at a location, which nobody has to have opened."""

from __future__ import annotations

import shutil
from contextlib import closing

from lookalike.errors import (
    LibraryDamagedError,
    LibraryError,
    LibraryNotFoundError,
    LibraryReadOnlyError,
)
from lookalike.library.away import Place, folder_of
from lookalike.library.checking import CheckReport, OnCheck, RepairReport, report_of
from lookalike.library.opening import MEMORY, Location, cache_of, file_of, place_of

__all__ = ["check_library", "count_deletable", "delete_library", "repair_library"]


def delete_library(location: Location) -> None:
    """Delete a library with everything beside it. The pictures stay.

    Of a library on a server, what other machines keep beside it stays there.

    Raises:
        UsageError: the location can't be understood.
        LibraryError: there is none, it is no library, or somebody is writing to it.
    """
    place = place_of(location)
    if place is not None:
        place.delete()
        shutil.rmtree(folder_of(place), ignore_errors=True)
        return
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
    place = place_of(location)
    if place is not None:
        if not place.exists():
            raise _none_at(place)
        try:
            away, engine = place.open(create=False, read_only=True)
        except LibraryDamagedError:
            return None, True
        with closing(engine), closing(away):
            return away.count_pictures(), False
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
    place = place_of(location)
    if place is not None:
        return _check_place(place, progress)
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


def _check_place(place: Place, progress: OnCheck | None) -> CheckReport:
    """What the store and the engine say of a library on a server."""
    store, engine = place.open(create=False, read_only=True)
    with closing(engine), closing(store):
        report = report_of(place.location, store.check(progress))
        if report.sound:
            report = report_of(place.location, [*report.notes, *engine.check(progress)])
    return report


def _repair_place(place: Place, progress: OnCheck | None) -> RepairReport:
    """Delete a wrong cache: what is wrong on a server is for its own backups."""
    report = _check_place(place, progress)
    if report.sound:
        return RepairReport(place.location, "nothing", ())
    cache = cache_of(place.location)
    if cache is None or not all(problem.where.startswith("cache") for problem in report.problems):
        raise LibraryDamagedError(
            f"{place.location} can't be repaired from here ({report.problems[0].what}): restore a"
            " backup on its server, or delete the library and index anew"
        )
    shutil.rmtree(cache, ignore_errors=True)
    if cache.exists():  # of another user, or in use on Windows
        raise LibraryReadOnlyError(f"{cache} can't be deleted: delete it")
    return RepairReport(place.location, "cache", report.problems)


def _none_at(place: Place) -> LibraryNotFoundError:
    return LibraryNotFoundError(
        f"there is no library at {place.location}: make one with 'lookalike index FOLDER'"
    )


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
    place = place_of(location)
    if place is not None:
        return _repair_place(place, progress)
    path = file_of(location)
    if path is None:
        raise LibraryNotFoundError(f"{MEMORY} is a new library each time: there is none to repair")
    from lookalike.library import mapped
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
