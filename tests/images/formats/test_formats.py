"""What holds of every format: one owner for each suffix, one for each file."""

from __future__ import annotations

import importlib
import io
import subprocess
import sys
from pathlib import Path

import pytest
from pictures import FORMATS as SAMPLES
from pictures import encode, scene
from PIL import Image

from lookalike.images import formats
from lookalike.images.formats.format import Format
from lookalike.images.formats.registry import (
    FORMATS,
    SUFFIXES,
    format_of,
    is_candidate,
    media_type,
    suffix_of,
)
from lookalike.types import Limits

NO_LIMITS = Limits()


def test_each_suffix_belongs_to_one_format() -> None:
    owners = [suffix for made in FORMATS.values() for suffix in made.suffixes]
    assert len(owners) == len(set(owners)) == len(SUFFIXES)
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in SUFFIXES)


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_file_is_of_one_format(sample: str) -> None:
    data = encode(scene(60, 40), sample)
    found = [made.name for made in FORMATS.values() if made.recognises(data, "")]
    assert len(found) == 1
    assert found[0] in sample.upper().replace(" ", "")
    made = format_of(data)
    assert made is FORMATS[found[0]]
    assert made.open(data, NO_LIMITS).image.size == (60, 40)


def test_what_is_no_picture_is_of_none() -> None:
    for data in (
        b"",
        b"BMW brochure.txt and so on",
        b"%PDF-1.7",
        b"RIFF\0\0\0\0AVI LIST",
        b"\0" * 64,
    ):
        assert [made.name for made in FORMATS.values() if made.recognises(data, "")] == []
        assert format_of(data, ".jpg") is None


def test_a_tiff_is_camera_raw_by_its_suffix() -> None:
    data = encode(scene(60, 40), "TIFF")
    for suffix in (".nef", ".dng", ".pef"):
        assert [made.name for made in FORMATS.values() if made.recognises(data, suffix)] == ["RAW"]
    assert [made.name for made in FORMATS.values() if made.recognises(data, ".tif")] == ["TIFF"]


def test_names_of_files() -> None:
    assert suffix_of("a.b.JPEG") == ".jpeg"
    assert suffix_of("jpeg") == ""
    assert is_candidate("x.HeIc")
    assert not is_candidate("x.txt")


def test_what_browsers_show() -> None:
    assert media_type("MPO") == media_type("JPEG") == "image/jpeg"
    assert media_type("TIFF") is None
    assert media_type("array") is None
    for name, made in FORMATS.items():
        # The media type is Pillow's too, where Pillow knows one.
        if made.media_type is not None and name in Image.MIME:
            assert made.media_type == Image.MIME[name]


@pytest.mark.parametrize("made", FORMATS.values(), ids=lambda made: made.name)
def test_a_format_says_all_of_itself(made: Format) -> None:
    assert made.name
    assert made.suffixes
    assert made.reader or type(made).load_reader is not Format.load_reader or made.name == "RAW"


def test_no_reader_is_loaded_before_a_file_needs_it() -> None:
    code = (
        "import sys; import lookalike.images.formats.registry;"
        "print([m for m in sys.modules if m.endswith('ImagePlugin') or m in"
        " ('pillow_heif', 'rawpy', 'numba')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_damaged_count_leaves_the_first_picture() -> None:
    class Lying:
        @property
        def n_frames(self) -> int:
            raise OSError("damaged")

    assert FORMATS["WEBP"].frames(Lying(), b"") == [0]  # type: ignore[arg-type]
    file = io.BytesIO()
    scene(60, 40).save(file, "JPEG")
    assert FORMATS["JPEG"].frames(Image.open(file), file.getvalue()) == [0]


def test_no_format_is_forgotten() -> None:
    folder = Path(formats.__file__).parent
    found = [importlib.import_module(f"{formats.__name__}.{p.stem}") for p in folder.glob("*.py")]
    made = {m.FORMAT.name for m in found if hasattr(m, "FORMAT")}
    assert made == set(FORMATS)


def test_what_has_brands_is_told_by_them_alone() -> None:
    for head in (b"\xff\xd8\xff\xe0", b"II*\x00", b"MM\x00+", b"RIFF", b"IIRO"):
        data = head + b"ftyp" + b"WEBP" + bytes(40)
        assert [made.name for made in FORMATS.values() if made.recognises(data, ".nef")] == []
