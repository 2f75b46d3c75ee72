"""A repair makes a sound file from what is sound in a damaged one, and loses nothing else."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from damaging import overwrite, pages, rows, sql
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_checking import needs_dbstat

from lookalike.errors import (
    LibraryDamagedError,
    LibraryFullError,
    LibraryLockedError,
    LibraryNotFoundError,
    LookalikeError,
)
from lookalike.library import Library
from lookalike.library.local import schema
from lookalike.library.local.connection import writer_lock
from lookalike.library.mapped import cache_folder
from lookalike.library.opening import open_library
from lookalike.library.tending import check_library, repair_library

pytestmark = pytest.mark.slow


def uuid(path: Path) -> str:
    raw = sqlite3.connect(path)
    found = raw.execute("SELECT value FROM settings WHERE key = 'uuid'").fetchone()[0]
    raw.close()
    return str(found)


def counted(path: Path) -> list[tuple[str, int]]:
    raw = sqlite3.connect(path)
    found = raw.execute("SELECT name, seq FROM sqlite_sequence ORDER BY name").fetchall()
    raw.close()
    return found


def test_a_sound_library_is_left_alone(path: Path) -> None:
    before = path.read_bytes()
    report = repair_library(path)
    assert (report.action, report.problems, report.damaged) == ("nothing", (), None)
    assert path.read_bytes() == before
    assert cache_folder(path).exists()


def test_a_damaged_cache_is_deleted_and_nothing_else(path: Path) -> None:
    before = path.read_bytes()
    (file, *_) = cache_folder(path).glob("photo-*.words")
    file.write_bytes(bytes(file.stat().st_size))
    report = repair_library(path)
    assert report.action == "cache"
    assert path.read_bytes() == before
    assert not cache_folder(path).exists()


@needs_dbstat
def test_a_damaged_page_costs_its_own_rows_alone(whole: Path, path: Path) -> None:
    before, known = rows(whole), pages(whole)
    for told in sorted(set(known.values())):
        page = max(number for number, other in known.items() if other == told)
        if page == 1:
            continue
        shutil.copyfile(whole, path)
        overwrite(path, page, seed=page)
        if told.startswith("sqlite_schema"):  # as with the first page
            with pytest.raises(LibraryDamagedError, match="nothing can be saved"):
                repair_library(path)
            continue
        report = repair_library(path)
        assert report.action == "file", told
        assert check_library(path).sound, told
        after = rows(path)
        lost = {table for table in before if after[table] != before[table]}
        name, kind = told.split()
        for table in lost:
            assert after[table] < before[table], told
        if name in before and kind == "leaf":
            leaves = sum(other == told for other in known.values())
            if leaves > 2 and name in ("files", "contents", "codes", "ledger", "pictures"):
                assert after[name], told
                # Neighbours are of about the same size.
                assert len(after[name]) >= len(before[name]) * (1 - 3 / leaves), told
        elif name not in before and name != "sqlite_sequence":
            assert not lost, told  # an index
        assert uuid(path) != uuid(whole)
        shutil.rmtree(cache_folder(path), ignore_errors=True)
        for file in path.parent.glob("*.damaged*"):
            file.unlink()


@needs_dbstat
def test_two_damaged_pages_lose_nothing_between_them(whole: Path, path: Path) -> None:
    leaves = [page for page, told in pages(whole).items() if told == "contents leaf"]
    assert len(leaves) >= 5
    for page in (leaves[1], leaves[-2]):
        overwrite(path, page)
    repair_library(path)
    kept = {row[0] for row in rows(path)["contents"]}
    gaps = sum(1 for n in range(1, 400) if n in kept and n + 1 not in kept)
    assert gaps == 2


def test_references_that_are_broken(path: Path) -> None:
    sql(path, "DELETE FROM contents WHERE id IN (3, 4)", "DELETE FROM files WHERE id = 9")
    before = rows(path)
    report = repair_library(path)
    assert check_library(path).sound
    after = rows(path)
    assert before["files"] - after["files"] == {r for r in before["files"] if r[0] in (3, 4)}
    assert before["pictures"] - after["pictures"] == {
        r for r in before["pictures"] if r[0] in (3, 4, 9)
    }
    assert {(s.table, s.left_out) for s in report.tables if s.left_out} == {
        ("codes", 4),
        ("files", 2),
        ("pictures", 3),
    }
    store, engine = open_library(path, create=False, read_only=False)
    assert store.counts().pictures == 397
    assert len(list(store.unused())) == 1  # the next index finds its file and decodes nothing
    engine.close()
    store.close()


def test_ids_are_not_given_out_again(path: Path) -> None:
    sql(path, "DELETE FROM files WHERE id = 400", "DELETE FROM codes WHERE content = 400")
    before = counted(path)
    repair_library(path)
    assert counted(path) == before


def test_a_model_that_is_damaged_is_forgotten(path: Path) -> None:
    sql(path, "UPDATE encoders SET card = '{}', model = x'1234' WHERE slot = 'photo'")
    codes = rows(path)["codes"]
    repair_library(path)
    raw = sqlite3.connect(path)
    assert raw.execute("SELECT count(*) FROM encoders WHERE model IS NULL").fetchone() == (2,)
    raw.close()
    assert rows(path)["codes"] == codes


def test_settings_that_are_gone(path: Path) -> None:
    sql(path, "DELETE FROM settings")
    repair_library(path)
    assert check_library(path).sound
    store, engine = open_library(path, create=False, read_only=False)
    assert store.setting("members") == "1"
    assert store.stamp().uuid
    engine.close()
    store.close()


def test_the_damaged_file_stays_and_is_never_overwritten(path: Path) -> None:
    contents = []
    names = ("a.lookalike.damaged", "a.lookalike.damaged-2", "a.lookalike.damaged-3")
    for number, name in enumerate(names, 1):
        sql(path, f"UPDATE contents SET width = 0 WHERE id = {number}")
        contents.append(path.read_bytes())
        report = repair_library(path)
        assert report.damaged == str(path.with_name(name))
    for name, content in zip(("damaged", "damaged-2", "damaged-3"), contents, strict=True):
        assert path.with_name(f"a.lookalike.{name}").read_bytes() == content
    assert {p.name for p in path.parent.iterdir()} == {
        "a.lookalike",
        "a.lookalike.lock",
        "a.lookalike.damaged",
        "a.lookalike.damaged-2",
        "a.lookalike.damaged-3",
    }


def test_deleting_a_library_deletes_what_repairs_left(path: Path) -> None:
    sql(path, "UPDATE contents SET width = 0 WHERE id = 1")
    repair_library(path)
    other = path.with_name("other.lookalike.damaged")
    other.touch()
    Library.delete(path)
    assert list(path.parent.iterdir()) == [other]


def test_what_is_in_the_log_is_saved(path: Path) -> None:
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA journal_mode = WAL")
    raw.execute("PRAGMA wal_autocheckpoint = 0")
    raw.execute("INSERT INTO folders (path, exclude) VALUES (x'2f78', '[]')")
    raw.execute("DELETE FROM contents WHERE id = 3")
    raw.commit()
    for ending in ("", "-wal"):  # as a crash leaves them
        shutil.copyfile(f"{path}{ending}", path.with_name(f"b.lookalike{ending}"))
    raw.close()
    crashed = path.with_name("b.lookalike")
    assert os.path.getsize(f"{crashed}-wal") > 0
    assert repair_library(crashed).action == "file"
    assert any(row[1] == b"/x" for row in rows(crashed)["folders"])
    assert check_library(crashed).sound


def test_nothing_can_be_saved(path: Path) -> None:
    overwrite(path, 1, start=100, size=3996)
    before = path.read_bytes()
    with pytest.raises(LibraryDamagedError, match="nothing can be saved"):
        repair_library(path)
    assert path.read_bytes() == before
    assert {p.name for p in path.parent.iterdir()} <= {
        "a.lookalike",
        "a.lookalike.lock",
        "a.lookalike-cache",
    }


def test_too_little_room(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    overwrite(path, 3)
    before = path.read_bytes()
    usage = shutil.disk_usage(path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(LibraryFullError, match="1,000 are free"):
        repair_library(path)
    assert path.read_bytes() == before


def test_somebody_is_writing(path: Path) -> None:
    with writer_lock(path), pytest.raises(LibraryLockedError):
        repair_library(path)


def test_nothing_there(tmp_path: Path) -> None:
    for location in (tmp_path / "none.lookalike", ":memory:"):
        with pytest.raises(LibraryNotFoundError):
            repair_library(location)
    assert list(tmp_path.iterdir()) == []


def test_an_older_version_is_repaired_and_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "old.lookalike"
    raw = sqlite3.connect(path)
    raw.executescript(
        schema.MIGRATIONS[0]
        + "INSERT INTO settings VALUES ('uuid', 'x'), ('generation', '0'), ('epoch', '0');"
        "INSERT INTO folders (path, exclude) VALUES (x'2f78', '[]');"
        "INSERT INTO codes (encoder, content, code) VALUES (1, 1, x'00');"
        f"PRAGMA application_id = {schema.APPLICATION_ID}; PRAGMA user_version = 1;"
    )
    raw.close()
    repair_library(path)
    store, engine = open_library(path, create=False, read_only=False)
    assert [folder.path for folder in store.folders()] == ["/x"]
    engine.close()
    store.close()
    assert check_library(path).sound


@given(
    places=st.lists(
        st.tuples(st.integers(1, 10_000), st.integers(0, 4095), st.sampled_from([1, 8, 512, 4096])),
        min_size=1,
        max_size=4,
    ),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_damaged_the_repaired_file_is_sound(
    whole: Path, tmp_path: Path, places: list[tuple[int, int, int]], seed: int
) -> None:
    folder = tmp_path / "once"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    path = Path(shutil.copyfile(whole, folder / "a.lookalike"))
    count = path.stat().st_size // 4096
    for page, start, size in places:
        overwrite(path, 1 + page % count, start=start, size=min(size, 4096 - start), seed=seed)
    before = path.read_bytes()
    try:
        report = repair_library(path)
    except LookalikeError:
        assert path.read_bytes() == before
        return
    assert check_library(path).sound
    if report.damaged is not None:
        assert Path(report.damaged).read_bytes() == before
