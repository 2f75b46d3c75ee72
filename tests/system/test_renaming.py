"""Renaming never replaces, with the system's own call and without; exchanging is at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lookalike.system import renaming
from lookalike.system.renaming import exchange, rename_new


@pytest.fixture(params=["flag", "link", "neither"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param != "flag":
        monkeypatch.setattr(renaming, "_call", lambda: None)
    if request.param == "neither":

        def link(*_: object, **__: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", link)
    return str(request.param)


def test_a_free_name_is_given(way: str, tmp_path: Path) -> None:
    first, second = tmp_path / "é\udcff a", tmp_path / "b"
    first.write_bytes(b"1")
    inode = first.stat().st_ino
    rename_new(str(first), str(second))
    assert os.listdir(tmp_path) == ["b"]
    assert second.stat().st_ino == inode


@pytest.mark.parametrize("taken", ["file", "folder", "link to nothing"])
def test_a_name_that_is_taken_is_not(way: str, taken: str, tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"1")
    if taken == "file":
        second.write_bytes(b"2")
    elif taken == "folder":
        second.mkdir()
    else:
        second.symlink_to("nowhere")
    with pytest.raises(FileExistsError):
        rename_new(str(first), str(second))
    assert first.read_bytes() == b"1"
    assert os.path.lexists(second)
    if taken == "file":
        assert second.read_bytes() == b"2"


def test_what_is_missing_is_an_error(way: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        rename_new(str(tmp_path / "a"), str(tmp_path / "b"))


def test_two_names_are_exchanged(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"1")
    second.write_bytes(b"2")
    if not exchange(str(first), str(second)):
        pytest.skip("this system can't")
    assert (first.read_bytes(), second.read_bytes()) == (b"2", b"1")
    second.unlink()
    with pytest.raises(FileNotFoundError):
        exchange(str(first), str(second))


def test_where_it_cannot_be_done_nothing_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renaming, "_call", lambda: None)
    (tmp_path / "a").write_bytes(b"1")
    assert not exchange(str(tmp_path / "a"), str(tmp_path / "b"))
    assert os.listdir(tmp_path) == ["a"]
