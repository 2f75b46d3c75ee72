"""What every command and the library do with an address, whatever engine is behind it."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from lookalike.actions import journal_folder
from lookalike.cli import main
from lookalike.errors import LibraryNotFoundError, UsageError
from lookalike.library import Library, away
from lookalike.library.engine import Engine
from lookalike.library.opening import beside, cache_of, exists, file_of, open_library, shown
from lookalike.library.store import Store
from lookalike.library.tending import check_library, count_deletable, repair_library
from lookalike.remote.addresses import Address

ADDRESS = "shelf://ann:hunter2@host/name"
SHOWN = "shelf://ann@host/name"


class Shelf:
    """A place whose libraries are files in a folder, with the names of addresses."""

    folder: Path

    def __init__(self, text: str) -> None:
        self._address = Address.parse(text)

    @property
    def location(self) -> str:
        return self._address.shown

    @property
    def digest(self) -> str:
        return self._address.digest(1)

    @property
    def _file(self) -> Path:
        return self.folder / self.digest

    def exists(self) -> bool:
        assert self._address.secret == "hunter2"
        return self._file.exists()

    def open(self, *, create: bool, read_only: bool) -> tuple[Store, Engine]:
        store, engine = open_library(self._file, create=create, read_only=read_only)
        type(store).location = property(lambda _: self.location)  # type: ignore[misc]
        return store, engine

    def delete(self) -> None:
        self._file.unlink()


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from lookalike.library.local.store import LocalStore

    monkeypatch.setattr(LocalStore, "location", LocalStore.location)  # put back afterwards
    Shelf.folder = tmp_path / "shelf"
    Shelf.folder.mkdir()
    module = ModuleType("shelf")
    module.place = Shelf  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "shelf", module)
    monkeypatch.setitem(away._ENGINES, "shelf", "shelf")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


def test_a_library_at_an_address(photos: Path, shelf: Path) -> None:
    assert not exists(ADDRESS)
    with pytest.raises(LibraryNotFoundError):
        Library.open(ADDRESS, create=False)
    with Library.open(ADDRESS, workers=1) as library:
        assert library.index(photos).added == 8
        assert library.location == SHOWN
        with pytest.raises(UsageError, match="no file"):
            library.path  # noqa: B018
        assert library.status().previews == 8
    assert exists(SHOWN)
    assert file_of(ADDRESS) is None
    assert shown(ADDRESS) == SHOWN
    # What is beside it lies in folders of the user's own.
    near = beside(ADDRESS)
    assert near is not None
    assert near.is_relative_to(shelf / "cache" / "lookalike" / "remote")
    assert near.with_name("library-previews").exists()
    assert cache_of(ADDRESS) == near.with_name("library-cache")
    assert journal_folder(ADDRESS).is_relative_to(shelf / "data" / "lookalike" / "remote")
    assert check_library(ADDRESS).sound
    assert repair_library(ADDRESS).action == "nothing"
    assert count_deletable(ADDRESS) == (8, False)
    Library.delete(ADDRESS)
    assert not exists(ADDRESS)
    assert not near.parent.exists()
    with pytest.raises(LibraryNotFoundError, match="no library at shelf://ann@host/name"):
        count_deletable(ADDRESS)


def test_no_command_prints_a_password(
    photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOOKALIKE_LIBRARY", ADDRESS)
    for command in (
        ["index", str(photos)],
        ["status"],
        ["status", "--json"],
        ["search", str(photos / "coins.jpg")],
        ["check-library"],
        ["check-library", "--repair"],
        ["duplicates"],
        ["remove", "--all", "--yes"],
        ["status"],
    ):
        code = main(command)
        told = capsys.readouterr()
        assert "hunter2" not in told.out + told.err, command
        assert (code, "no library at" in told.err) in ((0, False), (1, True)), told


def test_an_unknown_scheme_says_what_there_is() -> None:
    with pytest.raises(UsageError, match=r"ftp:// names no library .* shelf://HOST/NAME"):
        Library.open("ftp://ann:hunter2@host/name")
