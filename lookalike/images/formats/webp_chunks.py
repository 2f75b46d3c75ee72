"""The chunks of a WebP file that its reader refuses: what of it is sound.

Source: RFC 9649, sections 2.3 to 2.7.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

__all__ = ["Sound", "padded", "sound_part"]

_MUCH = 4  # times its length
_LEAST = 8  # a chunk of which less than an eighth is there isn't tried
_PIXELS = (b"VP8 ", b"VP8L")


@dataclass(frozen=True, slots=True)
class Sound:
    """A file made of the whole chunks of another one.

    Attributes:
        file: its bytes; without pixels, where those were cut.
        frames: of an animation, the whole ones; 0 for a still picture.
        cut: whether the file ends inside of a chunk.
        pixels: the chunk of pixels that was cut: its name, the length that it should have, and
            what there is of it; ``None`` where none was.
    """

    file: bytes
    frames: int
    cut: bool
    pixels: tuple[bytes, int, bytes] | None


def sound_part(data: bytes) -> Sound | None:
    """Find the chunks of a file by their own lengths, whatever its header says of the whole.

    Returns:
        What is sound of it; ``None`` where it has no chunk at all.
    """
    whole: list[bytes] = []
    at, size, frames, cut, pixels = 12, len(data), 0, False, None
    while at + 8 <= size:
        name, length = struct.unpack_from("<4sI", data, at)
        if not name.strip().isalnum():
            break
        end = at + 8 + length
        if end > size:
            cut = True
            if name in _PIXELS and not frames and _LEAST * (size - at) >= length:
                pixels = name, length, data[at + 8 :]
            break
        frames += name == b"ANMF"
        whole.append(data[at:end] + bytes(length % 2))
        at = end + length % 2
    if not whole and pixels is None:
        return None
    return Sound(_file(whole), frames, cut, pixels)


def padded(sound: Sound, filler: int) -> bytes:
    """The file with its cut chunk of pixels made long enough for any reader.

    Rubbish may take more bytes than what was cut, and a reader that runs out of them gives nothing.

    Args:
        sound: of which pixels were cut.
        filler: the byte that stands for what is missing.
    """
    if sound.pixels is None:
        return sound.file
    name, length, there = sound.pixels
    length = min(_MUCH * length + 65_536, 2**31)
    body = there + bytes([filler]) * (length - len(there) + length % 2)
    return _file([sound.file[12:], name + struct.pack("<I", length) + body])


def _file(chunks: list[bytes]) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body
