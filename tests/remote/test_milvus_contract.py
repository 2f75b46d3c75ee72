"""The contract of libraries on a real Milvus."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "library"))

from contract import Contract, Opened
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from milvus_server import MilvusServer

from lookalike.library.store import Store
from lookalike.remote.milvus.connection import Connection
from lookalike.remote.milvus.engine import MilvusEngine
from lookalike.remote.milvus.forms import BASE, Forms
from lookalike.remote.milvus.place import MilvusPlace
from lookalike.remote.milvus.store import MilvusStore

FREE: list[MilvusPlace] = []
"""Libraries that are empty: making one takes seconds."""


def wipe(place: MilvusPlace) -> None:
    connection = Connection(place)
    for what in Forms(connection, place.name).all():
        key = BASE[what].key if what in BASE else "id"
        where = 'key >= ""' if key == "key" else "id >= 0"
        connection.delete_where(f"{place.name}_{what}", where)
    connection.close()


@contextmanager
def a_library(milvus: MilvusServer) -> Iterator[Opened]:
    place = FREE.pop() if FREE else milvus.place()
    store = MilvusStore(place, create=True, read_only=False)
    engine = MilvusEngine(store)
    try:
        yield store, engine
    finally:
        engine.close()
        store.close()
        wipe(place)
        FREE.append(place)


class TestMilvus(Contract):
    """A server."""

    @pytest.fixture(autouse=True)
    def server(self, milvus: MilvusServer) -> None:
        self.milvus = milvus

    @contextmanager
    def open_new(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
        with a_library(self.milvus) as opened:
            yield opened

    def open_again(self, store: Store) -> Opened:
        assert isinstance(store, MilvusStore)
        again = MilvusStore(store.place, create=False, read_only=False)
        return again, MilvusEngine(again)

    # Each call goes to a server: fewer examples.
    @settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def test_whatever_is_written_the_library_is_what_was_said(
        self, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        self.live(data, tmp_path_factory)
