"""Exact digests are equal just where all that is shown is, whatever it is kept in."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from deep_png import deep_png
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import profile_with_red_and_green_exchanged, scene
from PIL import Image, ImageCms

from lookalike.images.decode import prepare
from lookalike.images.sameness import Samples, file_digest, from_pillow
from lookalike.images.sameness_of_files import exact_digest
from lookalike.types import InputSpec, Limits

LIMITS = Limits()
SPEC = {"x": InputSpec(8, "stretch")}
Array = npt.NDArray[Any]


def exact(data: bytes, member: str = "") -> bytes:
    digest = exact_digest(data, LIMITS, member=member)
    assert digest is not None
    return digest


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def palette(pixels: Array) -> Image.Image:
    """RGB or RGBA as a palette of just the colours that there are, in their order."""
    flat = pixels.reshape(-1, pixels.shape[2])
    colours, places = np.unique(flat, axis=0, return_inverse=True)
    image = Image.fromarray(places.reshape(pixels.shape[:2]).astype(np.uint8), "P")
    image.putpalette(colours[:, :3].tobytes())
    if pixels.shape[2] == 4:
        image.info["transparency"] = colours[:, 3].tobytes()
    return image


def rgb(grey: Array) -> Array:
    return np.repeat(grey[:, :, None], 3, 2)


def with_alpha(pixels: Array, opaque: int) -> Array:
    alpha = np.full(pixels.shape[:2], opaque, pixels.dtype)
    return np.dstack([pixels, alpha])


# Ways to keep a picture, by what it has: pixels are uint8 or uint16.
GREY: dict[str, Callable[[Array], bytes]] = {
    "PNG": lambda p: saved(Image.fromarray(p), "PNG"),
    "BMP": lambda p: saved(Image.fromarray(p), "BMP"),
    "GIF": lambda p: saved(Image.fromarray(p), "GIF"),
    "TIFF": lambda p: saved(Image.fromarray(p), "TIFF"),
    "PNG, grey and alpha": lambda p: deep_png(with_alpha(p, 255), bits=8),
}
RGB: dict[str, Callable[[Array], bytes]] = {
    "PNG": lambda p: saved(Image.fromarray(p), "PNG"),
    "BMP": lambda p: saved(Image.fromarray(p), "BMP"),
    "TIFF": lambda p: saved(Image.fromarray(p), "TIFF", compression="tiff_lzw"),
    "WEBP": lambda p: saved(Image.fromarray(p), "WEBP", lossless=True),
    "PNG, palette": lambda p: saved(palette(p), "PNG"),
    "GIF": lambda p: saved(palette(p), "GIF"),
    "PNG, opaque": lambda p: saved(Image.fromarray(with_alpha(p, 255)), "PNG"),
    "JPEG2000": lambda p: saved(Image.fromarray(p), "JPEG2000"),
}
RGBA: dict[str, Callable[[Array], bytes]] = {
    "PNG": lambda p: saved(Image.fromarray(p), "PNG"),
    "WEBP": lambda p: saved(Image.fromarray(p), "WEBP", lossless=True, exact=True),
    "TIFF": lambda p: saved(Image.fromarray(p), "TIFF"),
    "PNG, palette": lambda p: saved(palette(p), "PNG"),
}
DEEP_GREY: dict[str, Callable[[Array], bytes]] = {
    "PNG": lambda p: deep_png(p),
    "PNG by Pillow": lambda p: saved(Image.fromarray(p), "PNG"),
    "PNG, grey and alpha": lambda p: deep_png(with_alpha(p, 65_535)),
    "PNG, RGB": lambda p: deep_png(rgb(p)),
}
DEEP_RGB: dict[str, Callable[[Array], bytes]] = {
    "PNG": lambda p: deep_png(p),
    "PNG, filtered in another way": lambda p: deep_png(p, seed=9),
    "PNG, opaque": lambda p: deep_png(with_alpha(p, 65_535)),
}
DEEP_RGBA: dict[str, Callable[[Array], bytes]] = {
    "PNG": lambda p: deep_png(p),
    "PNG, filtered in another way": lambda p: deep_png(p, seed=5),
}
WAYS = {
    (8, 1): GREY,
    (8, 3): RGB,
    (8, 4): RGBA,
    (16, 1): DEEP_GREY,
    (16, 3): DEEP_RGB,
    (16, 4): DEEP_RGBA,
}


def normal(pixels: Array) -> tuple[Any, ...]:
    """What is shown, written down by other means than the digest's."""
    height, width = pixels.shape[:2]
    whole = int(np.iinfo(pixels.dtype).max)
    rows = []
    for y in range(height):
        for x in range(width):
            one = [int(v) for v in np.atleast_1d(pixels[y, x])]
            alpha = one[3] if len(one) == 4 else whole
            colour = one[:3] if len(one) > 1 else one * 3
            rows.append((*(colour if alpha else (0, 0, 0)), alpha))
    return width, height, whole, tuple(rows)


@st.composite
def kept(draw: st.DrawFn) -> tuple[Array, str, bytes]:
    """Small pictures of few values, so that some are equal, and one way to keep each."""
    bits, channels = draw(st.sampled_from(sorted(WAYS)))
    width, height = draw(st.sampled_from([(1, 2), (2, 1), (2, 2)]))
    whole = (1 << bits) - 1
    values = st.sampled_from([0, 1, whole - 1, whole])
    count = width * height * channels
    flat = draw(st.lists(values, min_size=count, max_size=count))
    kind = np.uint8 if bits == 8 else np.uint16
    shape = (height, width) if channels == 1 else (height, width, channels)
    pixels = np.array(flat, kind).reshape(shape)
    name = draw(st.sampled_from(sorted(WAYS[bits, channels])))
    return pixels, name, WAYS[bits, channels][name](pixels)


@given(st.lists(kept(), min_size=2, max_size=12))
@settings(max_examples=150, deadline=None)
def test_equal_just_where_what_is_shown_is(files: list[tuple[Array, str, bytes]]) -> None:
    made = [(normal(pixels), exact(data)) for pixels, _, data in files]
    for one, first in made:
        for other, second in made:
            assert (one == other) == (first == second)


@pytest.mark.parametrize("what", sorted(WAYS))
def test_all_ways_to_keep_a_picture_are_one(what: tuple[int, int]) -> None:
    bits, channels = what
    shape = (16, 9) if channels == 1 else (16, 9, channels)
    kind = np.uint8 if bits == 8 else np.uint16
    pixels = np.random.default_rng(1).integers(0, 1 << bits, shape, kind)
    if channels == 4:
        pixels[..., 3][pixels[..., 3] < 99] = 0
    assert len({exact(make(pixels)) for make in WAYS[what].values()}) == 1
    changed = pixels.copy()
    changed.reshape(-1)[-1] ^= 1
    assert exact(WAYS[what]["PNG"](changed)) != exact(WAYS[what]["PNG"](pixels))


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_few_bits_are_shown_as_eight(bits: int) -> None:
    levels = np.arange(1 << bits, dtype=np.uint8).reshape(2, -1)
    wide = levels * np.uint8(255 // ((1 << bits) - 1))
    assert exact(deep_png(levels, bits=bits)) == exact(saved(Image.fromarray(wide), "BMP"))
    # One grey of few bits is transparent: with it the picture is another one.
    clear = int(levels[1, 0])
    alpha = np.where(levels == clear, 0, 255).astype(np.uint8)
    shown = Image.merge("LA", [Image.fromarray(wide), Image.fromarray(alpha)])
    assert exact(deep_png(levels, bits=bits, clear=(clear,))) == exact(saved(shown, "PNG"))


def test_one_transparent_colour_of_sixteen_bits() -> None:
    pixels = np.array([[[1, 2, 3], [1, 2, 259]], [[0, 0, 0], [257, 2, 3]]], np.uint16)
    alpha = np.array([[0, 65_535], [65_535, 65_535]], np.uint16)
    assert exact(deep_png(pixels, clear=(1, 2, 3))) == exact(deep_png(np.dstack([pixels, alpha])))
    grey = pixels[..., 2]
    seen = np.where(grey == 259, 0, 65_535).astype(np.uint16)
    assert exact(deep_png(grey, clear=(259,))) == exact(deep_png(np.dstack([grey, seen])))


def test_depth_counts() -> None:
    grey = np.array([[0, 255]], np.uint8)
    eight, sixteen = exact(deep_png(grey, bits=8)), exact(deep_png(grey.astype(np.uint16) * 257))
    assert eight != sixteen


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_it_is_of_the_upright_picture(orientation: int, mode: str) -> None:
    image = scene(40, 24).convert(mode)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(image, "PNG", exif=exif)
    turned = Image.open(io.BytesIO(data))
    turns = [None, None, 0, 3, 1, 5, 4, 6, 2]
    how = turns[orientation]
    upright = image if how is None else image.transpose(Image.Transpose(how))
    assert exact(data) == exact(saved(upright, "PNG"))
    assert prepare(turned, SPEC, LIMITS).pixel_digest == exact(data)
    free = file_digest([Samples(np.asarray(image)[..., :3], "8", "RGB").digest()])
    if orientation == 1 and mode != "L":
        assert exact(data) == free


def test_large_pictures_are_read_in_strips() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2_100, 1_000, 3), np.uint8)
    image = Image.fromarray(pixels)
    assert from_pillow(image) == Samples(pixels, "8", "RGB").digest()
    assert from_pillow(image, 6) == from_pillow(image.transpose(Image.Transpose.ROTATE_270))
    pixels[2_050, 999, 2] ^= 1
    assert from_pillow(image) != Samples(pixels, "8", "RGB").digest()


def test_profiles_count_by_what_they_do() -> None:
    image = scene(30, 20)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile_with_red_and_green_exchanged()
    plain = exact(saved(image, "PNG"))
    assert exact(saved(image, "PNG", icc_profile=srgb)) == plain
    assert exact(saved(image, "PNG", icc_profile=swapped)) != plain
    # Another name and another date of the same profile are the same one; so is another format.
    renamed = bytearray(swapped)
    renamed[24:36] = b"\x07\xd0\0\1\0\1\0\0\0\0\0\0"
    assert exact(saved(image, "PNG", icc_profile=bytes(renamed))) == exact(
        saved(image, "TIFF", icc_profile=swapped)
    )


def test_gamma_counts() -> None:
    pixels = np.asarray(scene(30, 20))
    plain = exact(deep_png(pixels, bits=8))
    usual = ((b"gAMA", (45_455).to_bytes(4, "big")),)
    linear = ((b"gAMA", (100_000).to_bytes(4, "big")),)
    assert exact(deep_png(pixels, bits=8, chunks=usual)) == plain
    assert exact(deep_png(pixels, bits=8, chunks=linear)) != plain
    # With sRGB said, gamma says nothing.
    both = ((b"sRGB", b"\0"), *linear)
    assert exact(deep_png(pixels, bits=8, chunks=both)) == plain


def test_floats() -> None:
    def digest(values: Array) -> bytes:
        return Samples(values, f"f{8 * values.itemsize}", "grey").digest()

    values = np.array([[0.0, 1.5], [np.nan, 1e30]], np.float32)
    signed = np.array([[-0.0, 1.5], [-np.float32(np.nan), 1e30]], np.float32)
    assert digest(values) == digest(signed) == digest(values.astype(">f4"))
    assert digest(values) != digest(values.astype(np.float64))
    assert digest(values) != digest(np.nextafter(values, np.float32(9)))


def test_other_channels_are_what_they_are_called() -> None:
    four = np.arange(16, dtype=np.uint8).reshape(2, 2, 4)
    made = {Samples(four, "8", space).digest() for space in ("CMYK", "RGB, infrared", "LAB, other")}
    assert len(made) == 3
    grey = Samples(four[..., 0], "8", "grey").digest()
    assert grey == Samples(rgb(four[..., 0]), "8", "RGB").digest()


def test_pixels_in_memory_have_what_they_have() -> None:
    image = scene(20, 12)
    data = exact(saved(image, "PNG"))
    assert prepare(np.asarray(image), SPEC, LIMITS).pixel_digest == data
    assert prepare(image, SPEC, LIMITS).pixel_digest == data
    clear = image.convert("RGBA")
    clear.putpixel((0, 0), (1, 2, 3, 0))
    alike = prepare(np.asarray(clear), SPEC, LIMITS).pixel_digest
    assert alike == exact(saved(clear, "PNG")) != data
    truth = np.array([[True, False]])
    assert prepare(truth, SPEC, LIMITS).pixel_digest == exact(
        saved(Image.fromarray(truth.astype(np.uint8) * 255), "PNG")
    )
    for kind in (np.float32, np.float64):
        shares = np.asarray(image).astype(kind) / kind(255)
        assert prepare(shares, SPEC, LIMITS).pixel_digest == data
        # What is between two bytes is no byte.
        between = shares.copy()
        between[3, 4, 1] = np.nextafter(shares[3, 4, 1], kind(0.5))
        digest = prepare(between, SPEC, LIMITS).pixel_digest
        assert digest == prepare(between, SPEC, LIMITS).pixel_digest
        assert digest not in (None, data)
