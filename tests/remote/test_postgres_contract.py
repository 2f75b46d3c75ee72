"""The contract of a library's place, kept in PostgreSQL."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "library"))

from contract import Contract, Opened

from lookalike.library.opening import open_library
from lookalike.library.store import Store


class TestPostgres(Contract):
    """A schema of a database."""

    @pytest.fixture(autouse=True)
    def _addresses(self, new_address: Callable[[], str]) -> None:
        self._new = new_address

    @contextmanager
    def open_new(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
        store, engine = open_library(self._new(), create=True, read_only=False)
        yield store, engine
        engine.close()
        store.close()

    def open_again(self, store: Store) -> Opened:
        return open_library(store.location, create=False, read_only=False)
