"""What pictures are to each other beside their kind: bursts, pairs of raw and JPEG, variants."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lookalike.library import Library
from lookalike.library.relations import BURST_SECONDS, is_burst, relation_of
from lookalike.match import NamedEdit
from lookalike.shot import Shot

SHOT = Shot("2019-06-01T12:00:00.500", camera="Acme X100")


def later(seconds: float, shot: Shot = SHOT) -> Shot:
    moment = datetime.fromisoformat(str(shot.taken)) + timedelta(seconds=seconds)
    return replace(shot, taken=moment.isoformat(timespec="milliseconds"))


@given(st.floats(-30, 30), st.booleans(), st.booleans())
def test_a_burst_is_one_camera_seconds_apart(apart: float, same: bool, known: bool) -> None:
    other = replace(later(apart), camera="Acme X100" if same else "Other")
    other = other if known else replace(other, taken=None)
    between = SHOT.seconds_to(other) if known else None
    expected = same and between is not None and 0 < abs(between) <= BURST_SECONDS
    assert is_burst(SHOT, other) == is_burst(other, SHOT) == expected
    told = relation_of(SHOT, other, "edited")
    assert (told == "burst") == expected
    assert relation_of(other, SHOT, "edited") == told


def test_without_a_camera_or_a_time_nothing_is_said() -> None:
    nobody = replace(SHOT, camera="")
    assert not is_burst(nobody, later(1, nobody))
    assert not is_burst(None, SHOT)
    assert relation_of(None, None, "edited") is None
    assert relation_of(SHOT, later(2), "alike", similarity=0.3) is None
    assert relation_of(SHOT, later(2), "alike", similarity=0.95) == "burst"


def test_raw_and_jpeg() -> None:
    both = {"formats": ("RAW", "JPEG"), "names": ("/a/IMG_1.CR2", "/b/img_1.jpg")}
    assert relation_of(None, None, "edited", **both) == "raw+jpeg"  # type: ignore[arg-type]
    other = {**both, "names": ("/a/IMG_1.CR2", "/a/IMG_2.jpg")}
    assert relation_of(None, None, "edited", **other) is None  # type: ignore[arg-type]
    assert relation_of(SHOT, SHOT, "edited", **other) == "raw+jpeg"  # type: ignore[arg-type]
    assert relation_of(SHOT, later(1), "edited", **other) == "burst"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "edits", "expected"),
    [
        ("edited", ("grey",), "variant"),
        ("edited", ("resize", "recompress"), None),
        ("part", (), "variant"),
        ("alike", (), None),
        ("same-bytes", (), None),
    ],
)
def test_variants(kind: str, edits: tuple[str, ...], expected: str | None) -> None:
    named = [NamedEdit(name) for name in edits]  # type: ignore[arg-type]
    assert relation_of(SHOT, SHOT, kind, edits=named) == expected  # type: ignore[arg-type]


def frame(seed: int, shift: int) -> Image.Image:
    noise = np.random.default_rng(seed).integers(0, 256, (30, 40, 3), np.uint8)
    large = Image.fromarray(noise).resize((430, 330), Image.Resampling.BICUBIC)
    return large.crop((shift, 0, 400 + shift, 300))


def shot(path: Path, image: Image.Image, taken: str, camera: str = "X100") -> Path:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Acme", camera
    exif.get_ifd(0x8769)[0x9003] = taken
    image.save(path, "JPEG", quality=92, exif=exif)
    return path


def test_frames_of_a_burst_are_no_copies(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    first = shot(folder / "a.jpg", frame(1, 0), "2019:06:01 12:00:00")
    shot(folder / "b.jpg", frame(1, 1), "2019:06:01 12:00:02")
    small = frame(1, 0).resize((360, 270))
    shot(folder / "still.jpg", small, "2019:06:01 12:00:04")
    shot(folder / "day.jpg", small, "2019:06:02 12:00:02")
    shot(folder / "other.jpg", small, "2019:06:01 12:00:02", camera="Z9")
    shot(folder / "grey.jpg", frame(1, 0).convert("L"), "2019:06:01 12:00:00")
    with Library.open(tmp_path / "x.lookalike", workers=1) as library:
        library.index(folder)
        told = {
            Path(hit.path).stem: (hit.kind, hit.burst, hit.relation)
            for hit in library.search(first, 10).hits
        }
        back = {Path(h.path).stem: h for h in library.search(folder / "b.jpg", 10).hits}
    assert told["a"] == ("same-bytes", False, None)
    assert told["b"] == ("alike", True, "burst")
    assert told["still"] == ("alike", True, "burst")  # though nothing moved
    assert told["day"] == ("edited", False, None)
    assert told["other"] == ("edited", False, None)
    assert told["grey"] == ("edited", False, "variant")
    assert (back["a"].kind, back["a"].burst) == ("alike", True)
