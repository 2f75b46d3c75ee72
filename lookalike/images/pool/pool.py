"""Decoding in child processes, with a limit on pixels, bytes, memory and seconds for a picture.

A picture that makes a decoder hang, crash or ask for all memory costs its child: another starts.
"""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from queue import Empty, LifoQueue
from types import TracebackType
from typing import Any, Self, TypeVar

from lookalike.errors import LookalikeError, PictureError, PictureFailed, UsageError
from lookalike.images.pool.ahead import each
from lookalike.images.pool.child import ChildDied, ChildTimeout
from lookalike.images.pool.item import Item, PictureFile, request
from lookalike.images.pool.messages import (
    Digest,
    Wanted,
    pack_inputs,
    unpack_answer,
    unpack_digest,
)
from lookalike.images.pool.place import CLOSED, Place
from lookalike.images.reasons import one_line
from lookalike.system.processors import processors
from lookalike.types import Decoded, InputSpec, Limits

__all__ = ["DecodePool"]

_log = logging.getLogger(__name__)

A = TypeVar("A")
K = TypeVar("K")
_RECYCLE_AFTER = 20_000  # pictures, against decoders that leak
_RECYCLE_RESIDENT = 300_000_000  # bytes still held after an answer
_MOST_WORKERS = 1024
_POLL_SECONDS = 1.0  # how often a wait looks up, for Ctrl-C on Windows


class DecodePool:
    """Child processes that decode pictures; any number of threads may use one pool.

    Args:
        inputs: for each encoder's name what it wants to be handed.
        limits: what one picture may cost.
        workers: number of children at most; the number of processors where it isn't given.
            They are started when they are first needed.
        command: what starts a child, for tests.

    Raises:
        UsageError: no inputs, limits of another type, or not 1 to 1,024 workers.
    """

    def __init__(
        self,
        inputs: Mapping[str, InputSpec],
        *,
        limits: Limits | None = None,
        workers: int | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        if not inputs:
            raise UsageError("a decoding pool without inputs has nothing to give: name one")
        if limits is not None and not isinstance(limits, Limits):
            raise UsageError(f"limits are a lookalike.types.Limits, not {limits!r}")
        workers = processors() if workers is None else workers
        whole = isinstance(workers, int) and not isinstance(workers, bool)
        if not whole or not 1 <= workers <= _MOST_WORKERS:
            most = f"{_MOST_WORKERS:,}"
            raise UsageError(f"workers is a whole number from 1 to {most}, not {workers!r}")
        self.inputs = dict(inputs)
        self.limits = limits or Limits()
        self.workers = workers
        self._closed = threading.Event()
        self._places = [
            Place(self.inputs, self.limits, command, self._closed) for _ in range(workers)
        ]
        # Last in, first out: a warm child comes before one that would have to be started.
        self._idle: LifoQueue[Place] = LifoQueue()
        for place in self._places:
            self._idle.put(place)
        self._heavy = threading.Lock()
        # Also runs when the pool is forgotten, and when the interpreter ends.
        self._finalizer = weakref.finalize(self, _end_all, self._closed, self._places)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the children. Waiting calls fail; the pool can't be used any more."""
        self._finalizer()

    def warm(self, children: int | None = None) -> None:
        """Start children without waiting for them, while the caller has other things to load."""
        places = [self._take() for _ in range(min(children or self.workers, self.workers))]
        try:
            for place in places:
                place.start()
        finally:
            for place in places:
                self._idle.put(place)

    def decode(
        self,
        file: PictureFile,
        *,
        inputs: Mapping[str, InputSpec] | None = None,
        name: str = "",
        member: str = "",
        count: bool = False,
    ) -> Decoded:
        """Decode one picture.

        Args:
            file: a path (``str`` or path-like), or a picture file's ``bytes``.
            inputs: other inputs than the pool's own, for this picture.
            name: of the file of these bytes; its suffix tells some kinds of camera raw.
            member: which picture of the file, see :mod:`lookalike.images.members`.
            count: whether to say how many pictures the file holds.

        Raises:
            UsageError: ``member`` can't be understood.
            PictureSkipped: not a picture, or beyond a limit on pixels or bytes.
            PictureFailed: unreadable, truncated, damaged, or beyond a limit on memory or seconds.
            LookalikeError: no child can be started, or the pool is closed.
        """
        asked = Item(file, member, name)
        header, body = request(asked, count=count, most=self.limits.file_bytes)
        wanted = self.inputs if inputs is None else dict(inputs)
        if inputs is not None:
            header["inputs"] = pack_inputs(inputs)
        return self._answer(
            header, body, lambda reply, data: unpack_answer(reply, data, wanted, member)
        )

    def digest(
        self, file: PictureFile | Item, which: Wanted = "exact", *, content: bytes | None = None
    ) -> Digest:
        """Decode a file in full for a digest of what it shows.

        Args:
            file: a path, a picture file's bytes, or an item of a file.
            which: see :data:`~lookalike.images.pool.messages.Wanted`.
            content: SHA-256 of the file that is meant; of another one nothing is decoded.

        Raises:
            LookalikeError: as for :meth:`decode`.
        """
        asked = file if isinstance(file, Item) else Item(file)
        header, body = request(asked, count=False, most=self.limits.file_bytes)
        header |= {"digest": which, "content": None if content is None else content.hex()}
        return self._answer(header, body, unpack_digest)

    def _answer(
        self,
        header: dict[str, Any],
        body: bytes,
        unpack: Callable[[dict[str, Any], bytearray], A | PictureError],
    ) -> A:
        """Ask a child, and another one if that ends."""
        place = self._take()
        try:
            try:
                answer = self._ask(place, header, body, unpack)
            except ChildDied:
                # Once more: it may have been another's fault, such as the system's lack of memory.
                answer = self._ask(place, header, body, unpack, last=True)
        except BaseException:
            place.drop()  # what it is busy with is nobody's any more
            raise
        finally:
            self._idle.put(place)
        if isinstance(answer, PictureError):
            raise answer
        return answer

    def map(
        self, jobs: Iterable[tuple[K, PictureFile | Item]], *, in_flight: int | None = None
    ) -> Iterator[tuple[K, Decoded | PictureError]]:
        """Decode many pictures on all children.

        Args:
            jobs: keys and files, or items of files; it is advanced by the caller's own thread.
            in_flight: how far ahead of the caller to work, in pictures: each takes about as much
                memory as its inputs. By default 16 for each worker.

        Yields:
            Each key with its picture, or with the error that stands for it, as they come: not in
            the order of ``jobs``.

        Raises:
            LookalikeError: no child can be started, or the pool is closed.
        """
        ahead = in_flight if in_flight is not None else 16 * self.workers
        if ahead < 1:
            raise UsageError(f"{ahead} pictures in flight are none: give at least 1")

        def decode(file: PictureFile | Item) -> Decoded:
            item = file if isinstance(file, Item) else Item(file)
            return self.decode(item.file, member=item.member, name=item.name)

        return each(iter(jobs), decode, self.workers, ahead)

    def _take(self) -> Place:
        while not self._closed.is_set():
            try:
                place = self._idle.get(timeout=_POLL_SECONDS)
            except Empty:
                continue
            if self._closed.is_set():
                self._idle.put(place)
                break
            return place
        raise LookalikeError(CLOSED)

    def _ask(
        self,
        place: Place,
        header: dict[str, Any],
        body: bytes,
        unpack: Callable[[dict[str, Any], bytearray], A | PictureError],
        *,
        last: bool = False,
    ) -> A | PictureError:
        child = place.ready()
        seconds = self.limits.seconds
        try:
            reply, data = child.ask(header, body, seconds)
            if reply.get("status") == "heavy":
                with self._heavy:
                    reply, data = child.ask({}, b"", seconds)
            answer = unpack(reply, data)
        except ChildTimeout:
            place.drop()
            return PictureFailed(f"decoding took more than {seconds:g} seconds", cause="time")
        except ChildDied as error:
            place.drop()
            if self._closed.is_set():
                raise LookalikeError(CLOSED) from error
            _log.info("a decoding process is replaced: %s", error)
            if not last:
                raise
            return PictureFailed(f"crashed its decoder: {error}", cause=error.cause)
        except (ValueError, TypeError, KeyError) as error:
            place.drop()
            return PictureFailed(
                f"the decoding process sent what is no answer: {one_line(str(error))}"
            )
        if child.asked >= _RECYCLE_AFTER or int(reply.get("resident", 0)) > _RECYCLE_RESIDENT:
            place.drop()
        return answer


def _end_all(closed: threading.Event, places: Iterable[Place]) -> None:
    closed.set()  # first, so that no child is started in place of one that ends now
    for place in places:
        place.drop()
