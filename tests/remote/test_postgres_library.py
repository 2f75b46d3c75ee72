"""A whole library in PostgreSQL: index, search, decide, move, serve; by Python and by commands."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from lookalike.cli import main
from lookalike.errors import (
    LibraryDamagedError,
    LibraryLockedError,
    LibraryNotFoundError,
    LibraryReadOnlyError,
    LibraryVersionError,
    UsageError,
)
from lookalike.library import Library
from lookalike.library.filters import Filter
from lookalike.library.opening import cache_of, open_library, shown
from lookalike.library.tending import check_library, count_deletable, repair_library

NewAddress = Callable[[], str]


@pytest.fixture
def address(new_address: NewAddress, photos: Path) -> str:
    """Of a library with eight photographs, a copy, an edit and a part."""
    shutil.copy(photos / "coins.jpg", photos / "coins-copy.jpg")
    with Image.open(photos / "chelsea.jpg") as cat:
        cat.resize((200, 133)).save(photos / "small-cat.jpg", quality=60)
        cat.crop((120, 60, 380, 260)).save(photos / "part-of-cat.png")
    found = new_address()
    with Library.open(found, workers=1) as library:
        report = library.index(photos, parts=True)
        assert (report.added, report.failed) == (11, 0)
    return found


def test_it_is_a_library_as_any_other(address: str, photos: Path) -> None:
    with Library.open(address, create=False, workers=1) as library:
        assert library.index().unchanged == 11
        kinds = {
            Path(hit.path).name: hit.kind for hit in library.search(photos / "chelsea.jpg").hits
        }
        assert kinds["chelsea.jpg"] == "same-bytes"
        assert kinds["small-cat.jpg"] == "edited"
        assert kinds["part-of-cat.png"] == "part"
        assert set(kinds.values()) == {"same-bytes", "edited", "part", "alike"}
        pair = library.search(photos / "coins.jpg", k=2).hits
        assert {hit.kind for hit in pair} == {"same-bytes"}
        assert {Path(hit.path).name for hit in pair} == {"coins.jpg", "coins-copy.jpg"}
        png = Filter.parse(formats="png")
        only = library.search(photos / "chelsea.jpg", only=png).hits
        assert [Path(hit.path).name for hit in only] == ["part-of-cat.png"]
        # What moves, goes, and is decided.
        (photos / "coins.jpg").rename(photos / "money.jpg")
        (photos / "grass.jpg").unlink()
        report = library.index()
        assert (report.moved, report.missing, report.unchanged) == (1, 1, 9)
        assert library.status().missing == 1
        found = {
            frozenset(Path(one.path).name for one in (group.keep, *group.members))
            for group in library.duplicates().groups
        }
        assert frozenset({"money.jpg", "coins-copy.jpg"}) in found
        assert any({"chelsea.jpg", "small-cat.jpg"} <= names for names in found)
        ids = {Path(hit.path).name: hit.id for hit in library.search(photos / "chelsea.jpg").hits}
        library.reject(ids["chelsea.jpg"], ids["small-cat.jpg"])
        again = [
            {Path(one.path).name for one in (group.keep, *group.members)}
            for group in library.duplicates().groups
        ]
        assert not any({"chelsea.jpg", "small-cat.jpg"} <= names for names in again)
        assert library.check().sound
        # A folder that goes away is no loss.
        away = photos.rename(photos.with_name("away"))
        report = library.index()
        assert report.offline == (str(photos),)
        assert library.status().pictures == 10
        away.rename(photos)
        assert library.index().unchanged == 10
    assert check_library(address).sound
    assert count_deletable(address) == (10, False)


def test_another_machine_searches_what_one_indexed(
    address: str, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no cache yet, and previews of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    with Library.open(address, read_only=True, workers=1) as there:
        assert there.search(photos / "rocket.jpg", k=1).hits[0].kind == "same-bytes"
        with pytest.raises(LibraryReadOnlyError, match="can only be read"):
            there.index()
        with Library.open(address, workers=1) as here:
            shutil.copy(photos / "rocket.jpg", photos / "later.jpg")
            Image.new("RGB", (300, 200), (250, 30, 90)).save(photos / "red.png")
            assert here.index().added == 2
        hits = there.search(photos / "red.png", k=1).hits
        assert (hits[0].kind, Path(hits[0].path).name) == ("same-bytes", "red.png")
        shutil.rmtree(photos)
        with Library.open(address, workers=1) as here:
            here.remove(photos)
        assert there.status().pictures == 0
    cache = cache_of(address)
    assert cache is not None
    assert cache.is_relative_to(tmp_path / "elsewhere")


def test_a_damaged_cache_is_repaired(address: str, photos: Path) -> None:
    folder = cache_of(address)
    assert folder is not None
    words = next(folder.glob("pdq-*.words"))
    raw = bytearray(words.read_bytes())
    raw[3] ^= 1
    words.write_bytes(raw)
    report = check_library(address)
    assert [problem.where for problem in report.problems] == ["cache of pdq"]
    assert repair_library(address).action == "cache"
    assert check_library(address).sound


def test_the_commands(
    address: str,
    photos: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOOKALIKE_LIBRARY", address)
    assert main(["status"]) == 0
    told = capsys.readouterr().out
    assert f"library   {shown(address)} (schema 1)" in told
    assert main(["search", str(photos / "coins.jpg"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["hits"][0]["kind"] == "same-bytes"
    assert main(["check-library"]) == 0
    assert main(["remove", "--all", "--yes"]) == 0
    capsys.readouterr()
    assert main(["status"]) == 1
    assert "make one with 'lookalike index FOLDER'" in capsys.readouterr().err


def test_what_is_refused(new_address: NewAddress, postgres: str) -> None:
    import psycopg

    address = new_address()
    with pytest.raises(LibraryNotFoundError, match="make one with"):
        Library.open(address, create=False)
    with pytest.raises(UsageError, match="PostgreSQL's own schema"):
        Library.open(address.replace("/test_", "/pg_"))
    with pytest.raises(UsageError, match="names too much"):
        Library.open(address.replace("/test_", "/a/test_"))
    with pytest.raises(UsageError, match=r'invalid .*option "colour"'):
        Library.open(f"{address}{'&' if '?' in address else '?'}colour=red")
    schema = address.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        connection.execute(f"CREATE TABLE {schema}.settings (id INT)")
        for ask in (Library.open, Library.delete, check_library):
            with pytest.raises(LibraryDamagedError, match="other tables in it"):
                ask(address)
        connection.execute(f"DROP SCHEMA {schema} CASCADE")
        store, engine = open_library(address, create=True, read_only=False)
        engine.close()
        store.close()
        connection.execute(f"UPDATE {schema}.settings SET value = '99' WHERE key = 'version'")
        with pytest.raises(LibraryVersionError, match="newer lookalike"):
            Library.open(address)
        connection.execute(f"UPDATE {schema}.settings SET value = '1' WHERE key = 'version'")
        # A user who may only read, as on a copy of the server.
        connection.execute(f"CREATE ROLE reader_{schema} LOGIN")
        connection.execute(f"GRANT USAGE ON SCHEMA {schema} TO reader_{schema}")
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reader_{schema}")
        try:
            reader = address.replace("tester@", f"reader_{schema}@")
            if reader != address:
                store, engine = open_library(reader, create=False, read_only=False)
                assert store.read_only
                with pytest.raises(LibraryReadOnlyError), store.run():
                    pass
                engine.close()
                store.close()
        finally:
            connection.execute(f"DROP OWNED BY reader_{schema}")
            connection.execute(f"DROP ROLE reader_{schema}")


def test_a_server_that_is_not_there() -> None:
    from lookalike.errors import LibraryAwayError
    from lookalike.remote.postgres import place

    before, place.OPENING = place.OPENING, 0.2
    try:
        with pytest.raises(LibraryAwayError, match=r"doesn't answer.*start the server"):
            Library.open("postgresql://nobody@127.0.0.1:9/none")
    finally:
        place.OPENING = before


WRITER = """
import os, signal, sys
from lookalike.library import Library
from lookalike.library.keeping import Keeping

commits = 0
put = Keeping._put
def stop(self, jobs):
    global commits
    commits += 1
    put(self, jobs)
    if commits == 2:
        os.kill(os.getpid(), signal.SIGKILL)  # in the middle of a transaction
Keeping._put = stop
with Library.open(sys.argv[1], workers=1) as library:
    library.index(sys.argv[2])
"""


def test_a_writer_that_is_killed_and_repeated(new_address: NewAddress, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(80):
        picture = Image.linear_gradient("L").rotate(n * 4).resize((40, 30 + n))
        picture.save(folder / f"{n:02}.png")
    address = new_address()
    killed = subprocess.run([sys.executable, "-c", WRITER, address, str(folder)], check=False)
    assert killed.returncode == -9
    with Library.open(address, workers=1) as library:  # the lock went with the process
        before = library.status().pictures
        assert 0 < before < 80
        report = library.index()
        assert report.added == 80 - before
        assert library.status().pictures == 80
        assert library.index().unchanged == 80
        assert library.check().notes == ()


def test_one_run_at_a_time_over_processes(new_address: NewAddress) -> None:
    address = new_address()
    first, engine = open_library(address, create=True, read_only=False)
    second, other = open_library(address, create=False, read_only=False)
    try:
        with first.run():
            with pytest.raises(LibraryLockedError), second.run():
                pass
            with pytest.raises(LibraryLockedError, match="another process is writing"):
                Library.delete(address)
        with second.run():
            pass
    finally:
        for one in (engine, other, first, second):
            one.close()
