"""The child process of the pool: reads requests from its standard input, answers, ends at its end.

It imports Pillow, NumPy and hashlib and nothing that is large: a child starts in about 0.2 s and
takes some 40 MB. It keeps no state between pictures, so that it can be killed at any time.
"""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import warnings
from collections.abc import Callable
from io import FileIO
from typing import Any

from PIL import Image

from lookalike.errors import PictureError, PictureFailed
from lookalike.images.decode import decode, decoded_rgb_digest
from lookalike.images.files import read_file
from lookalike.images.formats.registry import suffix_of
from lookalike.images.pool.framing import read_frame, write_frame
from lookalike.images.pool.messages import (
    Digest,
    pack_decoded,
    pack_digest,
    pack_error,
    unpack_inputs,
    unpack_limits,
)
from lookalike.images.reasons import cause_of, one_line
from lookalike.images.sameness_of_files import exact_digest
from lookalike.types import InputSpec, Limits

__all__ = ["main"]

# Decoding that is expected to take more than this asks first: the pool lets one child at a time
# go on, so that the children together don't need the memory of as many large pictures.
HEAVY_BYTES = 128_000_000

_GRACE_SECONDS = 10  # the parent ends a slow child; where there is no parent left, the alarm does


def main() -> None:
    """Serve until standard input ends."""
    if hasattr(signal, "SIGINT"):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to handle
    requests, answers = _take_streams()
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # lookalike.images.decode has its own limit, and no warnings
    first = read_frame(requests, 0)
    if first is None:
        return
    header, _ = first
    inputs, limits = unpack_inputs(header["inputs"]), unpack_limits(header["limits"])
    _limit_memory(limits.memory_bytes)
    write_frame(answers, {"status": "ready", "process": os.getpid()})
    while (request := read_frame(requests, limits.file_bytes)) is not None:
        header, body = request
        _alarm(limits.seconds)
        reply, arrays = _answer(header, bytes(body), inputs, limits, requests, answers)
        _alarm(0)
        reply["resident"] = _resident_bytes()
        write_frame(answers, reply, arrays)
        del request, body, arrays  # a large file isn't kept until the next one comes


def _answer(
    header: dict[str, Any],
    body: bytes,
    inputs: dict[str, InputSpec],
    limits: Limits,
    requests: FileIO,
    answers: FileIO,
) -> tuple[dict[str, Any], list[memoryview]]:
    def permit(needed: int) -> None:
        if needed > HEAVY_BYTES:
            _alarm(0)
            write_frame(answers, {"status": "heavy", "needed": needed})
            if read_frame(requests, 0) is None:
                raise SystemExit  # the pool was closed meanwhile
            _alarm(limits.seconds)

    try:
        suffix = header.get("suffix", "")
        if header["from"] == "path":
            name = os.path.basename(os.fsdecode(body))
            suffix = suffix_of(name)
            body = read_file(body if os.name != "nt" else os.fsdecode(body), limits.file_bytes)
        if "digest" in header:
            return pack_digest(_digest(header, body, limits, suffix, permit)), []
        if "inputs" in header:
            inputs = unpack_inputs(header["inputs"])
        return pack_decoded(
            decode(
                body,
                inputs,
                limits,
                suffix=suffix,
                member=header.get("member", ""),
                count=header.get("count", False),
                permit=permit,
            )
        )
    except PictureError as error:
        return pack_error(error), []
    except MemoryError:
        most = f"needs more than {limits.memory_bytes:,} bytes of memory"
        return pack_error(PictureFailed(most, cause="memory")), []
    except Exception as error:  # a decoder's surprise costs one picture, not the child
        what = one_line(f"{type(error).__name__}: {error}")
        return pack_error(PictureFailed(f"can't be decoded: {what}", cause=cause_of(error))), []


def _digest(
    header: dict[str, Any],
    data: bytes,
    limits: Limits,
    suffix: str,
    permit: Callable[[int], None],
) -> Digest:
    content = hashlib.sha256(data).digest()
    if header["content"] not in (None, content.hex()):
        return Digest(content, None)
    make = exact_digest if header["digest"] == "exact" else decoded_rgb_digest
    made = make(data, limits, suffix=suffix, member=header["member"], permit=permit)
    return Digest(content, made)


def _take_streams() -> tuple[FileIO, FileIO]:
    """The pipes to the pool, moved away from where libraries print to."""
    sys.stdout.flush()
    requests, answers = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(requests, os.O_BINARY)
        msvcrt.setmode(answers, os.O_BINARY)
    return FileIO(requests, "rb"), FileIO(answers, "wb")


def _limit_memory(most: int) -> None:
    """Let the address space grow by ``most`` bytes from here, where the system can hold to it."""
    try:
        import resource

        with open("/proc/self/statm", encoding="ascii") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = used + most
        if hard != resource.RLIM_INFINITY:
            limit = min(limit, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    except (ImportError, OSError, ValueError):
        return  # Windows, and macOS, which doesn't enforce it


def _alarm(seconds: float) -> None:
    """End the process by the system's hand, whatever C code it hangs in; 0 calls that off."""
    if hasattr(signal, "alarm"):
        signal.alarm(int(seconds) + _GRACE_SECONDS if seconds else 0)


def _resident_bytes() -> int:
    """Memory in use, 0 where it can't be told cheaply."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return 0
