"""Kinds of files that aren't read, by their first bytes: their names, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lookalike.errors import PictureSkipped
from lookalike.images.formats.iso import brands_of
from lookalike.images.reasons import show_bytes

__all__ = ["not_read"]

_CONVERT = "convert it to PNG or JPEG"
_FILMS = frozenset(
    (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"qt  ", b"M4V ",
     b"M4VH", b"MSNV", b"3gp4", b"3gp5", b"3gp6", b"3g2a", b"dash", b"f4v ", b"XAVC"),
)  # fmt: skip
_LONGEST_TEXT = 512  # bytes in which a drawing's first element is looked for


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a file is.

    Attributes:
        name: as people call it.
        tells: whether a file is of it.
        advice: what to do, for a picture; empty for what is none.
    """

    name: str
    tells: Callable[[bytes], bool]
    advice: str = _CONVERT


def _is_page(data: bytes) -> bool:
    return data[:64].lstrip().lower().startswith((b"<!doctype html", b"<html"))


def _begins(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(signatures)


def _at(place: int, *words: bytes) -> Callable[[bytes], bool]:
    return lambda data: any(data[place : place + len(word)] == word for word in words)


def _is_svg(data: bytes) -> bool:
    head = data[:_LONGEST_TEXT].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith(b"<svg") or (head.startswith((b"<?xml", b"<!")) and b"<svg" in head)


def _is_netpbm(data: bytes) -> bool:
    """P1 to P7 and floats, each with white space, and a number, a comment or a word behind it."""
    return (
        data[:1] == b"P"
        and data[1:2] in (b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"F", b"f")
        and data[2:3] in (b" ", b"\t", b"\n", b"\r")
        and (data[3:4].isdigit() or data[3:4] in (b"#", b"W"))
    )


def _is_icon(data: bytes) -> bool:
    """ICO and CUR: how many pictures, and the first one's place behind their list."""
    if data[:4] not in (b"\0\0\1\0", b"\0\0\2\0") or len(data) < 22:
        return False
    count = int.from_bytes(data[4:6], "little")
    place = int.from_bytes(data[18:22], "little")
    return 0 < count < 1_000 and place >= 6 + 16 * count and data[9] in (0, 255)


def _is_targa(data: bytes) -> bool:
    """TGA has no signature at its beginning; all but the oldest have one at their end."""
    return data[-18:] == b"TRUEVISION-XFILE.\0"


def _is_film(data: bytes) -> bool:
    if data[4:8] in (b"moov", b"mdat", b"wide"):
        return True
    return brands_of(data)[0] in _FILMS


_KINDS = (
    _Kind("JPEG XL", _begins(b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")),
    _Kind("JPEG XR", _begins(b"II\xbc\x01", b"II\xbc\x00")),
    _Kind("JPEG-LS", _begins(b"\xff\xd8\xff\xf7")),
    _Kind("a Photoshop file", _begins(b"8BPS")),
    _Kind("a GIMP file", _begins(b"gimp xcf ")),
    _Kind("a Krita file", _at(30, b"mimetypeapplication/x-kra")),
    _Kind("OpenRaster", _at(30, b"mimetypeimage/open")),
    _Kind("OpenEXR", _begins(b"v/1\x01")),
    _Kind("Radiance HDR", _begins(b"#?RADIANCE", b"#?RGBE")),
    _Kind("DDS", _begins(b"DDS \x7c\0\0\0")),
    _Kind("KTX", _begins(b"\xabKTX ")),
    _Kind("TGA", _is_targa),
    _Kind("an icon of Windows", _is_icon),
    _Kind("an icon of macOS", _begins(b"icns")),
    _Kind("QOI", _begins(b"qoif")),
    _Kind("FLIF", _begins(b"FLIF")),
    _Kind("BPG", _begins(b"BPG\xfb")),
    _Kind("Netpbm", _is_netpbm),
    _Kind("PCX", _begins(b"\n\x02\x01", b"\n\x03\x01", b"\n\x05\x01")),
    _Kind("a MNG or JNG animation", _begins(b"\x8aMNG\r\n\x1a\n", b"\x8bJNG\r\n\x1a\n")),
    _Kind("FITS", _begins(b"SIMPLE  =")),
    _Kind("DICOM", _at(128, b"DICM")),
    _Kind("DjVu", _begins(b"AT&TFORM")),
    _Kind("a drawing (SVG)", _is_svg),
    _Kind("a drawing (EPS or PostScript)", _begins(b"%!PS", b"\xc5\xd0\xd3\xc6")),
    _Kind("a drawing (WMF or EMF)", _begins(b"\xd7\xcd\xc6\x9a", b"\x01\0\0\0\x58\0\0\0")),
    _Kind("a PDF document", _begins(b"%PDF-"), ""),
    _Kind("a film (MP4 or QuickTime)", _is_film, ""),
    _Kind("a film (Matroska or WebM)", _begins(b"\x1a\x45\xdf\xa3"), ""),
    _Kind("a film (AVI)", lambda data: data[:4] == b"RIFF" and data[8:12] == b"AVI ", ""),
    _Kind("a film (MPEG)", _begins(b"\0\0\x01\xba", b"\0\0\x01\xb3"), ""),
    _Kind("a film (FLV)", _begins(b"FLV\x01"), ""),
    _Kind("a film (Windows Media)", _begins(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"), ""),
    _Kind("a web page", _is_page, ""),
)  # fmt: skip


def not_read(data: bytes) -> PictureSkipped:
    """Why a file that is of no format that is read gives no code.

    Args:
        data: the whole file: some kinds are told by its end.

    Returns:
        With the cause ``kind`` where the file is known, and ``file`` where it isn't.
    """
    kind = next((kind for kind in _KINDS if kind.tells(data)), None)
    start = f"not a picture: starts with {show_bytes(data)}"
    if kind is None:
        return PictureSkipped(start)
    if not kind.advice:
        return PictureSkipped(f"{start}: {kind.name}", cause="kind")
    return PictureSkipped(f"{kind.name} isn't read: {kind.advice}", cause="kind")
