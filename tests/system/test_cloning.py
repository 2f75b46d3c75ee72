"""A clone has the bytes and a life of its own; where there are none, a clear line says so."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from lookalike.system.cloning import CannotClone, clone


def test_it_is_a_clone_or_says_why_not(tmp_path: Path) -> None:
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(b"x" * 9999)
    why = ""
    try:
        clone(str(source), str(target))
    except CannotClone as error:
        why = str(error)
    if why:
        assert "share" in why
        assert len(why.splitlines()) == 1
        assert os.listdir(tmp_path) == ["a"]
    else:
        assert target.read_bytes() == b"x" * 9999
        assert not target.samefile(source)


@pytest.mark.skipif(sys.platform == "win32", reason="no clones there")
def test_nothing_is_replaced_and_no_link_followed(tmp_path: Path) -> None:
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(b"1")
    target.write_bytes(b"2")
    with pytest.raises(FileExistsError):
        clone(str(source), str(target))
    assert target.read_bytes() == b"2"
    (tmp_path / "link").symlink_to(source)
    with pytest.raises(OSError, match=r"link|symbolic"):
        clone(str(tmp_path / "link"), str(tmp_path / "c"))
    assert not (tmp_path / "c").exists()
