"""XMP: what is written is read again, what was there stays, and nothing odd is touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.actions.known import Known
from lookalike.actions.xmp import CannotWrite, embedded, read_xmp, with_added
from lookalike.shot import Shot, clean

LIGHTROOM = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 5.6">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:crs="http://ns.adobe.com/crs/1.0/"
   xmp:Rating="4" exif:DateTimeOriginal="2019-06-01T12:34:56.78"
   exif:GPSLatitude="47,30.6N" exif:GPSLongitude="8,15,36W" crs:Exposure="+1.00">
   <dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li>sun &amp; sand</rdf:li></rdf:Bag></dc:subject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>"""

words = st.text(min_size=1, max_size=20).map(clean).filter(bool)
degrees = st.integers(-89_999_999, 89_999_999).map(lambda n: n / 1_000_000)
known = st.builds(
    Known,
    st.none() | st.sampled_from(["2019-06-01T12:34:56", "1850-01-01T00:00:00+02:00"]),
    st.none() | st.tuples(degrees, degrees.map(lambda x: 2 * x), st.none()),
    st.just("") | words,
    st.just("") | words,
    st.none() | st.sampled_from([-1, 1, 5]),
    st.lists(words, max_size=3, unique=True).map(tuple),
)


def near(first: Known, second: Known) -> None:
    """Equal, but for the last digit of a position."""
    assert (first.position is None) == (second.position is None)
    if first.position and second.position:
        assert first.position[:2] == pytest.approx(second.position[:2], abs=2e-7)
    assert (first.taken, first.camera, first.lens, first.rating, first.keywords) == (
        second.taken,
        second.camera,
        second.lens,
        second.rating,
        second.keywords,
    )


@given(known)
def test_what_is_written_is_read(told: Known) -> None:
    near(read_xmp(with_added(b"", told)), told)


@given(known)
def test_what_is_added_is_read_and_the_rest_stays(told: Known) -> None:
    before = read_xmp(LIGHTROOM)
    made = with_added(LIGHTROOM, told - before)
    near(read_xmp(made), before | told)
    assert b'crs:Exposure="+1.00"' in made
    # All its lines are there still; keywords come into the line that has them.
    there = set(made.splitlines())
    assert all(line in there for line in LIGHTROOM.splitlines() if b"dc:subject>" not in line)


def test_attributes_and_elements_are_read() -> None:
    found = read_xmp(LIGHTROOM)
    assert found.taken == "2019-06-01T12:34:56.780"
    assert found.position == (47.51, -8.26, None)
    assert (found.rating, found.keywords) == (4, ("sea", "sun & sand"))


@pytest.mark.parametrize(
    "data",
    [
        b"no xml",
        b"<a/>",
        LIGHTROOM[:-20],
        b'<!DOCTYPE a [<!ENTITY b "c">]>' + LIGHTROOM,
        LIGHTROOM.decode().encode("utf-16"),
        LIGHTROOM + b"\xff",
        b" " * 4_000_001,
    ],
    ids=["text", "other", "cut off", "definitions", "UTF-16", "damaged", "too large"],
)
def test_what_is_not_understood_is_not_touched(data: bytes) -> None:
    with pytest.raises(CannotWrite):
        with_added(data, Known(rating=5))


def test_keywords_in_another_form_are_not_touched() -> None:
    other = LIGHTROOM.replace(b"dc:subject", b"dc:subject").replace(b"rdf:Bag", b"rdf:Alt")
    with pytest.raises(CannotWrite, match="keywords"):
        with_added(other, Known(keywords=("new",)))


@given(st.binary(max_size=300))
def test_reading_never_raises(data: bytes) -> None:
    read_xmp(data)
    read_xmp(LIGHTROOM[:200] + data + LIGHTROOM[200:])


def test_it_is_found_in_a_picture(tmp_path: Path) -> None:
    picture = tmp_path / "a.jpg"
    picture.write_bytes(b"\xff\xd8\xff\xe1" + LIGHTROOM + b"pixels")
    assert embedded(str(picture)).rating == 4
    for other in (b"", b"pixels", LIGHTROOM[:300]):
        picture.write_bytes(other)
        assert embedded(str(picture)) == Known()
    assert embedded(str(tmp_path / "missing")) == Known()


@given(known, known)
def test_what_only_one_says(first: Known, second: Known) -> None:
    only = first - second
    assert (second | only) == (second | first)
    assert not (only - first)
    assert not (first - first)


def test_a_shot_with_its_offset() -> None:
    shot = Shot(taken="2019-06-01T12:00:00", offset=-210, latitude=1.5, longitude=2.5)
    assert Known.of(shot).taken == "2019-06-01T12:00:00-03:30"
    assert Known.of(Shot(taken="2019-06-01T12:00:00", offset=0)).taken.endswith("+00:00")  # type: ignore[union-attr]
    assert Known.of(shot).words() == ["taken 2019-06-01T12:00:00-03:30", "position"]
    assert Known.of(None) == Known()
