"""Pictures that clients sent to search by, kept in memory so that each is sent only once."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lookalike.library.asked import Asked
from lookalike.server.answers import ApiError
from lookalike.server.times import moment_text
from lookalike.server.uploads import Upload

__all__ = ["Queries", "Query"]


@dataclass(slots=True, eq=False)
class Query:
    """A picture that a client sent.

    Attributes:
        id: 24 characters, drawn at random.
        upload: its bytes.
        digest: SHA-256 of them.
        asked: made ready to search with.
        expires: when it is forgotten if nobody asks for it, seconds since 1970.
        thumbnails: small JPEGs that were made of it, by size.
    """

    id: str
    upload: Upload
    digest: bytes
    asked: Asked
    expires: float
    thumbnails: dict[int, bytes] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """What it takes in memory, about."""
        return len(self.upload.data) + sum(map(len, self.thumbnails.values()))

    @property
    def until(self) -> str:
        """When it is forgotten if nobody asks for it: ISO 8601, in UTC."""
        return moment_text(datetime.fromtimestamp(self.expires, UTC))


class Queries:
    """All that are kept; any number of threads may ask.

    Args:
        most: of them.
        most_bytes: of all together; the one that nobody asked for longest goes first.
        seconds: after which one that nobody asks for is forgotten.
        clock: seconds since 1970; for tests.
    """

    def __init__(
        self, most: int, most_bytes: int, seconds: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._most, self._most_bytes, self._seconds = most, most_bytes, seconds
        self._clock = clock
        self._kept: OrderedDict[str, Query] = OrderedDict()
        self._ids: dict[tuple[bytes, str | None], str] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def known(self, upload: Upload) -> Query | None:
        """The one of the same bytes, if it is kept."""
        with self._lock:
            return self._used(self._ids.get((_digest(upload), upload.name)))

    def keep(self, upload: Upload, asked: Asked) -> Query:
        """Keep a picture; if one of the same bytes is kept, that is it."""
        digest = _digest(upload)
        with self._lock:
            known = self._used(self._ids.get((digest, upload.name)))
            if known is not None:
                return known
            until = self._clock() + self._seconds
            made = Query(secrets.token_urlsafe(18), upload, digest, asked, until)
            self._kept[made.id] = made
            self._ids[digest, upload.name] = made.id
            self._shrink()
            return made

    def get(self, query: str) -> Query:
        """The picture of an id.

        Raises:
            ApiError: it isn't kept.
        """
        with self._lock:
            found = self._used(query)
        if found is None:
            raise ApiError(
                404,
                "no_such_query",
                f"no query with this id is kept (the last {self._most} are, and none longer than"
                f" {self._seconds / 3600:g} hours after it was last asked for): send the picture"
                " again to /api/v1/queries",
            )
        return found

    def find(self, query: str) -> Query | None:
        """The same; ``None`` where it isn't kept."""
        with self._lock:
            return self._used(query)

    def drop(self, query: str) -> None:
        """Forget one."""
        with self._lock:
            self._forget(query)

    def _used(self, query: str | None) -> Query | None:
        now = self._clock()
        while self._kept and next(iter(self._kept.values())).expires < now:
            self._forget(next(iter(self._kept)))
        found = None if query is None else self._kept.get(query)
        if found is not None:
            found.expires = now + self._seconds
            self._kept.move_to_end(found.id)
        return found

    def _shrink(self) -> None:
        """The last one stays, whatever its size."""
        while len(self._kept) > 1 and (
            len(self._kept) > self._most
            or sum(one.bytes for one in self._kept.values()) > self._most_bytes
        ):
            self._forget(next(iter(self._kept)))

    def _forget(self, query: str) -> None:
        gone = self._kept.pop(query, None)
        if gone is not None:
            self._ids.pop((gone.digest, gone.upload.name), None)


def _digest(upload: Upload) -> bytes:
    return hashlib.sha256(upload.data).digest()
