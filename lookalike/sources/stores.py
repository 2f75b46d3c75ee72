"""Object stores: what lies in a bucket, and the bytes of it, whatever fails on the way.

A request that fails is made again, and so is one whose body is cut: after a while that doubles, and
that is drawn at random, so that many workers don't come back together. What is read is exactly what
was listed: its length, its tag and, where that is a sum, its sum are compared.
"""

from __future__ import annotations

import hashlib
import logging
import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple, Protocol, TypeVar

from lookalike.errors import MissingExtraError
from lookalike.images.reasons import one_line
from lookalike.system.installing import install_command

__all__ = ["Entry", "ObjectStore", "StoreError", "store_of"]

_log = logging.getLogger(__name__)

T = TypeVar("T")

TRIES = 6
FIRST_SECONDS, MOST_SECONDS = 0.2, 10.0
"""How long to wait before the second try, and before any, at most."""
_TIMES_OUT = 60.0  # seconds without an answer

_UNKNOWN = (
    "no credentials were found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
)
_SUM = re.compile(r"[0-9a-f]{32}")


class StoreError(Exception):
    """An object store doesn't give what it is asked for.

    Args:
        reason: one line, without the address.
        is_gone: whether it says that there is no such thing.
    """

    def __init__(self, reason: str, *, is_gone: bool = False) -> None:
        super().__init__(reason)
        self.is_gone = is_gone


class Entry(NamedTuple):
    """An object as its store lists it.

    Attributes:
        path: its address.
        size: in bytes.
        mtime_ns: its last change to the second, and behind that what its tag makes: another tag is
            another time, so that no change within a second is missed.
    """

    path: str
    size: int
    mtime_ns: int


class ObjectStore(Protocol):
    """One kind of store; any number of threads may ask."""

    def entries(self, prefix: str) -> Iterator[Entry]:
        """The objects whose address begins with ``prefix``, and a slash, in the store's order.

        Raises:
            StoreError: it can't be asked.
        """

    def entry(self, path: str) -> Entry:
        """One object.

        Raises:
            StoreError: there is none, or the store can't be asked.
        """

    def read(self, entry: Entry, begin: int, end: int) -> bytes:
        """The bytes of an object from ``begin`` to before ``end``, if it is as it was listed.

        Raises:
            StoreError: it changed, is gone, or can't be read.
        """


_lock = threading.Lock()


def store_of(path: str) -> ObjectStore:
    """The store of an address.

    Raises:
        MissingExtraError: what speaks with it isn't installed.
    """
    with _lock:
        return _made(path.partition("://")[0])


@cache
def _made(scheme: str) -> ObjectStore:
    # Here, not above: it takes half a second, and nobody else needs it.
    try:
        if scheme == "gs":
            from lookalike.sources.gs import GS

            return GS()
        from lookalike.sources.s3 import S3

        return S3()
    except ImportError as error:
        missing = "gcsfs" if scheme == "gs" else "s3fs"
        raise MissingExtraError(
            f"reading {scheme}:// takes {missing}: {install_command('cloud')}"
        ) from error


def stamped(when: Any, tag: str) -> int:
    """A time of change that another tag makes another one; see :class:`Entry`.

    Args:
        when: a datetime, text of one (ISO 8601), or seconds since 1970.
        tag: whatever the store changes with the content.
    """
    if isinstance(when, str):
        when = datetime.fromisoformat(when.replace("Z", "+00:00"))
    if isinstance(when, datetime):
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        when = when.timestamp()
    below = int.from_bytes(hashlib.blake2b(tag.encode(), digest_size=8).digest()) % 10**9
    return int(when or 0) * 10**9 + (below if tag else 0)


def sum_of(tag: str) -> str | None:
    """The MD5 that a tag is, as far as it looks like one: of what was sent in parts it isn't."""
    tag = tag.strip('"').lower()
    return tag if _SUM.fullmatch(tag) else None


def again(what: str, call: Callable[[], T]) -> T:
    """Ask until there is an answer, or until it is certain that there will be none.

    Args:
        what: the address, for the log.
        call: asks.

    Raises:
        StoreError: why there is none.
    """
    for attempt in range(TRIES):
        try:
            return call()
        except StoreError:
            raise
        except FileNotFoundError as error:
            raise StoreError("is not there", is_gone=True) from error
        except PermissionError as error:
            raise StoreError(f"may not be read: {one_line(str(error))}") from error
        except Exception as error:  # each library below has errors of its own
            reason = one_line(f"{type(error).__name__}: {error}".removesuffix(": "))
            if type(error).__name__ == "NoCredentialsError":
                raise StoreError(_UNKNOWN) from error
            if _is_final(error):
                raise StoreError(reason) from error
            if attempt == TRIES - 1:
                raise StoreError(f"{reason} ({TRIES} times)") from error
            wait = random.uniform(0, min(MOST_SECONDS, FIRST_SECONDS * 2**attempt))  # noqa: S311
            _log.info("%s: %s; asking again in %.1f s", what, reason, wait)
            time.sleep(wait)
    raise RuntimeError("not reached")


def _is_final(error: Exception) -> bool:
    """Whether asking again can't help: who asks isn't known, or what is asked can't be."""
    return type(error).__name__ in (
        "PartialCredentialsError",
        "ParamValidationError",
        "ProfileNotFound",
        "NoRegionError",
        "InvalidRegionError",
    )
