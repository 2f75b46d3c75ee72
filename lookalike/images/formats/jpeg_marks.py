"""The segments and scans of a JPEG file that its reader refuses.

Source: ITU-T T.81 (1992), annex B; for progressive scans annex G.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Scan", "Scans", "frame_kind", "mended_header", "scans"]

_SOI, _EOI, _SOS, _DHT, _DQT, _DRI, _DNL, _COM = 0xD8, 0xD9, 0xDA, 0xC4, 0xDB, 0xDD, 0xDC, 0xFE
_FRAMES = (0xC0, 0xC1, 0xC2, 0xC3, *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0))
_TABLES = (_DHT, _DQT, _DRI, 0xCC)
_BETWEEN = (*_TABLES, _SOS, _DNL, _COM, *range(0xE0, 0xF0))  # what may stand between two scans
_CANDIDATE = re.compile(rb"\xff[\xc0-\xc2\xc4\xdb\xdd]")
_FRONT = 4_000_000  # bytes of the file in which its tables are looked for
_MOST_CANDIDATES = 5_000
# Applications' segments that change how a picture is shown, with the least bytes that make sense.
_KEPT = (
    (0xE0, b"JFIF\0", 14),
    (0xE1, b"Exif\0\0", 14),
    (0xE2, b"ICC_PROFILE\0", 14),
    (0xEE, b"Adobe", 12),
)
_SCAN_END = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
_RARE_DEPTHS = (12, 16)
_NAMES = {
    0xC3: "lossless", 0xC5: "hierarchical", 0xC6: "hierarchical", 0xC7: "hierarchical",
    0xCB: "lossless", 0xCD: "hierarchical", 0xCE: "hierarchical", 0xCF: "hierarchical",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan: which components, which of their 64 coefficients, down to which bit."""

    components: frozenset[int]
    first: int
    last: int
    high: int
    low: int


@dataclass(frozen=True, slots=True)
class Scans:
    """How far a file goes.

    Attributes:
        progressive: whether it has several scans by its kind.
        components: all there are.
        scans: all that begin.
        ended: how many of them end at a marker.
        end: where the last one's data end.
    """

    progressive: bool
    components: frozenset[int]
    scans: list[Scan]
    ended: int
    end: int

    @property
    def single(self) -> bool:
        """Whether all of the picture is in its first scan."""
        return not self.progressive and self.scans[0].components == self.components

    @property
    def coarse(self) -> bool:
        """Whether all components are there, at least at an eighth of the size."""
        there = [s.components for s in self.scans[: self.ended] if s.first == 0 and s.high == 0]
        return frozenset().union(*there) == self.components

    @property
    def complete(self) -> bool:
        """Whether scans for each coefficient of each component have at least begun."""
        if not self.progressive:
            return frozenset().union(*(s.components for s in self.scans)) == self.components
        finest = [s for s in self.scans if s.low == 0]
        return all(
            {k for s in finest if c in s.components for k in range(s.first, s.last + 1)}
            >= set(range(64))
            for c in self.components
        )


def scans(data: bytes) -> Scans | None:
    """Go through the scans; ``None`` where there is none to be found."""
    frame: tuple[int, frozenset[int]] | None = None
    found: list[Scan] = []
    ended, end = 0, 0
    for marker, at, behind in _segments(data, 2):
        body = data[at:behind]
        if marker in _FRAMES and len(body) >= 6:
            frame = marker, frozenset(body[6 : 6 + 3 * body[5] : 3])
        elif marker == _SOS:
            if frame is None or len(body) < 4 or len(body) < 4 + 2 * body[0]:
                break
            own = frozenset(body[1 : 1 + 2 * body[0] : 2])
            first, last, bits = body[1 + 2 * body[0] : 4 + 2 * body[0]]
            found.append(Scan(own, first, last, bits >> 4, bits & 15))
            stop = _SCAN_END.search(data, behind)
            ended += stop is not None
            # What was never written, of a file that was made at its full size, is zeros.
            end = stop.start() if stop else len(data.rstrip(b"\0\xff"))
    if frame is None or not found:
        return None
    return Scans(frame[0] in (0xC2, 0xC6, 0xCA, 0xCE), frame[1], found, ended, end)


def frame_kind(data: bytes) -> str:
    """What is special about a JPEG that the reader doesn't know; empty where nothing is."""
    for marker, at, behind in _segments(data, 2):
        if marker == 0xF7:
            return "JPEG-LS"
        if marker in _FRAMES and behind > at:
            if marker in _NAMES:
                return f"{_NAMES[marker]} JPEG"
            return f"JPEG of {data[at]} bits" if data[at] in _RARE_DEPTHS else ""
        if marker == _SOS:
            break
    return ""


def mended_header(data: bytes) -> bytes | None:
    """The file without what stands before its tables, but for what changes how it is shown.

    Wrong lengths lead a reader into the middle of the next segment, or of an embedded thumbnail. So
    the tables are looked for themselves: a chain of segments that leads to a scan, for the largest
    picture that there is.

    Returns:
        ``None`` where there is no such chain.
    """
    best: tuple[int, int] | None = None  # pixels, and minus the place: the earliest of a chain
    ends: dict[int, int] = {}
    for number, hit in enumerate(_CANDIDATE.finditer(data, 2, _FRONT)):
        if number >= _MOST_CANDIDATES:
            break
        area = _chain(data, hit.start(), ends)
        if area and (best is None or (area, -hit.start()) > best):
            best = area, -hit.start()
    if best is None:
        return None
    start = -best[1]
    kept = [b"\xff\xd8"]
    for marker, at, behind in _segments(data[:start], 2):
        own = data[at:behind]
        if any(marker == m and own.startswith(s) and len(own) >= least for m, s, least in _KEPT):
            kept.append(data[at - 4 : behind])
    return b"".join([*kept, data[start:]])


def _chain(data: bytes, start: int, ends: dict[int, int]) -> int:
    """Pixels of the frame in the unbroken chain of tables at a place; 0 where it is none."""
    area, at, seen = 0, start, []
    while at + 4 <= len(data) and data[at] == 0xFF:
        if at in ends:
            area = max(area, ends[at])
            break
        marker = data[at + 1]
        (length,) = struct.unpack_from(">H", data, at + 2)
        seen.append(at)
        if marker in _FRAMES and length >= 8 and at + 9 <= len(data):
            height, width = struct.unpack_from(">HH", data, at + 5)
            area = height * width
        elif marker == _SOS:
            break
        elif marker not in _BETWEEN:
            area = 0
            break
        at += 2 + length
    else:
        area = 0
    for place in seen:
        ends[place] = max(area, ends.get(place, 0)) if area else 0
    return area


def _segments(data: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Marker, where its data begin, and where they end; scans are passed over."""
    size = len(data)
    while at + 4 <= size:
        if data[at] != 0xFF:
            at += 1
            continue
        marker = data[at + 1]
        if marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD7:
            at += 1
            continue
        if marker in (_SOI, _EOI) or (marker not in _FRAMES and marker not in (*_BETWEEN, 0xF7)):
            return
        (length,) = struct.unpack_from(">H", data, at + 2)
        behind = at + 2 + length
        if length < 2 or behind > size:
            return
        yield marker, at + 4, behind
        at = behind
        if marker == _SOS:
            stop = _SCAN_END.search(data, behind)
            at = stop.start() if stop else size
