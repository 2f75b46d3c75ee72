"""The library that is served: opened once, opened again when another file takes its place."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from lookalike.errors import LookalikeError
from lookalike.library import Library
from lookalike.library.opening import Location
from lookalike.server.answers import ApiError
from lookalike.server.ids import OpaqueIds
from lookalike.types import Limits

__all__ = ["Shelf", "Volume"]

_log = logging.getLogger(__name__)

_CLOSE_SECONDS = 5.0


class Volume:
    """A library that is open, and the ids of its pictures."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.ids = OpaqueIds(library.pictures.uuid)
        self.identity = library.identity()
        self.users = 0
        self.retired = False


class Shelf:
    """Lends the library to threads. Other processes may index it meanwhile.

    A library that was deleted and made anew is another file: the old one is closed when nobody
    uses it any more.

    Args:
        location: of the library.
        limits: for decoding a picture to search by.
        workers: decoding processes.
        read_only: whether the library is never written to.
        short_list: first bits of the photo code that searches are made by; ``None`` for all.

    Raises:
        LibraryError: there is none, or it can't be opened.
    """

    def __init__(
        self,
        location: Location,
        limits: Limits,
        workers: int,
        *,
        read_only: bool = False,
        short_list: int | None = None,
    ) -> None:
        self._location, self._read_only = location, read_only
        self._short_list = short_list
        self._limits, self._workers = limits, workers
        self._changed = threading.Condition()
        self._volume: Volume | None = None
        self._closed = False
        with self.volume():
            pass

    @contextmanager
    def volume(self) -> Iterator[Volume]:
        """The library, which stays open at least until the end of the block.

        Raises:
            LibraryError: it isn't there any more, or can't be opened.
            ApiError: the server ends.
        """
        volume = self._take()
        try:
            yield volume
        finally:
            self._give(volume)

    def close(self) -> None:
        """Close the library; searches that are under way get a few seconds to end."""
        with self._changed:
            self._closed = True
            volume, self._volume = self._volume, None
            until = time.monotonic() + _CLOSE_SECONDS
            while volume is not None and volume.users and time.monotonic() < until:
                self._changed.wait(until - time.monotonic())
        if volume is not None:
            volume.library.close()

    def warm(self) -> None:
        """Search once for nothing, so that models, kernels and a decoding process are ready."""
        from PIL import Image

        buffer = BytesIO()
        Image.linear_gradient("L").save(buffer, "PNG")
        try:
            with self.volume() as volume:
                volume.library.search(buffer.getvalue(), 1)
        except (ApiError, LookalikeError) as error:  # the first real search will say it to somebody
            _log.info("can't warm up: %s", error)

    def _take(self) -> Volume:
        with self._changed:
            if self._closed:
                raise ApiError(
                    503,
                    "unavailable",
                    "the server is ending: ask again when it runs",
                    {"Retry-After": "5"},
                )
            old = self._volume
            # That nothing is in its place any more is said, though the old one could be read.
            if old is None or old.library.identity() != old.identity:
                library = Library.open(
                    self._location,
                    create=False,
                    read_only=self._read_only,
                    limits=self._limits,
                    workers=self._workers,
                    short_list=self._short_list,
                )
                self._volume = Volume(library)
                if old is not None:
                    _log.info("%s is another library now", self._location)
                    self._retire(old)
            assert self._volume is not None
            self._volume.users += 1
            return self._volume

    def _give(self, volume: Volume) -> None:
        with self._changed:
            volume.users -= 1
            if volume.retired and not volume.users:
                volume.library.close()
            self._changed.notify_all()

    @staticmethod
    def _retire(volume: Volume) -> None:
        volume.retired = True
        if not volume.users:
            volume.library.close()
