"""The formats of the web against Chromium, as a second decoder: what is shown is what it shows."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from chromium import Chromium, opened
from pictures import encode, png_chunk, scene
from PIL import Image
from web_layouts import (
    aperture,
    apng,
    bmp,
    bmp_runs,
    exif,
    gif,
    profile,
    raw_png,
    segment,
    webp_animation,
    with_chunks,
    with_property,
)

from lookalike.images.decode import decode
from lookalike.types import InputSpec, Limits

FULL = {"full": InputSpec(4096, "within")}
SIZE = (24, 20)
P3 = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with opened() as browser:
        yield browser


def ours(data: bytes, member: str = "") -> npt.NDArray[np.int16]:
    return decode(data, FULL, Limits(), member=member).inputs["full"].astype(np.int16)


def check(
    chromium: Chromium, data: bytes, kind: str, *, most: int = 0, frame: int | None = None
) -> None:
    """Both show the same, but for ``most`` levels in any sample."""
    theirs = chromium.shown(data, f"image/{kind}", frame=frame)
    assert theirs is not None
    made = ours(data, f"frame-{frame + 1}" if frame else "")
    assert made.shape == theirs.shape
    assert np.abs(made - theirs).max() <= most


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_one_clear_grey_of_png(chromium: Chromium, depth: int) -> None:
    generator = np.random.default_rng(depth)
    samples = generator.integers(0, 1 << depth, (20, 24, 1))
    samples[:10] = (1 << depth) - 1
    if depth == 16:
        samples[:5] ^= 1  # equal to the clear one in the high byte only
        samples[15:] ^= 256
    clear = struct.pack(">H", int(samples[7, 5, 0]))
    check(chromium, raw_png(samples, depth, 0, [(b"tRNS", clear)]), "png")


@pytest.mark.parametrize("depth", [8, 16])
def test_one_clear_colour_of_png(chromium: Chromium, depth: int) -> None:
    samples = np.random.default_rng(depth).integers(0, 1 << depth, (20, 24, 3))
    samples[::2, ::3] = samples[0, 0]
    if depth == 16:
        samples[1::2, 1::3] = samples[0, 0] ^ 1
    clear = struct.pack(">HHH", *map(int, samples[0, 0]))
    check(chromium, raw_png(samples, depth, 2, [(b"tRNS", clear)]), "png")


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
@pytest.mark.parametrize("alphas", [b"\0", b"\xff\0", b"\x80\x28"])
def test_palettes_of_png(chromium: Chromium, depth: int, alphas: bytes) -> None:
    generator = np.random.default_rng(depth)
    samples = generator.integers(0, 1 << depth, (20, 24, 1))
    palette = generator.integers(0, 256, (1 << depth, 3), np.uint8).tobytes()
    data = raw_png(samples, depth, 3, [(b"PLTE", palette), (b"tRNS", alphas)])
    check(chromium, data, "png", most=1)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize(("colour", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_plain_png(chromium: Chromium, depth: int, colour: int, channels: int) -> None:
    samples = np.random.default_rng(depth).integers(0, 1 << depth, (20, 24, channels))
    check(chromium, raw_png(samples, depth, colour), "png", most=1)


COLOURS = {
    "linear": [(b"gAMA", struct.pack(">I", 100_000))],
    "gamma 1.8": [(b"gAMA", struct.pack(">I", 55_556))],
    "bright": [(b"gAMA", struct.pack(">I", 20_000))],
    "as usual": [(b"gAMA", struct.pack(">I", 45_455))],
    "nearly as usual": [(b"gAMA", struct.pack(">I", 47_000))],
    "not quite as usual": [(b"gAMA", struct.pack(">I", 48_000))],
    "P3": [(b"gAMA", struct.pack(">I", 45_455)), (b"cHRM", struct.pack(">8I", *P3))],
    "no gAMA": [(b"cHRM", struct.pack(">8I", *P3))],
    "sRGB goes before gAMA": [(b"gAMA", struct.pack(">I", 100_000)), (b"sRGB", b"\0")],
    "coded P3": [(b"cICP", bytes((12, 13, 0, 1)))],
    "coded linear": [(b"cICP", bytes((1, 8, 0, 1)))],
    "coded television": [(b"cICP", bytes((9, 1, 0, 1)))],
    "coded sRGB": [(b"cICP", bytes((1, 13, 0, 1))), (b"gAMA", struct.pack(">I", 100_000))],
    "coded unknown": [(b"cICP", bytes((1, 99, 0, 1))), (b"gAMA", struct.pack(">I", 100_000))],
}


@pytest.mark.parametrize("name", COLOURS)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_colours_of_png(chromium: Chromium, name: str, mode: str) -> None:
    data = encode(scene(64, 48).convert(mode), "PNG")
    check(chromium, with_chunks(data, *(png_chunk(*c) for c in COLOURS[name])), "png", most=2)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("gamma", [1.01, 1.8, 2.2])
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("space", [b"RGB ", b"GRAY"])
def test_profiles(chromium: Chromium, kind: str, gamma: float, mode: str, space: bytes) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    image = scene(64, 48).convert(mode)
    data = encode(image, kind, icc_profile=profile(gamma, space, "sRGB"), **options)
    check(chromium, data, kind.lower(), most=2)


@pytest.mark.parametrize("seed", range(12))
def test_animated_png(chromium: Chromium, seed: int) -> None:
    generator = np.random.default_rng(seed)
    colour, channels = [(6, 4), (2, 3), (3, 1), (0, 1), (4, 2)][seed % 5]
    chunks = {
        3: [
            (b"PLTE", generator.integers(0, 256, (8, 3), np.uint8).tobytes()),
            (b"tRNS", b"\0\xff\x80\0"),
        ],
        0: [(b"tRNS", b"\0\x05")],
    }.get(colour, [])
    frames = []
    for number in range(4):
        width, height = (int(generator.integers(1, side + 1)) for side in SIZE)
        if number == 0 and seed % 2 == 0:
            width, height = SIZE
        left = int(generator.integers(0, SIZE[0] - width + 1))
        top = int(generator.integers(0, SIZE[1] - height + 1))
        samples = generator.integers(0, 8 if colour in (0, 3) else 256, (height, width, channels))
        if channels in (2, 4):
            samples[..., -1] = generator.choice([0, 128, 255], (height, width))
        after, blend = int(generator.integers(3)), int(generator.integers(2))
        frames.append((samples, left, top, after, blend))
    still = None if seed % 2 == 0 else np.full((SIZE[1], SIZE[0], channels), 3)
    data = apng(frames, SIZE, colour, chunks, still)
    assert decode(data, FULL, Limits(), count=True).members == 4
    for frame in (None, 0, 1, 2, 3):
        check(chromium, data, "png", most=1, frame=frame)


@pytest.mark.parametrize("seed", range(12))
def test_animated_gif(chromium: Chromium, seed: int) -> None:
    generator = np.random.default_rng(seed)
    palette = generator.integers(0, 256, (8, 3), np.uint8).tobytes()
    frames = []
    for number in range(1 if seed % 4 == 3 else 4):
        width, height = (int(generator.integers(1, side + 1)) for side in SIZE)
        if number == 0 and seed % 2 == 0:
            width, height = SIZE
        left = int(generator.integers(0, SIZE[0] - width + 1))
        top = int(generator.integers(0, SIZE[1] - height + 1))
        clear = int(generator.integers(8)) if generator.integers(3) else None
        indices = generator.integers(0, 8, (height, width))
        frames.append((indices, left, top, int(generator.integers(4)), clear))
    data = gif(frames, SIZE, palette, ground=int(generator.integers(8)))
    for frame in (None, *range(len(frames))):
        check(chromium, data, "gif", frame=frame)


@pytest.mark.parametrize("place", [(0, 0), (5, 3), (30, 30)])
def test_a_gif_larger_than_its_screen(chromium: Chromium, place: tuple[int, int]) -> None:
    generator = np.random.default_rng(1)
    palette = generator.integers(0, 256, (8, 3), np.uint8).tobytes()
    frame = (generator.integers(0, 8, (30, 40)), *place, 0, None)
    check(chromium, gif([frame], SIZE, palette), "gif")


def test_animated_webp_on_a_clear_ground(chromium: Chromium) -> None:
    colours = ((200, 30, 30), (30, 200, 30), (30, 30, 200))
    frames = [
        (Image.new("RGB", (20, 20), colour), 10 * i, 10, i % 2) for i, colour in enumerate(colours)
    ]
    data = webp_animation(frames, (60, 40))
    for frame in (None, 0, 1, 2):
        check(chromium, data, "webp", frame=frame)
    check(chromium, webp_animation(frames[:1], (60, 40)), "webp")
    clear = [Image.new("RGBA", (60, 40)) for _ in colours]
    for image, colour in zip(clear, colours, strict=True):
        image.paste((*colour, 255), (10, 10, 40, 30))
    file = io.BytesIO()
    clear[0].save(file, "WEBP", save_all=True, append_images=clear[1:], lossless=True)
    for frame in (0, 1, 2):
        check(chromium, file.getvalue(), "webp", frame=frame)


MASKS = {
    "565": ((0xF800, 0x7E0, 0x1F), 16),
    "555": ((0x7C00, 0x3E0, 0x1F), 16),
    "444": ((0xF00, 0xF0, 0xF), 16),
    "the other way": ((0x1F, 0x7E0, 0xF800), 16),
    "10 bits": ((0x3FF00000, 0xFFC00, 0x3FF), 32),
    "RGBX": ((0xFF, 0xFF00, 0xFF0000), 32),
}


@pytest.mark.parametrize("name", MASKS)
def test_bitmaps_by_masks(chromium: Chromium, name: str) -> None:
    check(chromium, bmp(scene(48, 32), *MASKS[name]), "bmp", most=1)


@pytest.mark.parametrize("alpha", [0, 128, 255])
@pytest.mark.parametrize("header", [56, 108, 124])
def test_bitmaps_with_transparency(chromium: Chromium, alpha: int, header: int) -> None:
    masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    data = bmp(scene(48, 32), masks, 32, header=header, alpha=alpha)
    theirs = chromium.shown(data, "image/bmp")
    assert theirs is not None
    if alpha == 0 and (theirs == 255).all():  # Chromium 156 shows nothing, 150 all
        data = bmp(scene(48, 32), masks, 32, header=header, alpha=255)
        assert np.array_equal(ours(bmp(scene(48, 32), masks, 32, header=header)), ours(data))
    check(chromium, data, "bmp", most=1)


def test_bitmaps_by_runs(chromium: Chromium) -> None:
    image = scene(48, 32).quantize(200)
    palette = np.zeros((256, 4), np.uint8)
    colours = np.array(image.getpalette()).reshape(-1, 3)
    palette[: len(colours), :3] = colours[:, ::-1]
    indices = np.asarray(image)
    check(chromium, bmp_runs(indices, palette.tobytes()), "bmp")
    data = bmp_runs(indices, palette.tobytes(), skipped=10)
    theirs, made = chromium.shown(data, "image/bmp"), ours(data)
    assert theirs is not None
    assert np.array_equal(made[10:], theirs[10:])
    # What is skipped is clear to Chromium 150, and black to 156.
    assert (theirs[:10] == theirs[0, 0]).all()
    assert (made[:10] == 255).all()


@pytest.mark.parametrize("codes", [(12, 13), (9, 13), (1, 8), (9, 1), (1, 1), (6, 6), (2, 2)])
def test_coded_colours_of_avif(chromium: Chromium, codes: tuple[int, int]) -> None:
    data = encode(scene(64, 48), "AVIF", quality=95)
    at = data.index(b"nclx") + 4
    check(chromium, data[:at] + struct.pack(">HH", *codes) + data[at + 4 :], "avif", most=2)


def test_the_clean_aperture_of_avif(chromium: Chromium) -> None:
    data = encode(scene(96, 64), "AVIF", quality=95, subsampling="4:4:4")
    corner = with_property(data, b"clap", aperture(0, 0, 50, 40, (96, 64)))
    check(chromium, corner, "avif")  # Chromium takes none at another place
    check(chromium, with_property(corner, b"irot", b"\1"), "avif")


@pytest.mark.parametrize(
    "block",
    [
        exif(),
        exif(">", value=3),
        exif(value=5),
        exif(kind=4),
        exif(kind=1),
        exif(count=2),
        exif(value=0),
        exif(value=9),
        b"II\0\0" + exif()[4:],
        b"",
    ],
)
def test_orientation(chromium: Chromium, block: bytes) -> None:
    note = b"<x tiff:Orientation='6'/>"
    data = encode(scene(96, 64), "JPEG", xmp=note)
    turned = data[:2] + segment(0xE1, b"Exif\0\0" + block) + data[2:]
    check(chromium, turned, "jpeg")
    data = encode(scene(96, 64), "PNG")
    check(chromium, with_chunks(data, png_chunk(b"eXIf", block)), "png")
    check(chromium, data[:-12] + png_chunk(b"eXIf", block) + data[-12:], "png")
    old = (
        b"Raw profile type exif\0\nexif\n%8d\n" % len(block) + (b"Exif\0\0" + block).hex().encode()
    )
    check(chromium, with_chunks(data, png_chunk(b"tEXt", old)), "png")


@pytest.mark.parametrize("name", ["JPEG", "progressive JPEG", "GIF", "BMP", "PNG"])
@pytest.mark.parametrize("share", [0.65, 0.8, 0.97])
def test_cut_files(chromium: Chromium, name: str, share: float) -> None:
    data = encode(scene(256, 192), name)
    cut = data[: int(len(data) * share)]
    theirs = chromium.shown(cut, f"image/{name.split()[-1].lower()}")
    assert theirs is not None
    # A browser may show a part of the last row of blocks; here it is left out.
    assert np.abs(ours(cut) - theirs).mean(axis=(1, 2)).astype(bool).sum() <= 17 or (
        np.abs(ours(cut) - theirs).mean() < 0.2
    )
