"""Runs of a library that can be killed: a process of one thread that forks one for each run.

Decoding happens in the process itself, by the code that the decoding processes run, and every
picture that is decoded is written down.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from machine_disk import as_a_user

from lookalike.encoders.perceptual import PDQ
from lookalike.errors import PictureError
from lookalike.images.pool import worker
from lookalike.images.pool.item import Item, PictureFile, request
from lookalike.images.pool.messages import unpack_answer
from lookalike.images.pool.pool import DecodePool
from lookalike.library import Library
from lookalike.types import Decoded, InputSpec, Limits

Entry = tuple[
    str, bytes | None
]  # a path, and the SHA-256 of what it held: None if it can't be read

ON_DECODE: list[Callable[[Entry], object]] = []
"""Called before a picture is decoded."""


class DecodeTwin(DecodePool):
    """A pool without processes: it decodes in the calling thread."""

    def __init__(
        self,
        inputs: Mapping[str, InputSpec],
        *,
        limits: Limits | None = None,
        workers: int | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        self.inputs, self.limits, self.workers = dict(inputs), limits or Limits(), 1

    def close(self) -> None:
        pass

    def decode(
        self,
        file: PictureFile,
        *,
        inputs: Mapping[str, InputSpec] | None = None,
        name: str = "",
        member: str = "",
        count: bool = False,
    ) -> Decoded:
        content = None
        with suppress(OSError):
            content = hashlib.sha256(Path(str(file)).read_bytes()).digest()
        for hook in ON_DECODE:
            hook((str(file), content))
        most = self.limits.file_bytes
        header, body = request(Item(file, member, name), count=count, most=most)
        wanted = self.inputs if inputs is None else dict(inputs)
        nothing: Any = None  # the pipes, by which large pictures ask whether it is their turn
        reply, arrays = worker._answer(header, body, wanted, self.limits, nothing, nothing)
        answer = unpack_answer(reply, bytearray(b"".join(arrays)), wanted, member)
        if isinstance(answer, PictureError):
            raise answer
        return answer


@contextmanager
def decoding_here() -> Iterator[None]:
    """Let libraries of this process decode in it."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("lookalike.road.road", "lookalike.library.asking"):
            patch.setattr(f"{module}.DecodePool", DecodeTwin)
        yield


def each_statement(library: Library, call: Callable[[], None]) -> None:
    """Call something before every statement that a library's connection runs."""
    connection = library._store._database._connection  # type: ignore[attr-defined]
    connection.set_trace_callback(lambda _: call())


class Countdown:
    """Calls something when it has been called so many times."""

    def __init__(self, times: int, then: Callable[[], object]) -> None:
        self._left, self._then = times, then

    def __call__(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._then()


class Forker:
    """The process that forks, seen from outside."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )

    def run(
        self, library: Path, call: str, *arguments: str, kill_at: int, **options: Any
    ) -> tuple[bool, list[Entry]]:
        """Call a method of a library in a process that is killed at a statement or a picture.

        Returns:
            Whether it ended before it was killed, and what it decoded.
        """
        log = library.with_suffix(".decoded")
        log.write_text("")
        asked = [str(library), call, arguments, options, kill_at, str(log)]
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        status = json.loads(self._process.stdout.readline())
        assert status in (0, -signal.SIGKILL), f"the child ended with {status}"
        lines = map(json.loads, log.read_text().splitlines())
        return status == 0, [(p, None if c is None else bytes.fromhex(c)) for p, c in lines]

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(10)


def _child(
    library: str, call: str, arguments: list[str], options: dict[str, Any], kill_at: int, log: str
) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND)
    hook = Countdown(kill_at, lambda: os.kill(os.getpid(), signal.SIGKILL))
    ON_DECODE.append(lambda entry: _note(descriptor, entry))
    ON_DECODE.append(lambda _: hook())
    with Library.open(library, create=False) as opened:
        each_statement(opened, hook)
        getattr(opened, call)(*arguments, **options)


def _note(descriptor: int, entry: Entry) -> None:
    path, content = entry
    line = json.dumps([path, None if content is None else content.hex()]) + "\n"
    os.write(descriptor, line.encode())


def _serve() -> None:
    # What no child has to load then.
    for module in ("onnxruntime", "lookalike.library.updating", "lookalike.library.local.engine"):
        importlib.import_module(module)
    PDQ().encode([np.full((64, 64, 3), 128, np.uint8)])
    while threading.active_count() > 1:
        time.sleep(0.01)
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            code = 1
            try:
                _child(*json.loads(line))
                code = 0
            except BaseException:
                sys.excepthook(*sys.exc_info())
            finally:
                os._exit(code)
        _, status = os.waitpid(process, 0)
        print(json.dumps(os.waitstatus_to_exitcode(status)), flush=True)


if __name__ == "__main__":
    with as_a_user(), decoding_here():
        _serve()
