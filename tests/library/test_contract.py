"""All places that keep a library, by one suite; and what holds of the house around the contract."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from contract import Contract, Opened

import lookalike
from lookalike.errors import LibraryNotFoundError, UsageError
from lookalike.library import Library
from lookalike.library.opening import MEMORY, file_of, open_library
from lookalike.library.store import Store

PACKAGE = Path(lookalike.__file__).parent


class TestLocal(Contract):
    """A file."""

    @contextmanager
    def open_new(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
        path = tmp_path_factory.mktemp("local") / "a.lookalike"
        store, engine = open_library(path, create=True, read_only=False)
        yield store, engine
        engine.close()
        store.close()

    def open_again(self, store: Store) -> Opened:
        return open_library(store.location, create=False, read_only=False)


class TestMemory(Contract):
    """No file."""

    @contextmanager
    def open_new(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
        store, engine = open_library(MEMORY, create=True, read_only=False)
        yield store, engine
        engine.close()
        store.close()


def test_a_library_in_memory(photos: Path) -> None:
    with Library.open(":memory:", workers=1) as library:
        assert library.index(photos).added == 8
        assert library.index().unchanged == 8
        (photos / "coins.jpg").rename(photos / "money.jpg")
        assert library.index().moved == 1
        hit = library.search(photos / "money.jpg", k=1).hits[0]
        assert (hit.kind, hit.path) == ("same-bytes", str(photos / "money.jpg"))
        assert library.status().pictures == 8
        assert library.location == ":memory:"
        with pytest.raises(UsageError, match="no file"):
            library.path  # noqa: B018
        assert library.reindex().unchanged == 8
        assert library.remove(photos) == 8
        assert library.search(photos / "money.jpg").hits == ()


def test_a_library_in_memory_is_new_each_time() -> None:
    with pytest.raises(LibraryNotFoundError, match="new library each time"):
        Library.open(MEMORY, create=False)
    with pytest.raises(LibraryNotFoundError, match="can't be deleted"):
        Library.delete(MEMORY)
    assert not Path(MEMORY).exists()


@pytest.mark.parametrize("address", ["ftp://host:19530/name", "nosuch://host/name", "s3://b"])
def test_an_address_is_no_path(address: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="names no library that this lookalike can open"):
        Library.open(address)
    assert file_of(tmp_path / "a") == tmp_path / "a"
    assert not Path(address.split("/", 1)[0]).exists()


SQL = re.compile(
    r"\b(SELECT\s.+\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|PRAGMA\s)",
    re.S,
)


def strings(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_sql_stays_in_its_room() -> None:
    """Only three rooms speak it, and only library/local/ imports sqlite3."""
    talkers = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if any(SQL.search(text) for text in strings(path))
    }
    assert talkers
    rooms = ("library/sql/", "library/local/", "remote/postgres/")
    assert all(name.startswith(rooms) for name in talkers), talkers
    users = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if re.search(r"^\s*(import|from) sqlite3", path.read_text(encoding="utf-8"), re.M)
    }
    assert all(name.startswith("library/local/") for name in users), users


@pytest.mark.parametrize("place", ["local", "memory"])
def test_only_the_opener_knows_the_places(place: str) -> None:
    users = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if re.search(rf"lookalike\.library\.{place}\b", path.read_text(encoding="utf-8"))
    }
    outside = {name for name in users if not name.startswith(f"library/{place}/")}
    assert outside - {"library/tending.py"} == {"library/opening.py"}
