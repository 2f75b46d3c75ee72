"""HEIC by its thumbnail, or tile by tile: what is shown is what the picture shows."""

from __future__ import annotations

import importlib.util
import io
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pillow_heif
import pytest
from PIL import Image, ImageDraw

from lookalike.encoders import registry
from lookalike.errors import PictureFailed
from lookalike.images.decode import decode, prepare
from lookalike.images.formats import heif
from lookalike.images.heif import tiles as tiles_module
from lookalike.images.heif.items import read_items
from lookalike.types import InputSpec, Limits

ROOT = Path(__file__).parents[3]
SPEC = {"x": InputSpec(512, "within")}
TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def script() -> ModuleType:
    name = "heic_thumbnails"
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


heic_thumbnails = script()


def scene(size: tuple[int, int], seed: int = 0) -> Image.Image:
    """Shapes of many colours and sizes over a gradient, everywhere something else."""
    rng = np.random.default_rng(seed)
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    ground = np.stack((x * 200 // width, y * 200 // height, (x + y) * 150 // (width + height)), 2)
    image = Image.fromarray(ground.astype(np.uint8))
    drawn = ImageDraw.Draw(image)
    for _ in range(240):
        left, top = rng.uniform(-0.1, 1, 2) * size
        wide, high = rng.uniform(0.02, 0.25, 2) * size
        colour = tuple(int(value) for value in rng.integers(0, 256, 3))
        shape = drawn.ellipse if rng.integers(2) else drawn.rectangle
        shape((left, top, left + wide, top + high), fill=colour)
    return image


def telephone(
    image: Image.Image,
    *,
    tile: int = 128,
    orientation: int = 1,
    thumbnail: Image.Image | None = None,
    **more: Any,
) -> bytes:
    """A file as telephones write it, of a picture as the sensor saw it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    file, made = pillow_heif.HeifFile(), io.BytesIO()  # type: ignore[no-untyped-call]
    file.add_from_pillow(image)
    file[0].info["exif"] = exif.tobytes()
    params = {"enc_params": {"preset": "ultrafast"}, "quality": 85}
    file.save(made, tile_size=tile, **params, **more)
    data = made.getvalue()
    if thumbnail is not None:
        data = heic_thumbnails.with_thumbnail(data, thumbnail)
    return data


def whole(data: bytes) -> Image.Image:
    """What libheif makes of it."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def seen(data: bytes) -> npt.NDArray[np.int16]:
    return decode(data, SPEC, Limits()).inputs["x"].astype(np.int16)


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    return scene((1200, 900))


@pytest.fixture(scope="module")
def plain(picture: Image.Image) -> bytes:
    return telephone(picture)


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each picture that is decoded, whether its thumbnail was taken."""
    told: list[bool] = []
    real = heif.sound_thumbnail

    def spy(*arguments: Any) -> Image.Image | None:
        found = real(*arguments)
        told.append(found is not None)
        return found

    monkeypatch.setattr(heif, "sound_thumbnail", spy)
    return told


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_sound_thumbnail_stands_for_the_picture_however_it_is_turned(
    picture: Image.Image, orientation: int, used: list[bool]
) -> None:
    small = heic_thumbnails.small_of(picture)
    data = telephone(picture, orientation=orientation, thumbnail=small)
    decoded = decode(data, SPEC, Limits())
    assert used == [True]
    upright = picture.transpose(TURNED[orientation]) if orientation in TURNED else picture
    assert (decoded.width, decoded.height) == upright.size
    expected = small.transpose(TURNED[orientation]) if orientation in TURNED else small
    assert decoded.inputs["x"].shape == (expected.height, expected.width, 3)
    apart = np.abs(decoded.inputs["x"].astype(int) - np.asarray(expected)).mean()
    assert apart < 8


def test_a_thumbnail_that_the_reader_has_to_turn_is_turned(
    picture: Image.Image, used: list[bool]
) -> None:
    data = telephone(picture, orientation=6)
    small = heic_thumbnails.small_of(picture)
    turned = heic_thumbnails.with_thumbnail(data, small)
    unturned = heic_thumbnails.with_thumbnail(data, small, turned=False)
    upright = heic_thumbnails.with_thumbnail(
        data, small.transpose(Image.Transpose.ROTATE_270), turned=False
    )
    first, *others = (seen(made) for made in (turned, unturned, upright))
    assert used == [True] * 3
    assert first.shape == (320, 240, 3)
    for other in others:
        assert np.abs(other - first).mean() < 3


@pytest.mark.parametrize("lie", heic_thumbnails.LIES)
def test_a_thumbnail_that_shows_something_else_is_not_believed(
    picture: Image.Image, plain: bytes, lie: str, used: list[bool]
) -> None:
    small, other = (heic_thumbnails.small_of(p) for p in (picture, scene((1200, 900), 1)))
    lying = heic_thumbnails.with_thumbnail(plain, heic_thumbnails.LIES[lie](small, other))
    items = read_items(lying)
    assert items is not None
    assert len(items.thumbnails(items.primary)) == 1
    np.testing.assert_array_equal(seen(lying), seen(plain))
    assert used == [False, False]


def test_a_thumbnail_as_large_as_the_picture_gains_nothing(
    picture: Image.Image, plain: bytes, used: list[bool]
) -> None:
    data = heic_thumbnails.with_thumbnail(plain, picture.resize((1000, 750)))
    np.testing.assert_array_equal(seen(data), seen(plain))
    assert used == [False, False]


def test_what_is_asked_for_larger_is_not_taken_from_a_small_thumbnail(
    picture: Image.Image, used: list[bool]
) -> None:
    data = telephone(picture, thumbnail=heic_thumbnails.small_of(picture))
    large = decode(data, {"x": InputSpec(600, "within")}, Limits()).inputs["x"]
    assert used == [False]
    assert large.shape == (450, 600, 3)


@pytest.mark.parametrize(
    ("size", "tile"),
    [((1200, 900), 128), ((1201, 903), 128), ((1025, 1031), 64), ((1100, 2050), 512)],
)
@pytest.mark.parametrize("directly", [True, False])
def test_tiles_reduced_one_by_one_are_the_picture_reduced(
    size: tuple[int, int], tile: int, directly: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = telephone(scene(size), tile=tile)
    if not directly:
        monkeypatch.setattr(tiles_module, "can_decode", lambda: False)
    items = read_items(data)
    assert items is not None
    grid = heif.grid_of(items, items.primary)
    assert grid is not None
    made = tiles_module.Tiles(items, items.primary, grid).reduced(2)
    expected = whole(data).reduce(2)
    assert made.size == expected.size
    apart = np.abs(np.asarray(made, np.int16) - np.asarray(expected, np.int16))
    if directly and tiles_module.can_decode():
        # The filters change little, and so does rounding: nowhere a border between two tiles.
        assert apart.mean() < 1.5
        assert np.abs(apart[:, tile // 2 - 1 : tile // 2 + 1].mean() - apart.mean()) < 1.5
    else:
        assert apart.max() == 0


def test_codes_are_near_those_of_the_full_picture(picture: Image.Image) -> None:
    encoder = registry.load("pdq")
    inputs = {"pdq": encoder.input}
    plain = telephone(picture)
    with_small = heic_thumbnails.with_thumbnail(plain, heic_thumbnails.small_of(picture))

    def code(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        large = np.asarray(Image.fromarray(pixels).resize((512, 384), Image.Resampling.BILINEAR))
        return np.unpackbits(np.asarray(encoder.encode([large]).codes))

    full = code(prepare(whole(plain), inputs, Limits()).inputs["pdq"])
    for data in (plain, with_small):
        assert (code(decode(data, inputs, Limits()).inputs["pdq"]) != full).sum() <= 12


def test_the_profile_of_the_picture_holds_for_its_thumbnail(picture: Image.Image) -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    data = telephone(picture, icc_profile=profile)
    heic = whole(data)
    assert heic.info["icc_profile"] == profile
    opened = heif.FORMAT.open(data, Limits())
    reduced = heif.FORMAT.reduced(opened, data, (512, 384), Limits())
    assert reduced.load is not None
    assert reduced.size == picture.size
    assert reduced.load().info["icc_profile"] == profile


def test_further_pages_are_decoded_whole(used: list[bool]) -> None:
    file, made = pillow_heif.HeifFile(), io.BytesIO()  # type: ignore[no-untyped-call]
    for seed in range(2):
        file.add_from_pillow(scene((1200, 900), seed))
    file.save(made, tile_size=128, enc_params={"preset": "ultrafast"}, quality=85)
    data = heic_thumbnails.with_thumbnail(
        made.getvalue(), heic_thumbnails.small_of(scene((1200, 900), 0))
    )
    first = decode(data, SPEC, Limits(), count=True)
    second = decode(data, SPEC, Limits(), member="page-2")
    assert used == [True]
    assert first.members == 2
    assert second.inputs["x"].shape == (384, 512, 3)


def test_a_damaged_tile_is_told(picture: Image.Image, plain: bytes) -> None:
    items = read_items(plain)
    assert items is not None
    tile = items.items[items.items[items.primary].references[b"dimg"][7]]
    ((offset, length),) = tile.extents
    broken = bytearray(plain)
    broken[offset : offset + length] = bytes(length)
    with pytest.raises(PictureFailed, match="damaged HEIF"):
        decode(bytes(broken), SPEC, Limits())


def test_asks_for_the_memory_of_a_tile_and_not_of_the_picture(plain: bytes) -> None:
    asked: list[int] = []
    decode(plain, SPEC, Limits(), permit=asked.append)
    assert len(asked) == 1
    assert asked[0] < 1200 * 900 * 3 + 2 * len(plain)
