"""The real worker, with a decoder that hangs, crashes or prints at files that say so."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time

sys.path[:] = sys.argv[1:]

from lookalike.images.pool import worker  # noqa: E402

real = worker.decode


def decode(data: bytes, *args: object, **options: object) -> object:
    if data.startswith(b"HANG"):
        time.sleep(1000)
    if data.startswith(b"SEGV"):
        ctypes.string_at(0)
    if data.startswith(b"KILL"):
        os.kill(os.getpid(), signal.SIGKILL)  # as the system does where memory runs out
    if data.startswith(b"ABORT"):
        os.write(2, b"terminate called after throwing 'std::bad_alloc'\n")
        os.abort()
    if data.startswith(b"ALARM"):
        os.kill(os.getpid(), signal.SIGALRM)
    if data.startswith(b"EXIT"):
        os._exit(7)
    if data.startswith(b"ODD"):
        raise RuntimeError("two\nlines")
    if data.startswith(b"HOG"):
        return [bytearray(50_000_000) for _ in range(1000)]
    if data.startswith(b"LIE"):
        worker.write_frame = lambda stream, *rest: os.write(stream.fileno(), b"gibberish" * 9)
    if data.startswith(b"PRINT"):
        print("noise on standard output")
        os.write(1, b"noise from C\n")
        data = data[5:]
    return real(data, *args, **options)  # type: ignore[arg-type]


worker.decode = decode  # type: ignore[assignment]
worker.main()
