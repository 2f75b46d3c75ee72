"""Libraries of before: version 2 is brought to today's, and answers as it did."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import pytest

from lookalike.cli import main
from lookalike.errors import LibraryDamagedError, LibraryFullError, LibraryLockedError
from lookalike.indexes import costs, paying
from lookalike.library import Library
from lookalike.library.local import connection, migrating, schema
from lookalike.library.local.connection import connect, writer_lock
from lookalike.library.opening import open_library


@pytest.fixture
def new(photos: Path, tmp_path: Path) -> Path:
    """A library of today, with a file that is gone and one that is refused."""
    path = tmp_path / "new.lookalike"
    with Library.open(path, workers=1) as library:
        library.index(photos, parts=True)
        (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff broken")
        (photos / "coins.jpg").unlink()
        library.index()
    return path


@pytest.fixture
def old(new: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same as lookalike made it when its schema had two versions."""
    path = tmp_path / "old.lookalike"
    with monkeypatch.context() as before:
        before.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:2])
        made = connect(path, create=True, read_only=False)
    made.execute("PRAGMA foreign_keys = OFF")
    made.execute("ATTACH ? AS new", [str(new)])
    for statement in (
        "INSERT INTO encoders SELECT * FROM new.encoders",
        "INSERT INTO contents SELECT id, digest, pixel_digest, width, height, format, bytes"
        " FROM new.contents",
        "INSERT INTO codes SELECT encoder, content, code, embedding, quality, parts FROM new.codes",
        "INSERT INTO folders SELECT * FROM new.folders",
        "INSERT INTO files SELECT p.id, f.path, f.size, f.mtime_ns, p.content, p.present"
        " FROM new.pictures p JOIN new.files f ON f.id = p.file",
        "INSERT INTO ledger SELECT * FROM new.ledger",
        "UPDATE settings SET value = '1' WHERE key = 'regions'",
        # Ids that were given out and are free again.
        "UPDATE sqlite_sequence SET seq = 100 WHERE name IN ('contents', 'files')",
    ):
        made.execute(statement)
    made.close()
    return path


def version(path: Path) -> int:
    with sqlite3.connect(path) as raw:
        found: int = raw.execute("PRAGMA user_version").fetchone()[0]
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
    raw.close()
    return found


def test_it_answers_as_before_without_reading_a_picture(old: Path, new: Path, photos: Path) -> None:
    assert version(old) == 2
    with Library.open(new, workers=1) as one, Library.open(old, workers=1) as other:
        assert version(old) == len(schema.MIGRATIONS)
        expected, found = one.status(), other.status()
        assert (found.pictures, found.missing) == (expected.pictures, expected.missing) == (7, 1)
        assert found.ledger == expected.ledger
        assert found.folders == expected.folders
        assert other.pictures.page(100) == one.pictures.page(100)
        for path in sorted(photos.iterdir()):
            if path.name != "broken.jpg":
                assert other.search(path, k=8).hits == one.search(path, k=8).hits
        report = other.index()
        assert (report.unchanged, report.pictures_per_second) == (7, 0)


def test_the_file_is_copied_first(old: Path) -> None:
    before = old.read_bytes()
    Library.open(old).close()
    copy = migrating.saved_copy(old, 2)
    assert version(copy) == 2
    with sqlite3.connect(copy) as raw:
        assert raw.execute("SELECT count(*) FROM files").fetchone() == (8,)
    raw.close()
    assert len(copy.read_bytes()) == len(before)
    Library.delete(old)
    assert [p.name for p in old.parent.iterdir() if p.name.startswith("old.lookalike")] == []


def test_the_command_line_says_so(
    old: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(costs, "machine_costs", lambda: paying.TYPICAL)
    assert main(["status", "--library", str(old)]) == 0
    told = capsys.readouterr().err
    copy = migrating.saved_copy(old, 2)
    assert f"{old} is brought from version 2 to 3; as it was, it stays in {copy}" in told
    assert main(["status", "--library", str(old), "--measure"]) == 0
    out, told = capsys.readouterr()
    assert "brought" not in told
    assert "codes, 31 of 256 bits: scan takes" in out


def test_ids_that_were_given_out_are_not_given_again(old: Path, photos: Path) -> None:
    (photos / "coffee.jpg").rename(photos / "coffee-2.jpg")
    (photos / "new.jpg").write_bytes((photos / "grass.jpg").read_bytes() + b" ")
    with Library.open(old, workers=1) as library:
        known = {picture.id for picture in library.pictures.page(100)}
        library.index()
        (new,) = [p.id for p in library.pictures.page(100) if p.path.endswith("new.jpg")]
    assert new > 100
    assert len(known) == 7


def test_a_migration_that_fails_leaves_the_file_and_no_copy(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = (*schema.MIGRATIONS[:2], schema.MIGRATIONS[2] + "INSERT INTO nowhere VALUES (1);\n")
    monkeypatch.setattr(schema, "MIGRATIONS", broken)
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        connect(old, create=False, read_only=False)
    assert version(old) == 2
    assert not migrating.saved_copy(old, 2).exists()


def test_a_full_disk_leaves_the_file_and_no_copy(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(opened: sqlite3.Connection, target: Path) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr(migrating, "_copy", full)
    with pytest.raises(LibraryFullError, match="no space left"):
        Library.open(old)
    assert version(old) == 2
    assert not migrating.saved_copy(old, 2).exists()


def test_rows_that_do_not_fit_together_are_damage(old: Path) -> None:
    with sqlite3.connect(old) as raw:
        raw.execute("PRAGMA foreign_keys = OFF")
        raw.execute("UPDATE files SET content = 4711 WHERE id = 1")
    raw.close()
    with pytest.raises(LibraryDamagedError, match="rows refer to rows"):
        Library.open(old)
    with sqlite3.connect(old) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (2,)
    raw.close()


def test_nobody_indexes_meanwhile(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BUSY_SECONDS", 0.2)
    with writer_lock(old), pytest.raises(LibraryLockedError, match="is writing"):
        Library.open(old)
    assert version(old) == 2


def test_two_at_once_migrate_once(old: Path) -> None:
    opened: list[int] = []

    def open_it() -> None:
        store, _ = open_library(old, create=False, read_only=False)
        opened.append(store.counts().pictures)
        store.close()

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened == [7] * 4
    assert version(old) == len(schema.MIGRATIONS)
    assert os.path.exists(migrating.saved_copy(old, 2))
