"""Counting and reaching the frames of GIF files."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lookalike.errors import PictureFailed, PictureSkipped
from lookalike.images.decode import decode
from lookalike.images.formats.format import MOST_MEMBERS
from lookalike.images.formats.gif import FORMAT
from lookalike.types import InputSpec, Limits

SPEC = {"x": InputSpec(64, "within")}
COLOURS = ("red", "lime", "blue")


def animation(seed: int, frames: int, size: tuple[int, int]) -> bytes:
    """Noise, in one palette or in one for each frame, with comments between the frames."""
    generator = np.random.default_rng(seed)
    made = [
        Image.fromarray(generator.integers(0, 256, (size[1], size[0], 3), np.uint8))
        for _ in range(frames)
    ]
    file = io.BytesIO()
    comment = b"x" * int(generator.integers(0, 700))
    options = {"comment": comment} if comment else {}
    made[0].save(
        file,
        "GIF",
        save_all=True,
        append_images=made[1:],
        interlace=bool(generator.integers(2)),
        **options,
    )
    return file.getvalue()


def descriptor(width: int, height: int) -> bytes:
    """How a frame of the whole size begins."""
    return b"," + struct.pack("<HHHH", 0, 0, width, height)


def of_reader(data: bytes) -> int:
    with Image.open(io.BytesIO(data)) as image:
        return int(image.n_frames)


def counted(data: bytes) -> int:
    with Image.open(io.BytesIO(data)) as image:
        return len(FORMAT.frames(image, data))


@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 90), st.integers(1, 90))
def test_counted_as_the_reader_does(seed: int, frames: int, width: int, height: int) -> None:
    data = animation(seed, frames, (width, height))
    assert counted(data) == of_reader(data) == frames


@given(st.integers(0, 10**6), st.floats(0, 1))
def test_what_ends_too_early_is_counted_as_far_as_it_goes(seed: int, share: float) -> None:
    whole = animation(seed, 4, (40, 30))
    first = whole.index(descriptor(40, 30)) + 12 + 768  # there the reader can open it
    cut = whole[: first + int(share * (len(whole) - first))]
    try:
        expected = of_reader(cut)
    except Exception:
        expected = None  # the reader gives up where a header is cut
    assert 1 <= counted(cut) <= 4
    assert expected is None or counted(cut) == expected


def test_without_end() -> None:
    data = animation(1, 1, (8, 8))
    frame = data[data.index(descriptor(8, 8)) : -1]
    assert counted(data[:-1] + frame * 50_000) == MOST_MEMBERS
    decoded = decode(data[:-1] + frame * 50_000, SPEC, Limits(), count=True)
    assert decoded.members == MOST_MEMBERS
    with pytest.raises(PictureFailed, match="holds 10,000 pictures: there is no frame-10001"):
        decode(data[:-1] + frame * 50_000, SPEC, Limits(), member="frame-10001")


def test_frames_are_laid_over_those_before_them() -> None:
    frames = [Image.new("RGB", (20, 20), "red") for _ in range(3)]
    for number, frame in enumerate(frames):
        for place in range(number):
            frame.paste("blue", (5 * place, 5, 5 * place + 5, 10))
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])  # only what changes
    last = decode(file.getvalue(), SPEC, Limits(), member="frame-3").inputs["x"]
    assert np.array_equal(last, np.asarray(frames[2]))


def test_transparent_frames_lie_over_white() -> None:
    clear = [Image.new("RGBA", (20, 10), (0, 0, 0, 0)) for _ in COLOURS]
    for frame, colour in zip(clear, COLOURS, strict=True):
        frame.paste(colour, (0, 0, 10, 10))
    file = io.BytesIO()
    clear[0].save(file, "GIF", save_all=True, append_images=clear[1:], disposal=2)
    for member in ("", "frame-2", "frame-3"):
        pixels = decode(file.getvalue(), SPEC, Limits(), member=member).inputs["x"]
        assert (pixels[:, 10:] == 255).all(), member


def test_a_huge_frame_on_the_way_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    data = animation(2, 3, (30, 20))
    at = data.index(descriptor(30, 20), data.index(descriptor(30, 20)) + 1)
    huge = data[: at + 5] + b"\xff\xff\xff\xff" + data[at + 9 :]
    assert decode(huge, SPEC, Limits(), count=True).members == 3
    with pytest.raises(PictureSkipped, match="exceeds limit"):  # Pillow's own
        decode(huge, SPEC, Limits(), member="frame-3")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)  # as in the children
    for member in ("frame-2", "frame-3"):
        with pytest.raises(PictureSkipped, match="65535 x 65535"):
            decode(huge, SPEC, Limits(), member=member)


def test_memory_is_asked_for_before_the_frames_on_the_way() -> None:
    asked: list[int] = []
    data = animation(3, 3, (30, 20))
    decode(data, SPEC, Limits(), member="frame-3", permit=asked.append)
    assert asked == [30 * 20 * 16]
