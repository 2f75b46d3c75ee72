"""What a picture that is sent costs, and that of damaged ones something is said."""

from __future__ import annotations

import random
import struct
import zlib
from pathlib import Path

import httpx
import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from serving import Serve, Server, encoded, refusal

from lookalike.server.pixels import cost_of, pixels_of

SEARCH = "/api/v1/search"
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "JPEG2000", "AVIF", "HEIF")


def png_of(width: int, height: int) -> bytes:
    """A picture of one colour, packed as small as it gets."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    row = bytes(1 + (width + 7) // 8)
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


@pytest.mark.parametrize("kind", FORMATS)
def test_the_size_is_read_from_the_header(kind: str) -> None:
    pillow_heif.register_heif_opener(thumbnails=False)
    picture = Image.effect_noise((70, 50), 80).convert("RGB")
    found = pixels_of(encoded(picture, kind))
    assert 3500 <= found <= 4480 if kind == "HEIF" else found == 3500  # whose blocks are larger


def test_an_upright_photograph_has_as_many_pixels() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert pixels_of(encoded(Image.new("RGB", (70, 50)), "JPEG", exif=exif)) == 3500


@given(st.binary(max_size=300))
def test_any_bytes_may_be_no_picture(data: bytes) -> None:
    for beginning in (
        b"",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"II*\0",
        b"BM",
        b"P5 ",
        b"<svg ",
    ):
        assert pixels_of(beginning + data) >= 0


def test_a_header_without_end_is_given_up() -> None:
    endless = b"\xff\xd8" + b"\xff\xe0\x00\x02" * 100_000
    assert pixels_of(endless) == len(endless)
    assert pixels_of(b"\xff\xd8" + bytes(5_000_000)) == 5_000_002


def test_what_costs_how_much() -> None:
    assert [cost_of(millions * 1_000_000) for millions in (1, 12, 13, 50, 196)] == [
        0,
        0,
        1,
        38,
        184,
    ]


def test_large_pictures_cost_more_and_have_a_limit(serve: Serve, filled: Path) -> None:
    """A PNG of 24 kB and 196 million pixels took 5 seconds, and cost what a small one does."""
    large, huge = png_of(4000, 4000), png_of(14_000, 14_000)
    assert len(huge) < 40_000
    with serve(filled, rate=0.001, burst=30).client() as client:
        answer = client.post(SEARCH, content=huge)
        assert refusal(answer, 422) == "picture_unusable"
        assert "196,000,000 pixels" in answer.json()["error"]["message"]
        assert "--max-sent-pixels" in answer.json()["error"]["message"]
        small = png_of(100, 100)
        assert client.post(SEARCH, content=small).status_code == 200
        assert client.post(SEARCH, content=large).status_code == 200  # 5 points, and 4
        assert client.post(SEARCH, content=large).status_code == 200
        assert refusal(client.post(SEARCH, content=small), 429) == "too_many_requests"
    with serve(filled, rate=0, sent_pixels=15_000_000).client() as client:
        for path in (SEARCH, "/api/v1/thumbnail", "/api/v1/queries"):
            assert refusal(client.post(path, content=large), 422) == "picture_unusable"
            assert client.post(path, files={"picture": ("a.png", small)}).is_success


def samples() -> dict[str, bytes]:
    pillow_heif.register_heif_opener(thumbnails=False)
    picture = Image.effect_noise((64, 48), 90).convert("RGB")
    return {kind: encoded(picture, kind) for kind in FORMATS}


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Bits flipped, pieces cut out, doubled and swapped, as a seed says."""
    made = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 10))):
        at = chance.randrange(len(made))
        match chance.randrange(5):
            case 0:
                made[at] ^= 1 << chance.randrange(8)
            case 1:
                made[at : at + 4] = struct.pack(">I", chance.choice((0, 0x7FFFFFFF, 0xFFFFFFFF)))
            case 2:
                del made[at : at + chance.randrange(1, 200)]
            case 3:
                made[at:at] = made[at : at + chance.randrange(1, 200)]
            case _:
                del made[max(1, at) :]
        if len(made) < 2:
            break
    return bytes(made)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_damaged_picture_is_refused_with_a_reason(client: httpx.Client, kind: str) -> None:
    """Or read all the same, if what is damaged doesn't matter."""
    chance = random.Random(f"damage to {kind}")
    sample = samples()[kind]
    refused = 0
    for _ in range(25):
        answer = client.post(SEARCH, content=damaged(sample, chance))
        if answer.status_code != 200:
            assert refusal(answer, 422) == "picture_unusable"
            assert len(answer.json()["error"]["message"]) > 5
            refused += 1
    assert refused


FORMS = (
    (b"", {}),
    (b"", {"Content-Type": "multipart/form-data"}),
    (b"x", {"Content-Type": "multipart/form-data; boundary=x"}),
    (b"--x--\r\n", {"Content-Type": "multipart/form-data; boundary=x"}),
    (b"--x\r\n\r\n\r\n--x--", {"Content-Type": "multipart/form-data; boundary=x"}),
    (b"--x\r\n" * 100, {"Content-Type": "multipart/form-data; boundary=" + "x" * 300}),
    (b"picture=abc", {"Content-Type": "application/x-www-form-urlencoded"}),
    (b"\x1f\x8b" + bytes(50), {"Content-Encoding": "gzip"}),
)


@pytest.mark.parametrize(("body", "headers"), FORMS)
def test_what_is_no_form(client: httpx.Client, body: bytes, headers: dict[str, str]) -> None:
    answer = client.post(SEARCH, content=body, headers=headers)
    assert 400 <= answer.status_code < 500
    assert refusal(answer, answer.status_code)


def test_forms_of_random_pieces(client: httpx.Client, query: bytes) -> None:
    chance = random.Random("forms")
    whole = (
        b'--x\r\nContent-Disposition: form-data; name="picture"; filename="a.jpg"\r\n\r\n'
        + query[:2000]
        + b"\r\n--x--\r\n"
    )
    for _ in range(60):
        answer = client.post(
            SEARCH,
            content=damaged(whole, chance),
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        )
        assert answer.status_code in (200, 400, 413, 422)
        if answer.status_code != 200:
            refusal(answer, answer.status_code)


def test_the_server_is_whole_after_all_that(server: Server, query: bytes) -> None:
    with server.client() as client:
        assert client.post(SEARCH, content=query).status_code == 200
