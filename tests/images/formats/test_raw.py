"""Camera raw: a DNG file made here by hand, with and without a preview, read by LibRaw."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from pictures import encode, scene
from PIL import Image

from lookalike.errors import PictureFailed, PictureSkipped
from lookalike.images.decode import decode
from lookalike.images.pool.pool import DecodePool
from lookalike.types import InputSpec, Limits

pytest.importorskip("rawpy", reason="the extra raw isn't installed")

FULL = {"full": InputSpec(4096, "within")}
SHORT, LONG, RATIONAL, BYTE, ASCII, SRATIONAL = 3, 4, 5, 1, 2, 10
WIDTHS = {BYTE: 1, ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, SRATIONAL: 8}
CODES = {BYTE: "B", SHORT: "H", LONG: "I"}

Tag = tuple[int, int, bytes | list[int]]


def ifd(tags: list[Tag], at: int) -> bytes:
    """A TIFF directory at an offset, its longer values behind it; no next one."""
    tags = sorted(tags)
    head, tail = struct.pack("<H", len(tags)), b""
    behind = at + 2 + 12 * len(tags) + 4
    for tag, kind, value in tags:
        if isinstance(value, bytes):
            data = value
        elif kind in (RATIONAL, SRATIONAL):
            data = b"".join(struct.pack("<iI", v, 10_000) for v in value)
        else:
            data = struct.pack(f"<{len(value)}{CODES[kind]}", *value)
        count = len(data) // WIDTHS[kind]
        head += struct.pack("<HHI", tag, kind, count)
        if len(data) <= 4:
            head += data.ljust(4, b"\0")
        else:
            head += struct.pack("<I", behind + len(tail))
            tail += data + b"\0" * (len(data) % 2)
    return head + struct.pack("<I", 0) + tail


def dng(preview: bytes | None, size: tuple[int, int], orientation: int = 1) -> bytes:
    """A raw frame of grey 16-bit samples, below a JPEG preview."""
    width, height = 128, 96
    samples = np.full((height, width), 20_000, "<u2").tobytes()
    raw_at = 8
    preview_at = raw_at + len(samples)
    sub_at = preview_at + len(preview or b"")
    sub_at += sub_at % 2
    sub = ifd(
        [
            (254, LONG, [0]),
            (256, LONG, [width]),
            (257, LONG, [height]),
            (258, SHORT, [16]),
            (259, SHORT, [1]),
            (262, SHORT, [32803]),
            (273, LONG, [raw_at]),
            (277, SHORT, [1]),
            (278, LONG, [height]),
            (279, LONG, [len(samples)]),
            (33421, SHORT, [2, 2]),
            (33422, BYTE, [0, 1, 1, 2]),
            (50714, SHORT, [0]),
            (50717, LONG, [65535]),
        ],
        sub_at,
    )
    first_at = sub_at + len(sub)
    tags: list[Tag] = [
        (271, ASCII, b"Nobody\0"),
        (272, ASCII, b"Pinhole 1\0"),
        (274, SHORT, [orientation]),
        (330, LONG, [sub_at]),
        (50706, BYTE, [1, 4, 0, 0]),
        (50708, ASCII, b"Nobody Pinhole 1\0"),
        (50721, SRATIONAL, [10_000, 0, 0, 0, 10_000, 0, 0, 0, 10_000]),
        (50778, SHORT, [21]),
    ]
    if preview is not None:
        tags += [
            (254, LONG, [1]),
            (256, LONG, [size[0]]),
            (257, LONG, [size[1]]),
            (258, SHORT, [8, 8, 8]),
            (259, SHORT, [7]),
            (262, SHORT, [6]),
            (273, LONG, [preview_at]),
            (277, SHORT, [3]),
            (278, LONG, [size[1]]),
            (279, LONG, [len(preview)]),
        ]
    body = struct.pack("<2sHI", b"II", 42, first_at) + samples + (preview or b"")
    return body.ljust(sub_at, b"\0") + sub + ifd(tags, first_at)


@pytest.mark.parametrize("suffix", [".dng", ""])
def test_the_preview_is_read(suffix: str) -> None:
    image = scene(160, 120)
    decoded = decode(dng(encode(image, "JPEG"), image.size), FULL, Limits(), suffix=suffix)
    assert decoded.format == "RAW"
    assert (decoded.width, decoded.height) == (128, 96)  # of the raw frame itself
    shown = decoded.inputs["full"].astype(int)
    assert shown.shape == (120, 160, 3)
    assert np.abs(shown - np.asarray(image).astype(int)).mean() < 4


@pytest.mark.parametrize(
    ("orientation", "turn"),
    [
        (3, Image.Transpose.ROTATE_180),
        (6, Image.Transpose.ROTATE_270),
        (8, Image.Transpose.ROTATE_90),
    ],
)
def test_orientation_is_taken_from_the_raw_file(orientation: int, turn: Image.Transpose) -> None:
    image = scene(160, 120)
    data = dng(encode(image, "JPEG"), image.size, orientation)
    decoded = decode(data, FULL, Limits(), suffix=".dng")
    expected = np.asarray(image.transpose(turn)).astype(int)
    assert np.abs(decoded.inputs["full"].astype(int) - expected).mean() < 4
    assert (decoded.width > decoded.height) == (expected.shape[1] > expected.shape[0])


def test_without_a_preview_it_is_skipped() -> None:
    with pytest.raises(PictureSkipped, match="without an embedded preview"):
        decode(dng(None, (0, 0)), FULL, Limits(), suffix=".dng")


def test_damaged_files_fail() -> None:
    image = scene(160, 120)
    data = dng(encode(image, "JPEG"), image.size)
    with pytest.raises(PictureFailed, match="damaged camera raw"):
        decode(data[:2000], FULL, Limits(), suffix=".dng")
    broken = dng(encode(image, "JPEG")[:900], image.size)
    with pytest.raises(PictureFailed, match="damaged camera raw"):
        decode(broken, FULL, Limits(), suffix=".dng")


def test_without_the_extra_it_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rawpy", None)
    with pytest.raises(PictureSkipped, match=r"install lookalike\[raw\]"):
        decode(dng(None, (0, 0)), FULL, Limits(), suffix=".dng")


def test_in_a_child(tmp_path: Path) -> None:
    image = scene(160, 120)
    (tmp_path / "a.DNG").write_bytes(dng(encode(image, "JPEG"), image.size))
    with DecodePool(FULL, workers=1) as pool:
        assert pool.decode(tmp_path / "a.DNG").format == "RAW"
