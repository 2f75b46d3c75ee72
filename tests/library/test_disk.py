"""Kinds of disks, told by the system's table of mounts."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from lookalike.library.disk import is_network, is_writable, macos_mounts, windows_root


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


@pytest.mark.parametrize(
    "name",
    ["Fotos-ü".encode(), b"Fotos-\xfc", "写真".encode(), b"a b\tc\\d", b"#1", b"new\nline"],
)
@pytest.mark.skipif(sys.platform != "linux", reason="Linux has this table")
def test_mount_points_have_names_of_all_kinds(tmp_path: Path, name: bytes) -> None:
    share = os.fsencode(tmp_path) + b"/" + name
    os.mkdir(share)
    # As seq_path of the kernel writes them.
    escaped = b"".join(b"\\%03o" % c if c in b" \t\n\\#" else bytes([c]) for c in share)
    table = tmp_path / "mounts"
    table.write_bytes(b"/dev/sda1 / ext4 rw 0 0\n//nas/photos " + escaped + b" cifs rw 0 0\n")
    assert is_network(Path(os.fsdecode(share)), mounts=table)
    assert not is_network(tmp_path, mounts=table)


NETWORK = (
    "cifs smb3 smbfs nfs nfs4 9p drvfs vmhgfs fuse.vmhgfs-fuse prl_fs fuse.gvfsd-fuse "
    "fuse.gvfs-fuse-daemon fuse.sshfs fuse.rclone fuse.new fuse fakeowner grpcfuse fuse.grpcfuse "
    "osxfs fuse.osxfs virtiofs vboxsf gpfs lustre ceph afs"
)
LOCAL = (
    "ext4 xfs btrfs zfs vfat exfat ntfs ntfs3 fuseblk tmpfs overlay fuse.exfat fuse.ntfs-3g "
    "fuse.fuse-overlayfs apfs f2fs"
)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [*((kind, True) for kind in NETWORK.split()), *((kind, False) for kind in LOCAL.split())],
)
@pytest.mark.skipif(sys.platform != "linux", reason="Linux has this table")
def test_kinds_of_file_systems(tmp_path: Path, kind: str, expected: bool) -> None:
    table = tmp_path / "mounts"
    table.write_text(f"something / {kind} rw 0 0\n")
    assert is_network(tmp_path, mounts=table) is expected


def test_without_a_table_a_folder_is_local(tmp_path: Path) -> None:
    assert not is_network(tmp_path, mounts=tmp_path / "none")


MACOS = """\
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
devfs on /dev (devfs, local, nobrowse)
/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled, nobrowse, protect, root data)
map auto_home on /System/Volumes/Data/home (autofs, automounted, nobrowse)
//ana@nas._smb._tcp.local/photos on /Volumes/photos (smbfs, nodev, nosuid, mounted by ana)
//ana@nas/all%20of%20it on /Volumes/all of it (1) on nas (smbfs, nodev, nosuid, mounted by ana)
nas:/export/Bilder on /Volumes/Bilder-ü (nfs, nodev, nosuid, mounted by ana)
ana@host:/home/ana on /Volumes/host (macfuse, nodev, nosuid, synchronous, mounted by ana)
/dev/disk4s1 on /Volumes/My (old) Disk (msdos, local, nodev, nosuid, noowners)
/dev/disk5s1 on /Volumes/local (not (exfat, local, nodev, nosuid, noowners)

nonsense
"""


def test_mounts_of_macos() -> None:
    told = {point.decode(): remote for point, remote in macos_mounts(MACOS.encode())}
    assert told == {
        "/": False,
        "/dev": False,
        "/System/Volumes/Data": False,
        "/System/Volumes/Data/home": True,
        "/Volumes/photos": True,
        "/Volumes/all of it (1) on nas": True,
        "/Volumes/Bilder-ü": True,
        "/Volumes/host": True,
        "/Volumes/My (old) Disk": False,
        "/Volumes/local (not": False,
    }


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("C:\\Users\\ana", (False, "C:\\")),
        ("c:/Users", (False, "c:\\")),
        ("\\\\?\\D:\\photos", (False, "D:\\")),
        ("\\\\nas\\photos\\2003", (True, "\\\\\\")),
        ("//nas/photos", (True, "\\\\\\")),
        ("\\\\?\\UNC\\nas\\photos", (True, "")),
        ("\\\\wsl$\\Debian\\home", (True, "\\\\\\")),
    ],
)
def test_paths_of_windows(path: str, expected: tuple[bool, str]) -> None:
    assert windows_root(path) == expected
