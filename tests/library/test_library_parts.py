"""Codes of parts: a detail finds the whole, and the whole its details."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.encoders import registry
from lookalike.images.decode import prepare
from lookalike.images.parts.nine import PARTS
from lookalike.library import Library
from lookalike.library.by_photo import PART_HANDICAP
from lookalike.library.local import schema
from lookalike.library.local.connection import connect
from lookalike.library.opening import open_library
from lookalike.types import ContentId, EncoderId, Limits, Match

DETAIL = (0.3, 0.6, 0.7, 1.0)  # one of the parts


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "test.lookalike") as library:
        yield library


def detail(path: Path, part: tuple[float, float, float, float] = DETAIL) -> Image.Image:
    with Image.open(path) as image:
        width, height = image.size
        left, top, right, bottom = part
        box = (
            round(left * width),
            round(top * height),
            round(right * width),
            round(bottom * height),
        )
        return image.crop(box)


def found(library: Library, picture: Image.Image | Path, name: str) -> Match:
    return next(h for h in library.search(picture, k=20).hits if Path(h.path).name == name)


def stored(library: Library) -> list[int | None]:
    """Bytes of the parts' codes of each picture's photo code."""
    with sqlite3.connect(library.path) as raw:
        rows = raw.execute(
            "SELECT length(parts) FROM codes JOIN encoders ON encoders.id = encoder"
            " WHERE slot = 'photo' ORDER BY content"
        ).fetchall()
    raw.close()
    return [row[0] for row in rows]


def test_a_detail_finds_the_whole_and_says_where(library: Library, photos: Path) -> None:
    library.index(photos, parts=True)
    asked = detail(photos / "coffee.jpg")
    hit = library.search(asked, k=1).hits[0]
    assert Path(hit.path).name == "coffee.jpg"
    assert (hit.kind, hit.verified) == ("part", True)
    assert hit.part == pytest.approx(DETAIL, abs=0.01)
    assert hit.distance is not None
    assert hit.distance <= 0.3 * hit.bits
    assert hit.similarity == pytest.approx(np.cos(np.pi * hit.distance / 256) - PART_HANDICAP)
    # A whole picture is no detail of itself.
    assert library.search(photos / "coffee.jpg", k=1).hits[0].part is None


def test_the_whole_finds_its_details(library: Library, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "details").mkdir()
    detail(photos / "coffee.jpg").save(tmp_path / "details" / "detail.png")
    for name in ("rocket.jpg", "astronaut.jpg"):
        (tmp_path / "details" / name).write_bytes((photos / name).read_bytes())
    library.index(tmp_path / "details", parts=True)
    hit = library.search(photos / "coffee.jpg", k=1).hits[0]
    assert Path(hit.path).name == "detail.png"
    assert hit.part is None
    # Of the query's parts there are embeddings, which say more than codes do.
    encoder = registry.load("photo")
    given = {"detail": replace(encoder.input, part=DETAIL), "whole": encoder.input}
    with Image.open(photos / "coffee.jpg") as image:
        part = prepare(image, given, Limits()).inputs["detail"]
    with Image.open(tmp_path / "details" / "detail.png") as image:
        whole = prepare(image, given, Limits()).inputs["whole"]
    found = encoder.encode([part, whole])
    assert found.embeddings is not None
    a, b = found.embeddings.astype(np.float64)
    cosine = a @ b / np.sqrt((a @ a) * (b @ b))
    assert hit.similarity == pytest.approx(cosine - PART_HANDICAP, abs=1e-5)


def test_a_part_does_not_outweigh_a_whole_that_is_as_near(
    library: Library, photos: Path, tmp_path: Path
) -> None:
    """The whole first, though a part of another picture is exactly what is asked for."""
    (tmp_path / "two").mkdir()
    asked = detail(photos / "coffee.jpg")
    asked.save(tmp_path / "two" / "whole.png")
    (tmp_path / "two" / "coffee.jpg").write_bytes((photos / "coffee.jpg").read_bytes())
    library.index(tmp_path / "two", parts=True)
    smaller = asked.resize((asked.width // 2, asked.height // 2))
    hits = library.search(smaller, k=2, code="photo").hits
    assert [Path(hit.path).name for hit in hits] == ["whole.png", "coffee.jpg"]
    assert hits[0].part is None
    assert hits[1].part == pytest.approx(DETAIL, abs=0.01)


def test_without_them_nothing_is_kept(library: Library, photos: Path) -> None:
    library.index(photos)
    assert set(stored(library)) == {None}
    hits = library.search(detail(photos / "coffee.jpg"), k=5).hits
    # The second look may find one all the same, and nothing else does.
    assert {Path(h.path).name for h in hits if h.part and h.verified} <= {"coffee.jpg"}
    assert {hit.part for hit in hits if not hit.verified or hit.kind == "alike"} <= {None}


def test_they_can_be_added_and_dropped(library: Library, photos: Path) -> None:
    library.index(photos)
    first = library.index(photos, parts=True)
    count = len(stored(library))
    assert stored(library) == [len(PARTS) * 32] * count
    assert (first.added, first.unchanged) == (0, count)
    assert found(library, detail(photos / "rocket.jpg"), "rocket.jpg").part == pytest.approx(
        DETAIL, abs=0.01
    )
    # The library remembers what was wanted.
    again = library.index(photos)
    assert again.pictures_per_second == 0
    assert stored(library) == [len(PARTS) * 32] * count
    library.index(photos, parts=False)
    assert set(stored(library)) == {None}
    without = found(library, detail(photos / "rocket.jpg"), "rocket.jpg")
    assert without.part is None or without.verified  # by a second look


def test_answers_are_the_same_without_the_mapped_files(library: Library, photos: Path) -> None:
    library.index(photos, parts=True)
    path = library.path
    expected = library.search(detail(photos / "coffee.jpg"), k=5).hits
    library.close()
    cache = path.with_name(path.name + "-cache")
    for file in cache.iterdir():
        file.unlink()
    cache.rmdir()
    cache.write_text("in the way of a folder")
    with Library.open(path) as again:
        assert again.search(detail(photos / "coffee.jpg"), k=5).hits == expected


def test_a_picture_that_left_is_not_found_by_its_parts(
    library: Library, photos: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "some"
    folder.mkdir()
    for name in ("coffee.jpg", "rocket.jpg", "astronaut.jpg"):
        (folder / name).write_bytes((photos / name).read_bytes())
    library.index(folder, parts=True)
    asked = detail(photos / "coffee.jpg")
    (folder / "coffee.jpg").unlink()
    library.index(folder)
    assert all(Path(h.path).name != "coffee.jpg" for h in library.search(asked, k=5).hits)


def test_a_library_of_before_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "old.lookalike"
    with monkeypatch.context() as before:
        before.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
        old = connect(path, create=True, read_only=False)
        old.execute("INSERT INTO encoders VALUES (1, 'photo', 'x', 'x', 'f', 8, 0, 1, NULL, NULL)")
        old.execute("INSERT INTO contents VALUES (1, x'00', x'00', 1, 1, 'PNG', 1)")
        old.execute("INSERT INTO codes VALUES (1, 1, x'AA', NULL, NULL)")
        old.close()
    store, _ = open_library(path, create=False, read_only=False)
    content, encoder = ContentId(1), EncoderId(1)
    assert store.setting("parts") == "0"
    assert store.lacking([content], [encoder]) == [[]]
    assert store.lacking([content], [encoder], parts=[encoder]) == [[encoder]]
    store.close()
