"""What is black and what is white: one rule for each use of grey and colours."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sample_layouts import picture

from lookalike.images.samples import Told, bits_of, to_bytes

GREY = picture(1, colour=False)
RGB = picture(2)


def far(shown: npt.NDArray[Any], expected: npt.NDArray[Any]) -> float:
    return float(np.abs(shown.astype(float) - expected).mean())


@pytest.mark.parametrize("kind", [np.uint16, np.uint32])
def test_a_full_range_keeps_its_high_byte(kind: Any) -> None:
    step = np.iinfo(kind).max // 255
    assert np.array_equal(to_bytes(GREY.astype(kind) * kind(step), Told()), GREY)


def test_a_dark_picture_of_16_bits_is_as_dark_as_its_copy_of_8() -> None:
    dark = GREY // 3  # its uppermost bit is unused
    assert np.array_equal(to_bytes(dark.astype(np.uint16) * np.uint16(257), Told()), dark)


@pytest.mark.parametrize("bits", range(9, 15))
@pytest.mark.parametrize("kind", [np.uint16, np.int16, np.uint32, np.int32])
def test_used_bits_are_all_bits(bits: int, kind: Any) -> None:
    values = (GREY.astype(np.int64) * ((1 << bits) - 1) // 255).astype(kind)
    assert np.array_equal(to_bytes(values, Told()), (values >> (bits - 8)).astype(np.uint8))


@pytest.mark.parametrize("kind", [np.uint16, np.int16, np.uint32, np.int32, np.float32])
def test_a_picture_of_8_bits_kept_in_more_stays(kind: Any) -> None:
    assert np.array_equal(to_bytes(GREY.astype(kind), Told()), GREY)


@pytest.mark.parametrize("count", [2, 3, 6, 20, 100])
@pytest.mark.parametrize("first", [0, 1, 1000])
@pytest.mark.parametrize("kind", [np.uint16, np.int32, np.float32])
def test_labels_are_told_apart(count: int, first: int, kind: Any) -> None:
    labels = (GREY.astype(np.int64) * count // 256 + first).astype(kind)
    shown = to_bytes(labels, Told())
    assert len(np.unique(shown)) == count
    assert int(shown.max()) - int(shown.min()) > 80
    other = to_bytes(np.roll(labels, 40, axis=1), Told())
    assert far(shown, other) > 5


@pytest.mark.parametrize("wild", [65_535, 60_000, 0])
@pytest.mark.parametrize("count", [1, 9])
def test_wild_values_hide_nothing(wild: int, count: int) -> None:
    values = (GREY.astype(np.uint16) * 16) + 15
    values.reshape(-1)[:: values.size // count][:count] = wild
    assert far(to_bytes(values, Told()), GREY) < 1
    floats = values.astype(np.float32) * 100 - 5_000
    floats[floats == wild * 100 - 5_000] = 1e9 if wild else -1e9
    assert far(to_bytes(floats, Told()), GREY) < 3


def test_areas_without_a_label_are_white() -> None:
    labels = (GREY // 50).astype(np.uint16)
    labels[50:] = 65_535
    shown = to_bytes(labels, Told())
    assert len(np.unique(shown[:50])) == 6
    assert (shown[50:] == 255).all()


def test_black_and_white_stays() -> None:
    values = np.where(GREY > 99, 65_535, 0).astype(np.uint16)
    assert np.array_equal(to_bytes(values, Told()), np.where(GREY > 99, 255, 0))


def test_a_narrow_range_is_stretched() -> None:
    warm = GREY.astype(np.uint16) * 4 + 29_000  # hundredths of a kelvin
    assert far(to_bytes(warm, Told()), GREY) < 2
    assert far(to_bytes((GREY / 255 / 20 + 0.5).astype(np.float32), Told()), GREY) < 2


@pytest.mark.parametrize("missing", [-32_768, -32_767, -9_999, -99_999, -(2**31)])
@pytest.mark.parametrize("kind", [np.int16, np.int32, np.float32, np.float64])
def test_no_data_is_left_out(missing: int, kind: Any) -> None:
    if np.dtype(kind).kind == "i" and missing < np.iinfo(kind).min:
        pytest.skip("the type has no such number")
    land = (GREY.astype(np.int64) * 10 - 400).astype(kind)
    land[60:] = missing
    shown = to_bytes(land, Told())
    assert far(shown[:60], GREY[:60]) < 2
    assert (shown[60:] == shown[:60].min()).all()


@pytest.mark.parametrize("missing", [np.nan, np.inf, -np.inf, -3.4028234663852886e38, 1e38])
def test_floats_that_are_no_measurement(missing: float) -> None:
    land = (GREY * 10.0 - 400).astype(np.float32)
    land[60:] = missing
    shown = to_bytes(land, Told())
    assert far(shown[:60], GREY[:60]) < 2
    assert (shown[60:] == 0).all()
    assert (to_bytes(np.full((3, 3), missing, np.float32), Told()) == 0).all()


def test_no_data_by_the_file() -> None:
    for kind, value in ((np.uint16, 0), (np.uint16, 65_535), (np.int16, 7), (np.float32, 5e6)):
        land = (GREY.astype(np.int64) * 4 + 7_000).astype(kind)
        land[60:] = value
        shown = to_bytes(land, Told(no_data=float(value)))
        assert far(shown[:60], GREY[:60]) < 2
        assert (shown[60:] == shown[:60].min()).all()
    # A number that the type doesn't have is no number of the picture.
    assert np.array_equal(to_bytes(GREY, Told(no_data=-9_999.0)), GREY)


def test_a_number_for_no_data_that_is_a_measurement_stays() -> None:
    sound = (GREY.astype(np.int32) * 256 - 32_768).astype(np.int16)
    assert far(to_bytes(sound, Told()), GREY) < 2


def test_the_range_that_the_file_states() -> None:
    values = GREY.astype(np.uint16) * 3 + 100
    assert far(to_bytes(values, Told(shown=(100, 865))), GREY) < 1
    brighter = to_bytes(values, Told(shown=(100, 483)))
    assert (brighter[GREY > 130] == 255).all()
    elsewhere = to_bytes(values, Told(shown=(50_000, 60_000)))  # of another picture
    assert len(np.unique(elsewhere)) > 100


def test_white_as_zero() -> None:
    for values, told in (
        (255 - GREY, Told(white_is_zero=True)),
        (65_535 - GREY.astype(np.uint16) * 257, Told(white_is_zero=True)),
        ((255 - GREY.astype(np.uint16)) * 16, Told(white_is_zero=True)),
        ((1 - GREY / 255).astype(np.float32), Told(white_is_zero=True)),
    ):
        assert far(to_bytes(values, told), GREY) < 1


@pytest.mark.parametrize("bits", range(1, 9))
def test_few_bits_are_shares_of_white(bits: int) -> None:
    values = GREY >> (8 - bits)
    expected = np.rint(values * (255 / ((1 << bits) - 1)))
    assert np.array_equal(to_bytes(values, Told(bits=bits)), expected)


def test_colours_keep_their_relation() -> None:
    dim = RGB.copy()
    dim[..., 2] //= 30
    for factor in (257, 16):
        assert far(to_bytes(dim.astype(np.uint16) * factor, Told(colour=True)), dim) < 1
    assert far(to_bytes((dim / 255).astype(np.float32), Told(colour=True)), dim) < 1
    assert far(to_bytes(dim.astype(np.float32), Told(colour=True)), dim) < 1
    faint = (dim / 255 / 40).astype(np.float32)  # colours aren't stretched
    assert to_bytes(faint, Told(colour=True)).max() < 9


def test_light_beyond_white_is_toned() -> None:
    light = ((RGB / 255.0) ** 2.2 * 6).astype(np.float32)
    shown = to_bytes(light, Told(colour=True))
    assert far(shown, RGB) < 6
    sharpened = (RGB / 255 * 1.06 - 0.03).astype(np.float32)  # a little beyond: cut
    assert far(to_bytes(sharpened, Told(colour=True)), np.clip(sharpened, 0, 1) * 255) < 1


def test_what_has_no_order_is_refused() -> None:
    with pytest.raises(ValueError, match="complex128 can't be shown"):
        to_bytes(np.zeros((2, 2), np.complex128), Told())
    assert to_bytes(np.array([[True, False]]), Told()).tolist() == [[255, 0]]


def test_one_bit_unused() -> None:
    assert [bits_of(n) for n in (1, 6, 7, 8, 14, 15, 16, 31)] == [1, 6, 8, 8, 14, 16, 16, 32]


def test_large_pictures_are_judged_by_a_part_of_their_samples() -> None:
    values = np.tile(GREY.astype(np.uint16) * 16, (20, 20))
    assert np.array_equal(to_bytes(values, Told())[:90, :120], GREY)
