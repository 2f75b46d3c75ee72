from __future__ import annotations

import hashlib
import io
import warnings

import numpy as np
import numpy.typing as npt
import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import FORMATS, encode, png_bomb, profile_with_red_and_green_exchanged, scene
from PIL import Image, ImageCms, ImageFilter

from lookalike.errors import PictureError, PictureFailed, PictureSkipped, UsageError
from lookalike.images.decode import decode, decoded_rgb_digest, prepare
from lookalike.images.fitting import fit, least_size
from lookalike.types import InputSpec, Limits

FULL = {"full": InputSpec(4096, "within")}
LIMITS = Limits()


def shown(data: bytes, suffix: str = "") -> npt.NDArray[np.int16]:
    return decode(data, FULL, LIMITS, suffix=suffix).inputs["full"].astype(np.int16)


def far(a: npt.NDArray[np.int16], b: npt.NDArray[np.int16]) -> float:
    """Mean difference in grey levels."""
    assert a.shape == b.shape
    return float(np.abs(a - b).mean())


def as_array(image: Image.Image) -> npt.NDArray[np.int16]:
    return np.asarray(image.convert("RGB")).astype(np.int16)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format(name: str) -> None:
    image = scene(96, 64)
    data = encode(image, name)
    decoded = decode(data, FULL, LIMITS)
    assert (decoded.width, decoded.height) == (96, 64)
    assert decoded.file_bytes == len(data)
    assert decoded.content_digest == hashlib.sha256(data).digest()
    tolerance = 12 if name in ("GIF", "animated GIF") else 4
    assert far(decoded.inputs["full"].astype(np.int16), as_array(image)) < tolerance


_SHOWN_CUT = ("JPEG", "progressive JPEG", "PNG", "WEBP", "lossless WEBP", "GIF", "BMP")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_truncated_files_fail(name: str, share: float) -> None:
    data = encode(scene(256, 192), name)
    cut = data[: max(20, int(len(data) * share))]
    if name.startswith("animated") and share >= 0.3:
        pytest.skip("the first frame is whole")
    if name == "TIFF" and share >= 0.5:
        pytest.skip("most of its rows are there, and are shown")
    if name in _SHOWN_CUT and share >= 0.3:
        pytest.skip("it may be shown as far as it goes: see formats/test_damage.py")
    with pytest.raises(PictureFailed) as caught:
        decode(cut, FULL, LIMITS)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", FORMATS)
@given(seed=st.integers(0, 2**32 - 1))
def test_damaged_bytes_give_a_picture_or_a_reason(name: str, seed: int) -> None:
    data = bytearray(encode(scene(64, 48), name))
    generator = np.random.default_rng(seed)
    for at in generator.integers(0, len(data), 8):
        data[at] = generator.integers(256)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as the children do
        try:
            decoded = decode(bytes(data), FULL, Limits(pixels=1_000_000))
        except PictureError as error:
            reason = str(error)
            assert 0 < len(reason) < 300, reason
            assert "\n" not in reason
        else:
            assert decoded.inputs["full"].shape[2] == 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_orientation(name: str, orientation: int) -> None:
    upright = scene(96, 64).filter(ImageFilter.GaussianBlur(1))
    inverse = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]
    stored = upright if inverse is None else upright.transpose(Image.Transpose(inverse))
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = decode(encode(stored, name, exif=exif.tobytes()), FULL, LIMITS)
    assert (decoded.width, decoded.height) == (96, 64)
    assert far(decoded.inputs["full"].astype(np.int16), as_array(upright)) < 4


def test_nonsense_orientation_is_ignored() -> None:
    exif = Image.Exif()
    exif[0x0112] = 77
    image = scene(40, 30)
    assert far(shown(encode(image, "PNG", exif=exif)), as_array(image)) == 0


def test_modes_of_png_and_tiff() -> None:
    image = scene(40, 30)
    grey = image.convert("L")
    for mode in ("1", "L", "P", "RGB", "CMYK", "YCbCr"):
        converted = image.convert(mode)
        data = encode(converted, "TIFF" if mode in ("CMYK", "YCbCr") else "PNG")
        assert far(shown(data), as_array(converted)) < 2, mode
    wide = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    for name in ("PNG", "TIFF"):
        assert far(shown(encode(wide, name)), as_array(grey)) < 1, name


@pytest.mark.parametrize("mode", ["RGBA", "RGBa", "LA", "La"])
def test_transparency_lies_over_white(mode: str) -> None:
    grey = mode.startswith("L")
    image = Image.new("RGBA", (8, 4), (90, 90, 90, 255) if grey else (255, 0, 0, 255))
    image.paste((0, 0, 0, 0), (4, 0, 8, 4))
    image = image.convert("LA" if grey else "RGBA").convert(mode)
    pixels = prepare(image, FULL, LIMITS).inputs["full"]
    assert (pixels[:, 4:] == 255).all()
    assert pixels[0, 0, 0] in (255, 90)
    assert pixels[0, 0, 1] in (0, 90)


def test_palette_with_a_channel_of_transparency() -> None:
    image = Image.new("P", (8, 4), 1)
    image.putpalette([0, 0, 0, 200, 100, 50])
    alpha = Image.new("L", (8, 4), 255)
    alpha.paste(0, (4, 0, 8, 4))
    image.putalpha(alpha)
    assert image.mode == "PA"
    pixels = prepare(image, FULL, LIMITS).inputs["full"]
    assert pixels[0, 0].tolist() == [200, 100, 50]
    assert (pixels[:, 4:] == 255).all()


def test_palette_with_transparency() -> None:
    image = Image.new("P", (4, 2), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((3, 1), 1)
    pixels = shown(encode(image, "PNG", transparency=0))
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[1, 3].tolist() == [200, 100, 50]
    half = shown(encode(image, "PNG", transparency=b"\x80\xff"))
    assert half[0, 0].tolist() == pytest.approx([132, 137, 142], abs=1)


def test_grey_with_a_transparent_level() -> None:
    pixels = shown(encode(Image.new("L", (2, 2), 7), "PNG", transparency=7))
    assert (pixels == 255).all()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 100.0, 255.0], [0, 100, 255]),
        ([-1.0, 0.0, 1.0], [0, 128, 255]),
        ([0.0, 5000.0, 10000.0], [0, 128, 255]),
        ([np.nan, 0.5, 1.0], [128, 128, 255]),
        ([np.inf, 0.0, 1.0], [0, 0, 255]),
        ([np.nan, np.nan, np.nan], [0, 0, 0]),
        ([7e37, 7e37, 7e37], [0, 0, 0]),
    ],
)
def test_float_tiff(values: list[float], expected: list[int]) -> None:
    image = Image.fromarray(np.array([values], np.float32))
    assert shown(encode(image, "TIFF"))[0, :, 0].tolist() == pytest.approx(expected, abs=1)


@pytest.mark.parametrize(
    ("values", "expected"),
    [([0, 100, 255], [0, 100, 255]), ([0, 256, 65535], [0, 1, 255]), ([-5, 0, 5], [0, 128, 255])],
)
def test_integer_tiff(values: list[int], expected: list[int]) -> None:
    image = Image.fromarray(np.array([values], np.int32))
    assert shown(encode(image, "TIFF"))[0, :, 0].tolist() == expected


def test_lab_tiff() -> None:
    image = Image.new("LAB", (3, 2), (128, 128, 128))
    pixels = prepare(image, FULL, LIMITS).inputs["full"]
    assert np.ptp(pixels) <= 2
    assert pixels.mean() == pytest.approx(119, abs=4)  # L* = 50


def test_cmyk_jpeg_of_adobe() -> None:
    image = scene(64, 48)
    data = encode(image.convert("CMYK"), "JPEG")  # Pillow writes it inverted, with Adobe's marker
    assert b"Adobe" in data
    assert far(shown(data), as_array(image)) < 8


def test_colour_profiles_are_applied() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = scene(40, 30)
    for profile in (srgb, lab, b"nonsense" * 20):  # nothing to convert, or ignored
        assert far(shown(encode(image, "PNG", icc_profile=profile)), as_array(image)) == 0
    # A profile like sRGB's with red and green exchanged: the colours have to change places.
    pixels = shown(
        encode(
            Image.new("RGB", (4, 4), (255, 0, 0)),
            "PNG",
            icc_profile=profile_with_red_and_green_exchanged(),
        )
    )
    assert pixels[0, 0].tolist() == pytest.approx([0, 255, 0], abs=8)


def test_first_frame_counts() -> None:
    frames = [Image.new("RGB", (20, 10), colour) for colour in ("red", "lime", "blue")]
    for name in ("GIF", "WEBP", "PNG", "TIFF", "AVIF"):
        data = encode(frames[0], name, save_all=True, append_images=frames[1:])
        mean = shown(data).mean((0, 1))
        assert mean.tolist() == pytest.approx([255, 0, 0], abs=4), name


def test_a_bomb_is_refused_by_its_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)  # as in the children
    with pytest.raises(PictureSkipped, match="50000 x 50000 = 2,500,000,000 pixels"):
        decode(png_bomb(50_000, 50_000), FULL, LIMITS)


def test_a_bomb_is_refused_by_pillow_too() -> None:
    with pytest.raises(PictureSkipped, match="exceeds limit"):
        decode(png_bomb(50_000, 50_000), FULL, LIMITS)


@pytest.mark.parametrize("name", FORMATS)
def test_the_limit_on_pixels_holds_for_every_format(name: str) -> None:
    data = encode(scene(96, 64), name)
    decode(data, FULL, Limits(pixels=96 * 64))
    with pytest.raises(PictureSkipped, match="more than the limit of 6,143"):
        decode(data, FULL, Limits(pixels=96 * 64 - 1))


def test_wrong_checksums() -> None:
    image = scene(40, 30)
    data = encode(image, "PNG")
    at = data.index(b"IDAT")
    length = int.from_bytes(data[at - 4 : at], "big")
    # Of IHDR; in the pixels, which are compressed; of IDAT, with sound pixels; of IEND.
    for place, damaged in ((29, True), (at + 8, True), (at + 4 + length, False), (-1, False)):
        changed = bytearray(data)
        changed[place] ^= 1
        if damaged:
            with pytest.raises(PictureFailed, match="damaged PNG"):
                decode(bytes(changed), FULL, LIMITS)
        else:
            decoded = decode(bytes(changed), FULL, LIMITS)
            assert decoded.loss
            assert far(decoded.inputs["full"].astype(np.int16), as_array(image)) == 0


@pytest.mark.parametrize(
    "data",
    [
        b"hello, this is a text",
        b"\x00" * 100,
        b"BMW brochure, page 1",
        b"%PDF-1.7",
        b"RIFF1234WAVE",
        b"x",
    ],
)
def test_what_is_no_picture_is_skipped(data: bytes) -> None:
    with pytest.raises(PictureSkipped, match=r"^not a picture: starts with '"):
        decode(data, FULL, LIMITS, suffix=".jpg")


def test_a_wrong_suffix_does_no_harm() -> None:
    image = scene(40, 30)
    assert far(shown(encode(image, "PNG"), ".jpg"), as_array(image)) == 0


def test_jpeg_is_reduced_while_decoding_and_stays_faithful() -> None:
    image = scene(1600, 1200)
    data = encode(image, "JPEG", quality=95)
    inputs = {
        "a": InputSpec(256, "within"),
        "b": InputSpec(100, "crop"),
        "c": InputSpec(64, "stretch"),
    }
    fast = decode(data, inputs, LIMITS)
    slow = prepare(Image.open(io.BytesIO(data)), inputs, LIMITS)
    assert (fast.width, fast.height) == (slow.width, slow.height) == (1600, 1200)
    assert fast.pixel_digest != slow.pixel_digest
    for name, shape in (("a", (192, 256)), ("b", (100, 100)), ("c", (64, 64))):
        assert fast.inputs[name].shape == (*shape, 3)
        difference = far(fast.inputs[name].astype(np.int16), slow.inputs[name].astype(np.int16))
        assert difference < 2.5, name


def test_a_query_takes_the_same_road() -> None:
    data = encode(scene(300, 200), "JPEG")
    inputs = {"pdq": InputSpec(512, "within"), "photo": InputSpec(224, "stretch")}
    by_file = decode(data, inputs, LIMITS)
    by_image = prepare(Image.open(io.BytesIO(data)), inputs, LIMITS)
    by_array = prepare(np.asarray(Image.open(io.BytesIO(data))), inputs, LIMITS)
    for other in (by_image, by_array):
        assert other.pixel_digest == by_file.pixel_digest
        assert other.content_digest != by_file.content_digest
        for name in inputs:
            assert np.array_equal(other.inputs[name], by_file.inputs[name])
    assert (by_image.format, by_array.format) == ("JPEG", "array")


def test_rgb_digest_is_of_size_and_pixels() -> None:
    pixels = np.zeros((2, 3, 3), np.uint8)
    digest = decoded_rgb_digest(encode(Image.fromarray(pixels), "PNG"), LIMITS)
    assert digest == hashlib.sha256(b"3x2" + pixels.tobytes()).digest()
    other = Image.fromarray(pixels.reshape(3, 2, 3))
    assert decoded_rgb_digest(encode(other, "BMP"), LIMITS) != digest
    large = np.random.default_rng(0).integers(0, 256, (2100, 2000, 3), np.uint8)
    assert (
        decoded_rgb_digest(encode(Image.fromarray(large), "BMP"), LIMITS)
        == hashlib.sha256(b"2000x2100" + large.tobytes()).digest()
    )


def test_arrays() -> None:
    grey = np.arange(6, dtype=np.uint8).reshape(2, 3)
    expected = np.repeat(grey[:, :, None], 3, axis=2)

    def full(array: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
        return prepare(array, FULL, LIMITS).inputs["full"]

    assert np.array_equal(full(grey), expected)
    assert np.array_equal(full(expected[:, ::-1]), expected[:, ::-1])
    assert np.array_equal(full(expected / 255.0), expected)
    assert np.array_equal(full(grey.astype(np.float32) / 255), expected)
    assert full(grey > 2)[1, 2].tolist() == [255, 255, 255]
    clear = np.zeros((2, 3, 4), np.uint8)
    assert (full(clear) == 255).all()


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros(5, np.uint8),
        np.zeros((2, 2, 2), np.uint8),
        np.zeros((1, 2, 2, 3), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((2, 2), np.int64),
        np.full((2, 2), 1.5),
        np.full((2, 2), -0.1),
        np.full((2, 2), np.nan),
        np.array([["a"]]),
        "picture.jpg",
        None,
    ],
)
def test_what_is_no_picture_in_memory(wrong: object) -> None:
    with pytest.raises(UsageError):
        prepare(wrong, FULL, LIMITS)  # type: ignore[arg-type]


def test_a_picture_in_memory_is_left_as_it_was() -> None:
    image = Image.open(io.BytesIO(encode(scene(900, 600), "JPEG")))
    prepare(image, {"a": InputSpec(64, "within")}, LIMITS)
    assert image.size == (900, 600)
    truncated = Image.open(io.BytesIO(encode(scene(900, 600), "JPEG")[:3000]))
    with pytest.raises(PictureFailed, match="damaged JPEG"):
        prepare(truncated, FULL, LIMITS)
    with pytest.raises(PictureSkipped, match="more than the limit"):
        prepare(image, FULL, Limits(pixels=100))


@given(st.integers(1, 9000), st.integers(1, 9000), st.integers(1, 600))
def test_sizes(width: int, height: int, size: int) -> None:
    within, stretch = InputSpec(size, "within"), InputSpec(size, "stretch")
    least = least_size((width, height), [within, stretch])
    assert least[0] >= 1
    assert least[1] >= 1
    from lookalike.images.fitting import target_size

    fitted = target_size((width, height), within)
    assert max(fitted) == min(size, max(width, height))
    assert fitted[0] <= width
    assert fitted[1] <= height


def test_crop_takes_the_centre() -> None:
    pixels = np.zeros((10, 30, 3), np.uint8)
    pixels[:, 10:20] = 200
    assert (np.asarray(fit(Image.fromarray(pixels), InputSpec(10, "crop"))) == 200).all()
    assert (np.asarray(fit(Image.fromarray(pixels), InputSpec(5, "crop"))) == 200).all()


def test_heic_thumbnails_and_alpha() -> None:
    image = scene(64, 48).convert("RGBA")
    image.putalpha(0)
    buffer = io.BytesIO()
    pillow_heif.from_pillow(image).save(buffer, quality=90)
    assert shown(buffer.getvalue()).min() > 250
