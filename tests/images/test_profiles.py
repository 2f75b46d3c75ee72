"""Profiles are judged by what they do."""

from __future__ import annotations

import numpy as np
import pytest
from pictures import encode, profile_with_red_and_green_exchanged, scene
from PIL import Image, ImageCms
from web_layouts import profile

from lookalike.images.decode import decode
from lookalike.images.matrix_profiles import BT709, coded_profile, matrix_profile
from lookalike.images.profiles import applies, describe, to_srgb
from lookalike.types import InputSpec, Limits

FULL = {"full": InputSpec(4096, "within")}
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
RAMP = Image.fromarray(np.arange(256, dtype=np.uint8)[None, :])


def curve(image: Image.Image | None) -> list[int]:
    assert image is not None
    return [int(v) for v in np.asarray(image.convert("RGB"))[0, :, 0]]


def expected(gamma: float) -> np.ndarray:  # type: ignore[type-arg]
    """Levels of sRGB for numbers that are light to the power of 1 / gamma."""
    light = (np.arange(256) / 255) ** gamma
    shown = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return 255 * shown


@pytest.mark.parametrize("name", ["sRGB IEC61966-2.1", "GIMP built-in Linear sRGB", "Studio"])
@pytest.mark.parametrize("gamma", [1.0, 1.8, 2.2])
def test_a_name_says_nothing(name: str, gamma: float) -> None:
    own = profile(gamma, name=name)
    rgb = RAMP.convert("RGB")
    assert np.abs(curve(to_srgb(rgb, own)) - expected(gamma)).max() <= 1
    assert describe(own, "RGB") == describe(profile(gamma, name="another"), "RGB") is not None
    assert describe(own, "RGB") != describe(profile(gamma + 0.1, name=name), "RGB")


@pytest.mark.parametrize("gamma", [1.0, 1.8, 2.2])
def test_grey_profiles_are_for_grey(gamma: float) -> None:
    grey = profile(gamma, b"GRAY")
    made = to_srgb(RAMP, grey)
    assert made is not None
    assert made.mode == "L"
    assert np.abs(curve(made) - expected(gamma)).max() <= 1
    assert to_srgb(RAMP.convert("RGB"), grey) is None
    over_white = to_srgb(RAMP.convert("RGB"), grey, "LA")  # grey with transparency, laid over white
    assert curve(over_white) == curve(made)


@pytest.mark.parametrize("mode", ["LA", "L", "I;16", "1", "F"])
def test_a_profile_for_rgb_on_grey(mode: str) -> None:
    assert applies(profile(1.0), mode)
    assert np.abs(curve(to_srgb(RAMP, profile(1.0), mode)) - expected(1.0)).max() <= 1


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L"])
def test_what_does_what_srgb_does_is_nothing(mode: str) -> None:
    renamed = SRGB.replace(b"s\x00R\x00G\x00B", b"x\x00Y\x00Z\x00W")
    for own in (
        SRGB,
        renamed,
        matrix_profile(BT709, (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)),
    ):
        assert not applies(own, mode)
        assert describe(own, mode) is None
    assert coded_profile(1, 13) is None


@pytest.mark.parametrize(
    "damaged",
    [b"", b"nonsense" * 40, SRGB[:200], SRGB[:16] + b"CMYK" + SRGB[20:], bytes(5_000_000), None],
)
def test_what_is_damaged_or_does_not_fit_is_ignored(damaged: bytes | None) -> None:
    for mode in ("RGB", "L", "CMYK", "HSV"):
        assert not applies(damaged, mode)


def test_tables_in_place_of_a_matrix() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert not applies(lab, "RGB")
    assert applies(profile_with_red_and_green_exchanged(), "RGB")
    assert not applies(profile_with_red_and_green_exchanged(), "CMYK")


def test_primaries() -> None:
    wide = coded_profile(12, 13)
    assert wide is not None
    red = to_srgb(Image.new("RGB", (1, 1), (200, 100, 100)), wide)
    assert red is not None
    # Display P3 to sRGB by hand: 200 and 100 are 0.578 and 0.127 of light.
    assert np.asarray(red)[0, 0].tolist() == pytest.approx([215, 95, 98], abs=2)
    white = to_srgb(Image.new("RGB", (1, 1), (255, 255, 255)), coded_profile(11, 8))
    assert white is not None  # whatever white is, it is shown white
    assert np.asarray(white)[0, 0].tolist() == pytest.approx([255, 255, 255], abs=1)


@pytest.mark.parametrize("wrong", [(0.3, 0.0), (0.3, -1.0)])
def test_primaries_that_cannot_be(wrong: tuple[float, float]) -> None:
    assert matrix_profile((*wrong, *BT709[2:]), (2.2,)) is None
    assert matrix_profile((*BT709[:2], *BT709[2:4] * 3), (2.2,)) is None


def test_they_are_applied_on_the_road() -> None:
    image = scene(64, 48)
    for mode, space in (("RGB", b"RGB "), ("L", b"GRAY"), ("L", b"RGB "), ("LA", b"GRAY")):
        own = profile(1.0, space)
        plain = image.convert(mode)
        decoded = decode(encode(plain, "PNG", icc_profile=own), FULL, Limits())
        before = np.asarray(plain.convert("RGB"))
        assert np.abs(decoded.inputs["full"] - expected(1.0)[before]).max() <= 3
