"""A check finds what is wrong with a file, and says so in plain words."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from damaging import overwrite, pages, rows, sql
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lookalike.errors import (
    LibraryDamagedError,
    LibraryError,
    LibraryNotFoundError,
    LibraryVersionError,
    LookalikeError,
)
from lookalike.library.local import schema
from lookalike.library.mapped import cache_folder
from lookalike.library.tending import check_library


def has_dbstat() -> bool:
    try:
        sqlite3.connect(":memory:").execute("SELECT * FROM dbstat").fetchall()
    except sqlite3.OperationalError:
        return False
    return True


needs_dbstat = pytest.mark.skipif(
    not has_dbstat(), reason="this SQLite doesn't tell what a page belongs to (dbstat)"
)


def test_a_sound_library(path: Path) -> None:
    before = path.read_bytes()
    report = check_library(path)
    assert report.sound
    assert report.problems == ()
    assert report.notes == ()
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("statement", "where", "what", "count"),
    [
        ("DELETE FROM contents WHERE id = 3", "table codes", "refer to contents", 2),
        ("DELETE FROM files WHERE id = 4", "table pictures", "refer to files", 1),
        ("DELETE FROM pictures WHERE id = 5", "table files", "pictures are not all there", 1),
        ("UPDATE contents SET digest = x'12' WHERE id = 6", "table contents", "checksums", 1),
        ("UPDATE contents SET width = 0 WHERE id = 6", "table contents", "impossible size", 1),
        ("UPDATE codes SET code = x'1234' WHERE content = 7", "table codes", "wrong size", 2),
        ("UPDATE codes SET quality = 101 WHERE content = 7", "table codes", "qualities", 2),
        ("UPDATE codes SET quality = 'x' WHERE content = 7", "table codes", "wrong type", 2),
        ("UPDATE files SET mtime_ns = x'00' WHERE id = 8", "table files", "wrong type", 1),
        (
            "UPDATE contents SET format = CAST(x'ff' AS TEXT) WHERE id = 9",
            "table contents",
            "wrong type",
            1,
        ),
        ("UPDATE folders SET exclude = '{'", "table folders", "patterns", 2),
        ("DELETE FROM settings WHERE key = 'uuid'", "table settings", "uuid", 1),
        ("UPDATE settings SET value = 'x' WHERE key = 'epoch'", "table settings", "epoch", 1),
        ("DELETE FROM sqlite_sequence", "table sqlite_sequence", "given out twice", 400),
        ("DROP INDEX contents_by_bytes", "index contents_by_bytes", "missing", 0),
        (
            "INSERT INTO waiting VALUES (x'2f78', 1, 1, '[[\"\", 1], [\"page-2\", 999]]', 0)",
            "table waiting",
            "aren't there",
            1,
        ),
        ("INSERT INTO waiting VALUES (x'2f78', 1, 1, '[', 0)", "table waiting", "aren't", 1),
        ("UPDATE encoders SET model = 'x', card = '{'", "table encoders", "model", 2),
    ],
)
def test_rows_that_are_wrong(path: Path, statement: str, where: str, what: str, count: int) -> None:
    sql(path, statement)
    report = check_library(path)
    assert not report.sound
    (found, *_) = [p for p in report.problems if p.where == where and what in p.what]
    assert found.rows == count
    assert found.remedy


@needs_dbstat
def test_a_damaged_page_is_named(whole: Path, path: Path) -> None:
    for page, told in pages(whole).items():
        if page == 1:
            continue
        shutil.copyfile(whole, path)
        overwrite(path, page)
        report = check_library(path)
        assert not report.sound, told
        name = told.split()[0]
        if name == "sqlite_schema":  # as with the first page
            assert any("nothing can be saved" in problem.remedy for problem in report.problems)
            continue
        assert any(p.where in (f"table {name}", f"index {name}") for p in report.problems), told
        assert all("\n" not in p.what for p in report.problems)


def test_the_first_page_is_damaged(path: Path) -> None:
    overwrite(path, 1, start=100, size=3996)
    (problem,) = check_library(path).problems
    assert "nothing can be saved" in problem.remedy


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5000])


def test_a_file_that_was_cut(path: Path) -> None:
    cut(path)
    assert not check_library(path).sound


def no_library(path: Path) -> None:
    path.write_bytes(b"no library" * 1000)


def newer(path: Path) -> None:
    sql(path, "PRAGMA user_version = 99")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (no_library, LibraryDamagedError),
        (newer, LibraryVersionError),
        (Path.unlink, LibraryNotFoundError),
    ],
)
def test_what_is_no_damaged_library(
    path: Path, change: Callable[[Path], None], error: type[LibraryError]
) -> None:
    change(path)
    with pytest.raises(error):
        check_library(path)


def test_memory_is_not_checked() -> None:
    with pytest.raises(LibraryNotFoundError, match="new library each time"):
        check_library(":memory:")


def test_an_older_version_is_checked_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "old.lookalike"
    raw = sqlite3.connect(path)
    raw.executescript(
        schema.MIGRATIONS[0]
        + "INSERT INTO settings VALUES ('uuid', 'x'), ('generation', '0'), ('epoch', '0');"
        f"PRAGMA application_id = {schema.APPLICATION_ID}; PRAGMA user_version = 1;"
    )
    raw.close()
    report = check_library(path)
    assert report.sound
    assert "version 1" in report.notes[0].what
    sql(path, "INSERT INTO codes (encoder, content, code) VALUES (1, 1, x'00')")
    assert not check_library(path).sound


@pytest.mark.parametrize("ending", ["words", "quality", "embeddings", "contents", "visible"])
def test_a_cache_that_is_not_that_of_the_file(path: Path, ending: str) -> None:
    (file, *_) = cache_folder(path).glob(f"photo-*.{ending}")
    data = bytearray(file.read_bytes())
    data[3] ^= 1
    file.write_bytes(data)
    report = check_library(path)
    assert [p.where for p in report.problems] == ["cache of photo"]
    assert report.problems[0].rows >= 1


def test_a_cache_that_lacks_something_is_harmless(path: Path) -> None:
    (file, *_) = cache_folder(path).glob("photo-*.words")
    file.write_bytes(file.read_bytes()[:-8])
    report = check_library(path)
    assert report.sound
    assert [p.where for p in report.notes] == ["cache of photo"]


def test_what_lies_beside_is_said(path: Path) -> None:
    for name in ("v2", "v2.partial", "damaged", "other"):
        path.with_name(f"a.lookalike.{name}").touch()
    report = check_library(path)
    assert report.sound
    assert len(report.notes) == 3


@given(
    page=st.integers(2, 150),
    start=st.integers(0, 4095),
    size=st.sampled_from([1, 2, 16, 512, 4096]),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_damage_is_passed_over(
    whole: Path, tmp_path: Path, page: int, start: int, size: int, seed: int
) -> None:
    """Whatever region is damaged: it is found, or nothing that is stored twice has changed."""
    path = tmp_path / "b.lookalike"
    shutil.copyfile(whole, path)
    shutil.copytree(cache_folder(whole), cache_folder(path), dirs_exist_ok=True)
    last = path.stat().st_size // 4096
    page = 2 + (page - 2) % (last - 1)
    overwrite(path, page, start=start, size=min(size, 4096 - start), seed=seed)
    try:
        report = check_library(path)
    except LookalikeError:
        return
    if report.sound:
        before, after = rows(whole), rows(path)
        for table in ("files", "contents"):
            # Times, sizes, widths and formats are nowhere a second time.
            assert {row[:2] for row in after[table]} == {row[:2] for row in before[table]}
        assert after["codes"] == before["codes"]
