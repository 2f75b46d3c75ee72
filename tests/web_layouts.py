"""Files of the web's formats, made by hand in layouts that Pillow doesn't write."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pictures import png_chunk
from PIL import Image, ImageCms

Samples = npt.NDArray[Any]
Chunk = tuple[bytes, bytes]
SIGNATURE = b"\x89PNG\r\n\x1a\n"
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))


def profile(gamma: float, space: bytes = b"RGB ", name: str = "") -> bytes:
    """sRGB's primaries with another exponent, or a grey profile with it."""
    raw = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    count = int.from_bytes(raw[128:132], "big")
    kept = []
    for i in range(count):
        tag, at, size = struct.unpack(">4sII", raw[132 + 12 * i : 144 + 12 * i])
        data = raw[at : at + size]
        if tag in (b"rTRC", b"gTRC", b"bTRC"):
            data = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))
        if tag == b"desc" and name:
            text = name.encode("utf-16-be")
            data = b"mluc" + bytes(4)
            data += struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(text), 28) + text
        if space == b"GRAY":
            if tag in (b"rXYZ", b"gXYZ", b"bXYZ", b"gTRC", b"bTRC", b"chad", b"chrm"):
                continue
            tag = b"kTRC" if tag == b"rTRC" else tag
        kept.append((tag, data + bytes(-len(data) % 4)))
    table, body, start = b"", b"", 132 + 12 * len(kept)
    for tag, data in kept:
        table += struct.pack(">4sII", tag, start + len(body), len(data))
        body += data
    made = bytearray(raw[:128] + struct.pack(">I", len(kept)) + table + body)
    made[:4], made[16:20], made[84:100] = struct.pack(">I", len(made)), space, bytes(16)
    return bytes(made)


def packed(samples: Samples, depth: int) -> bytes:
    """Rows of a PNG picture, (height, width, channels), each with the filter "none"."""
    rows = []
    for row in samples:
        values = row.reshape(-1)
        if depth == 16:
            body = values.astype(">u2").tobytes()
        elif depth == 8:
            body = values.astype(np.uint8).tobytes()
        else:
            bits = (values[:, None] >> np.arange(depth - 1, -1, -1)) & 1
            body = np.packbits(bits.astype(np.uint8).reshape(-1)).tobytes()
        rows.append(b"\0" + body)
    return b"".join(rows)


def raw_png(
    samples: Samples,
    depth: int,
    colour: int,
    chunks: Sequence[Chunk] = (),
    *,
    interlaced: bool = False,
    piece: int = 1 << 30,
) -> bytes:
    """A PNG file of these samples, (height, width, channels), in chunks of at most ``piece``."""
    height, width = samples.shape[:2]
    if interlaced:
        passes = [samples[t::down, x::across] for x, t, across, down in (*ADAM7, (0, 1, 1, 2))]
        rows = b"".join(packed(part, depth) for part in passes if part.size)
    else:
        rows = packed(samples, depth)
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    body = zlib.compress(rows)
    parts = [png_chunk(b"IDAT", body[at : at + piece]) for at in range(0, len(body), piece)]
    beside = [png_chunk(name, data) for name, data in chunks]
    return b"".join([SIGNATURE, png_chunk(b"IHDR", head), *beside, *parts, png_chunk(b"IEND", b"")])


def with_chunks(data: bytes, *chunks: bytes) -> bytes:
    """A PNG file with further chunks behind its header."""
    return data[:33] + b"".join(chunks) + data[33:]


FrameOf = tuple[Samples, int, int, int, int]
"""Samples, left, top, disposal and blending."""


def apng(
    frames: Sequence[FrameOf],
    size: tuple[int, int],
    colour: int,
    chunks: Sequence[Chunk] = (),
    still: Samples | None = None,
) -> bytes:
    """An animation of 8 bits; ``still`` is a picture before it that is none of its frames."""
    number = 0
    head = struct.pack(">IIBBBBB", *size, 8, colour, 0, 0, 0)
    made = [SIGNATURE, png_chunk(b"IHDR", head), *(png_chunk(n, d) for n, d in chunks)]
    made.append(png_chunk(b"acTL", struct.pack(">II", len(frames), 0)))
    if still is not None:
        made.append(png_chunk(b"IDAT", zlib.compress(packed(still, 8))))
    for i, (samples, left, top, after, blend) in enumerate(frames):
        height, width = samples.shape[:2]
        control = struct.pack(">IIIIIHHBB", number, width, height, left, top, 1, 10, after, blend)
        made.append(png_chunk(b"fcTL", control))
        number += 1
        body = zlib.compress(packed(samples, 8))
        if i == 0 and still is None:
            made.append(png_chunk(b"IDAT", body))
            continue
        for part in (body[: len(body) // 2], body[len(body) // 2 :]):
            made.append(png_chunk(b"fdAT", struct.pack(">I", number) + part))
            number += 1
    return b"".join([*made, png_chunk(b"IEND", b"")])


def _lzw(indices: Samples, bits: int) -> bytes:
    """Codes that are never longer than they begin: each run is closed by a clear code."""
    clear, size = 1 << bits, bits + 1
    codes: list[int] = []
    for i, value in enumerate(indices.reshape(-1).tolist()):
        if i % (clear - 2) == 0:
            codes.append(clear)
        codes.append(value)
    codes.append(clear + 1)
    joined = sum(code << size * i for i, code in enumerate(codes))
    body = joined.to_bytes((len(codes) * size + 7) // 8, "little")
    blocks = [body[i : i + 255] for i in range(0, len(body), 255)]
    return bytes([bits]) + b"".join(bytes([len(b)]) + b for b in blocks) + b"\0"


GifFrame = tuple[Samples, int, int, int, int | None]
"""Palette indices below 8, left, top, disposal, and which index is clear."""


def gif(
    frames: Sequence[GifFrame], size: tuple[int, int], palette: bytes, ground: int = 0
) -> bytes:
    """An animation with one palette of eight colours."""
    made = b"GIF89a" + struct.pack("<HHBBB", *size, 0x82, ground, 0) + palette
    for indices, left, top, after, clear in frames:
        height, width = indices.shape
        made += b"!\xf9\x04" + bytes([after << 2 | (clear is not None)])
        made += struct.pack("<H", 10) + bytes([clear or 0, 0])
        made += b"," + struct.pack("<HHHHB", left, top, width, height, 0) + _lzw(indices, 3)
    return made + b";"


def webp_animation(
    frames: Sequence[tuple[Image.Image, int, int, int]], size: tuple[int, int]
) -> bytes:
    """Frames without transparency at even places, with their disposal, on a named ground of red."""
    flags = bytes([2, 0, 0, 0])
    body = b"VP8X" + struct.pack("<I", 10) + flags
    body += b"".join((side - 1).to_bytes(3, "little") for side in size)
    body += b"ANIM" + struct.pack("<I", 6) + b"\0\0\xff\xff\0\0"
    for image, left, top, after in frames:
        file = io.BytesIO()
        image.save(file, "WEBP", lossless=True)
        numbers = (left // 2, top // 2, image.width - 1, image.height - 1, 50)
        frame = b"".join(n.to_bytes(3, "little") for n in numbers) + bytes([after])
        frame += file.getvalue()[12:]
        body += b"ANMF" + struct.pack("<I", len(frame)) + frame + bytes(len(frame) % 2)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def segment(marker: int, data: bytes, longer: int = 0) -> bytes:
    """A segment of a JPEG file, which says that it is longer than it is."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2 + longer) + data


def exif(order: str = "<", kind: int = 3, count: int = 1, value: int = 6) -> bytes:
    """An EXIF block that holds an orientation only."""
    head = b"II*\0" if order == "<" else b"MM\0*"
    shape = {1: "B", 3: "H", 4: "I"}[kind]
    stated = struct.pack(order + shape, value).ljust(4, b"\0")
    return head + struct.pack(order + "IHHHI", 8, 1, 0x0112, kind, count) + stated + bytes(4)


def bmp(
    image: Image.Image, masks: tuple[int, ...], bits: int, *, header: int = 40, alpha: int = 0
) -> bytes:
    """A bitmap whose channels lie at certain bits; with a fourth mask all of one opacity."""
    levels = np.asarray(image.convert("RGB")).astype(np.uint32)
    values = np.zeros(levels.shape[:2], np.uint32)
    for channel, mask in enumerate(masks):
        low = (mask & -mask).bit_length() - 1
        level = levels[..., channel] if channel < 3 else np.uint32(alpha)
        values |= (level * (mask >> low) // 255).astype(np.uint32) << np.uint32(low)
    body = values[::-1].astype("<u2" if bits == 16 else "<u4").tobytes()
    head = struct.pack(
        "<IiiHHIIiiII", header, image.width, image.height, 1, bits, 3, len(body), 2835, 2835, 0, 0
    )
    stated = b"".join(struct.pack("<I", mask) for mask in masks)
    head += stated if header == 40 else stated.ljust(header - 40, b"\0")
    start = 14 + len(head)
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + head + body


def bmp_runs(indices: Samples, palette: bytes, *, skipped: int = 0) -> bytes:
    """A bitmap packed by its runs; the upper rows are ``skipped`` by an early end."""
    body = b""
    for row in indices[skipped:][::-1]:
        at = 0
        while at < len(row):
            end = at
            while end < len(row) and end - at < 255 and row[end] == row[at]:
                end += 1
            body += bytes([end - at, int(row[at])])
            at = end
        body += b"\0\0"
    body += b"\0\1"
    height, width = indices.shape
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(body), 2835, 2835, 256, 0)
    start = 54 + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + head + palette + body


def with_property(data: bytes, name: bytes, content: bytes) -> bytes:
    """An AVIF file of Pillow's with one more property of its picture."""
    box = struct.pack(">I4s", 8 + len(content), name) + content
    held = data.index(b"ipco") - 4
    (held_size,) = struct.unpack_from(">I", data, held)
    count, at = 1, held + 8
    while at < held + held_size:
        at += int.from_bytes(data[at : at + 4], "big")
        count += 1
    told = data.index(b"ipma") - 4
    (told_size,) = struct.unpack_from(">I", data, told)
    association = bytearray(data[told : told + told_size])
    association[18] += 1
    association.insert(18 + association[18], 0x80 | count)
    struct.pack_into(">I", association, 0, len(association))
    longer = len(box) + 1
    made = bytearray(data[:held] + struct.pack(">I", held_size + len(box)))
    made += data[held + 4 : held + held_size] + box + association + data[told + told_size :]
    for outer in (b"iprp", b"meta"):
        at = made.index(outer) - 4
        struct.pack_into(">I", made, at, int.from_bytes(made[at : at + 4], "big") + longer)
    at = made.index(b"iloc") + 8  # places of the items: each has one extent, of two 4-byte numbers
    entries = int.from_bytes(made[at + 2 : at + 4], "big")
    for entry in range(entries):
        place = at + 4 + entry * 14 + 6
        struct.pack_into(">I", made, place, int.from_bytes(made[place : place + 4], "big") + longer)
    return bytes(made)


def aperture(left: int, top: int, width: int, height: int, size: tuple[int, int]) -> bytes:
    """The content of a clean aperture that begins at a place of a picture of some size."""
    across, down = 2 * left + width - size[0], 2 * top + height - size[1]
    return struct.pack(">IIIIiIiI", width, 1, height, 1, across, 2, down, 2)
