"""Ways of damaging a picture file, for scripts/fuzz_formats.py."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

Bytes = bytearray
_LENGTHS = (0, 1, 2, 7, 8, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF)
_MOST_BYTES = 4_000_000  # of a file that grew
_HEAD = 600


def mutate(rng: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """A damaged copy: one to three changes.

    Args:
        rng: what is done follows from it alone.
        data: the file.
        others: files to take pieces of.
    """
    made = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3))):
        change = rng.choice(_CHANGES)
        made = change(rng, made, others) or made
        del made[_MOST_BYTES:]
    if made.startswith(b"\x89PNG") and rng.random() < 0.7:
        _mend_checksums(made)  # else nothing behind them is reached
    return bytes(made)


def _place(rng: random.Random, data: Bytes) -> int:
    """Somewhere in the file; as often as not in its head or its tail, where the structure is."""
    kind = rng.random()
    if kind < 0.45:
        return rng.randrange(min(len(data), _HEAD))
    if kind < 0.55:
        return len(data) - 1 - rng.randrange(min(len(data), _HEAD))
    return rng.randrange(len(data))


def _range(rng: random.Random, data: Bytes) -> tuple[int, int]:
    start = _place(rng, data)
    length = rng.choice((1, 4, 12, 64, 512, 4096, len(data)))
    return start, min(len(data), start + rng.randint(1, length))


def _flip_bits(rng: random.Random, data: Bytes, _others: Sequence[bytes]) -> Bytes:
    for _ in range(rng.choice((1, 1, 2, 8, 32))):
        data[_place(rng, data)] ^= 1 << rng.randrange(8)
    return data


def _set_bytes(rng: random.Random, data: Bytes, _others: Sequence[bytes]) -> Bytes:
    start, end = _range(rng, data)
    end = min(end, start + rng.choice((1, 2, 4, 16, 256)))
    kind = rng.randrange(3)
    data[start:end] = (
        rng.randbytes(end - start) if kind == 2 else bytes([0 if kind else 255]) * (end - start)
    )
    return data


def _set_number(rng: random.Random, data: Bytes, _others: Sequence[bytes]) -> Bytes | None:
    """A length, a count or an offset becomes small, huge, or nearly what it was."""
    size = rng.choice((2, 4, 4, 8))
    if len(data) < size + 1:
        return None
    at = min(_place(rng, data), len(data) - size)
    order = rng.choice(("big", "little"))
    now = int.from_bytes(data[at : at + size], order)  # type: ignore[arg-type]
    near = (now + 1, now - 1, now * 2, now // 2, len(data), len(data) - at)
    value = rng.choice((*_LENGTHS, *near)) % (1 << 8 * size)
    data[at : at + size] = value.to_bytes(size, order)  # type: ignore[arg-type]
    return data


def _truncate(rng: random.Random, data: Bytes, _others: Sequence[bytes]) -> Bytes:
    del data[max(1, _place(rng, data)) :]
    return data


def _splice(rng: random.Random, data: Bytes, others: Sequence[bytes]) -> Bytes:
    """The head of this file and the tail of another."""
    other = rng.choice(others)
    at = _place(rng, data)
    begin = min(at, len(other) - 1) if rng.random() < 0.5 else rng.randrange(len(other))
    return data[: max(1, at)] + other[begin:]


def _repeat(rng: random.Random, data: Bytes, _others: Sequence[bytes]) -> Bytes:
    start, end = _range(rng, data)
    times = rng.choice((1, 1, 2, 200)) if end - start < 4096 else 1
    data[end:end] = data[start:end] * times
    return data


def _cut_out(rng: random.Random, data: Bytes, _others: Sequence[bytes]) -> Bytes | None:
    start, end = _range(rng, data)
    if end - start >= len(data):
        return None
    del data[start:end]
    return data


def _append(rng: random.Random, data: Bytes, others: Sequence[bytes]) -> Bytes:
    """A trailer, or the file once more."""
    return data + rng.choice((rng.randbytes(1000), bytes(5000), bytes(data), rng.choice(others)))


def _move_pieces(rng: random.Random, data: Bytes, _others: Sequence[bytes]) -> Bytes | None:
    """Chunks, boxes, segments or tags change places, come twice, or are missing."""
    pieces = _pieces(data)
    if len(pieces) < 2:
        return None
    one, other = sorted(rng.sample(pieces, 2))
    if one.end > other.start:
        return None
    kind = rng.randrange(3)
    first, second = data[one.start : one.end], data[other.start : other.end]
    if kind == 0:
        data[other.start : other.end] = first
        data[one.start : one.end] = second
    elif kind == 1:
        data[other.start : other.start] = first
    else:
        del data[one.start : one.end]
    return data


def _harm_tag(rng: random.Random, data: Bytes, _others: Sequence[bytes]) -> Bytes | None:
    """Of a TIFF's tag: its number, type, count or value; of another piece, its length."""
    pieces = _pieces(data)
    if not pieces:
        return None
    piece = rng.choice(pieces)
    order = "little" if data[:2] == b"II" else "big"
    if data[:2] in (b"II", b"MM"):
        begin, size = rng.choice(((0, 2), (2, 2), (4, 4), (8, 4)))
    else:
        begin, size = piece.length
    at = piece.start + begin
    if at + size > len(data):
        return None
    value = rng.choice((*_LENGTHS, rng.getrandbits(16))) % (1 << 8 * size)
    data[at : at + size] = value.to_bytes(size, order)  # type: ignore[arg-type]
    return data


_Change = Callable[[random.Random, Bytes, Sequence[bytes]], Bytes | None]
_CHANGES: tuple[_Change, ...] = (
    _flip_bits,
    _flip_bits,
    _set_bytes,
    _set_number,
    _set_number,
    _truncate,
    _splice,
    _repeat,
    _cut_out,
    _append,
    _move_pieces,
    _harm_tag,
)


class _Piece(NamedTuple):
    """A chunk, box, segment or tag, and where in it its length is: the offset and the bytes."""

    start: int
    end: int
    length: tuple[int, int]


def _pieces(data: Bytes) -> list[_Piece]:
    """What a file consists of, as far as it can be followed."""
    if data.startswith(b"\x89PNG"):
        return _run(data, 8, len(data), 0, 4, 12, "big")
    if data.startswith(b"RIFF"):
        return _run(data, 12, len(data), 4, 4, 8, "little", even=True)
    if data.startswith(b"\xff\xd8"):
        return [
            _Piece(p.start - 2, p.end - 2, (2, 2))
            for p in _run(data, 4, min(len(data), 5000), 0, 2, 2, "big")
        ]
    if data[:2] in (b"II", b"MM"):
        return _tags(data)
    if data[4:8] in (b"ftyp", b"jP  "):
        return _boxes(data, 0, len(data), 0)
    return []


def _run(
    data: Bytes, at: int, end: int, where: int, size: int, more: int, order: str, even: bool = False
) -> list[_Piece]:
    """Pieces one after the other, of which each states its length, ``more`` bytes not counted."""
    found = []
    while at + where + size <= end and len(found) < 500:
        told = int.from_bytes(data[at + where : at + where + size], order)  # type: ignore[arg-type]
        after = at + told + more + (told % 2 if even else 0)
        if after > end or after <= at:
            break
        found.append(_Piece(at, after, (where, size)))
        at = after
    return found


def _boxes(data: Bytes, at: int, end: int, depth: int) -> list[_Piece]:
    found = []
    for box in _run(data, at, end, 0, 4, 0, "big"):
        found.append(box)
        inside = {b"meta": 12, b"iprp": 8, b"ipco": 8, b"moov": 8, b"trak": 8, b"jp2h": 8}
        begin = inside.get(bytes(data[box.start + 4 : box.start + 8]))
        if begin is not None and depth < 5:
            found += _boxes(data, box.start + begin, box.end, depth + 1)
    return found


def _tags(data: Bytes) -> list[_Piece]:
    """The entries of a TIFF's directories."""
    order = "<" if data[:2] == b"II" else ">"
    found: list[_Piece] = []
    try:
        (magic,) = struct.unpack_from(order + "H", data, 2)
        big = magic == 43
        (at,) = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)
        for _ in range(8):
            if not at:
                break
            (count,) = struct.unpack_from(order + ("Q" if big else "H"), data, at)
            size, begin = (20, at + 8) if big else (12, at + 2)
            count = min(count, 100)
            found += [
                _Piece(begin + size * n, begin + size * (n + 1), (4, 4)) for n in range(count)
            ]
            (at,) = struct.unpack_from(order + ("Q" if big else "I"), data, begin + size * count)
    except (struct.error, OverflowError):
        pass
    return [piece for piece in found if piece.end <= len(data)]


def _mend_checksums(data: Bytes) -> None:
    for piece in _run(data, 8, len(data), 0, 4, 12, "big"):
        checksum = zlib.crc32(data[piece.start + 4 : piece.end - 4])
        data[piece.end - 4 : piece.end] = struct.pack(">I", checksum)
