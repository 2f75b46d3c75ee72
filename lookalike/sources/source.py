"""What a source of pictures can do, whatever it is, and what it finds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from lookalike.errors import Cause

__all__ = ["Found", "LeftOut", "Source", "Unreadable"]


class Found(NamedTuple):
    """A file that is a picture by its suffix; a tuple, since every walk makes one of each file.

    Attributes:
        path: absolute; undecodable bytes as lone surrogates (PEP 383), as ``os`` gives them. It
            names the file among those of all sources, and is what people are shown.
        relative: the path from the walked folder on, with slashes on every system.
        size: in bytes.
        mtime_ns: time of the last change of its contents, in nanoseconds since 1970, as
            :func:`lookalike.system.times.kept` has it.
        device: of the file system, 0 where it isn't known (Windows).
        inode: of the file, 0 where it isn't known (Windows).
    """

    path: str
    relative: str
    size: int
    mtime_ns: int
    device: int
    inode: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file or folder that can't be taken up.

    Attributes:
        path: as in :class:`Found`.
        reason: one line.
        is_folder: what lies below it is unknown then, not gone.
        status: ``failed`` where it should have been readable, ``skipped`` where it is no file.
        cause: what for; ``access`` but where it is no file.
    """

    path: str
    reason: str
    is_folder: bool
    status: Literal["failed", "skipped"]
    cause: Cause = "access"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What one pattern leaves out of a folder.

    Attributes:
        folder: its path.
        pattern: that leaves it out.
        files: picture files by their endings, those in folders that are left out included; 0 for
            patterns of lookalike's own, whose folders aren't looked through.
        folders: that are left out as a whole.
        own: whether the pattern is lookalike's own, for folders that programs make for themselves.
    """

    folder: str
    pattern: str
    files: int
    folders: int
    own: bool = False


class Source(Protocol):
    """A place that pictures come from: what indexing asks of it.

    :class:`lookalike.sources.folders.Folder` is one. Two more were thought through, so that they
    fit in as one file each:

    ================  ==============================  ======================================
    ..                a bucket (S3, by fsspec)        a zip file
    ================  ==============================  ======================================
    ``name``          ``s3://bucket/prefix``          its absolute path
    ``is_reachable``  ``info(prefix)`` answers        the file is there, and a zip file
    ``walk``          ``find(prefix, detail=True)``   ``infolist()``
    ``Found.path``    ``s3://bucket/prefix/a.jpg``    ``/pictures.zip/a.jpg``
    ``size``          ``size``                        ``file_size``
    ``mtime_ns``      ``LastModified``                ``date_time``, two seconds fine
    ``device``        0, and so ``inode``             0, and so ``inode``
    ``content``       ``cat_file``, as bytes          ``open(name).read``, as bytes
    ================  ==============================  ======================================

    Neither has a path that a child process could open, so that their content travels as bytes.
    """

    @property
    def name(self) -> str:
        """What the library remembers it by; the paths of its files begin with it."""

    def is_reachable(self) -> bool:
        """Whether it can be asked now. The files of one that can't be are unknown, not gone."""

    def walk(self) -> Iterator[Found | Unreadable]:
        """All its files, in an order that stays the same while they do."""

    def covers(self, path: str) -> bool:
        """Whether a file of this path would be one of its own, be it there or not."""

    def has(self, path: str) -> bool:
        """Whether there is a file of this path now, that it covers."""

    def content(self, path: str, most: int) -> str | bytes:
        """Where a file can be read on this machine, or else its bytes.

        Args:
            path: as in :class:`Found`.
            most: limit in bytes, where it is read here.

        Raises:
            PictureSkipped: larger than ``most``, or no file.
            PictureFailed: it can't be read.
        """
