"""Deleting a library, be it damaged, and what is not deleted."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from damaging import make

from lookalike.errors import (
    LibraryDamagedError,
    LibraryLockedError,
    LibraryNotFoundError,
    LibraryReadOnlyError,
    LibraryVersionError,
)
from lookalike.library import Library
from lookalike.library.local.connection import writer_lock
from lookalike.library.tending import check_library, count_deletable, repair_library


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Alone in its folder but for what belongs to it."""
    folder = tmp_path / "here"
    folder.mkdir()
    return make(folder / "l.lookalike", 40)


def overwrite(path: Path, start: int, end: int | None, byte: bytes) -> None:
    end = path.stat().st_size if end is None else end
    with path.open("rb+") as file:
        file.seek(start)
        file.write(byte * (end - start))


@pytest.mark.parametrize("damage", ["pages", "all but the first bytes", "cut off", "no table"])
def test_a_damaged_library_is_deleted(library: Path, damage: str) -> None:
    if damage == "pages":
        overwrite(library, 4096, None, b"\x7f")
    elif damage == "all but the first bytes":
        overwrite(library, 100, None, b"\x7f")
    elif damage == "cut off":
        os.truncate(library, 100)
    else:
        raw = sqlite3.connect(library)
        raw.execute("PRAGMA foreign_keys = OFF")
        raw.execute("DROP TABLE pictures")
        raw.commit()
        raw.close()
    assert count_deletable(library) == (None, True)
    Library.delete(library)
    assert os.listdir(library.parent) == []


def test_what_nothing_can_be_saved_of_is_said_to_be_deletable(library: Path) -> None:
    overwrite(library, 100, None, b"\x7f")
    (problem,) = check_library(library).problems
    assert "lookalike remove --all" in problem.remedy
    with pytest.raises(LibraryDamagedError, match="lookalike remove --all"):
        repair_library(library)


def test_all_that_belongs_to_it_goes_and_nothing_else(library: Path) -> None:
    for ending in (".v3", ".damaged", ".damaged-2", ".damaged-2-wal", ".repaired.partial", "-wal"):
        Path(f"{library}{ending}").touch()
    strange = [f"{library.name}{ending}" for ending in (".jpg", "-old", "2", ".v3x", ".damaged-")]
    for name in strange:
        library.with_name(name).touch()
    Library.delete(library)
    assert sorted(os.listdir(library.parent)) == sorted(strange)


@pytest.mark.parametrize(
    ("begin", "said"),
    [
        (b"", "is empty: if it was a library"),
        (bytes(4096), "begins with zeros, as no library does: if it was a library"),
        (b"\x7f" * 4096, "is not a lookalike library, or its beginning is damaged: if it was"),
        (b"SQLite format 3\0" + b"\x7f" * 4080, "nothing says that it is a lookalike library"),
    ],
)
def test_without_its_first_bytes_it_is_deleted_by_hand(
    library: Path, begin: bytes, said: str
) -> None:
    library.write_bytes(begin + library.read_bytes()[4096:] if begin else b"")
    before = sorted(os.listdir(library.parent))
    by_hand = "delete it by hand, with what lies beside it: l.lookalike-cache"
    with pytest.raises(LibraryDamagedError, match=said) as error:
        Library.delete(library)
    assert by_hand in str(error.value)
    for ask in (check_library, repair_library):
        try:
            told = str(ask(library))
        except LibraryDamagedError as damaged:
            told = str(damaged)
        assert by_hand in told
    assert set(os.listdir(library.parent)) - {"l.lookalike.lock"} == set(before)


def test_what_is_no_library_stays(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not one")
    raw = sqlite3.connect(tmp_path / "other.sqlite")
    raw.execute("CREATE TABLE photos (id)")
    raw.commit()
    raw.close()
    with pytest.raises(LibraryDamagedError, match="give the path of another"):
        Library.delete(tmp_path / "notes.txt")
    with pytest.raises(LibraryDamagedError, match="is an SQLite file, but not a lookalike"):
        Library.delete(tmp_path / "other.sqlite")
    with pytest.raises(LibraryNotFoundError):
        Library.delete(tmp_path / "nowhere")
    assert len(os.listdir(tmp_path)) == 2


def test_a_newer_one_and_one_that_is_written_to_stay(library: Path) -> None:
    with writer_lock(library), pytest.raises(LibraryLockedError):
        Library.delete(library)
    raw = sqlite3.connect(library)
    raw.execute("PRAGMA user_version = 99")
    raw.close()
    with pytest.raises(LibraryVersionError, match="newer"):
        Library.delete(library)
    assert library.exists()


def test_one_that_just_began_says_what_it_is_in_its_log(tmp_path: Path) -> None:
    path = tmp_path / "l.lookalike"
    script = (
        "import os, sys; from lookalike.library.opening import open_library;"
        "open_library(sys.argv[1], create=True, read_only=False); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=True)
    assert Path(f"{path}-wal").stat().st_size > 0
    Library.delete(path)
    assert os.listdir(tmp_path) == []


def test_what_cant_be_deleted_loses_nothing(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = library.read_bytes()
    Path(f"{library}.v3").touch()
    unlink = Path.unlink

    def refuse(name: str) -> None:
        def refused(self: Path, missing_ok: bool = False) -> None:
            if self.name == name:
                raise PermissionError(1, "Operation not permitted", str(self))
            unlink(self, missing_ok=missing_ok)

        monkeypatch.setattr(Path, "unlink", refused)

    refuse("l.lookalike")
    with pytest.raises(LibraryReadOnlyError, match="can't be deleted: Operation not permitted"):
        Library.delete(library)
    assert library.read_bytes() == before
    refuse("l.lookalike.v3")
    with pytest.raises(LibraryReadOnlyError, match=r"delete by hand l\.lookalike\.v3$"):
        Library.delete(library)
    assert os.listdir(library.parent) == ["l.lookalike.v3"]


def test_a_folder_that_cant_be_written_to(library: Path) -> None:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("root may write anywhere, and only setpriv takes that from it")
    before = sorted(os.listdir(library.parent))
    library.parent.chmod(0o555)
    try:
        for arguments, code, said in (
            (["remove", "--all", "--yes"], 1, "can't be deleted: its folder can't be written to"),
            (["index", str(library.parent)], 1, "can only be read: its folder"),
            (["remove", "/p"], 1, "can only be read: its folder"),
        ):
            done = subprocess.run(
                [
                    setpriv,
                    "--bounding-set=-dac_override,-dac_read_search",
                    "--inh-caps=-dac_override,-dac_read_search",
                    *(sys.executable, "-m", "lookalike"),
                    *arguments,
                    *("--library", str(library)),
                ],
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == code, done
            assert said in done.stderr
            assert done.stderr.count("\n") == 1
    finally:
        library.parent.chmod(0o755)
    assert sorted(os.listdir(library.parent)) == before
