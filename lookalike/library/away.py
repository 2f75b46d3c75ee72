"""Libraries that are no file of this machine: from an address to what opens the library there.

To add an engine: one line in ``_ENGINES``. Its module has a function ``place``, which takes an
address and gives a :class:`Place`, or a ``UsageError`` that doesn't repeat the address, since there
may be a password in it. Nothing is imported or connected before it is needed.
"""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from lookalike.errors import UsageError
from lookalike.library.engine import Engine
from lookalike.library.store import Store

__all__ = ["Place", "folder_of", "place_at"]

_ENGINES: dict[str, str] = {
    "milvus": "lookalike.remote.milvus.place",
    "postgresql": "lookalike.remote.postgres.place",
}
"""The scheme of an address: the module of its engine."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")


class Place(Protocol):
    """Where one library is, or may be."""

    @property
    def location(self) -> str:
        """The address, without a password or a token; it names the same library."""

    @property
    def digest(self) -> str:
        """Letters and digits that tell the library from any other, whoever asks and how."""

    def exists(self) -> bool:
        """Whether there is a library.

        Raises:
            LibraryError: that can't be found out: the server isn't there, or lets nobody in.
        """

    def open(self, *, create: bool, read_only: bool) -> tuple[Store, Engine]:
        """As :func:`lookalike.library.opening.open_library`.

        Raises:
            MissingExtraError: what speaks to the server isn't installed.
            LibraryError: as there.
        """

    def delete(self) -> None:
        """Delete the library on the server, with all that is in it.

        Raises:
            LibraryError: there is none, it can't be deleted, or somebody is writing to it.
        """


def place_at(named: str) -> Place | None:
    """The place that an address names; ``None`` for what is no address.

    Raises:
        UsageError: an address of a kind that this lookalike doesn't know, or a wrong one.
    """
    address = _SCHEME.match(named)
    if address is None:
        return None
    module = _ENGINES.get(address[1].lower())
    if module is None:
        known = [":memory:", *(f"{scheme}://HOST/NAME" for scheme in sorted(_ENGINES))]
        raise UsageError(
            f"{address[1]}:// names no library that this lookalike can open: give the path of a"
            f" file, or {', or '.join(known)}"
        )
    return cast(Place, import_module(module).place(named))


def folder_of(place: Place, *, lasting: bool = False) -> Path:
    """The folder of what this machine keeps of such a library; it may be missing.

    Args:
        place: where the library is.
        lasting: whether what is kept can't be made again: the journals of what was done to files.
    """
    # Here, not above: most of what imports this asks for no folder.
    import platformdirs

    find = platformdirs.user_data_dir if lasting else platformdirs.user_cache_dir
    return Path(find("lookalike", appauthor=False)) / "remote" / place.digest
