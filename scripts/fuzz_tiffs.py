"""Small TIFF files of many layouts, and some like camera raw, for scripts/fuzz_formats.py."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

WIDTH, HEIGHT = 160, 120
# Codes of TIFF's types, by those of struct.
_TYPES = {"B": 1, "s": 2, "H": 3, "I": 4, "Q": 16}
_LENGTHS = {"B": 1, "s": 1, "H": 2, "I": 4, "Q": 8}
Tags = dict[int, tuple[str, Sequence[Any]]]


def _saved(image: Image.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "TIFF", **options)
    return buffer.getvalue()


def tiff(
    pages: Sequence[tuple[npt.NDArray[Any], Tags]], *, order: str = "<", big: bool = False
) -> bytes:
    """An uncompressed TIFF. Tags without values take the usual ones away."""
    word, room = ("Q", 8) if big else ("I", 4)
    out = bytearray(
        (b"II" if order == "<" else b"MM") + struct.pack(order + "H", 43 if big else 42)
    )
    out += struct.pack(order + "HHQ", 8, 0, 0) if big else struct.pack(order + "I", 0)
    link = len(out) - room
    for pixels, more in pages:
        height, width, *rest = pixels.shape
        depth = rest[0] if rest else 1
        data = pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
        start = len(out)
        out += data + b"\0" * (len(data) % 2)
        kind = {"u": 1, "i": 2, "f": 3}[pixels.dtype.kind]
        tags: Tags = {
            256: ("I", [width]), 257: ("I", [height]), 258: ("H", [pixels.itemsize * 8] * depth),
            259: ("H", [1]), 262: ("H", [2 if depth >= 3 else 1]), 273: (word, [start]),
            277: ("H", [depth]), 278: ("I", [height]), 279: (word, [len(data)]),
            339: ("H", [kind] * depth), **more,
        }  # fmt: skip
        entries = b""
        tags = {tag: told for tag, told in tags.items() if told[1]}
        for tag in sorted(tags):
            code, values = tags[tag]
            body = (
                bytes(values)
                if code == "s"
                else struct.pack(f"{order}{len(values)}{code}", *values)
            )
            count = len(body) // _LENGTHS[code]
            if len(body) > room:
                place = len(out)
                out += body + b"\0" * (len(body) % 2)
                body = struct.pack(order + word, place)
            entries += struct.pack(order + "HH" + word, tag, _TYPES[code], count)
            entries += body.ljust(room, b"\0")
        place = len(out)
        out += struct.pack(order + ("Q" if big else "H"), len(tags)) + entries + b"\0" * room
        out[link : link + room] = struct.pack(order + word, place)
        link = len(out) - room
    return bytes(out)


def tiffs(scene: Image.Image) -> list[bytes]:
    """TIFF files of many layouts, of a picture of 160 x 120."""
    colour, grey = np.asarray(scene), np.asarray(scene.convert("L"))
    deep = grey.astype(np.uint16) * 257
    ways = ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "group4", "zstd")
    made = [
        _saved(scene.convert("1") if way == "group4" else scene, compression=way) for way in ways
    ]
    made += [
        _saved(scene, save_all=True, append_images=[scene.rotate(180), scene.convert("L")]),
        _saved(scene.quantize(64)),
        _saved(scene.convert("CMYK"), dpi=(300, 300)),
        tiff([(colour, {}), (grey, {254: ("I", [1])})]),
        tiff([(deep, {}), (deep[::2, ::2], {})], order=">", big=True),
        tiff([(deep, {262: ("H", [0])})]),
        tiff([(grey.astype(np.float32) / 255, {})]),
        tiff([(colour.astype(np.float32) / 255, {})]),
        tiff([(grey.astype(np.float64) / 255, {})], order=">"),
        tiff([(grey.astype(np.int16) - 99, {42113: ("s", b"-32768\0")})]),
        tiff([(grey.astype(np.uint32) << 24, {})]),
        tiff([(np.dstack([deep] * 5), {262: ("H", [1]), 338: ("H", [0] * 4)})]),
        tiff([(np.dstack([colour, grey]), {338: ("H", [2])})], big=True),
        _planar(colour),
        _tiled(grey),
    ]
    return made


def _planar(colour: npt.NDArray[np.uint8]) -> bytes:
    """Plane by plane."""
    planes = np.ascontiguousarray(colour.transpose(2, 0, 1)).reshape(-1, WIDTH)
    size = WIDTH * HEIGHT
    places = [8 + size * plane for plane in range(3)]
    tags: Tags = {
        257: ("I", [HEIGHT]), 258: ("H", [8] * 3), 262: ("H", [2]), 273: ("I", places),
        277: ("H", [3]), 278: ("I", [HEIGHT]), 279: ("I", [size] * 3), 284: ("H", [2]),
        339: ("H", [1] * 3),
    }  # fmt: skip
    return tiff([(planes, tags)])


def _tiled(grey: npt.NDArray[np.uint8]) -> bytes:
    """In tiles of 64 by 64, with a smaller version behind it."""
    padded = np.pad(grey, ((0, -HEIGHT % 64), (0, -WIDTH % 64)))
    across, down = padded.shape[1] // 64, padded.shape[0] // 64
    tiles = padded.reshape(down, 64, across, 64).transpose(0, 2, 1, 3).reshape(-1, 64)
    places = [8 + 64 * 64 * number for number in range(across * down)]
    sizes = [64 * 64] * len(places)
    tags: Tags = {
        256: ("I", [WIDTH]), 257: ("I", [HEIGHT]), 273: ("I", []), 278: ("I", []), 279: ("I", []),
        322: ("H", [64]), 323: ("H", [64]), 324: ("I", places), 325: ("I", sizes),
    }  # fmt: skip
    return tiff([(tiles, tags), (grey[::2, ::2], {254: ("I", [1])})])


def raws(scene: Image.Image) -> list[bytes]:
    """Like DNG: raw data of one plane, and a preview."""
    mosaic = np.asarray(scene.convert("L")).astype(np.uint16) * 16
    preview = np.asarray(scene.reduce(2))
    version: Tags = {50706: ("B", [1, 4, 0, 0]), 271: ("s", b"maker\0"), 272: ("s", b"model\0")}
    filters: Tags = {262: ("H", [32803]), 33421: ("H", [2, 2]), 33422: ("B", [0, 1, 1, 2])}
    whole = tiff([(mosaic, {**version, **filters})])
    both = tiff([(preview, {**version, 254: ("I", [1])}), (mosaic, filters)])
    return [whole, both, tiff([(preview, version)], order=">")]
