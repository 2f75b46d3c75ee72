"""What places of pictures are called that are no folders of this machine.

=========================  ============================  ==================================
what                       is called                     and a picture in it
=========================  ============================  ==================================
a bucket, or part of one   ``s3://bucket/prefix``        ``s3://bucket/prefix/a.jpg``
a tar or Parquet file      ``/data/x.tar#``              ``/data/x.tar#/0001.jpg``
one in a bucket            ``s3://bucket/x.parquet#``    ``s3://bucket/x.parquet#/image/0``
=========================  ============================  ==================================

So each is a folder to all that only compares paths. No absolute path of a file begins like an
address.
"""

from __future__ import annotations

import os
import re
from itertools import product

from lookalike.errors import UsageError

__all__ = ["ARCHIVES", "SCHEMES", "expanded", "is_address", "is_away", "name_of", "split"]

SCHEMES = ("s3", "gs")
"""Of the object stores that are read."""

ARCHIVES = (".tar", ".parquet")
"""Endings of files that hold pictures."""

_COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_MARK = re.compile(r"\.(?:tar|parquet)#(?=/|\Z)", re.IGNORECASE)
_RANGE = re.compile(r"\{([0-9]{1,9})\.\.([0-9]{1,9})\}")
_LIST = re.compile(r"\{([^{}]*,[^{}]*)\}")
_MOST_NAMES = 100_000


def is_address(path: str) -> bool:
    """Whether a path is an address of an object store, or of something that isn't read."""
    return _ADDRESS.match(path) is not None


def split(path: str) -> tuple[str, str]:
    """The archive that a path lies in, or names, and the rest of it; both are empty for no archive.

    ``/data/x.tar#/a/1.jpg`` is ``/data/x.tar`` and ``a/1.jpg``.
    """
    if "#" not in path or (found := _MARK.search(path)) is None:
        return "", ""
    return path[: found.end() - 1], path[found.end() + 1 :]


def is_away(path: str) -> bool:
    """Whether a path is no place in the folders of this machine: an address, or in an archive."""
    return is_address(path) or bool(split(path)[0])


def name_of(given: str) -> str:
    """What a place is called that a person names: an address, a tar or Parquet file, or a folder.

    Args:
        given: as it was given, the user's home folder in place.

    Raises:
        UsageError: an address that isn't read.
    """
    if not is_address(given):
        path = os.path.abspath(given)
        if path.lower().endswith(ARCHIVES) and not os.path.isdir(path):
            return path + "#"
        return path
    scheme, _, rest = given.partition("://")
    scheme, rest = scheme.lower(), rest.rstrip("/")
    if scheme not in SCHEMES:
        raise UsageError(
            f"{given} can't be indexed: pictures are read from folders,"
            f" {' and '.join(f'{known}://' for known in SCHEMES)}"
        )
    if not rest.split("/")[0]:
        raise UsageError(f"{given} names no bucket: write {scheme}://BUCKET/PREFIX")
    if any(part in ("", ".", "..") for part in rest.split("/")):
        raise UsageError(f"{given} has an empty part, '.' or '..' in it: write it without")
    if rest.lower().endswith(_COMPRESSED):
        raise UsageError(f"{given} is compressed: write it as a plain .tar")
    return f"{scheme}://{rest}" + ("#" if rest.lower().endswith(ARCHIVES) else "")


def expanded(given: str) -> list[str]:
    """The names that one with ``{000..010}`` or ``{a,b}`` stands for, as WebDataset writes them.

    Only addresses, and names of tar and Parquet files: a folder may be called so. A shell expands
    them by itself, unless they are in quotes.

    Raises:
        UsageError: too many names.
    """
    if "{" not in given or not (is_address(given) or given.lower().endswith(ARCHIVES)):
        return [given]
    pieces: list[list[str]] = []
    at, count = 0, 1
    for found in sorted([*_RANGE.finditer(given), *_LIST.finditer(given)], key=re.Match.start):
        pieces += [[given[at : found.start()]], _choices(found)]
        at, count = found.end(), count * len(pieces[-1])
        if count > _MOST_NAMES:
            raise UsageError(f"{given} stands for more than {_MOST_NAMES:,} names: give fewer")
    return ["".join(parts) for parts in product(*pieces, [given[at:]])]


def _choices(found: re.Match[str]) -> list[str]:
    if found.re is _LIST:
        return found[1].split(",")
    first, last = int(found[1]), int(found[2])
    if not first <= last < first + _MOST_NAMES:
        raise UsageError(
            f"{found[0]} counts to fewer than it begins with, or over more than {_MOST_NAMES:,}"
        )
    return [str(number).zfill(len(found[1])) for number in range(first, last + 1)]
