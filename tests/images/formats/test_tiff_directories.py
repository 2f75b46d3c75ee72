"""Directories of TIFFs: which pictures there are, whatever a file claims; what is camera raw."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from sample_layouts import picture, tiff

from lookalike.images.decode import decode
from lookalike.images.formats.raw import is_raw_tiff
from lookalike.images.formats.registry import format_of
from lookalike.images.formats.tiff_directories import chain, pages_of, sub_directories
from lookalike.types import InputSpec, Limits

FULL = {"x": InputSpec(256, "within")}
RGB = picture(2)

Tags = dict[int, tuple[int, list[int]]]
LONG, SHORT, ASCII = 4, 3, 2


class File:
    """Directories put together one by one; each is a picture of one grey byte but for its tags."""

    def __init__(self, order: str = "<") -> None:
        self.order = order
        self.data = bytearray((b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 0))

    def add(self, tags: Tags, *, size: tuple[int, int] = (8, 6)) -> int:
        """A directory, not linked to yet; where it begins."""
        place = len(self.data)
        self.data += bytes(size[0] * size[1])
        every: Tags = {
            256: (LONG, [size[0]]),
            257: (LONG, [size[1]]),
            258: (SHORT, [8]),
            259: (SHORT, [1]),
            262: (SHORT, [1]),
            273: (LONG, [place]),
            278: (LONG, [size[1]]),
            279: (LONG, [size[0] * size[1]]),
            **tags,
        }
        bodies = {}
        for tag, (kind, values) in every.items():
            code = {LONG: "I", SHORT: "H", ASCII: "B"}[kind]
            body = struct.pack(f"{self.order}{len(values)}{code}", *values)
            if len(body) > 4:
                bodies[tag] = struct.pack(self.order + "I", len(self.data))
                self.data += body + bytes(len(body) % 2)
            else:
                bodies[tag] = body.ljust(4, b"\0")
        at = len(self.data)
        self.data += struct.pack(self.order + "H", len(every))
        for tag in sorted(every):
            kind, values = every[tag]
            self.data += struct.pack(self.order + "HHI", tag, kind, len(values)) + bodies[tag]
        self.data += bytes(4)
        return at

    def link(self, *places: int) -> bytes:
        """The chain: the first directory and those behind it."""
        struct.pack_into(self.order + "I", self.data, 4, places[0])
        for one, following in zip(places, [*places[1:], 0], strict=True):
            (count,) = struct.unpack_from(self.order + "H", self.data, one)
            struct.pack_into(self.order + "I", self.data, one + 2 + 12 * count, following)
        return bytes(self.data)


REDUCED: Tags = {254: (LONG, [1])}
MAKE: Tags = {271: (ASCII, list(b"Nikon\0"))}


def sizes(data: bytes) -> list[tuple[int, int]]:
    return [page.main.size for page in pages_of(data, 100)]


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_reduced_first_picture_with_the_whole_below_it(order: str) -> None:
    file = File(order)
    whole = file.add({}, size=(80, 60))
    first = file.add({**REDUCED, **MAKE, 330: (LONG, [whole])}, size=(20, 15))
    data = file.link(first)
    assert sizes(data) == [(80, 60)]
    (page,) = pages_of(data, 100)
    assert [one.size for one in page.smaller] == [(20, 15)]
    assert not is_raw_tiff(data, ".tif")
    assert not is_raw_tiff(data, "")
    made = format_of(data, "")
    assert made is not None
    assert made.name == "TIFF"
    assert decode(data, FULL, Limits(), count=True).members == 1


def test_a_reduced_first_picture_with_the_whole_behind_it() -> None:
    file = File()
    first = file.add(REDUCED, size=(20, 15))
    data = file.link(first, file.add({}, size=(80, 60)), file.add({}, size=(30, 30)))
    assert sizes(data) == [(80, 60), (30, 30)]


def test_a_first_picture_that_says_so_and_is_not_smaller_stays() -> None:
    file = File()
    data = file.link(file.add(REDUCED, size=(80, 60)), file.add({}, size=(80, 60)))
    assert sizes(data) == [(80, 60), (80, 60)]
    alone = File()
    assert sizes(alone.link(alone.add(REDUCED))) == [(8, 6)]


def test_levels_behind_a_picture_are_no_pages() -> None:
    file = File()
    places = [file.add({}, size=(80, 60))]
    places += [file.add(REDUCED, size=(80 >> n, 60 >> n)) for n in (1, 2)]
    places.append(file.add({254: (LONG, [4])}, size=(80, 60)))  # a mask
    places.append(file.add({}, size=(50, 40)))
    places.append(file.add({255: (SHORT, [2])}, size=(25, 20)))
    pages = pages_of(file.link(*places), 100)
    assert [page.main.size for page in pages] == [(80, 60), (50, 40)]
    assert [[one.size for one in page.smaller] for page in pages] == [
        [(40, 30), (20, 15)],
        [(25, 20)],
    ]


@pytest.mark.parametrize(
    "raw",
    [
        {262: (SHORT, [32803])},
        {262: (SHORT, [34892])},
        {259: (SHORT, [34713])},
        {259: (SHORT, [32767])},
        {259: (SHORT, [65535])},
    ],
    ids=str,
)
@pytest.mark.parametrize("below", [True, False])
def test_camera_raw_is_told_by_its_samples(raw: Tags, below: bool) -> None:
    file = File()
    if below:
        data = file.link(file.add({**REDUCED, 330: (LONG, [file.add(raw, size=(80, 60))])}))
    else:
        data = file.link(file.add(raw))
    assert is_raw_tiff(data, "")
    assert is_raw_tiff(data, ".tif")


def test_camera_raw_by_other_marks() -> None:
    file = File()
    assert is_raw_tiff(file.link(file.add({50706: (LONG, [1])})), "")
    plain = File()
    data = plain.link(plain.add({**MAKE, 330: (LONG, [plain.add({})])}))
    assert not is_raw_tiff(data, ".tif")
    assert is_raw_tiff(data, ".nef")
    assert is_raw_tiff(data[:8] + b"CR\2\0" + data[12:], "")


def test_loops_end() -> None:
    file = File()
    one, other = file.add({}), file.add({})
    data = bytearray(file.link(one, other))
    struct.pack_into("<I", data, len(data) - 4, one)
    assert len(list(chain(bytes(data), 100))) == 2
    own = File()
    at = own.add({**REDUCED, 330: (LONG, [0])})
    made = bytearray(own.link(at))
    place = made.index(struct.pack("<HHI", 330, LONG, 1), at) + 8
    struct.pack_into("<I", made, place, at)  # it lies below itself
    assert sizes(bytes(made)) == [(8, 6)]
    assert decode(bytes(made), FULL, Limits()).width == 8


def test_more_below_than_are_looked_at() -> None:
    file = File()
    at = file.add({330: (LONG, [8] * 100_000)})
    (directory,) = chain(file.link(at), 10)
    assert len(sub_directories(directory)) <= 64


def test_a_tag_that_claims_more_than_there_is_holds_nothing() -> None:
    data = bytearray(tiff(RGB, 2))
    at = data.index(struct.pack("<HHI", 273, 4, 3)) + 4
    struct.pack_into("<I", data, at, 2**31)
    (directory,) = chain(bytes(data), 2)
    assert directory.numbers(273) == ()
    assert directory.number(273, 7) == 7
    assert directory.raw(273) == b""


def test_bigtiff_of_either_order() -> None:
    for order in "<>":
        data = tiff(RGB, 2, order=order, big=True)
        assert sizes(data) == [(120, 90)]
        found = decode(data, FULL, Limits()).inputs["x"]
        assert np.array_equal(found, RGB)
