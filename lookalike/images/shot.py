"""Reading what a picture's file says of how it was taken: EXIF, and XMP where that is silent.

Nothing in a file is trusted: what makes no sense is passed over, and nothing is ever raised. The
date of the last change (EXIF's DateTime) is no date on which a picture was taken.

Source: CIPA DC-008-2019, "Exif 2.32", sections 4.6.4 to 4.6.6; Adobe, "XMP Specification Part 2",
2016.
"""

from __future__ import annotations

import math
import re
import struct
from contextlib import suppress
from datetime import datetime

from PIL import Image

from lookalike.images.formats.tiff_directories import Directory, chain, directory_at
from lookalike.shot import Shot, clean

__all__ = ["shot_of"]

_MAKE, _MODEL, _SOFTWARE, _XMP = 0x010F, 0x0110, 0x0131, 700
_EXIF, _GPS = 0x8769, 0x8825
_TAKEN, _FRACTION, _OFFSET, _LENS_MAKE, _LENS = 0x9003, 0x9291, 0x9011, 0xA433, 0xA434
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE = 1, 2, 3, 4
_ALTITUDE_REF, _ALTITUDE, _STATUS = 5, 6, 9

_FIRST_YEAR = 1826  # of the oldest photograph that is left
_MOST_XMP = 256 * 1024  # bytes that are looked through
_DATE = re.compile(
    r"(\d{4})[:-](\d\d)[:-](\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?"
    r"\s*(Z|[+-]\d\d:\d\d)?",
    re.ASCII,
)
_MOST_TEXT = 1_000


def shot_of(image: Image.Image, data: bytes, orientation: int) -> Shot | None:
    """What a file says of how its picture was taken; ``None`` where it says nothing.

    Args:
        image: as Pillow opened it.
        data: the file: a TIFF, and most camera raw, is its own EXIF.
        orientation: that the picture is shown by, 1 to 8.
    """
    exif = image.info.get("exif")
    found = Shot()
    with suppress(Exception):  # whatever a damaged file brings about, its picture counts
        if data[:2] in (b"II", b"MM"):
            found = _from_exif(data)
        if not found and isinstance(exif, bytes):
            found = _from_exif(exif.removeprefix(b"Exif\0\0"))
    with suppress(Exception):
        found = _with_xmp(found, image)
    found = Shot.unpack({**found.pack(), "orientation": orientation})
    return found or None


def _from_exif(block: bytes) -> Shot:
    """By a TIFF structure."""
    first = next(chain(block, 1), None)
    if first is None:
        return Shot()
    more, gps = _below(first, _EXIF), _below(first, _GPS)
    fraction = re.match(r"\d{1,6}", _text(more, _FRACTION))
    taken, offset = _moment(_text(more, _TAKEN), fraction[0] if fraction else "")
    if offset is None:
        offset = _minutes(_text(more, _OFFSET))
    latitude, longitude, altitude = _position(gps)
    return Shot(
        taken,
        None if taken is None else offset,
        _named(_text(first, _MAKE), _text(first, _MODEL)),
        _named(_text(more, _LENS_MAKE), _text(more, _LENS)) if _text(more, _LENS) else "",
        clean(_text(first, _SOFTWARE)),
        1,
        latitude,
        longitude,
        altitude,
    )


def _below(directory: Directory, tag: int) -> Directory | None:
    at = directory.number(tag)
    if not at:
        return None
    try:
        return directory_at(directory.data, at)
    except (struct.error, OverflowError, ValueError):
        return None


def _text(directory: Directory | None, tag: int) -> str:
    """UTF-8, as most write it, though EXIF has ASCII only; else Latin-1."""
    if directory is None:
        return ""
    raw = directory.raw(tag)[:_MOST_TEXT].split(b"\0")[0]
    try:
        return raw.decode().strip()
    except UnicodeDecodeError:
        return raw.decode("latin-1").strip()


def _named(make: str, model: str) -> str:
    """Make and model, the make once: ``Canon`` and ``Canon EOS 5D`` are one name."""
    make, model = clean(make), clean(model)
    first = make.split(" ", maxsplit=1)[0].casefold()
    return model if first and model.casefold().startswith(first) else clean(f"{make} {model}")


def _moment(text: str, fraction: str = "") -> tuple[str | None, int | None]:
    """A date as a clock shows it, and its offset in minutes."""
    found = _DATE.match(text)
    if found is None or int(found[1]) < _FIRST_YEAR:
        return None, None
    digits = (found[7] or fraction)[:6].ljust(6, "0")
    try:
        year, month, day, hour, minute = (int(found[n]) for n in range(1, 6))
        moment = datetime(year, month, day, hour, minute, int(found[6] or 0), int(digits))
    except ValueError:
        return None, None
    shown = moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
    return shown, _minutes(found[8] or "")


def _minutes(text: str) -> int | None:
    if text == "Z":
        return 0
    found = re.fullmatch(r"([+-])(\d\d):(\d\d)", text, re.ASCII)
    if found is None or int(found[2]) > 15 or int(found[3]) > 59:
        return None
    minutes = 60 * int(found[2]) + int(found[3])
    return -minutes if found[1] == "-" else minutes


def _position(gps: Directory | None) -> tuple[float | None, float | None, float | None]:
    """Latitude, longitude and altitude; none without a fix."""
    if gps is None or _text(gps, _STATUS) == "V":
        return None, None, None
    latitude = _degrees(gps, _LATITUDE, _text(gps, _LATITUDE_REF), "NS", 90)
    longitude = _degrees(gps, _LONGITUDE, _text(gps, _LONGITUDE_REF), "EW", 180)
    if latitude is None or longitude is None or latitude == longitude == 0:
        return None, None, None
    heights = gps.rationals(_ALTITUDE)
    below = gps.number(_ALTITUDE_REF) == 1
    height = heights[0] if heights and 0 <= heights[0] < 100_000 else None
    return latitude, longitude, -height if height is not None and below else height


def _degrees(gps: Directory, tag: int, side: str, sides: str, most: int) -> float | None:
    parts = gps.rationals(tag)
    if not 1 <= len(parts) <= 3 or side[:1] not in tuple(sides) or min(parts) < 0:
        return None
    value = math.fsum(part / 60.0**n for n, part in enumerate(parts))
    if not value <= most:  # nor NaN
        return None
    return round(-value if side[0] == sides[1] else value, 7)


def _with_xmp(shot: Shot, image: Image.Image) -> Shot:
    """What EXIF left out and XMP says; the position only by EXIF."""
    if shot.taken is not None and shot.camera:
        return shot
    raw = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if raw is None:
        tags = getattr(image, "tag_v2", None)
        raw = None if tags is None else tags.get(_XMP)
    if isinstance(raw, bytes):
        raw = raw[:_MOST_XMP].decode("utf-8", "replace")
    if not isinstance(raw, str):
        return shot
    raw = raw[:_MOST_XMP]
    taken, offset = shot.taken, shot.offset
    for name in ("exif:DateTimeOriginal", "photoshop:DateCreated"):
        if taken is None:
            taken, offset = _moment(_property(raw, name))
    camera = shot.camera or _named(_property(raw, "tiff:Make"), _property(raw, "tiff:Model"))
    lens = shot.lens or clean(_property(raw, "exifEX:LensModel") or _property(raw, "aux:Lens"))
    software = shot.software or clean(_property(raw, "xmp:CreatorTool"))
    return Shot(
        taken, offset, camera, lens, software, 1, shot.latitude, shot.longitude, shot.altitude
    )


def _property(xmp: str, name: str) -> str:
    """A simple property, as an attribute or as an element."""
    found = re.search(rf"\b{name}\s{{0,9}}(?:=\s{{0,9}}[\"']|>)([^\"'<>]{{1,{_MOST_TEXT}}})", xmp)
    return found[1].strip() if found else ""
