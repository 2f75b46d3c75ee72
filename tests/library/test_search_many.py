"""Many pictures at once get the answers that each gets alone, in their order."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from lookalike.errors import LibraryClosedError, LibraryNotFoundError, PictureError, UsageError
from lookalike.library import Library, SearchResult
from lookalike.library.asking import Picture
from lookalike.road import Item
from lookalike.road.in_order import WINDOW

Answer = tuple[Any, ...] | str


@pytest.fixture(scope="module", params=["file", "memory, parts"])
def library(
    request: pytest.FixtureRequest, original_photos: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Library]:
    in_memory = request.param != "file"
    place = ":memory:" if in_memory else tmp_path_factory.mktemp("many") / "l.lookalike"
    with Library.open(place, workers=2, photo="photo-fast-256") as library:
        library.index(original_photos, parts=in_memory)
        yield library


@pytest.fixture(scope="module")
def pictures(original_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Picture]:
    """Of every kind that a search takes; some with borders, panels or members, some unreadable."""
    folder = tmp_path_factory.mktemp("queries")
    paths = sorted(original_photos.glob("*.jpg"))[:8]
    opened = [Image.open(path).convert("RGB") for path in paths[:4]]
    opened[0].save(folder / "pages.tiff", save_all=True, append_images=opened[1:3])
    beside = Image.new("RGB", (800, 400))
    for place, picture in enumerate(opened[:2]):
        beside.paste(picture.resize((400, 400)), (400 * place, 0))
    data = io.BytesIO()
    opened[1].rotate(90, expand=True).save(data, "PNG")
    return [
        *paths,
        str(folder / "missing.jpg"),
        b"no picture",
        ImageOps.expand(opened[2], 60, "white"),
        beside,
        opened[3].crop((40, 40, 220, 200)),
        np.asarray(opened[0].resize((90, 70))),
        data.getvalue(),
        Item(str(folder / "pages.tiff"), "page-2"),
        Item(str(folder / "pages.tiff"), "page-9"),
        Item(paths[0].read_bytes(), name="x.jpg"),
        np.full((64, 64, 3), 200, np.uint8),
    ]


def shown(found: SearchResult | PictureError) -> Answer:
    if isinstance(found, PictureError):
        return f"{type(found).__name__}: {found}"
    return found.query, found.exact, found.hits


def alone(library: Library, picture: Picture, k: int, code: Any) -> Answer:
    try:
        return shown(library.search(picture, k, code=code))
    except PictureError as error:
        return shown(error)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(st.integers(0, 18), max_size=50),
    k=st.sampled_from([1, 3, 10, 2_000]),
    code=st.sampled_from(["pdq", "photo", "both"]),
)
def test_each_gets_the_answer_that_it_gets_alone(
    library: Library, pictures: list[Picture], rows: list[int], k: int, code: Any
) -> None:
    expected = {row: alone(library, pictures[row], k, code) for row in set(rows)}
    found = library.search_many((pictures[row] for row in rows), k, code=code)
    assert [shown(one) for one in found] == [expected[row] for row in rows]


def test_no_more_pictures_are_taken_than_are_on_their_way(
    library: Library, original_photos: Path
) -> None:
    path = min(original_photos.glob("*.jpg"))
    threads, taken = set(), 0

    def endless() -> Iterator[Path]:
        nonlocal taken
        while True:
            taken += 1
            threads.add(threading.get_ident())
            yield path

    found = library.search_many(endless(), 1, code="pdq")
    assert taken == 0
    for done in range(1, 100):
        assert isinstance(next(found), SearchResult)
        assert taken <= done + WINDOW + 32
    found.close()  # type: ignore[attr-defined]
    assert threads == {threading.get_ident()}


def test_seconds_are_told_by_stage(library: Library, pictures: list[Picture]) -> None:
    for found in library.search_many(pictures[:3]):
        assert isinstance(found, SearchResult)
        assert list(found.seconds) == [
            "decode",
            "encode",
            "open",
            "compare",
            "search",
            "look",
            "total",
        ]
        *stages, total = found.seconds.values()
        assert total == pytest.approx(sum(stages))


def test_wrong_use_is_told_at_once(library: Library, pictures: list[Picture]) -> None:
    path = str(pictures[0])
    for wrong in (path, Path(path), b"x", Item(path), np.zeros((8, 8), np.uint8), None, 5):
        with pytest.raises(UsageError, match="pictures"):
            library.search_many(wrong)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="k is"):
        library.search_many([], k=0)
    with pytest.raises(UsageError, match="code is"):
        library.search_many([], code="x")  # type: ignore[arg-type]
    assert list(library.search_many([])) == []


def test_what_is_no_picture_is_told_in_its_turn(library: Library, pictures: list[Picture]) -> None:
    given: list[Any] = [pictures[0], pictures[1], 5, pictures[2]]
    found = library.search_many(given, 1)
    assert [shown(next(found)) for _ in range(2)] == [
        alone(library, picture, 1, "both") for picture in given[:2]
    ]
    with pytest.raises(UsageError, match="int"):
        next(found)
    assert next(found, None) is None


def test_what_has_begun_ends_with_the_library(original_photos: Path) -> None:
    paths = sorted(original_photos.glob("*.jpg"))
    library = Library.open(":memory:", workers=1, photo="photo-fast-256")
    library.index(original_photos)
    begun, unbegun = library.search_many(paths), library.search_many(paths)
    next(begun)
    library.close()
    for found in (begun, unbegun):
        with pytest.raises(LibraryClosedError, match="closed"):
            next(found)
        assert next(found, None) is None
    with pytest.raises(LibraryClosedError):
        library.search_many(paths)


def test_a_library_that_another_thread_closes_says_so(
    original_photos: Path, tmp_path: Path
) -> None:
    paths = sorted(original_photos.glob("*.jpg")) * 20
    for delay in (0.0, 0.05, 0.2, 0.4):
        library = Library.open(tmp_path / "l.lookalike", workers=2, photo="photo-fast-256")
        library.index(original_photos)
        timer = threading.Timer(delay, library.close)
        timer.start()
        with pytest.raises(LibraryClosedError, match="closed"):
            list(library.search_many(paths))
        timer.join()
        with pytest.raises(LibraryClosedError, match="closed"):
            next(library.search_many(paths))


def test_codes_that_are_made_anew_meanwhile_are_asked(
    original_photos: Path, tmp_path: Path
) -> None:
    paths = sorted(original_photos.glob("*.jpg"))
    with Library.open(tmp_path / "l.lookalike", workers=2, photo="cifar10-48") as library:
        library.index(original_photos)
        found = library.search_many(paths * 12, 3)
        first = next(found)
        library.reindex(photo="photo-fast-256")
        rest = list(found)
        assert isinstance(first, SearchResult)
        assert {hit.bits for hit in first.hits} <= {48, 256}
        expected = [alone(library, path, 3, "both") for path in paths]
        assert [shown(one) for one in rest[-len(paths) :]] == expected


def test_without_codes_there_is_nothing_to_ask(tmp_path: Path) -> None:
    with Library.open(":memory:") as library:
        assert [shown(one)[2] for one in library.search_many([np.zeros((32, 32), np.uint8)])] == [
            ()
        ]
    with pytest.raises(LibraryNotFoundError):
        Library.open(tmp_path / "missing", create=False)
