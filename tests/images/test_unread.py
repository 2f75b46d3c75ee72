"""Kinds of files that aren't read are named."""

from __future__ import annotations

import pytest

from lookalike.errors import PictureSkipped
from lookalike.images.decode import decode
from lookalike.images.unread import not_read
from lookalike.types import Limits

PICTURES = {
    "JPEG XL": [b"\xff\x0a" + bytes(40), b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(40)],
    "JPEG XR": [b"II\xbc\x01" + bytes(40)],
    "a Photoshop file": [b"8BPS\0\1" + bytes(40)],
    "a GIMP file": [b"gimp xcf v011" + bytes(40)],
    "OpenEXR": [b"v/1\x01" + bytes(40)],
    "Radiance HDR": [b"#?RADIANCE\n" + bytes(40)],
    "DDS": [b"DDS \x7c\0\0\0" + bytes(40)],
    "TGA": [bytes(60) + b"TRUEVISION-XFILE.\0"],
    "an icon of Windows": [b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0\x68\4\0\0\x16\0\0\0" + bytes(40)],
    "QOI": [b"qoif" + bytes(20)],
    "Netpbm": [b"P6\n2 2\n255\n" + bytes(12), b"P5 # grey\n2 2", b"P7\nWIDTH 3\n"],
    "FITS": [b"SIMPLE  =                    T"],
    "DICOM": [bytes(128) + b"DICM" + bytes(40)],
    "a drawing (SVG)": [
        b"<svg xmlns=''/>",
        b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- x -->\n<svg>",
    ],
}
OTHERS = {
    "a PDF document": [b"%PDF-1.7\n"],
    "a film (MP4 or QuickTime)": [
        b"\0\0\0\x18ftypmp42\0\0\0\0isommp42",
        b"\0\0\0\x14ftypqt  \0\0\0\0qt  ",
        b"\0\0\0\x08wide\0\0\0\x10mdat",
    ],
    "a film (Matroska or WebM)": [b"\x1a\x45\xdf\xa3" + bytes(40)],
    "a film (AVI)": [b"RIFF\0\0\0\0AVI LIST" + bytes(40)],
    "a web page": [b"<!DOCTYPE html><html>"],
}


@pytest.mark.parametrize(("name", "files"), PICTURES.items(), ids=PICTURES)
def test_pictures_of_other_kinds(name: str, files: list[bytes]) -> None:
    for data in files:
        with pytest.raises(PictureSkipped) as caught:
            decode(data, {}, Limits(), suffix=".jpg")
        assert str(caught.value) == f"{name} isn't read: convert it to PNG or JPEG"
        assert caught.value.cause == "kind"


@pytest.mark.parametrize(("name", "files"), OTHERS.items(), ids=OTHERS)
def test_what_is_no_picture(name: str, files: list[bytes]) -> None:
    for data in files:
        reason = not_read(data)
        assert str(reason).startswith("not a picture: starts with '")
        assert str(reason).endswith(f": {name}")
        assert reason.cause == "kind"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"hello",
        bytes(200),
        b"P6x",
        b"Plain text",
        b"\0\0\1\0" + bytes(60),
        b"RIFF1234WAVE",
    ],
)
def test_what_is_unknown_keeps_its_reason(data: bytes) -> None:
    reason = not_read(data)
    assert reason.cause == "file"
    assert str(reason).startswith("not a picture: starts with '")
