"""Processes that take second looks: a picture's preview goes in, what two of them are comes out.

Looking is many small steps of NumPy, which threads of one process take in turns. So each processor
gets a process of its own. It starts as the decoding processes do, by this Python with this
process's import path and without the main module, and is sent messages, never pickles.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from io import FileIO
from typing import NamedTuple, Self, cast

from lookalike.errors import LookalikeError
from lookalike.images.pool.framing import FramingError, read_frame, write_frame
from lookalike.library.duplicates.packed import unpack_verdict
from lookalike.matching.verdict import Verdict
from lookalike.system.processors import processors

__all__ = ["Eyes", "Seen", "Sight", "Task"]

_BOOT = (
    "import sys; sys.path[:] = sys.argv[1:];"
    " from lookalike.library.duplicates.eye import main; main()"
)
_MOST = 1 << 28  # bytes of an answer
_AHEAD = 2  # tasks for each process that are made ready before it asks


class Sight(NamedTuple):
    """A picture to be looked at.

    Attributes:
        name: tells it from others; SHA-256 of its file, and its member.
        size: width and height of the picture itself, in pixels.
        format: of the file.
        file_bytes: size of the file.
        preview: JPEG.
        features: as :func:`lookalike.matching.prepared.pack` made them; ``None`` if nobody did.
    """

    name: bytes
    size: tuple[int, int]
    format: str
    file_bytes: int
    preview: bytes
    features: bytes | None


class Task(NamedTuple):
    """Some pairs among a few pictures.

    Attributes:
        pictures: all that are looked at.
        pairs: of each the two places in ``pictures``, and how closely to look; or ``NAME``, see
            :mod:`lookalike.library.duplicates.packed`.
        known: for each pair to be named its verdict, packed; else empty.
        features: whether local features of all pictures are wanted, be there pairs or not.
    """

    pictures: Sequence[Sight]
    pairs: Sequence[tuple[int, int, int]] = ()
    known: Sequence[str] = ()
    features: bool = False


class Seen(NamedTuple):
    """What came of a task.

    Attributes:
        verdicts: for each pair, with its first picture as the query; ``None`` where a preview is
            damaged.
        features: those that had to be made, by the picture's place.
    """

    verdicts: list[Verdict | None]
    features: dict[int, bytes]


class Eyes:
    """Some such processes; they start with the first task, and end with :meth:`close`.

    Args:
        workers: how many; as many as there are processors for this process by default.
    """

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers or processors()
        self._idle: deque[_Eye] = deque()
        self._all: list[_Eye] = []
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(self._workers, "lookalike-eyes")
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes."""
        with self._lock:
            self._closed = True
            eyes = list(self._all)
        for eye in eyes:
            eye.end()
        self._threads.shutdown(cancel_futures=True)

    def look(self, tasks: Iterable[Task]) -> Iterator[Seen]:
        """What comes of each task, in their order; they are taken a few ahead of the caller.

        Raises:
            LookalikeError: no process can be started, or one ended.
        """
        pending: deque[Future[Seen]] = deque()
        try:
            for task in tasks:
                pending.append(self._threads.submit(self._done, task))
                if len(pending) > _AHEAD * self._workers:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()

    def _done(self, task: Task) -> Seen:
        with self._lock:
            if self._closed:
                raise LookalikeError("looking at pictures was ended")
            eye = self._idle.pop() if self._idle else None
        if eye is None:
            eye = _Eye()
            with self._lock:
                self._all.append(eye)
        seen = eye.ask(task)
        with self._lock:
            self._idle.append(eye)
        return seen


class _Eye:
    """One process, as its parent has it."""

    def __init__(self) -> None:
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _BOOT, *sys.path],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                creationflags=flags,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            )
        except OSError as error:
            raise LookalikeError(f"no process that looks can be started: {error}") from error
        self._stdin = cast(FileIO, self._process.stdin)
        self._stdout = cast(FileIO, self._process.stdout)

    def ask(self, task: Task) -> Seen:
        header = {
            "pictures": [
                [
                    one.name.hex(),
                    one.size,
                    one.format,
                    one.file_bytes,
                    len(one.preview),
                    -1 if one.features is None else len(one.features),
                ]
                for one in task.pictures
            ],
            "pairs": task.pairs,
            "known": task.known,
            "features": task.features,
        }
        body = [piece for one in task.pictures for piece in (one.preview, one.features or b"")]
        try:
            write_frame(self._stdin, header, body)
            frame = read_frame(self._stdout, _MOST)
        except (OSError, FramingError, ValueError) as error:
            raise LookalikeError(f"a process that looks at pictures ended: {error}") from error
        if frame is None:
            raise LookalikeError(
                "a process that looks at pictures ended, as it is where memory runs out:"
                " run again, which resumes there"
            )
        reply, data = frame
        verdicts = [None if one is None else unpack_verdict(one) for one in reply["verdicts"]]
        features, start = {}, 0
        for place, size in reply["made"]:
            features[place] = bytes(data[start : start + size])
            start += size
        return Seen(verdicts, features)

    def end(self) -> None:
        with suppress(OSError):
            self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        with suppress(OSError):
            self._stdin.close()
        with suppress(OSError):
            self._stdout.close()
