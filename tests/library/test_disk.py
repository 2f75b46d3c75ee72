"""Kinds of disks, told by the system's table of mounts."""

from __future__ import annotations

from pathlib import Path

import pytest

from lookalike.library.disk import is_network, is_writable


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    share = tmp_path / "my share"
    (share / "deep" / "local").mkdir(parents=True)
    escaped = str(share).replace(" ", "\\040")
    table = tmp_path / "mounts"
    table.write_text(
        "/dev/sda1 / ext4 rw 0 0\n"
        f"server:/pictures {escaped} nfs4 rw,vers=4.2 0 0\n"
        f"/dev/sdb1 {escaped}/deep/local ext4 rw 0 0\n"
        "broken\n"
    )
    return table


def test_a_folder_on_a_network_drive(mounts: Path, tmp_path: Path) -> None:
    assert is_network(tmp_path / "my share", mounts=mounts)
    assert is_network(tmp_path / "my share" / "deep", mounts=mounts)


def test_the_longest_mount_point_counts(mounts: Path, tmp_path: Path) -> None:
    assert not is_network(tmp_path / "my share" / "deep" / "local", mounts=mounts)
    assert not is_network(tmp_path, mounts=mounts)


def test_a_mount_covers_an_earlier_one_on_the_same_point(mounts: Path, tmp_path: Path) -> None:
    mounts.write_text(mounts.read_text() + f"//nas/x {tmp_path} cifs rw 0 0\n")
    assert is_network(tmp_path, mounts=mounts)


def test_this_folder_is_local_and_writable(tmp_path: Path) -> None:
    assert not is_network(tmp_path)
    assert is_writable(tmp_path)
