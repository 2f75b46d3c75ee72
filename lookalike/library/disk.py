"""What a library needs to know of the disk that it lies on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

__all__ = ["is_network", "is_writable", "macos_mounts", "windows_root"]

# SQLite's write-ahead log needs shared memory, which these don't give across machines
# (sqlite.org/wal.html, "Overview", disadvantage 2): network drives, file systems of clusters, and
# the folders of a host that a virtual machine or a container sees (Parallels, VirtualBox, VMware,
# WSL, Docker Desktop).
NETWORK_TYPES = frozenset(
    {
        "9p", "acfs", "afpfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "drvfs",
        "fakeowner", "fuse", "gfs", "gfs2", "glusterfs", "gpfs", "grpcfuse", "lustre", "ncpfs",
        "ocfs2", "orangefs", "osxfs", "panfs", "prl_fs", "pvfs2", "smbfs", "vboxsf", "virtiofs",
        "vmhgfs", "webdav", "wekafs",
    }
)  # fmt: skip
_NETWORK_BEGINS = ("nfs", "smb", "fuse.")

# Of the file systems that a program serves: those that lie on a disk of this machine. All others
# count as network: sshfs, rclone, gvfs, vmhgfs-fuse, grpcfuse, and those that nobody knows, for
# which a rollback journal is slower but right.
_LOCAL_FUSE = frozenset(
    {"fuse.exfat", "fuse.exfat-fuse", "fuse.fuse-overlayfs", "fuse.ntfs", "fuse.ntfs-3g"}
)

_ESCAPE = re.compile(rb"\\([0-7]{3})")
_REMOTE_DRIVE = 4


def is_writable(folder: Path) -> bool:
    """Whether files can be made in ``folder``; on a read-only mount not even root can."""
    return os.access(folder, os.W_OK)


def is_network(folder: Path, *, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Whether ``folder`` lies on a drive of another machine, as far as the system tells.

    Args:
        folder: an existing folder.
        mounts: the system's table of mounts (Linux); macOS is asked by its ``mount`` command,
            Windows for the type of the drive. Where nothing can be asked, the folder is local.
    """
    try:
        real = os.path.realpath(folder)
        if sys.platform == "win32":
            import ctypes

            remote, root = windows_root(real)
            return remote or ctypes.windll.kernel32.GetDriveTypeW(root) == _REMOTE_DRIVE
        if sys.platform == "darwin":
            asked = ["/sbin/mount"]
            told = subprocess.run(asked, capture_output=True, timeout=10, check=False).stdout
            return bool(_holding(real, macos_mounts(told)))
        return bool(_holding(real, _linux_mounts(mounts.read_bytes())))
    except (OSError, ValueError, subprocess.SubprocessError):
        return False


def _holding(real: str, mounts: Iterator[tuple[bytes, bool]]) -> bool | None:
    """What is said of the mount that holds a path: the one with the longest mount point."""
    target = os.fsencode(real)
    longest, found = -1, None
    for point, is_remote in mounts:
        begin = point.rstrip(b"/")
        # ">=": of two mounts on one point the later one covers the earlier.
        if (target == begin or target.startswith(begin + b"/")) and len(begin) >= longest:
            longest, found = len(begin), is_remote
    return found


def _linux_mounts(table: bytes) -> Iterator[tuple[bytes, bool]]:
    """Mount points, and whether they are of the network, by ``/proc/self/mounts``; see fstab(5)."""
    for line in table.split(b"\n"):
        fields = line.split(b" ")
        if len(fields) < 3:
            continue
        # Bytes in any encoding; blanks and the like are octal escapes.
        point = _ESCAPE.sub(lambda found: bytes([int(found[1], 8) & 255]), fields[1])
        kind = os.fsdecode(fields[2])
        is_remote = kind in NETWORK_TYPES or kind.startswith(_NETWORK_BEGINS)
        yield point, is_remote and kind not in _LOCAL_FUSE


def macos_mounts(told: bytes) -> Iterator[tuple[bytes, bool]]:
    """Mount points, and whether they are of the network, by the ``mount`` command of macOS.

    A line is ``WHAT on POINT (TYPE, OPTION, ...)``; ``local`` is an option of the file systems that
    lie on this machine. Names may hold blanks, brackets and `` on ``, but a point begins with a
    slash.
    """
    for line in told.split(b"\n"):
        rest, _, options = line.rpartition(b" (")
        _, on, point = rest.partition(b" on /")
        if on:
            yield b"/" + point, b"local" not in options.rstrip(b")\r ").split(b", ")


def windows_root(real: str) -> tuple[bool, str]:
    r"""Whether a path of Windows is a share by its name, and the root that has a drive type.

    ``\\server\share`` is; ``\\?\C:\folder`` and ``C:\folder`` have the root ``C:\``.
    """
    path = real.replace("/", "\\")
    if path.upper().startswith("\\\\?\\UNC\\"):
        return True, ""
    path = path.removeprefix("\\\\?\\").removeprefix("\\\\.\\")
    return path.startswith("\\\\"), path[:2] + "\\"
