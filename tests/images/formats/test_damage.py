"""Damage that leaves a picture to be shown, and damage that doesn't."""

from __future__ import annotations

import io
import struct
import warnings
import zlib

import numpy as np
import numpy.typing as npt
import pytest
from pictures import encode, png_chunk, scene
from PIL import Image
from web_layouts import raw_png, segment, webp_animation, with_chunks

from lookalike.errors import PictureError, PictureFailed, PictureSkipped
from lookalike.images.decode import decode
from lookalike.types import Decoded, InputSpec, Limits

FULL = {"full": InputSpec(4096, "within")}
SCENE = scene(256, 192)
FILM = b"\0\0\x01\x0aPanoramaShot\0\0\0\x18ftypmp42" + np.random.default_rng(0).bytes(60_000)


def read(data: bytes, **options: bool) -> Decoded:
    return decode(data, FULL, Limits(), **options)  # type: ignore[arg-type]


def far(data: bytes, whole: bytes) -> npt.NDArray[np.float64]:
    """Mean difference in each row from what the whole file shows."""
    one, other = (read(d).inputs["full"].astype(np.int16) for d in (data, whole))
    result: npt.NDArray[np.float64] = np.abs(one - other).mean(axis=(1, 2))
    return result


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


@pytest.mark.parametrize(
    "name", ["JPEG", "PNG", "BMP", "WEBP", "lossless WEBP", "progressive JPEG", "GIF"]
)
def test_a_cut_tail_is_a_loss_while_most_is_there(name: str) -> None:
    whole = encode(SCENE, name)
    missing, reason = [], ""
    for share in (0.97, 0.9, 0.8, 0.7):
        cut = whole[: int(len(whole) * share)]
        try:
            loss = read(cut).loss
        except PictureFailed as error:
            reason = str(error)
            loss = ""
        if not loss:
            assert "% of it is missing" in reason
            continue
        rows = far(cut, whole)
        if "last" in loss:
            missing.append(int(loss.split()[2]))
            changed = np.flatnonzero(rows > 1)
            if name != "BMP":
                assert (rows[: changed[0]] == 0).all()
            assert len(changed) == pytest.approx(192 * missing[-1] / 100, abs=24)
        else:  # no rows, but detail: interlaced and progressive
            assert rows.mean() < 4
    assert missing == sorted(missing)
    with pytest.raises(PictureFailed):
        read(whole[: len(whole) // 20])


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_what_follows_a_jpeg(options: dict[str, bool], mode: str) -> None:
    whole = encode(SCENE.convert(mode), "JPEG", **options)
    for data in (whole + FILM, whole + whole, whole + bytes(999)):
        assert read(data).loss == ""
        assert read(data, count=True).members == 1
        assert far(data, whole).max() == 0
    for data in (whole[:-2], whole[:-2] + FILM, whole[:-2] + bytes(5000)):
        assert read(data).loss in ("no end marker", "")
        assert far(data, whole).max() == 0


def test_a_jpeg_that_was_never_written_to_its_end() -> None:
    whole = encode(SCENE, "JPEG")
    there = int(len(whole) * 0.8)
    data = whole[:there] + bytes(len(whole) - there)
    assert read(data).loss == read(whole[:there]).loss
    assert far(data, whole[:there]).max() == 0


@pytest.mark.parametrize("wrong", [-2000, -10, -1, 1, 10, 300, 20_000])
def test_wrong_lengths_in_a_jpeg(wrong: int) -> None:
    """An embedded thumbnail is never taken for the picture."""
    whole = encode(SCENE, "JPEG")
    thumbnail = encode(SCENE.resize((160, 120)).rotate(180), "JPEG")
    note = b"Exif\0\0II*\0\x08\0\0\0" + bytes(6) + thumbnail
    data = whole[:2] + segment(0xE1, note, wrong) + whole[2:]
    assert (read(data).width, read(data).height) == SCENE.size
    assert far(data, whole).max() == 0


@pytest.mark.parametrize(
    "damaged",
    [
        segment(0xE2, b"ICC_PROFILE\0"),
        segment(0xE2, b"ICC_PROFILE\0\1\3" + b"x" * 99),
        segment(0xE2, b"ICC_PROFILE\0\1\1" + b"x" * 99),
        segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"x" * 99),
        segment(0xE0, b"JFIF\0"),
        segment(0xEE, b"Adobe"),
        segment(0xFE, b"hello" * 9, 30),
        segment(0xE2, b"MPF\0II*\0\x08\0\0\0\x03\0" + b"xyz" * 20),
        b"\xff\xff\xff",
    ],
)
def test_damaged_segments_of_a_jpeg(damaged: bytes) -> None:
    whole = encode(SCENE, "JPEG")
    warnings.simplefilter("ignore")  # as the children do; pytest puts it back
    assert far(whole[:2] + damaged + whole[2:], whole).max() == 0


@pytest.mark.parametrize(
    ("marker", "bits", "kind"),
    [(0xC1, 12, "JPEG of 12 bits"), (0xC5, 8, "hierarchical JPEG"), (0xCB, 8, "lossless JPEG")],
)
def test_kinds_of_jpeg_that_are_not_read(marker: int, bits: int, kind: str) -> None:
    data = bytearray(encode(SCENE, "JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 1], data[at + 4] = marker, bits
    with pytest.raises(PictureSkipped, match=f"{kind} isn't read") as caught:
        read(bytes(data))
    assert caught.value.cause == "kind"


@pytest.mark.parametrize("name", [b"tEXt", b"tIME", b"iCCP", b"gAMA", b"tRNS", b"eXIf", b"acTL"])
def test_a_wrong_checksum_beside_the_pixels_costs_that_chunk(name: bytes) -> None:
    whole = encode(SCENE, "PNG")
    content = {b"gAMA": struct.pack(">I", 100_000), b"tRNS": bytes(6)}.get(name, b"x\0" + bytes(9))
    chunk = png_chunk(name, content)
    data = with_chunks(whole, flipped(chunk, len(chunk) - 1))
    assert far(data, whole).max() == 0
    if name != b"acTL":  # of an animation that isn't there nothing is lost
        assert read(data).loss == f"a wrong checksum in chunk {name.decode()}, which is left out"


@pytest.mark.parametrize(
    "chunk",
    [
        png_chunk(b"iCCP", b"x\0\5abc"),
        png_chunk(b"gAMA", b"x"),
        png_chunk(b"tRNS", b"x"),
        png_chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(30_000_000))),
    ],
)
def test_chunks_that_the_reader_stumbles_over(chunk: bytes) -> None:
    whole = encode(SCENE, "PNG")
    data = with_chunks(whole, chunk)
    assert read(data).loss == "a damaged chunk, which is left out"
    assert far(data, whole).max() == 0
    assert far(whole[:-12] + chunk + whole[-12:], whole).max() == 0


def test_checksums_of_pixels() -> None:
    data = raw_png(np.asarray(SCENE), 8, 2, piece=2000)
    places = [i for i in range(len(data)) if data[i : i + 4] == b"IDAT"]
    late, early = places[3 * len(places) // 4], places[1]
    sound = flipped(data, late + 4 + 2000)  # the checksum itself
    assert read(sound).loss == "a wrong checksum of its sound pixels"
    assert far(sound, data).max() == 0
    loss = read(flipped(data, late + 500)).loss
    assert loss.startswith("the last")
    rows = far(flipped(data, late + 500), data)
    assert (rows[: 192 - int(192 * (int(loss.split()[2]) + 1) / 100)] == 0).all()
    with pytest.raises(PictureFailed, match="truncated PNG"):
        read(flipped(data, early + 500))
    with pytest.raises(PictureFailed, match="damaged PNG: wrong checksum in chunk b'IHDR'"):
        read(flipped(data, 30))
    palette = encode(SCENE.quantize(9), "PNG")
    with pytest.raises(PictureFailed, match="wrong checksum in chunk b'PLTE'"):
        read(flipped(palette, palette.index(b"PLTE") + 4))


@pytest.mark.parametrize("mode", ["L", "P", "1", "RGBA", "LA"])
def test_what_is_missing_is_clear(mode: str) -> None:
    whole = encode(SCENE.convert(mode), "PNG")
    cut = read(whole[: int(len(whole) * 0.8)])
    assert cut.loss.startswith("the last")
    assert (cut.inputs["full"][-1] == 255).all()
    assert (cut.inputs["full"][:90] == read(whole).inputs["full"][:90]).all()


def test_a_cut_interlaced_png() -> None:
    for size in ((256, 192), (61, 47), (3, 2)):
        samples = np.asarray(scene(*size))
        whole = raw_png(samples, 8, 2, interlaced=True)
        assert far(whole, raw_png(samples, 8, 2)).max() == 0
    whole = raw_png(np.asarray(SCENE), 8, 2, interlaced=True)
    for share in (0.5, 0.8):
        assert read(whole[: int(len(whole) * share)]).loss == "fine detail is missing"
        assert far(whole[: int(len(whole) * share)], whole).mean() < 3
    with pytest.raises(PictureFailed, match="less than every second"):
        read(whole[: len(whole) // 10])


def test_ends_of_png() -> None:
    whole = encode(SCENE, "PNG")
    for data in (whole[:-12], whole[:-5]):
        assert read(data).loss == "no end marker"
        assert far(data, whole).max() == 0
    assert read(whole + FILM).loss == ""


@pytest.mark.parametrize("name", ["animated PNG", "animated GIF", "animated WEBP"])
def test_a_cut_animation_keeps_its_whole_frames(name: str) -> None:
    whole = encode(SCENE, name)
    cut = whole[:-300]
    assert "last frame" in read(cut).loss
    assert far(cut, whole).max() == 0
    assert (read(cut, count=True).members or 0) >= 2


@pytest.mark.parametrize("stated", [0, 100, 2_000_000_000])
def test_wrong_lengths_in_the_header_of_webp(stated: int) -> None:
    still = encode(SCENE, "WEBP")
    moving = webp_animation([(scene(20, 20), 0, 0, 0), (scene(20, 20), 20, 20, 0)], (60, 40))
    for whole in (still, moving):
        data = whole[:4] + struct.pack("<I", stated) + whole[8:]
        assert read(data).loss
        assert far(data, whole).max() == 0
        assert read(whole + FILM).loss == ""


def test_a_webp_that_claims_gigabytes_is_not_tried() -> None:
    whole = encode(SCENE, "WEBP")
    with pytest.raises(PictureFailed, match="damaged WEBP"):
        read(whole[:16] + struct.pack("<I", 2**31) + whole[20:])


def test_ends_of_gif() -> None:
    file = io.BytesIO()
    SCENE.quantize(64).save(file, "GIF", interlace=0)
    whole = file.getvalue()
    assert read(whole[:-1]).loss == "no end marker"
    assert read(whole + FILM).loss == ""
    cut = whole[: int(len(whole) * 0.7)]
    assert read(cut).loss.startswith("the last")
    assert far(cut, whole)[:90].max() == 0


def test_bitmaps_that_are_not_read() -> None:
    whole = encode(SCENE, "BMP")
    for place, value, kind in ((28, 2, "of 2 bits"), (30, 4, "with JPEG"), (30, 5, "with PNG")):
        data = whole[:place] + bytes([value]) + whole[place + 1 :]
        with pytest.raises(PictureSkipped, match=f"BMP {kind}.* isn't read") as caught:
            read(data)
        assert caught.value.cause == "kind"


def test_what_follows_an_avif() -> None:
    whole = encode(SCENE, "AVIF")
    assert far(whole + FILM, whole).max() == 0


@pytest.mark.parametrize("seed", range(60))
def test_any_damage_gives_a_picture_or_a_reason(seed: int) -> None:
    generator = np.random.default_rng(seed)
    names = ["JPEG", "PNG", "animated PNG", "WEBP", "animated WEBP", "GIF", "animated GIF", "BMP"]
    data = bytearray(encode(scene(60, 40), names[seed % len(names)]))
    at = int(generator.integers(len(data)))
    what = [b"", generator.bytes(30), bytes(90)][seed % 3]
    data[at : at + int(generator.integers(60))] = what
    try:
        made = decode(bytes(data), FULL, Limits(pixels=1_000_000), member="frame-2" * (seed % 2))
    except PictureError as error:
        shown, reason = True, str(error)
    else:
        shown, reason = made.inputs["full"].ndim == 3, "read"
    assert shown
    assert 0 < len(reason) < 300


def test_the_picture_of_an_animation_is_its_first_frame() -> None:
    image = Image.new("RGB", (20, 10), (200, 30, 30))
    data = encode(image, "animated PNG")
    broken = data.index(b"fdAT") + 6
    decoded = read(flipped(data, broken), count=True)
    assert decoded.members == 1
    assert decoded.loss == "a damaged frame, and those behind it"
    assert far(flipped(data, broken), data).max() == 0


def test_a_png_with_exif_and_no_pixels_is_damaged() -> None:
    whole = io.BytesIO()
    scene(40, 30).save(whole, "PNG", exif=b"MM\0*\0\0\0\x08\0\0")
    data = whole.getvalue()
    at, end = data.index(b"IDAT") - 4, data.index(b"IEND") - 4
    with pytest.raises(PictureFailed, match=r"^damaged PNG|^truncated PNG"):
        decode(data[:at] + data[end:], FULL, Limits())
