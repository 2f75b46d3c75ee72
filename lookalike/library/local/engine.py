"""Searches the mapped tables beside a library's file."""

from __future__ import annotations

from lookalike.library import mapped
from lookalike.library.disk import is_writable
from lookalike.library.local.store import LocalStore
from lookalike.library.mapped_engine import MappedEngine

__all__ = ["LocalEngine"]


class LocalEngine(MappedEngine):
    """The :class:`~lookalike.library.engine.Engine` of a file.

    Args:
        store: whose codes are searched.
    """

    def __init__(self, store: LocalStore) -> None:
        def writable() -> bool:
            return not store.read_only and is_writable(store.path.parent)

        super().__init__(store, mapped.cache_folder(store.path), writable=writable)
