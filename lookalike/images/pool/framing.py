"""Messages between the pool and its children: a JSON header and raw bytes, each with its length.

No pickle: a child that a hostile picture has taken over can send nothing but a wrong answer.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from io import FileIO
from typing import Any

__all__ = ["MOST_HEADER", "Frame", "FramingError", "read_frame", "write_frame"]

_PREFIX = struct.Struct("<4sIQ")  # magic, bytes of header, bytes of body
_MAGIC = b"lkp1"
MOST_HEADER = 1 << 20

Frame = tuple[dict[str, Any], bytearray]


class FramingError(Exception):
    """What arrived is no message of this kind, or the other end is gone."""


def write_frame(
    stream: FileIO, header: dict[str, Any], body: Sequence[bytes | memoryview] = ()
) -> None:
    """Send a message; ``body`` is sent piece after piece without being joined."""
    head = json.dumps(header).encode("ascii")
    pieces = [memoryview(piece).cast("B") for piece in body]
    prefix = _PREFIX.pack(_MAGIC, len(head), sum(len(piece) for piece in pieces))
    for piece in (memoryview(prefix + head), *pieces):
        while len(piece):
            written = stream.write(piece)
            piece = piece[written or 0 :]


def read_frame(stream: FileIO, most_body: int) -> Frame | None:
    """Receive a message; ``None`` at the end of the stream.

    Raises:
        FramingError: no message, or one with a body of more than ``most_body`` bytes.
    """
    prefix = _read(stream, _PREFIX.size)
    if not prefix:
        return None
    if len(prefix) < _PREFIX.size:
        raise FramingError("the stream ends inside a message")
    magic, head_size, body_size = _PREFIX.unpack(prefix)
    if magic != _MAGIC or head_size > MOST_HEADER or body_size > most_body:
        raise FramingError("not a message")
    head, body = _read(stream, head_size), _read(stream, body_size)
    if len(head) < head_size or len(body) < body_size:
        raise FramingError("the stream ends inside a message")
    try:
        header = json.loads(head)
    except ValueError as error:
        raise FramingError("not a message") from error
    if not isinstance(header, dict):
        raise FramingError("not a message")
    return header, body


def _read(stream: FileIO, size: int) -> bytearray:
    """``size`` bytes, or fewer where the stream ends."""
    data = bytearray(size)
    view, filled = memoryview(data), 0
    while filled < size:
        got = stream.readinto(view[filled:])
        if not got:
            view.release()
            del data[filled:]
            return data
        filled += got
    return data
