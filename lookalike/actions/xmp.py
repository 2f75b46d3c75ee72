"""Reading and writing XMP: what lookalike keeps of a picture that goes.

Source: Adobe, "XMP Specification Part 1", 2012, sections 7 and C.2; "Part 2", 2016, section 3.
"""

from __future__ import annotations

import math
import mmap
import re
from contextlib import suppress
from datetime import datetime
from xml.etree import ElementTree as Xml
from xml.sax.saxutils import escape

from lookalike.actions.known import Known
from lookalike.shot import clean

__all__ = ["CannotWrite", "embedded", "read_xmp", "with_added"]

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_SPACES = {
    "exif": "http://ns.adobe.com/exif/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "exifEX": "http://cipa.jp/exif/1.0/",
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
}
_MOST = 4_000_000  # bytes of XMP that are looked at
_MOST_FILE = 1 << 30
_MOST_WORDS, _LONGEST = 500, 200
_POSITION = re.compile(r"(\d{1,3}),(\d{1,2}(?:\.\d+)?)(?:,(\d{1,2}(?:\.\d+)?))?([NSEW])", re.ASCII)
_END = re.compile(r"</(?:[\w.-]+:)?RDF\s*>")
_WORDS = re.compile(r"(<dc:subject\b[^>]*>.*?)(</rdf:(?:Bag|Seq)>\s*</dc:subject>)", re.DOTALL)
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class CannotWrite(Exception):  # noqa: N818 - a sidecar that is left as it is
    """Something can't be added to this XMP; the message says why, in a few words."""


def embedded(path: str) -> Known:
    """What the XMP in a picture's file says; nothing where there is none. Never raises.

    Found as the specification lets any program find it: by its marks, without decoding the file.
    """
    with (
        suppress(OSError, ValueError),
        open(path, "rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        begin = data.find(b"<x:xmpmeta", 0, _MOST_FILE)
        end = data.find(b"</x:xmpmeta>", begin, begin + _MOST) if begin >= 0 else -1
        if end >= 0:
            return read_xmp(data[begin : end + len(b"</x:xmpmeta>")])
    return Known()


def read_xmp(data: bytes) -> Known:
    """What XMP says; nothing where it can't be understood. Never raises."""
    root = _parsed(data)
    if root is None:
        return Known()
    values: dict[str, str] = {}
    words: list[str] = []
    for described in root.iter(f"{{{_RDF}}}Description"):
        for name, value in described.attrib.items():
            values.setdefault(name, value)
        for element in described:
            if element.tag == _name("dc:subject"):
                words += [item.text or "" for item in element.iter(f"{{{_RDF}}}li")]
            elif not len(element):
                values.setdefault(element.tag, element.text or "")
    made = [clean(word) for word in words[:_MOST_WORDS]]
    return Known(
        _date(values),
        _position(values),
        clean(f"{values.get(_name('tiff:Make'), '')} {values.get(_name('tiff:Model'), '')}"),
        clean(values.get(_name("exifEX:LensModel")) or values.get(_name("aux:Lens"), "")),
        _rating(values.get(_name("xmp:Rating"), "")),
        tuple(dict.fromkeys(word for word in made if word)),
    )


def with_added(data: bytes, known: Known) -> bytes:
    """XMP with something added that it doesn't say yet; all that it holds stays, byte for byte.

    Args:
        data: the sidecar; empty for a new one.
        known: what to add.

    Raises:
        CannotWrite: this XMP can't be understood.
    """
    if not data:
        lines = _described(known)
        return (
            '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
            '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="lookalike">\n'
            f' <rdf:RDF xmlns:rdf="{_RDF}">\n{lines} </rdf:RDF>\n</x:xmpmeta>\n'
            '<?xpacket end="w"?>\n'
        ).encode()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CannotWrite("is not UTF-8") from error
    if _parsed(data) is None:
        raise CannotWrite("is no XMP that can be understood")
    if known.keywords and f"{{{_SPACES['dc']}}}subject" in {e.tag for e in _all(data)}:
        added = "".join(f"<rdf:li>{_text(word)}</rdf:li>" for word in known.keywords)
        text, count = _WORDS.subn(lambda m: m[1] + added + m[2], text, count=1)
        if not count:
            raise CannotWrite("has keywords in a form that can't be added to")
        known = Known(known.taken, known.position, known.camera, known.lens, known.rating)
    if known:
        ends = list(_END.finditer(text))
        if len(ends) != 1:
            raise CannotWrite("is no XMP that can be understood")
        place = len(text[: ends[0].start()].rstrip(" \t"))
        described = _described(known, f' xmlns:rdf="{_RDF}"')
        text = f"{text[:place]}{described}{text[place:]}"
    made = text.encode("utf-8")
    if _parsed(made) is None:
        raise CannotWrite("is no XMP that can be added to")
    return made


def _described(known: Known, spaces: str = "") -> str:
    lines: list[str] = []
    if known.taken:
        lines.append(_element("exif:DateTimeOriginal", known.taken))
        lines.append(_element("photoshop:DateCreated", known.taken))
    if known.position:
        latitude, longitude, altitude = known.position
        lines.append(_element("exif:GPSLatitude", _degrees(latitude, "NS")))
        lines.append(_element("exif:GPSLongitude", _degrees(longitude, "EW")))
        if altitude is not None:
            lines.append(_element("exif:GPSAltitude", f"{round(abs(altitude) * 100)}/100"))
            lines.append(_element("exif:GPSAltitudeRef", "1" if altitude < 0 else "0"))
    if known.camera:
        lines.append(_element("tiff:Model", known.camera))
    if known.lens:
        lines.append(_element("exifEX:LensModel", known.lens))
    if known.rating is not None:
        lines.append(_element("xmp:Rating", str(known.rating)))
    if known.keywords:
        items = "".join(f"<rdf:li>{_text(word)}</rdf:li>" for word in known.keywords)
        lines.append(f"   <dc:subject><rdf:Bag>{items}</rdf:Bag></dc:subject>\n")
    used = {line.split("<")[1].split(":")[0] for line in lines}
    named = "".join(f'\n    xmlns:{s}="{_SPACES[s]}"' for s in _SPACES if s in used)
    inner = "".join(lines)
    return f'  <rdf:Description rdf:about=""{spaces}{named}>\n{inner}  </rdf:Description>\n'


def _element(name: str, value: str) -> str:
    return f"   <{name}>{_text(value)}</{name}>\n"


def _text(value: str) -> str:
    return escape(_UNFIT.sub("", value))[:_LONGEST]


def _name(short: str) -> str:
    space, _, name = short.partition(":")
    return f"{{{_SPACES[space]}}}{name}"


def _parsed(data: bytes) -> Xml.Element | None:
    """The tree; none of what is no XMP, is too large, or brings definitions of its own."""
    if len(data) > _MOST or b"<!" in data.replace(b"<!--", b""):
        return None
    try:
        root = Xml.fromstring(data)  # noqa: S314 - without a DTD there is nothing to expand
    except (Xml.ParseError, ValueError, LookupError):
        return None
    return (
        root if root.tag == f"{{{_RDF}}}RDF" or root.find(f".//{{{_RDF}}}RDF") is not None else None
    )


def _all(data: bytes) -> list[Xml.Element]:
    root = _parsed(data)
    return [] if root is None else list(root.iter())


def _date(values: dict[str, str]) -> str | None:
    for name in ("exif:DateTimeOriginal", "photoshop:DateCreated"):
        text = values.get(_name(name), "").strip()
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            continue
        digits = "milliseconds" if moment.microsecond else "seconds"
        return moment.isoformat(timespec=digits)
    return None


def _position(values: dict[str, str]) -> tuple[float, float, float | None] | None:
    found = []
    for name, most in (("exif:GPSLatitude", 90), ("exif:GPSLongitude", 180)):
        parts = _POSITION.fullmatch(values.get(_name(name), "").strip())
        if parts is None:
            return None
        value = int(parts[1]) + float(parts[2]) / 60 + float(parts[3] or 0) / 3600
        if value > most:
            return None
        found.append(round(-value if parts[4] in "SW" else value, 7))
    return found[0], found[1], None


def _degrees(value: float, sides: str) -> str:
    whole = math.floor(abs(value))
    minutes = (abs(value) - whole) * 60
    if minutes >= 59.9999995:  # would be written as 60
        whole, minutes = whole + 1, 0.0
    return f"{whole},{minutes:.6f}{sides[value < 0]}"


def _rating(text: str) -> int | None:
    try:
        value = round(float(text))
    except (ValueError, OverflowError):
        return None
    return value if -1 <= value <= 5 and value != 0 else None
