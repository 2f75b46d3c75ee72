"""A whole library on a real Milvus, by the same calls as one in a file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from milvus_server import MilvusServer
from PIL import Image

from lookalike.cli import main
from lookalike.errors import LibraryDamagedError, LibraryError, LibraryNotFoundError, UsageError
from lookalike.library import Library
from lookalike.library.filters import Filter
from lookalike.remote.milvus.connection import Connection
from lookalike.remote.milvus.forms import BASE, Forms
from lookalike.remote.milvus.place import place


@pytest.fixture(scope="module")
def address(milvus: MilvusServer) -> Iterator[str]:
    address = milvus.address()
    yield address
    if place(address).exists():
        Library.delete(address)


def test_a_life_of_a_library(address: str, photos: Path, tmp_path: Path) -> None:
    """In one test: what one step leaves is what the next one finds."""
    with pytest.raises(LibraryNotFoundError):
        Library.open(address, create=False)
    small = tmp_path / "small.jpg"
    with Image.open(photos / "coffee.jpg") as picture:
        picture.resize((200, 133)).save(small)
    with Library.open(address, workers=1) as library:
        assert library.index(photos).added == 8
        assert library.index().unchanged == 8
        assert library.location == address
        hits = library.search(photos / "coins.jpg", k=3).hits
        assert (hits[0].kind, hits[0].path) == ("same-bytes", str(photos / "coins.jpg"))
        edited = library.search(small, k=1).hits[0]
        assert (edited.kind, edited.path) == ("edited", str(photos / "coffee.jpg"))
        none = Filter.parse(under=[tmp_path / "elsewhere"])
        assert library.search(small, k=1, only=none).hits == ()
        (photos / "coins.jpg").rename(photos / "money.jpg")
        shutil.copy(small, photos / "small.jpg")
        (photos / "no.jpg").write_bytes(b"no picture")
        report = library.index()
        assert (report.moved, report.added, report.skipped + report.failed) == (1, 1, 1)
        assert library.search(photos / "money.jpg", k=1).hits[0].path == str(photos / "money.jpg")
        assert library.status().pictures == 9

    with Library.open(address, create=False, workers=1) as library:  # as another machine would
        (group,) = library.duplicates().groups
        names = {os.path.basename(one.path): one.id for one in group.pictures}
        assert set(names) == {"coffee.jpg", "small.jpg"}
        library.reject(names["coffee.jpg"], names["small.jpg"])
        assert library.duplicates().groups == ()
        (photos / "rocket.jpg").unlink()
        assert library.index().missing == 1
        assert library.status().pictures == 8
        assert library.search(photos / "camera.jpg", k=9).hits[-1].path != str(
            photos / "rocket.jpg"
        )
        assert library.check().sound


def test_commands_take_the_address(
    address: str, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["index", str(photos), "--library", address]) == 0
    assert main(["search", str(photos / "chelsea.jpg"), "--library", address]) == 0
    assert "chelsea.jpg" in capsys.readouterr().out
    assert main(["status", "--library", address]) == 0
    assert address in capsys.readouterr().out
    assert main(["check-library", "--library", address]) == 0


def test_what_is_refused(milvus: MilvusServer) -> None:
    for wrong, why in {
        "milvus:///a.db": "Milvus Lite",
        "milvus://host/9": "can't name a library",
        "milvus://host/a/b/c": "DATABASE/NAME",
        "milvus://host/a?tls=maybe": "0 or 1",
        "milvus://host/a?speed=1": "no option",
    }.items():
        with pytest.raises(UsageError, match=why):
            place(wrong)
    where = milvus.place()
    connection = Connection(where)
    try:
        schema = connection.schema("somebody else's")
        schema.add_field("id", connection.types.INT64, is_primary=True)
        schema.add_field("v", connection.types.BINARY_VECTOR, dim=8)
        connection.call("create_collection", f"{where.name}_meta", schema=schema)
        with pytest.raises(LibraryDamagedError, match="that lookalike didn't make"):
            Library.open(where.location)
        connection.call("drop_collection", f"{where.name}_meta")
    finally:
        connection.close()


def test_a_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKALIKE_MILVUS_TOKEN", "hunter3")
    found = place("milvus://ann:hunter2@host/name?tls=1")
    assert (found.password, found.token, found.uri) == ("hunter2", "hunter3", "https://host:19530")
    assert "hunter" not in f"{found!r} {found.location} {found.server} {found.digest}"
    assert place("milvus://[::1]:7/db/name").uri == "http://[::1]:7"
    assert place("milvus://h/db/name").database == "db"


def test_an_index_that_leaves_hits_out_is_refused(milvus: MilvusServer, photos: Path) -> None:
    where = milvus.place()
    with Library.open(where.location, workers=1) as library:
        library.index(photos)
    connection = Connection(where)
    try:
        forms = Forms(connection, where.name)
        codes = next(what for what in forms.all() if what.startswith("pdq_"))
        assert set(BASE) < set(forms.all())
        name = f"{where.name}_{codes}"
        connection.call("release_collection", name)
        connection.call("drop_index", name, "code")
        index = connection.index("code", "BIN_IVF_FLAT")
        connection.call("create_index", name, index)
        with pytest.raises(LibraryError, match="BIN_IVF_FLAT, which leaves hits out"):
            Library.open(where.location).search(photos / "coins.jpg")
    finally:
        connection.close()
        Library.delete(where.location)


def test_a_library_in_a_database_of_the_server(milvus: MilvusServer, photos: Path) -> None:
    """It has that name to itself: there is none of this name elsewhere."""
    outside = milvus.place()
    database = f"d_{outside.name}"
    connection = Connection(outside)
    try:
        connection.call("create_database", database)
        address = outside.location.replace(outside.name, f"{database}/{outside.name}")
        with Library.open(address, workers=1) as library:
            assert library.index(photos).added == 8
            hits = library.search(photos / "coins.jpg", k=1).hits
            assert hits[0].path == str(photos / "coins.jpg")
        assert place(address).exists()
        assert not outside.exists()
        with pytest.raises(LibraryError, match="no_such"):
            Library.open(address.replace(database, "no_such"), create=False)
        Library.delete(address)
        connection.call("drop_database", database)
    finally:
        connection.close()
