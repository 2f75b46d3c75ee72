"""What a library needs to know of the disk that it lies on."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["is_network", "is_writable"]

# SQLite's write-ahead log needs shared memory, which these don't give across machines
# (sqlite.org/wal.html, "Overview", disadvantage 2).
NETWORK_TYPES = frozenset(
    {
        "9p", "afpfs", "afs", "beegfs", "ceph", "cifs", "davfs", "fuse.davfs2", "fuse.glusterfs",
        "fuse.rclone", "fuse.s3fs", "fuse.sshfs", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4",
        "smb2", "smb3", "smbfs", "vboxsf", "virtiofs", "webdav",
    }
)  # fmt: skip


def is_writable(folder: Path) -> bool:
    """Whether files can be made in ``folder``; on a read-only mount not even root can."""
    return os.access(folder, os.W_OK)


def is_network(folder: Path, *, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Whether ``folder`` lies on a drive of another machine, as far as the system tells.

    Args:
        folder: an existing folder.
        mounts: the system's table of mounts (Linux); elsewhere drive types are asked for.
    """
    if sys.platform == "win32":
        # Drive type 4 is DRIVE_REMOTE; shares by name have no drive letter.
        import ctypes

        drive = folder.resolve().drive
        return drive.startswith("\\\\") or ctypes.windll.kernel32.GetDriveTypeW(drive + "\\") == 4
    return mounts.exists() and _type_in(mounts, folder) in NETWORK_TYPES


def _type_in(mounts: Path, folder: Path) -> str:
    """The file system type of the mount that holds ``folder``: the longest matching mount point."""
    best, kind = -1, ""
    target = folder.resolve()
    for line in mounts.read_bytes().splitlines():
        fields = line.split(b" ")
        if len(fields) < 3:
            continue
        # Spaces and the like are written as octal escapes there.
        point = Path(
            os.fsdecode(
                fields[1].decode("latin-1").encode().decode("unicode_escape").encode("latin-1")
            )
        )
        # ">=": of two mounts on one point the later one covers the earlier.
        if (point == target or point in target.parents) and len(point.parts) >= best:
            best, kind = len(point.parts), os.fsdecode(fields[2])
    return kind
