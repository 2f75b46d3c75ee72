"""Opening library files: good ones, foreign ones, old and new ones, read-only ones."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from lookalike.errors import (
    LibraryDamagedError,
    LibraryFullError,
    LibraryLockedError,
    LibraryNotFoundError,
    LibraryReadOnlyError,
    LibraryUnmergedError,
    LibraryVersionError,
)
from lookalike.library.local import connection, schema
from lookalike.library.local.checking import check_file
from lookalike.library.local.connection import connect, writer_lock
from lookalike.library.local.deleting import check_deletable
from lookalike.library.local.errors import translated


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.lookalike"
    connect(path, create=True, read_only=False).close()
    return path


def test_a_new_library_has_kind_and_version(path: Path) -> None:
    with sqlite3.connect(path) as raw:
        assert raw.execute("PRAGMA application_id").fetchone() == (schema.APPLICATION_ID,)
        assert raw.execute("PRAGMA user_version").fetchone() == (len(schema.MIGRATIONS),)
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    raw.close()


def test_names_that_a_url_would_trip_over(tmp_path: Path) -> None:
    path = tmp_path / "what? 50% #1 ü.lookalike"
    connect(path, create=True, read_only=False).close()
    assert path.exists()


def test_none_is_made_unless_asked(tmp_path: Path) -> None:
    with pytest.raises(LibraryNotFoundError, match="no library at"):
        connect(tmp_path / "none", create=False, read_only=False)
    with pytest.raises(LibraryNotFoundError):
        connect(tmp_path / "none", create=True, read_only=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"x", b"not a database at all" * 100, b"SQLite format 3\0" + b"x" * 9000]
)
def test_a_foreign_file_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(LibraryDamagedError):
        connect(path, create=True, read_only=False)
    assert path.read_bytes() == content


def test_a_foreign_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "bookmarks.sqlite"
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE bookmarks (url TEXT)")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(LibraryDamagedError, match="not a lookalike library"):
        connect(path, create=True, read_only=False)
    assert path.read_bytes() == before


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LibraryDamagedError, match="is a folder"):
        connect(tmp_path, create=True, read_only=False)


def test_a_newer_library_is_refused(path: Path) -> None:
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA user_version = 99")
    raw.close()
    with pytest.raises(LibraryVersionError, match="version 99"):
        connect(path, create=True, read_only=False)


def test_an_older_library_is_migrated_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    added = (
        "ALTER TABLE files ADD COLUMN note TEXT;\n"
        "INSERT INTO settings VALUES ('migrated', 'yes; really');\n"
    )
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, added))
    with pytest.raises(LibraryReadOnlyError, match="open it once"):
        connect(path, create=False, read_only=True)
    for _ in range(2):
        opened = connect(path, create=False, read_only=False)
        found = opened.execute("SELECT value FROM settings WHERE key = 'migrated'").fetchall()
        assert found == [("yes; really",)]
        assert opened.execute("PRAGMA user_version").fetchone() == (len(schema.MIGRATIONS),)
        opened.close()


def test_a_migration_that_fails_changes_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = "ALTER TABLE files ADD COLUMN note TEXT;\nINSERT INTO files VALUES (1);\n"
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, broken))
    with pytest.raises(sqlite3.OperationalError, match="columns but 1 values"):
        connect(path, create=False, read_only=False)
    with sqlite3.connect(path) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (len(schema.MIGRATIONS) - 1,)
        columns = [row[1] for row in raw.execute("PRAGMA table_info(files)")]
        assert "note" not in columns
    raw.close()


def test_a_network_drive_gets_a_rollback_journal(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "is_network", lambda folder: True)
    opened = connect(path, create=False, read_only=False)
    assert opened.execute("PRAGMA journal_mode").fetchone() == ("truncate",)
    opened.execute("INSERT INTO settings VALUES ('a', 'b')")
    opened.close()
    assert not Path(f"{path}-wal").exists()
    monkeypatch.undo()
    back = connect(path, create=False, read_only=False)
    assert back.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    back.close()


def test_a_read_only_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What SQLite does on a read-only mount is tested in test_read_only_disk.py."""
    monkeypatch.setattr(connection, "is_writable", lambda folder: False)
    opened = connect(path, create=False, read_only=True)
    with pytest.raises(LibraryReadOnlyError), translated(path):
        opened.execute("DELETE FROM settings")
    opened.close()
    assert not Path(f"{path}-shm").exists()


def test_an_unmerged_log_on_a_read_only_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A process that dies without closing leaves its log behind.
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
            "c.execute(\"INSERT INTO settings VALUES ('a', 'b')\"); os._exit(0)",
            str(path),
        ],
        check=True,
    )
    assert Path(f"{path}-wal").stat().st_size > 0
    monkeypatch.setattr(connection, "is_writable", lambda folder: False)
    with pytest.raises(LibraryUnmergedError, match="never merged"):
        connect(path, create=False, read_only=True)
    monkeypatch.undo()
    connect(path, create=False, read_only=False).close()
    monkeypatch.setattr(connection, "is_writable", lambda folder: False)
    opened = connect(path, create=False, read_only=True)
    assert opened.execute("SELECT value FROM settings WHERE key = 'a'").fetchall() == [("b",)]
    opened.close()


def test_a_full_disk_has_an_error_of_its_own(path: Path) -> None:
    opened = connect(path, create=False, read_only=False)
    pages = opened.execute("PRAGMA page_count").fetchone()[0]
    opened.execute(f"PRAGMA max_page_count = {pages}")  # SQLite's own way to be full
    with pytest.raises(LibraryFullError, match="no space left"), translated(path):
        opened.execute("INSERT INTO settings VALUES ('big', ?)", ["x" * 1_000_000])
    assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    opened.close()


def test_one_writer(path: Path) -> None:
    with writer_lock(path):
        refused = pytest.raises(LibraryLockedError, match="another process is writing")
        with refused, writer_lock(path):
            pass
    with writer_lock(path):
        pass


def test_one_writer_across_processes(path: Path) -> None:
    held = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import pathlib, sys; from lookalike.library.local.connection import writer_lock\n"
            "with writer_lock(pathlib.Path(sys.argv[1])):\n"
            "    print('held', flush=True); sys.stdin.read()",
            str(path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with held:
        assert held.stdout is not None
        assert held.stdout.readline() == b"held\n"
        with pytest.raises(LibraryLockedError), writer_lock(path):
            pass
        held.kill()  # SIGKILL: the system frees the lock
    with writer_lock(path):
        pass


def test_an_empty_file_is_a_library_that_was_just_begun(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    with pytest.raises(LibraryDamagedError, match="is empty: if it was a library"):
        connect(path, create=False, read_only=False)
    assert path.read_bytes() == b""
    connect(path, create=True, read_only=False).close()
    connect(path, create=False, read_only=False).close()


def test_an_empty_database_is_taken_over_only_when_one_is_to_be_made(tmp_path: Path) -> None:
    path = tmp_path / "empty.sqlite"
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA user_version = 0")
        raw.execute("VACUUM")
    raw.close()
    assert path.stat().st_size > 0
    with pytest.raises(LibraryDamagedError, match="not a lookalike library"):
        connect(path, create=False, read_only=False)
    connect(path, create=True, read_only=False).close()


OPEN_AND_CLOSE = (
    "import pathlib, sys; from lookalike.library.local.connection import connect\n"
    "connect(pathlib.Path(sys.argv[1]), create=False, read_only=False).close()"
)


@pytest.mark.parametrize("read_only", [False, True])
def test_a_second_connection_leaves_the_locks_of_the_first(path: Path, read_only: bool) -> None:
    """Another process took itself for the last and deleted the log; what came later was lost."""
    first = connect(path, create=False, read_only=False)
    first.execute("INSERT INTO settings VALUES ('early', '1')")
    second = connect(path, create=False, read_only=read_only)
    subprocess.run([sys.executable, "-c", OPEN_AND_CLOSE, str(path)], check=True)
    first.execute("INSERT INTO settings VALUES ('late', '2')")
    third = connect(path, create=False, read_only=read_only)
    for reader in (first, second, third):
        found = dict(reader.execute("SELECT key, value FROM settings").fetchall())
        assert (found["early"], found["late"]) == ("1", "2")
        reader.close()
    shown = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('SELECT key FROM "
    shown += "settings').fetchall())"
    told = subprocess.run(
        [sys.executable, "-c", shown, str(path)], check=True, capture_output=True, text=True
    )
    assert "'late'" in told.stdout


def test_a_library_of_this_process_is_opened_by_sqlite_alone(path: Path) -> None:
    """Any other opening takes the locks away as soon as it is closed."""
    opened: list[str] = []

    def listen(event: str, values: tuple[object, ...]) -> None:
        if event == "open" and str(values[0]) == str(path):
            opened.append(str(values[1]))

    sys.addaudithook(listen)  # for good: it listens for this path only
    for create, read_only in ((True, False), (False, False), (False, True)):
        connect(path, create=create, read_only=read_only).close()
    check_deletable(path)
    assert list(check_file(path)) == []
    assert opened == []
