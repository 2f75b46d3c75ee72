"""A library through its contract, beside the library itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lookalike.library import Library
from lookalike.library.engine import Engine
from lookalike.library.opening import open_library
from lookalike.library.store import Store


@contextmanager
def contract_of(library: Library) -> Iterator[tuple[Store, Engine]]:
    """Another view of an open library's file, through the contract."""
    store, engine = open_library(library.path, create=False, read_only=False)
    try:
        yield store, engine
    finally:
        engine.close()
        store.close()
