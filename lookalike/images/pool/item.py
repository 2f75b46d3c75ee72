"""What the pool is asked for: a picture file, and which of its pictures."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from lookalike.errors import PictureFailed, PictureSkipped, UsageError
from lookalike.images.formats.registry import suffix_of
from lookalike.images.members import member_number

__all__ = ["Item", "PictureFile", "request"]

PictureFile = str | bytes | os.PathLike[str]
"""A picture file: its path, or its bytes."""


class Item(NamedTuple):
    """One picture of a file.

    Attributes:
        file: its path, or its bytes.
        member: which of the file's pictures, see :mod:`lookalike.images.members`.
        name: of the file whose bytes these are; its suffix tells some kinds of camera raw.
    """

    file: PictureFile
    member: str = ""
    name: str = ""


def request(item: Item, *, count: bool, most: int) -> tuple[dict[str, Any], bytes]:
    """The header and the body of the message that asks a child for an item.

    Args:
        item: to ask for.
        count: whether to say how many pictures the file holds.
        most: limit on the bytes of a file.

    Raises:
        UsageError: the file is neither path nor bytes, or the member is none.
        PictureSkipped: no bytes, or more than the limit.
        PictureFailed: a path that no file can have.
    """
    member_number(item.member)  # says what is wrong with it
    file, header = item.file, {"member": item.member, "count": count}
    if isinstance(file, bytes):
        if not file:
            raise PictureSkipped("empty file")
        if len(file) > most:
            raise PictureSkipped(
                f"{len(file):,} bytes: more than the limit of {most:,}", cause="limit"
            )
        return {"from": "bytes", "suffix": suffix_of(item.name), **header}, file
    try:
        path = os.fspath(file)
    except TypeError as error:
        raise UsageError(
            f"{type(file).__name__} is no picture file: give a path or bytes"
        ) from error
    if not path:
        raise UsageError("a picture's path is empty: give a path or bytes")
    if "\0" in path:
        raise PictureFailed("can't be read: its path holds a null character")
    # The child's current folder is its own.
    return {"from": "path", **header}, os.fsencode(os.path.abspath(path))
