"""Where file systems begin."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from trees import mounted

from lookalike.system.mounts import mount_point

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs a Unix file system")


def test_a_mount_holds_what_lies_below_and_behind_links(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    above = mount_point(str(tmp_path))
    assert os.path.ismount(above)
    (tmp_path / "link").symlink_to(disk / "deep")
    with mounted("-t", "tmpfs", "none", at=disk):
        (disk / "deep").mkdir()
        for path in (disk, disk / "deep", disk / "deep" / "not there", tmp_path / "link"):
            assert mount_point(str(path)) == str(disk)
        assert mount_point(str(tmp_path)) == above
    for path in (disk, disk / "deep", tmp_path / "link"):
        assert mount_point(str(path)) == above


@pytest.mark.parametrize("path", ["/", "/not/there", "/a\0b", "x" * 5000, "/proc/self/fd/nothing"])
def test_it_never_fails(path: str) -> None:
    assert os.path.ismount(mount_point(path))


def test_a_circle_of_links_has_one(tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to("circle")
    assert mount_point(str(tmp_path / "circle")) == mount_point(str(tmp_path))
