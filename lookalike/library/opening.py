"""From a location to the store and the engine of a library there."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from lookalike.errors import LibraryNotFoundError, UsageError
from lookalike.library.arguments import check_path
from lookalike.library.away import Place, folder_of, place_at
from lookalike.library.disk import is_network
from lookalike.library.engine import Engine
from lookalike.library.look_store import Look, PairStore
from lookalike.library.previews import Previews
from lookalike.library.store import Store

__all__ = [
    "MEMORY",
    "Location",
    "beside",
    "cache_of",
    "exists",
    "file_of",
    "makes_one",
    "open_library",
    "pairs_in_memory",
    "place_of",
    "previews_in_memory",
    "previews_of",
    "shown",
]

Location = str | os.PathLike[str]
"""The path of a file, an address, or :data:`MEMORY`."""

MEMORY = ":memory:"
"""A library without a file, gone when it is closed."""


def place_of(location: Location) -> Place | None:
    """What an address leads to; ``None`` for a location on this machine.

    Raises:
        UsageError: no path, or an address that can't be understood.
    """
    return place_at(check_path("a library's location", location))


def shown(location: Location) -> str:
    """A location as it may be printed: an address without what is secret in it, an absolute path.

    It names the same library.

    Raises:
        UsageError: it can't be understood.
    """
    place = place_of(location)
    return str(file_of(location) or os.fspath(location)) if place is None else place.location


def beside(location: Location, *, lasting: bool = False, make: bool = False) -> Path | None:
    """What the names of all that lies beside a library begin with: the path of its file.

    Of a library on a server it is a name in a folder of the user's own, which may be missing.
    ``None`` for one in memory.

    Args:
        location: of the library.
        lasting: whether what lies there can't be made again.
        make: make the user's own folder for it.
    """
    place = place_of(location)
    if place is None:
        return file_of(location)
    folder = folder_of(place, lasting=lasting)
    if make:
        with suppress(OSError):  # which who writes there says again
            folder.mkdir(parents=True, exist_ok=True)
    return folder / "library"


def file_of(location: Location) -> Path | None:
    """The file that a location names or is a link to, absolute; ``None`` for one that is no file.

    Raises:
        UsageError: no path, or an address of a kind that this lookalike doesn't know.
    """
    named = check_path("a library's location", location)
    if named == MEMORY:
        return None
    if place_at(named) is not None:
        return None
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
    """Whether something is at a location, be it a library or not.

    Raises:
        LibraryError: it is on a server that doesn't answer.
    """
    place = place_of(location)
    if place is not None:
        return place.exists()
    path = file_of(location)
    return path is not None and os.path.exists(path)


def makes_one(location: Location, *, create: bool, read_only: bool) -> bool:
    """Whether :func:`open_library` would make a library; nothing is made or changed yet.

    Raises:
        UsageError: the location can't be understood.
        LibraryError: it would fail: there is no folder for the file, or something else is there.
    """
    named = os.fspath(location) if isinstance(location, str | os.PathLike) else ""
    place = place_of(location)
    if place is not None:
        return create and not read_only and not place.exists()
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
    place = place_of(location)
    if place is not None:
        return place.open(create=create, read_only=read_only)
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
    """The previews of a library: beside its file, on this machine, or in memory for one there."""
    # Here, not above: SQLite.
    from lookalike.library.local.previews import PreviewsFile, previews_file

    path = beside(store.location, make=True)
    if path is None:
        return previews_in_memory()
    # They are of this machine, whoever may write to the library.
    read_only = store.read_only and place_of(store.location) is None
    shared = not is_network(path.parent)
    return PreviewsFile(previews_file(path), read_only=read_only, shared=shared)


def cache_of(location: Location) -> Path | None:
    """The folder of what is made of a library and can be made again; ``None`` for one in memory."""
    from lookalike.library.mapped import cache_folder

    path = beside(location)
    return None if path is None else cache_folder(path)


def pairs_in_memory(looks: Iterable[Look]) -> PairStore:
    """Where pairs are kept for a library that can't be written to, with those that it has."""
    from lookalike.library.memory.looks import PairsInMemory

    return PairsInMemory(looks)


def previews_in_memory(limit: int | None = None) -> Previews:
    """Previews that are gone when they are closed; at most so many bytes."""
    from lookalike.library.local.previews import LIMIT, PreviewsFile

    return PreviewsFile(None, limit=limit or LIMIT)
