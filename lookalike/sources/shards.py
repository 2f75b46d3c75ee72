"""Which part of all files is whose, where several workers fill one library."""

from __future__ import annotations

import hashlib
import os
import re
from typing import Any, NamedTuple

from lookalike.errors import UsageError
from lookalike.sources.naming import split

__all__ = ["MOST_SHARDS", "Shard", "shard_of"]

MOST_SHARDS = 100_000
"""Workers of one library, at most."""

_FORM = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")


class Shard(NamedTuple):
    """One of several parts of all files; each file is in just one of them.

    Attributes:
        number: which, from 1 on.
        of: how many there are.
    """

    number: int
    of: int

    def takes(self, path: str) -> bool:
        """Whether a file is in it: by its path's bytes, on every machine and at every run.

        What lies in an archive goes where the archive goes, so that each is read by one worker.
        """
        archive, _ = split(path)
        made = hashlib.blake2b(os.fsencode(archive or path), digest_size=8).digest()
        return int.from_bytes(made) % self.of == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def shard_of(value: Any) -> Shard | None:
    """A shard as people write it, such as ``3/8``.

    Args:
        value: text, a shard, or ``None``.

    Raises:
        UsageError: no such shard.
    """
    if value is None or isinstance(value, Shard):
        return value
    found = _FORM.fullmatch(value) if isinstance(value, str) else None
    number, of = (0, 0) if found is None else (int(found[1]), int(found[2]))
    if not 1 <= number <= of <= MOST_SHARDS:
        raise UsageError(
            f"a shard is I/N, such as 3/8, with I from 1 to N and N up to {MOST_SHARDS:,};"
            f" not {value!r}"
        )
    return Shard(number, of)
