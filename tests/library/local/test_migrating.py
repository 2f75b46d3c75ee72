"""Libraries of before are brought to today's version, and answer as they did."""

from __future__ import annotations

import os
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from lookalike.cli import main
from lookalike.errors import LibraryDamagedError, LibraryFullError, LibraryLockedError
from lookalike.indexes import costs, paying
from lookalike.library import Library
from lookalike.library.local import connection, migrating, schema
from lookalike.library.local.connection import connect, writer_lock
from lookalike.library.opening import open_library

pytestmark = pytest.mark.slow


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


# What each version had, taken from a library of today.
ENCODERS = "INSERT INTO encoders SELECT * FROM new.encoders"
CODES = "INSERT INTO codes SELECT encoder, content, code, embedding, quality, parts FROM new.codes"
FOLDERS = "INSERT INTO folders SELECT id, path, exclude FROM new.folders"
LEDGER = "INSERT INTO ledger SELECT path, size, mtime_ns, status, reason FROM new.ledger"
CONTENTS = (
    "INSERT INTO contents SELECT id, digest, member, coalesce(pixel_digest, zeroblob(32)), width,"
    " height, format, bytes, members FROM new.contents"
)
# Ids that were given out and are free again.
IDS = "UPDATE sqlite_sequence SET seq = 100 WHERE name IN ('contents', 'files', 'pictures')"
OF_BEFORE = {
    2: (
        ENCODERS,
        "INSERT INTO contents SELECT id, digest, coalesce(pixel_digest, zeroblob(32)), width,"
        " height, format, bytes FROM new.contents",
        CODES,
        FOLDERS,
        "INSERT INTO files SELECT p.id, f.path, f.size, f.mtime_ns, p.content, p.present"
        " FROM new.pictures p JOIN new.files f ON f.id = p.file",
        LEDGER,
        "UPDATE settings SET value = '1' WHERE key = 'regions'",
        IDS,
    ),
    3: (
        ENCODERS,
        CONTENTS,
        CODES,
        FOLDERS,
        "INSERT INTO files SELECT * FROM new.files",
        "INSERT INTO pictures SELECT * FROM new.pictures",
        LEDGER,
        "UPDATE settings SET value = '1' WHERE key = 'parts'",
        IDS,
    ),
    4: (
        ENCODERS,
        CONTENTS,
        CODES,
        "INSERT INTO folders SELECT * FROM new.folders",
        "INSERT INTO files SELECT * FROM new.files",
        "INSERT INTO pictures SELECT * FROM new.pictures",
        "INSERT INTO ledger SELECT * FROM new.ledger",
        "INSERT OR REPLACE INTO settings SELECT * FROM new.settings WHERE key = 'members'",
        "UPDATE settings SET value = '1' WHERE key = 'parts'",
        IDS,
    ),
    7: (
        ENCODERS,
        "INSERT INTO contents SELECT id, digest, member, NULL, width, height, format, bytes,"
        " members, loss FROM new.contents",
        "INSERT INTO codes SELECT * FROM new.codes",
        "INSERT INTO folders SELECT * FROM new.folders",
        "INSERT INTO files SELECT * FROM new.files",
        "INSERT INTO pictures SELECT * FROM new.pictures",
        "INSERT INTO ledger SELECT * FROM new.ledger",
        "INSERT INTO shots SELECT * FROM new.shots",
        "INSERT OR REPLACE INTO settings SELECT * FROM new.settings WHERE key = 'members'",
        "UPDATE settings SET value = '1' WHERE key = 'parts'",
        IDS,
    ),
}


@pytest.fixture(params=sorted(OF_BEFORE))
def before(request: pytest.FixtureRequest) -> int:
    """A version of the schema."""
    return int(request.param)


@pytest.fixture
def old(new: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: int) -> Path:
    """The same as lookalike made it when its schema had another version."""
    path = tmp_path / "old.lookalike"
    with monkeypatch.context() as patched:
        patched.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:before])
        made = connect(path, create=True, read_only=False)
    made.execute("PRAGMA foreign_keys = OFF")
    made.execute("ATTACH ? AS new", [str(new)])
    for statement in OF_BEFORE[before]:
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


def test_it_answers_as_before_without_reading_a_picture(
    old: Path, new: Path, photos: Path, before: int
) -> None:
    assert version(old) == before
    with Library.open(new, workers=1) as one, Library.open(old, workers=1) as other:
        assert version(old) == len(schema.MIGRATIONS)
        expected, found = one.status(), other.status()
        assert (found.pictures, found.missing) == (expected.pictures, expected.missing) == (7, 1)
        assert found.ledger == expected.ledger
        assert found.folders == expected.folders
        assert other.pictures.page(100) == one.pictures.page(100)
        for path in sorted(photos.iterdir()):
            if path.name != "broken.jpg":
                # Chances are measured on what can be found when a library is first asked.
                asked = [library.search(path, k=8).hits for library in (other, one)]
                first, second = ([replace(hit, chance=None) for hit in hits] for hits in asked)
                assert first == second
        report = other.index()
        assert (report.unchanged, report.pictures_per_second) == (7, 0)


def test_digests_of_before_are_unknown_until_they_are_made(old: Path) -> None:
    Library.open(old).close()
    with sqlite3.connect(old) as raw:
        found = raw.execute("SELECT DISTINCT pixel_digest, loss FROM contents").fetchall()
    raw.close()
    assert found == [(None, "")]


def test_the_file_is_copied_first(old: Path, before: int) -> None:
    size = len(old.read_bytes())
    Library.open(old).close()
    copy = migrating.saved_copy(old, before)
    assert version(copy) == before
    with sqlite3.connect(copy) as raw:
        assert raw.execute("SELECT count(*) FROM files").fetchone() == (8,)
    raw.close()
    assert len(copy.read_bytes()) == size
    Library.delete(old)
    assert [p.name for p in old.parent.iterdir() if p.name.startswith("old.lookalike")] == []


def test_the_command_line_says_so(
    old: Path,
    before: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(costs, "machine_costs", lambda: paying.TYPICAL)
    assert main(["status", "--library", str(old)]) == 0
    told = capsys.readouterr().err
    copy = migrating.saved_copy(old, before)
    now = len(schema.MIGRATIONS)
    assert f"{old} is brought from version {before} to {now}; as it was, it stays in {copy}" in told
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
    old: Path, before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    *released, last = schema.MIGRATIONS
    broken = (*released, last + "INSERT INTO settings VALUES (1);\n")
    monkeypatch.setattr(schema, "MIGRATIONS", broken)
    with pytest.raises(sqlite3.OperationalError, match="columns but 1 values"):
        connect(old, create=False, read_only=False)
    assert version(old) == before
    assert not migrating.saved_copy(old, before).exists()


def test_a_full_disk_leaves_the_file_and_no_copy(
    old: Path, before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(opened: sqlite3.Connection, target: Path) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr(migrating, "_copy", full)
    with pytest.raises(LibraryFullError, match="no space left"):
        Library.open(old)
    assert version(old) == before
    assert not migrating.saved_copy(old, before).exists()


def test_rows_that_do_not_fit_together_are_damage(old: Path, before: int) -> None:
    holder = "files" if before == 2 else "pictures"
    with sqlite3.connect(old) as raw:
        raw.execute("PRAGMA foreign_keys = OFF")
        raw.execute(f"UPDATE {holder} SET content = 4711 WHERE id = 1")
    raw.close()
    with pytest.raises(LibraryDamagedError, match="rows refer to rows"):
        Library.open(old)
    with sqlite3.connect(old) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (before,)
    raw.close()


def test_nobody_indexes_meanwhile(old: Path, before: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BUSY_SECONDS", 0.2)
    with writer_lock(old), pytest.raises(LibraryLockedError, match="is writing"):
        Library.open(old)
    assert version(old) == before


def test_two_at_once_migrate_once(old: Path, before: int) -> None:
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
    assert os.path.exists(migrating.saved_copy(old, before))
