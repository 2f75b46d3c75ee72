"""Reading single pictures of a library, and all of them page by page."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from lookalike.errors import UsageError
from lookalike.library.catalog import Catalog

__all__ = ["MOST_ON_A_PAGE", "PictureInfo", "Pictures"]

MOST_ON_A_PAGE = 10_000

_FIELDS = "files.id, path, size, mtime_ns, width, height, format, digest"
_SOURCE = "FROM files JOIN contents ON contents.id = files.content WHERE present = 1"


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """A file of a library as it was when it was last indexed.

    Attributes:
        id: the picture's id in its library; stable while the file stays.
        path: of the file; undecodable bytes as lone surrogates (PEP 383).
        file_bytes: size of the file.
        mtime_ns: time of its last change, in nanoseconds since 1970.
        width: of the picture, in pixels.
        height: likewise.
        format: Pillow's name of the format, ``RAW`` for camera raw.
        digest: SHA-256 of the file, 32 bytes.
        member: which picture of the file, such as ``page-2``; empty for the only or first one.
    """

    id: int
    path: str
    file_bytes: int
    mtime_ns: int
    width: int
    height: int
    format: str
    digest: bytes
    member: str = ""


class Pictures:
    """The pictures of a library that a search can find; any number of threads may ask."""

    def __init__(self, catalog: Catalog) -> None:
        """For :attr:`lookalike.Library.pictures`."""
        self._catalog = catalog

    @property
    def uuid(self) -> str:
        """Names the library: 122 random bits that were drawn when it was made."""
        return self._catalog.setting("uuid")

    def count(self) -> int:
        """How many there are."""
        return self._catalog.count_present()

    def get(self, picture: int) -> PictureInfo | None:
        """The picture of an id; ``None`` if there is none, or its file is missing."""
        found = self._read(f"SELECT {_FIELDS} {_SOURCE} AND files.id = ?", [picture])
        return found[0] if found else None

    def page(
        self, limit: int = 100, *, after: int | None = None, newest: bool = False
    ) -> list[PictureInfo]:
        """Pictures in the order in which the library came to know them.

        Args:
            limit: pictures at most, 1 to 10,000.
            after: the id of the last picture of the page before; ``None`` for the first page.
            newest: begin with the last one instead.

        Raises:
            UsageError: ``limit`` is out of range.
        """
        if not 1 <= limit <= MOST_ON_A_PAGE:
            raise UsageError(f"a page holds 1 to {MOST_ON_A_PAGE:,} pictures, not {limit}")
        sign, direction = ("<", "DESC") if newest else (">", "ASC")
        where, values = ("", []) if after is None else (f" AND files.id {sign} ?", [after])
        order = f"ORDER BY files.id {direction} LIMIT ?"
        return self._read(f"SELECT {_FIELDS} {_SOURCE}{where} {order}", [*values, limit])

    def copies(self, picture: int) -> list[int]:
        """Ids of the other files that hold the same bytes, ascending."""
        rows = self._catalog.rows(
            "SELECT id FROM files WHERE present = 1 AND id <> ?1 AND content ="
            " (SELECT content FROM files WHERE id = ?1) ORDER BY id",
            [picture],
        )
        return [row[0] for row in rows]

    def _read(self, sql: str, values: list[Any]) -> list[PictureInfo]:
        rows = self._catalog.rows(sql, values)
        return [PictureInfo(row[0], os.fsdecode(row[1]), *row[2:]) for row in rows]
