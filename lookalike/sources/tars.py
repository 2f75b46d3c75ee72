"""Pictures in tar files, such as the shards of WebDataset; nothing is ever unpacked to a disk."""

from __future__ import annotations

import tarfile
import threading
from collections.abc import Iterator

from lookalike.images.formats.registry import is_candidate
from lookalike.images.reasons import one_line
from lookalike.sources.archives import ArchiveError, Member
from lookalike.sources.reading_at import At, Stream

__all__ = ["Tar"]

_MOST_MEMBERS = 2_000_000
_MOST_HEADER = 1_000_000  # bytes of a header, such as a long name
_HEADER = 512


class Tar:
    """A tar file: its regular files by name; of two with one name the first counts.

    Links, devices and sparse files are none. Names are only labels here.

    Args:
        file: to read; closed with it.

    Raises:
        ArchiveError: it is compressed, or no tar file.
    """

    def __init__(self, file: At) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._places: dict[str, tuple[int, int]] = {}
        self._is_known = False
        start = file.read_at(0, 6)
        for magic, name in ((b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ", "xz"),
                            (b"\x28\xb5\x2f\xfd", "zstd")):  # fmt: skip
            if start.startswith(magic):
                raise ArchiveError(
                    f"is compressed ({name}), and can only be read from its beginning on: write it"
                    " as a plain .tar, pictures are compressed already"
                )

    def members(self) -> Iterator[Member]:
        """See :class:`~lookalike.sources.archives.Archive`, as for all that follow."""
        seen: set[str] = set()
        for info in self._headers():
            name = _clean(info.name)
            last = (name or info.name).rpartition("/")[2]
            if not info.isreg() or last.startswith(".") or not is_candidate(last):
                continue
            if len(seen) >= _MOST_MEMBERS:
                raise ArchiveError(f"has more than {_MOST_MEMBERS:,} pictures: split it")
            if name is None:
                label = one_line(info.name.replace("\0", "").replace("..", "__").lstrip("/"))
                yield Member(label, 0, "its name leads out of the archive, or is damaged")
            elif name not in seen:
                seen.add(name)
                if info.issparse():
                    yield Member(name, info.size, "a sparse file, which is no picture")
                    continue
                with self._lock:
                    self._places[name] = info.offset_data, info.size
                yield Member(name, info.size)
        self._is_known = True

    def read(self, name: str) -> bytes:
        """A member."""
        if name not in self._places and not self._is_known:
            for _ in self.members():
                pass
        with self._lock:
            place = self._places.get(name)
        if place is None:
            raise ArchiveError("is not in the archive any more")
        data = self._file.read_at(*place)
        if len(data) != place[1]:
            raise ArchiveError("ends before its archive says")
        return data

    def close(self) -> None:
        """Let go of it."""
        self._file.close()

    def _headers(self) -> Iterator[tarfile.TarInfo]:
        try:
            with tarfile.TarFile(fileobj=Stream(self._file, _MOST_HEADER)) as tar:
                while (info := tar.next()) is not None:
                    tar.members.clear()  # type: ignore[attr-defined]
                    yield info
                self._check_end(tar.offset)
        except (tarfile.TarError, ValueError, EOFError, RecursionError) as error:
            raise ArchiveError(f"is damaged: {one_line(str(error)) or 'no tar file'}") from error

    def _check_end(self, offset: int) -> None:
        """Whether it ends where its last header says, and not in the middle: tarfile tells not."""
        rest = self._file.read_at(offset, _HEADER)
        if offset > self._file.size or rest.strip(b"\0"):
            raise ArchiveError(f"is damaged from byte {offset:,} on: pictures behind are unknown")


def _clean(name: str) -> str | None:
    """A name as part of a path; ``None`` for one that leads out, or that no path could have."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if not parts or ".." in parts or "\0" in name:
        return None
    return "/".join(parts)
