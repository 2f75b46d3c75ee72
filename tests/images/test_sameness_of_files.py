"""The exact digest of a file: of all its pictures, by a full decode, or not at all."""

from __future__ import annotations

import io
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from deep_png import deep_png
from pictures import FORMATS, encode, png_chunk, scene
from PIL import Image

from lookalike.errors import PictureError, PictureFailed, PictureSkipped
from lookalike.images import sameness_of_files
from lookalike.images.decode import decode
from lookalike.images.formats import format as of_formats
from lookalike.images.pool.pool import DecodePool
from lookalike.images.sameness_of_files import exact_digest
from lookalike.types import InputSpec, Limits

LIMITS = Limits()
SPEC = {"x": InputSpec(16, "stretch")}


def saved(frames: list[Image.Image], kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    if len(frames) > 1:
        options |= {"save_all": True, "append_images": frames[1:]}
    frames[0].save(file, kind, **options)
    return file.getvalue()


def three(seed: int = 0) -> list[Image.Image]:
    turns = [scene(60, 60).rotate(10 * n + seed) for n in range(3)]
    return [turn.convert("RGB") for turn in turns]


@pytest.mark.parametrize("name", FORMATS)
def test_what_decoding_gives_for_nothing_is_what_is_made(name: str) -> None:
    data = encode(scene(60, 40), name)
    free, made = decode(data, SPEC, LIMITS).pixel_digest, exact_digest(data, LIMITS)
    assert made is not None
    assert free == (None if name.startswith("animated") else made)


def test_a_picture_that_is_decoded_at_a_half_has_none_for_nothing() -> None:
    small, large = encode(scene(1000, 700), "JPEG"), encode(scene(1100, 1100), "JPEG")
    assert decode(small, SPEC, LIMITS).pixel_digest == exact_digest(small, LIMITS)
    assert decode(large, SPEC, LIMITS).pixel_digest is None
    plain = saved([Image.open(io.BytesIO(large))], "PNG")
    assert exact_digest(large, LIMITS) == decode(plain, SPEC, LIMITS).pixel_digest


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_each_picture_counts_and_their_order(kind: str) -> None:
    options: dict[str, Any] = {"lossless": True} if kind == "WEBP" else {}
    first = saved(three(), kind, **options)
    digest = exact_digest(first, LIMITS)
    others = [
        saved([*three()[:2], three(1)[2]], kind, **options),
        saved([three()[0], three()[2], three()[1]], kind, **options),
        saved(three()[:2], kind, **options),
        saved(three()[:1], kind, **options),
    ]
    made = {exact_digest(other, LIMITS) for other in others}
    assert None not in made
    assert len({digest, *made}) == 5
    name = "page-3" if kind == "TIFF" else "frame-3"
    alone = saved([three()[2]], "BMP")
    later = exact_digest(first, LIMITS, member=name)
    assert (
        later
        == exact_digest(alone, LIMITS)
        == decode(first, SPEC, LIMITS, member=name).pixel_digest
    )


def test_animations_are_composed_as_viewers_do() -> None:
    """One stores whole frames, the other only what changes, and what shines through."""
    ground = scene(40, 30).convert("RGBA")
    spot = Image.new("RGBA", (40, 30))
    spot.paste((255, 0, 0, 255), (5, 5, 15, 15))
    over = Image.alpha_composite(ground, spot)
    parts = saved([ground, spot], "PNG", blend=1, disposal=0)
    assert exact_digest(parts, LIMITS) == exact_digest(saved([ground, over], "PNG"), LIMITS)


def test_the_still_of_an_animation_counts_though_it_is_no_frame_of_it() -> None:
    def made(still: Image.Image) -> bytes:
        return saved([still, *three()], "PNG", default_image=True)

    one, other = made(scene(60, 60)), made(scene(60, 60).rotate(90))
    assert len({exact_digest(d, LIMITS) for d in (one, other, saved(three(), "PNG"))}) == 3


def test_the_further_pictures_of_mpo_count() -> None:
    def made(*pictures: Image.Image) -> bytes:
        return saved(list(pictures), "MPO" if len(pictures) > 1 else "JPEG", quality=90)

    one, two, three_ = three()
    files = [made(one, two), made(one, three_), made(one)]
    assert len({exact_digest(data, LIMITS) for data in files}) == 3
    assert decode(files[0], SPEC, LIMITS).pixel_digest is None


def heif(mode: str, values: np.ndarray[Any, Any]) -> bytes:
    file = io.BytesIO()
    size = values.shape[1], values.shape[0]
    made = pillow_heif.from_bytes(mode, size, values.tobytes())
    made.save(file, quality=-1, matrix_coefficients=0, chroma=444)
    return file.getvalue()


def test_heif_of_ten_bits_is_read_in_full() -> None:
    values = np.random.default_rng(0).integers(0, 1024, (48, 64, 3)).astype(np.uint16) << 6
    changed = values.copy()
    changed[0, 0, 0] ^= 64  # the lowest of ten bits
    one, other = heif("RGB;16", values), heif("RGB;16", changed)
    assert exact_digest(one, LIMITS) == exact_digest(heif("RGB;16", values) + b"", LIMITS)
    assert len({exact_digest(one, LIMITS), exact_digest(other, LIMITS), None}) == 3
    assert decode(one, SPEC, LIMITS).pixel_digest is None
    eight = heif("RGB", (values >> 8).astype(np.uint8))
    assert exact_digest(eight, LIMITS) == decode(eight, SPEC, LIMITS).pixel_digest
    assert exact_digest(eight, LIMITS) == exact_digest(
        saved([Image.fromarray((values >> 8).astype(np.uint8))], "PNG"), LIMITS
    )


def test_colours_that_a_heif_file_names_count() -> None:
    data = heif("RGB", np.asarray(scene(64, 48)))
    at = data.index(b"colrnclx") + 8
    assert struct.unpack_from(">HH", data, at) == (1, 13)
    screen = data[:at] + struct.pack(">HH", 12, 13) + data[at + 4 :]  # Display P3
    assert exact_digest(screen, LIMITS) not in (None, exact_digest(data, LIMITS))


def test_a_film_beside_a_heif_picture_is_not_known() -> None:
    data = heif("RGB", np.asarray(scene(64, 48)))
    assert exact_digest(data + struct.pack(">I4s", 8, b"moov"), LIMITS) is None
    assert decode(data + struct.pack(">I4s", 8, b"moov"), SPEC, LIMITS).pixel_digest is None


def test_avif_of_ten_bits_is_not_known() -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    values = np.asarray(scene(64, 48)).astype(np.uint16) * 4
    for bits in (10, 12):
        deep = imagecodecs.avif_encode(values, bitspersample=bits)
        assert decode(deep, SPEC, LIMITS).pixel_digest is None
        assert exact_digest(deep, LIMITS) is None
    assert exact_digest(saved([scene(64, 48)], "AVIF"), LIMITS) is not None


def test_jpeg_2000_of_twelve_bits_is_not_known() -> None:
    data = saved([scene(64, 48)], "JPEG2000")
    assert exact_digest(data, LIMITS) == exact_digest(saved([scene(64, 48)], "PNG"), LIMITS)
    at = data.index(b"\xff\x4f\xff\x51") + 42
    assert data[at] == 7
    assert exact_digest(data[:at] + b"\x0b" + data[at + 1 :], LIMITS) is None


@pytest.mark.parametrize("cut", [0.3, 0.7, 0.95])
@pytest.mark.parametrize("name", ["PNG", "JPEG", "TIFF", "WEBP", "GIF", "animated PNG", "AVIF"])
def test_what_is_damaged_has_none(name: str, cut: float) -> None:
    data = encode(scene(300, 200), name)
    found = None
    with suppress(PictureError, OSError, SyntaxError, ValueError):
        found = exact_digest(data[: int(cut * len(data))], LIMITS)
    assert found is None


def test_what_is_no_picture_or_not_there() -> None:
    with pytest.raises(PictureSkipped, match="not a picture"):
        exact_digest(b"no picture, and long enough to look at", LIMITS)
    with pytest.raises(PictureFailed, match="there is no page-4"):
        exact_digest(saved(three(), "TIFF"), LIMITS, member="page-4")
    with pytest.raises(PictureFailed, match="there is no page-2"):
        exact_digest(saved(three(), "PNG"), LIMITS, member="page-2")
    with pytest.raises(PictureSkipped, match="more than the limit"):
        exact_digest(saved(three(), "PNG"), Limits(pixels=3_599))


def test_too_many_pictures_or_too_little_time(monkeypatch: pytest.MonkeyPatch) -> None:
    data = saved(three(), "TIFF")
    assert exact_digest(data, LIMITS) is not None
    assert exact_digest(data, Limits(seconds=1e-9)) is None
    assert exact_digest(saved(three()[:1], "TIFF"), Limits(seconds=1e-9)) is not None
    monkeypatch.setattr(sameness_of_files, "MOST_MEMBERS", 3)
    assert exact_digest(data, LIMITS) is None
    assert of_formats.MOST_MEMBERS > 3


def test_transparency_under_a_profile_or_a_comment_is_kept_apart() -> None:
    pixels = np.asarray(scene(20, 10))
    plain = deep_png(pixels, bits=8)
    told = plain.replace(
        png_chunk(b"IEND", b""), png_chunk(b"tEXt", b"a\0b") + png_chunk(b"IEND", b"")
    )
    assert exact_digest(plain, LIMITS) == exact_digest(told, LIMITS)
    clear = deep_png(pixels, bits=8, clear=tuple(int(v) for v in pixels[3, 4]))
    assert exact_digest(clear, LIMITS) != exact_digest(plain, LIMITS)


def test_the_pool_makes_it(tmp_path: Path) -> None:
    data = encode(scene(1100, 1100), "JPEG")
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    with DecodePool(SPEC, workers=1) as pool:
        content, made = pool.digest(data)
        assert content == pool.decode(data).content_digest
        assert made == exact_digest(data, LIMITS)
        assert pool.digest(str(path)) == (content, made)
        # Of another file than was meant nothing is decoded.
        path.write_bytes(data + b"more")
        found = pool.digest(str(path), content=content)
        assert found.content != content
        assert found.made is None
        assert pool.digest(data, content=content).made == made
        with pytest.raises(PictureError, match="can't be read"):
            pool.digest(str(tmp_path / "gone.jpg"))
        with pytest.raises(PictureError, match="can't be decoded"):
            pool.digest(data[:9_000])
        assert pool.decode(data).width == 1100
