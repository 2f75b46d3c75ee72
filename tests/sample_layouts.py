"""Small pictures in every way in which formats keep samples, each with what they hold and show."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Samples = npt.NDArray[Any]
Bytes = npt.NDArray[np.uint8]

WIDTH, HEIGHT = 120, 90
_KINDS = {"u": 1, "i": 2, "f": 3, "c": 6}


@dataclass(frozen=True)
class Layout:
    """A file.

    Attributes:
        name: in words.
        suffix: of its name.
        data: the file.
        samples: what it holds, (height, width) or (height, width, channels).
        shown: what a viewer made for it shows, 8 bits.
        far: how far a right decoder may be from it, on the mean.
    """

    name: str
    suffix: str
    data: bytes
    samples: Samples
    shown: Bytes
    far: float = 1.0


def picture(seed: int = 1, *, colour: bool = True) -> Bytes:
    """Soft shapes of several sizes, from black to white."""
    rng = np.random.default_rng(seed)
    planes = []
    for _ in range(3 if colour else 1):
        total = np.zeros((HEIGHT, WIDTH))
        for cells, weight in ((3, 1.0), (7, 0.7), (17, 0.4)):
            coarse = Image.fromarray(rng.random((cells, cells * 4 // 3)).astype(np.float32))
            size = (WIDTH, HEIGHT)
            total += weight * np.asarray(coarse.resize(size, Image.Resampling.BICUBIC))
        low, high = np.percentile(total, (2, 98))
        planes.append(np.clip((total - low) * 255 / (high - low), 0, 255).astype(np.uint8))
    return np.dstack(planes) if colour else planes[0]


def pack(samples: Samples, bits: int, order: str) -> bytes:
    """(rows, width, channels) as TIFF keeps them: the highest bit first, rows from whole bytes."""
    if bits in (8, 16, 32, 64):
        return samples.astype(samples.dtype.newbyteorder(order)).tobytes()
    rows = samples.reshape(len(samples), -1).astype(np.uint64)
    shifts = np.arange(bits - 1, -1, -1, dtype=np.uint64)
    single = ((rows[..., None] >> shifts) & np.uint64(1)).astype(np.uint8)
    return np.packbits(single.reshape(len(rows), -1), axis=1).tobytes()


def tiff(
    samples: Samples,
    colour: int,
    *,
    bits: int = 0,
    order: str = "<",
    big: bool = False,
    planar: bool = False,
    rows: int = 32,
    tile: int = 0,
    extra: tuple[int, ...] = (),
    more: dict[int, tuple[str, Any]] | None = None,
) -> bytes:
    """An uncompressed TIFF of one page, made here by hand."""
    samples = samples if samples.ndim == 3 else samples[..., None]
    height, width, channels = samples.shape
    bits = bits or 8 * samples.itemsize
    planes = [samples[..., n : n + 1] for n in range(channels)] if planar else [samples]
    pieces = []
    for plane in planes:
        if tile:
            padded = np.pad(plane, ((0, -height % tile), (0, -width % tile), (0, 0)), mode="edge")
            corners = [(y, x) for y in range(0, height, tile) for x in range(0, width, tile)]
            tiles = [padded[y : y + tile, x : x + tile] for y, x in corners]
            pieces += [pack(one, bits, order) for one in tiles]
        else:
            pieces += [pack(plane[top : top + rows], bits, order) for top in range(0, height, rows)]
    tags: dict[int, tuple[str, Any]] = {
        256: ("I", [width]),
        257: ("I", [height]),
        258: ("H", [bits] * channels),
        259: ("H", [1]),
        262: ("H", [colour]),
        277: ("H", [channels]),
        284: ("H", [2 if planar else 1]),
        339: ("H", [_KINDS[samples.dtype.kind]] * channels),
        **({338: ("H", list(extra))} if extra else {}),
        **({322: ("H", [tile]), 323: ("H", [tile])} if tile else {278: ("I", [rows])}),
        **(more or {}),
    }
    return written(tags, pieces, order=order, big=big, tiled=bool(tile))


def written(
    tags: dict[int, tuple[str, Any]],
    pieces: list[bytes],
    *,
    order: str = "<",
    big: bool = False,
    tiled: bool = False,
) -> bytes:
    """A TIFF of one page: its tags, (struct's code, values or bytes), and its strips or tiles."""
    word, room = ("Q", 8) if big else ("I", 4)
    types = {"B": 1, "s": 2, "H": 3, "I": 4, "Q": 16, "f": 11, "d": 12}
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "H", 43 if big else 42)
    out = bytearray(head + (struct.pack(order + "HHQ", 8, 0, 0) if big else bytes(4)))
    places = []
    for piece in pieces:
        places.append(len(out))
        out += piece + b"\0" * (len(piece) % 2)
    tags = dict(tags)
    tags[324 if tiled else 273] = (word, places)
    tags[325 if tiled else 279] = (word, [len(piece) for piece in pieces])
    entries = b""
    for tag in sorted(tags):
        code, values = tags[tag]
        if isinstance(values, bytes):
            body, count = values, len(values)
        else:
            body, count = struct.pack(f"{order}{len(values)}{code}", *values), len(values)
        if len(body) > room:
            place = len(out)
            out += body + b"\0" * (len(body) % 2)
            body = struct.pack(order + word, place)
        entries += struct.pack(order + "HH" + word, tag, types[code], count) + body.ljust(
            room, b"\0"
        )
    at = len(out)
    out += struct.pack(order + ("Q" if big else "H"), len(tags)) + entries + bytes(room)
    struct.pack_into(order + word, out, 8 if big else 4, at)
    return bytes(out)


def _colour_map(colours: Samples, shift: int) -> dict[int, tuple[str, Any]]:
    return {320: ("H", [int(v) << shift for v in colours.T.reshape(-1)])}


def lab_of(rgb: Bytes) -> npt.NDArray[np.float64]:
    """sRGB to CIELAB of D50 (ICC.1:2022, and IEC 61966-2-1 adapted by Bradford)."""
    share = rgb / 255.0
    light = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = light @ np.array(
        [[0.43607, 0.22249, 0.01392], [0.38515, 0.71687, 0.09708], [0.14307, 0.06061, 0.71410]]
    )
    ratio = xyz / np.array([0.9642, 1.0, 0.8249])
    root = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.dstack([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def _grey_bits(bits: int, *, inverted: bool) -> tuple[Samples, Bytes]:
    """Grey of a depth, and how it is shown: a share of white, or its high byte."""
    grey = picture(1, colour=False)
    kind = np.uint8 if bits <= 8 else np.uint16 if bits <= 16 else np.uint32
    most = (1 << bits) - 1
    samples = np.rint(grey.astype(np.float64) * most / 255).astype(kind)
    shown = np.rint(samples * (255 / most)).astype(np.uint8)
    if bits > 8:
        shown = (samples >> np.asarray(bits - 8, kind)).astype(np.uint8)
    stored = np.asarray(most, kind) - samples if inverted else samples
    if inverted and bits > 8:
        shown = 255 - (stored >> np.asarray(bits - 8, kind)).astype(np.uint8)
    return stored, shown


def layouts() -> list[Layout]:
    """All of them."""
    made: list[Layout] = []

    def add(name: str, data: bytes, samples: Samples, shown: Bytes, far: float = 1.0) -> None:
        made.append(Layout(name, ".tif", data, samples, shown, far))

    grey, rgb = picture(1, colour=False), picture(2)
    for bits in (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 24, 32):
        for colour, words in ((1, "black is zero"), (0, "white is zero")):
            samples, shown = _grey_bits(bits, inverted=colour == 0)
            for order in "<>":
                end = "little" if order == "<" else "big"
                data = tiff(samples, colour, bits=bits, order=order)
                add(f"grey {bits} bits, {words}, {end}-endian", data, samples, shown)
    wide = grey.astype(np.uint16) * 257
    for name, options in (
        ("BigTIFF", {"big": True}),
        ("BigTIFF, big-endian", {"big": True, "order": ">"}),
        ("tiles", {"tile": 32}),
    ):
        add(f"grey 16 bits, {name}", tiff(wide, 1, **options), wide, grey)
    for bits in (8, 10, 12, 14):
        few = (grey.astype(np.uint32) * ((1 << bits) - 1) // 255).astype(np.uint16)
        shown = (few >> (bits - 8)).astype(np.uint8)
        add(f"grey 16 bits, {bits} of them used", tiff(few, 1), few, shown)
    hot = (grey.astype(np.uint32) * 4095 // 255).astype(np.uint16)
    shown = (hot >> 4).astype(np.uint8)
    hot[3, 4], shown[3, 4] = 65535, 255
    add("grey 16 bits, 12 used and one wild value", tiff(hot, 1), hot, shown)
    labels = (grey // 50).astype(np.uint16)
    shown = np.rint(labels * (255 / 7)).astype(np.uint8)
    add("grey 16 bits, labels 0 to 5", tiff(labels, 1), labels, shown)
    warm = grey.astype(np.uint16) * 4 + 29_000
    add("grey 16 bits, 29,000 to 30,020", tiff(warm, 1), warm, grey, 2)
    high = grey.astype(np.uint32) * 16_843_009
    add("uint32 beyond 2^31", tiff(high, 1), high, grey)
    heights = (grey.astype(np.int16) * 10 - 400).astype(np.int16)
    add("int16", tiff(heights, 1), heights, grey, 2)
    for kind, missing in (
        (np.int16, -32_768),
        (np.int16, -9_999),
        (np.int32, -2_147_483_648),
        (np.float32, -32_768.0),
        (np.float32, -9_999.0),
        (np.float32, float(np.finfo(np.float32).min)),
        (np.float32, np.nan),
        (np.float32, np.inf),
        (np.float64, -1.7976931348623157e308),
    ):
        land = (grey.astype(np.float64) * 10 - 400).astype(kind)
        shown = grey.copy()
        land[60:], shown[60:] = missing, 0
        add(f"{np.dtype(kind)}, no data {missing:g}", tiff(land, 1), land, shown, 2)
    land = (grey.astype(np.float32) * 10).astype(np.float32)
    shown = grey.copy()
    land[60:], shown[60:] = 5_000, 0
    data = tiff(land, 1, more={42113: ("s", b"5000\0")})
    add("float32, no data 5000 by GDAL's tag", data, land, shown, 2)
    for kind in (np.float16, np.float32, np.float64):
        for order in "<>":
            share = (grey / 255).astype(kind)
            name = f"{np.dtype(kind)}, 0 to 1, {'little' if order == '<' else 'big'}-endian"
            add(name, tiff(share, 1, order=order), share, grey)
            tones = (rgb / 255).astype(kind)
            add(f"RGB {name}", tiff(tones, 2, order=order), tones, rgb)
    stated = grey.astype(np.uint16) * 3 + 100
    data = tiff(stated, 1, more={270: ("s", b"ImageJ=1.54\nmin=100.0\nmax=865.0\n\0")})
    add("grey 16 bits, range by ImageJ", data, stated, grey)
    data = tiff(stated, 1, more={280: ("H", [100]), 281: ("H", [865])})
    add("grey 16 bits, range by MinSampleValue", data, stated, grey)

    rgb16 = rgb.astype(np.uint16) * 257
    for order in "<>":
        end = "little" if order == "<" else "big"
        for planar in (False, True):
            name = f"{end}-endian{', planar' if planar else ''}"
            options = {"order": order, "planar": planar}
            add(f"RGB 16 bits, {name}", tiff(rgb16, 2, **options), rgb16, rgb)
            add(f"RGB 8 bits, {name}", tiff(rgb, 2, **options), rgb, rgb)
            data = tiff(rgb16, 2, tile=32, **options)
            add(f"RGB 16 bits, tiles, {name}", data, rgb16, rgb)
    rgb12 = (rgb.astype(np.uint32) * 4095 // 255).astype(np.uint16)
    shown = (rgb12 >> 4).astype(np.uint8)
    add("RGB 12 bits", tiff(rgb12, 2, bits=12), rgb12, shown)
    add("RGB 12 bits, planar", tiff(rgb12, 2, bits=12, planar=True), rgb12, shown)
    add("RGB 16 bits, 12 used", tiff(rgb12, 2), rgb12, shown)
    rgb4 = (rgb >> 4).astype(np.uint8)
    add("RGB 4 bits", tiff(rgb4, 2, bits=4), rgb4, rgb4 * np.uint8(17))
    rgb32 = rgb.astype(np.uint32) * 16_843_009
    add("RGB 32 bits", tiff(rgb32, 2), rgb32, rgb)
    infrared = picture(3, colour=False)[..., None]
    four = np.concatenate([rgb, infrared], axis=2)
    add("RGB and infrared, 8 bits", tiff(four, 2, extra=(0,)), four, rgb)
    wide4 = four.astype(np.uint16) * 257
    add("RGB and infrared, 16 bits", tiff(wide4, 2, extra=(0,)), wide4, rgb)
    bands = np.concatenate([wide[..., None], rgb16, wide4[..., 3:]], axis=2)
    add("five bands, 16 bits", tiff(bands, 1, extra=(0,) * 4), bands, grey)
    add("five bands, 16 bits, planar", tiff(bands, 1, extra=(0,) * 4, planar=True), bands, grey)

    alpha = np.tile(np.linspace(0, 255, WIDTH).astype(np.uint8), (HEIGHT, 1))[..., None]
    share = alpha / 255.0
    over = np.rint(rgb * share + 255 * (1 - share)).astype(np.uint8)
    for kind, most in ((np.uint8, 255), (np.uint16, 65535)):
        size = 8 * np.dtype(kind).itemsize
        plain = np.concatenate([rgb, alpha], axis=2).astype(np.float64)
        multiplied = np.concatenate([rgb * share, alpha], axis=2)
        for extra, values, words in ((2, plain, "unassociated"), (1, multiplied, "associated")):
            stored = np.rint(values * most / 255).astype(kind)
            name = f"RGBA {size} bits, {words}"
            add(name, tiff(stored, 2, extra=(extra,)), stored, over, 1.5)
        both = np.rint(np.dstack([grey, alpha[..., 0]]) * (most / 255)).astype(kind)
        laid = np.rint(grey * share[..., 0] + 255 * (1 - share[..., 0])).astype(np.uint8)
        add(f"grey and alpha, {size} bits", tiff(both, 1, extra=(2,)), both, laid, 1.5)

    cmyk = np.asarray(Image.fromarray(rgb).convert("CMYK")).copy()
    cmyk[..., 3] = 40
    printed = np.asarray(Image.fromarray(cmyk, "CMYK").convert("RGB"))
    laid = np.rint(printed * share + 255 * (1 - share)).astype(np.uint8)
    for kind, factor in ((np.uint8, 1), (np.uint16, 257)):
        size = 8 * np.dtype(kind).itemsize
        inks = cmyk.astype(kind) * kind(factor)
        add(f"CMYK {size} bits", tiff(inks, 5), inks, printed, 3)
        add(f"CMYK {size} bits, planar", tiff(inks, 5, planar=True), inks, printed, 3)
        five = np.concatenate([inks, alpha.astype(kind) * kind(factor)], axis=2)
        add(f"CMYK and alpha, {size} bits", tiff(five, 5, extra=(2,)), five, laid, 3)

    lab = lab_of(rgb)
    for bits in (8, 16):
        kind, unit = (np.uint8, 1) if bits == 8 else (np.uint16, 256)
        signed = np.rint(lab[..., 1:] * unit).astype(np.int64)
        light = np.rint(lab[..., :1] * (((1 << bits) - 1) / 100)).astype(kind)
        stored = np.concatenate([light, (signed % (1 << bits)).astype(kind)], axis=2)
        add(f"CIELAB {bits} bits", tiff(stored, 8), stored, rgb, 3)
        white = 255 if bits == 8 else 65_280
        light = np.rint(lab[..., :1] * (white / 100)).astype(kind)
        moved = (signed + 128 * unit).astype(kind)
        stored = np.concatenate([light, moved], axis=2)
        add(f"ICC Lab {bits} bits", tiff(stored, 9), stored, rgb, 3)

    ycc = np.asarray(Image.fromarray(rgb).convert("YCbCr"))
    data = tiff(ycc, 6, more={530: ("H", [1, 1])})
    add("YCbCr 8 bits, all samples", data, ycc, rgb, 2)

    palette = picture(4).reshape(-1, 3)[:256]
    for bits in (1, 2, 4, 8):
        index = (grey >> (8 - bits)).astype(np.uint8)
        colours = palette[: 1 << bits]
        data = tiff(index, 3, bits=bits, more=_colour_map(colours, 8))
        add(f"palette {bits} bits", data, index, colours[index])
    index = grey
    data = tiff(index, 3, more=_colour_map(palette, 0))
    add("palette 8 bits, its colours of 8 bits", data, index, palette[index])
    data = tiff(index, 3, order=">", more=_colour_map(palette, 8))
    add("palette 8 bits, big-endian", data, index, palette[index])
    index16 = grey.astype(np.uint16) * 250
    colours = np.dstack([np.arange(65536) >> 8] * 3)[0].astype(np.uint16)
    colours[:, 1] = 255 - colours[:, 1]
    data = tiff(index16, 3, more=_colour_map(colours, 8))
    add("palette 16 bits", data, index16, colours[index16].astype(np.uint8))
    return made


def packed_layouts() -> list[Layout]:
    """Compressed ones, written by tifffile with imagecodecs."""
    import tifffile

    made: list[Layout] = []
    grey, rgb = picture(1, colour=False), picture(2)
    kinds: list[tuple[str, Samples, Bytes]] = [
        ("grey 8 bits", grey, grey),
        ("grey 16 bits", grey.astype(np.uint16) * 257, grey),
        ("RGB 8 bits", rgb, rgb),
        ("RGB 16 bits", rgb.astype(np.uint16) * 257, rgb),
        ("float32", (grey / 255).astype(np.float32), grey),
        ("RGB float32", (rgb / 255).astype(np.float32), rgb),
        ("float64", grey / 255, grey),
    ]
    for name, samples, shown in kinds:
        floats = samples.dtype.kind == "f"
        for compression in ("lzw", "zlib", "packbits", "zstd", "lzma"):
            for predictor in (1, 3) if floats else (1, 2):
                if compression == "packbits" and predictor > 1:
                    continue
                for order in "<>":
                    for tile in (None, (32, 48)):
                        file = io.BytesIO()
                        tifffile.imwrite(
                            file,
                            samples,
                            byteorder=order,
                            compression=compression,
                            predictor=predictor,
                            photometric="rgb" if samples.ndim == 3 else "minisblack",
                            tile=tile,
                            rowsperstrip=None if tile else 17,
                        )
                        words = f"{name}, {compression}, predictor {predictor}"
                        words += f", {'little' if order == '<' else 'big'}-endian"
                        words += ", tiles" if tile else ""
                        made.append(Layout(words, ".tif", file.getvalue(), samples, shown))
    return made


def other_formats() -> list[Layout]:
    """PNG, JPEG 2000, HEIC and AVIF of more than 8 bits."""
    import imagecodecs

    made: list[Layout] = []
    grey, rgb = picture(1, colour=False), picture(2)
    for name, shown in (("grey", grey), ("RGB", rgb)):
        wide = shown.astype(np.uint16) * 257
        few = (shown.astype(np.uint32) * 4095 // 255).astype(np.uint16)
        encode: Callable[..., bytes] = imagecodecs.jpeg2k_encode
        made += [
            Layout(f"PNG, {name} 16 bits", ".png", imagecodecs.png_encode(wide), wide, shown),
            Layout(f"JPEG 2000, {name} 16 bits", ".jp2", encode(wide, level=0), wide, shown),
            Layout(
                f"JPEG 2000, {name} 12 bits",
                ".jp2",
                encode(few, level=0, bitspersample=12),
                few,
                (few >> 4).astype(np.uint8),
            ),
        ]
    made += _of_video(rgb, grey)
    small = grey.astype(np.uint16)
    made.append(
        Layout("PNG, grey 16 bits, 8 used", ".png", imagecodecs.png_encode(small), small, grey)
    )
    return made


def _of_video(rgb: Bytes, grey: Bytes) -> list[Layout]:
    """HEIC and AVIF, whose coders lose a little."""
    import imagecodecs
    import pillow_heif

    made: list[Layout] = []
    for mode, name, shown in (("RGB;16", "RGB", rgb), ("I;16", "grey", grey)):
        wide = shown.astype(np.uint16) * 257
        file = io.BytesIO()
        heif = pillow_heif.from_bytes(mode=mode, size=(WIDTH, HEIGHT), data=wide.tobytes())
        heif.save(file, quality=-1, chroma=444)
        made.append(Layout(f"HEIC, {name} 10 bits", ".heic", file.getvalue(), wide, shown))
    few = (rgb.astype(np.uint32) * 1023 // 255).astype(np.uint16)
    data = imagecodecs.avif_encode(few, level=100, bitspersample=10, pixelformat="444")
    made.append(Layout("AVIF, RGB 10 bits", ".avif", data, few, rgb))
    return made
