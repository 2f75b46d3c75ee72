"""One child process as the pool sees it: ask, wait no longer than so many seconds, end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from io import FileIO
from queue import Empty, SimpleQueue
from typing import Any, cast

from lookalike.errors import Cause
from lookalike.images.pool.framing import Frame, FramingError, read_frame, write_frame
from lookalike.images.pool.messages import most_answer, pack_inputs, pack_limits
from lookalike.images.reasons import names_memory, one_line
from lookalike.types import InputSpec, Limits

__all__ = ["Child", "ChildDied", "ChildTimeout", "default_command"]

_START_SECONDS = 120.0  # a cold disk or a busy machine; a child usually takes 0.2 s
_BOOT = (
    "import sys; sys.path[:] = sys.argv[1:]; from lookalike.images.pool.worker import main; main()"
)
# What ends a child from outside: the system where memory runs out, and the child's own alarm.
_ENDED_BY: tuple[tuple[str, Cause], ...] = (
    ("SIGKILL", "memory"),
    ("SIGALRM", "time"),
    ("SIGXCPU", "time"),
)
_CAUSES = {int(getattr(signal, name)): cause for name, cause in _ENDED_BY if hasattr(signal, name)}
_PIPE_BYTES = 1 << 20  # an answer is about 1 MB: let the child put it down and go on

_Request = tuple[dict[str, Any], bytes | memoryview]


class ChildDied(Exception):  # noqa: N818
    """The child ended before it had answered; the message says how.

    Args:
        message: one line.
        cause: what for, as far as its end tells.
    """

    def __init__(self, message: str = "", cause: Cause = "file") -> None:
        super().__init__(message)
        self.cause: Cause = cause


class ChildTimeout(Exception):  # noqa: N818
    """The child didn't answer in time."""


def default_command() -> list[str]:
    """What starts a child: this Python with this process's import path.

    ``-P`` keeps the current folder out of the path: it may be the folder of pictures, and hold a
    ``json.py``. Nothing of the main module is imported, so scripts need no ``__main__`` guard.
    """
    return [sys.executable, "-P", "-c", _BOOT, *sys.path]


class Child:
    """A running child process.

    A thread of its own does the reading and writing, so that a wait can always be given up, even
    on a process that can't be killed because its disk doesn't answer.
    """

    def __init__(
        self, command: Sequence[str], inputs: Mapping[str, InputSpec], limits: Limits
    ) -> None:
        self.asked = 0
        self._ready = False
        self._said = 0  # bytes that it had printed before it was asked
        self._owner = os.getpid()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        self._reading = threading.Lock()  # so that nobody closes it meanwhile
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        try:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                bufsize=0,
                creationflags=flags,
                env=environment,
            )
        except BaseException:
            self._errors.close()
            raise
        self._inbox: SimpleQueue[_Request | None] = SimpleQueue()
        self._outbox: SimpleQueue[Frame | None] = SimpleQueue()
        most = max(most_answer(inputs), 64_000_000)
        stdin, stdout = (cast(FileIO, s) for s in (self._process.stdin, self._process.stdout))
        _widen(stdout)
        self._courier = threading.Thread(
            target=_carry,
            args=(stdin, stdout, self._inbox, self._outbox, most),
            name="lookalike-decode",
            daemon=True,
        )
        self._courier.start()
        self._inbox.put(({"inputs": pack_inputs(inputs), "limits": pack_limits(limits)}, b""))

    @property
    def process_id(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process hasn't ended."""
        return self._process.poll() is None

    def wait_ready(self) -> None:
        """Wait until the child serves; afterwards at no cost.

        Raises:
            ChildDied, ChildTimeout: it doesn't come up; the message has what it printed.
        """
        if self._ready:
            return
        try:
            header, _ = self._receive(_START_SECONDS)
        except ChildDied as error:
            raise ChildDied(f"{error}: {self._last_words()}") from error
        if header.get("status") != "ready":
            raise ChildDied("what was started is no decoding process")
        self._ready = True

    def ask(self, header: dict[str, Any], body: bytes | memoryview, seconds: float) -> Frame:
        """Send a request and wait for the answer.

        Raises:
            ChildDied: it ended, or sent what is no answer.
            ChildTimeout: no answer after so many seconds.
        """
        self.asked += 1
        with self._reading:
            if self._errors.closed:  # another thread ended it, with the pool
                raise ChildDied("the decoding process was ended with its pool")
            self._said = os.fstat(self._errors.fileno()).st_size
        self._inbox.put((header, body))
        return self._receive(seconds)

    def _receive(self, seconds: float) -> Frame:
        try:
            frame = self._outbox.get(timeout=seconds)
        except Empty:
            raise ChildTimeout from None
        if frame is None:
            raise self._how_it_ended()
        return frame

    def _how_it_ended(self) -> ChildDied:
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return ChildDied("the decoding process sent what is no answer")
        cause = _CAUSES.get(-code, "memory" if names_memory(self._words()) else "file")
        if code < 0:
            how = f"the decoding process was ended by signal {-code}{_signal_name(-code)}"
        else:
            how = f"the decoding process ended with code {code}"
        if cause == "memory":
            how += ", as it is where memory runs out"
        return ChildDied(how, cause)

    def _last_words(self) -> str:
        lines = self._words().split("\n")
        return one_line(next((line for line in reversed(lines) if line.strip()), "no message"))

    def _words(self) -> str:
        """What it printed since it was asked, the end of it."""
        with self._reading:
            if self._errors.closed:  # another thread ended the child, with the pool
                return ""
            self._errors.seek(0, os.SEEK_END)
            self._errors.seek(max(self._said, self._errors.tell() - 2_000))
            return self._errors.read().decode("utf-8", "replace")

    def end(self) -> None:
        """End the process now. It has nothing to lose, so it isn't asked."""
        self._inbox.put(None)
        if os.getpid() == self._owner:  # in a fork of the parent the child belongs to the parent
            with contextlib.suppress(OSError):
                self._process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=5)
        self._courier.join(timeout=5)
        with self._reading:
            self._errors.close()


def _carry(
    stdin: FileIO,
    stdout: FileIO,
    inbox: SimpleQueue[_Request | None],
    outbox: SimpleQueue[Frame | None],
    most: int,
) -> None:
    """Carry requests in and answers out until either end is gone."""
    with contextlib.suppress(OSError, FramingError, MemoryError), stdin, stdout:
        while (request := inbox.get()) is not None:
            header, body = request
            write_frame(stdin, header, (body,) if len(body) else ())
            del request, body
            frame = read_frame(stdout, most)
            if frame is None:
                break
            outbox.put(frame)
            del frame
    outbox.put(None)


def _widen(stream: FileIO) -> None:
    """Let a pipe hold a whole answer, where the system allows it."""
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError, AttributeError):
            fcntl.fcntl(stream, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _signal_name(number: int) -> str:
    try:
        return f" ({signal.Signals(number).name})"
    except ValueError:
        return ""
