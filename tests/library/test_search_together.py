"""Several pictures as one question, and a part of a picture as one."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lookalike.codes.bits import to_words
from lookalike.errors import PictureError, UsageError
from lookalike.library import Library
from lookalike.library.records import EncoderInfo, Stamp
from lookalike.library.tables import ArrayTable
from lookalike.library.together import nearest_to_all
from lookalike.types import Encoded, EncoderId


@pytest.fixture(scope="module", params=["file", "memory"])
def library(
    request: pytest.FixtureRequest, original_photos: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("together")
    place = ":memory:" if request.param == "memory" else folder / "l.lookalike"
    with Library.open(place, workers=2, photo="photo-fast-256") as library:
        library.index(original_photos)
        yield library


def names(library: Library, *arguments: object, **options: object) -> list[str]:
    found = library.search_together(*arguments, **options)  # type: ignore[arg-type]
    return [Path(hit.path).stem for hit in found.hits]


def test_pictures_that_are_asked_together_come_first(
    library: Library, original_photos: Path
) -> None:
    asked = [original_photos / "coins.jpg", original_photos / "rocket.jpg"]
    found = library.search_together(asked, k=8)
    assert {Path(hit.path).stem for hit in found.hits[:2]} == {"coins", "rocket"}
    assert found.exact
    assert found.query == f"+1 x {asked[0]} +1 x {asked[1]}"
    assert {(hit.kind, hit.distance) for hit in found.hits} == {("alike", None)}
    means = [hit.similarity or 0 for hit in found.hits]
    assert means == sorted(means, reverse=True)
    # Half of itself, and half of what the two have in common.
    alone = {h.path: h.similarity or 0 for h in library.search_together(asked[1:], k=8).hits}
    assert means[0] == pytest.approx(0.5 + alone[str(asked[0])] / 2, abs=0.01)


def test_a_weight_below_zero_turns_away(library: Library, original_photos: Path) -> None:
    coins, rocket = original_photos / "coins.jpg", original_photos / "rocket.jpg"
    order = names(library, [coins, rocket], [1, -1], 8)
    assert (order[0], order[-1]) == ("coins", "rocket")
    assert names(library, [coins, rocket], [2, -2], 8) == order  # only their shares count
    assert names(library, [coins, rocket], [0, 1], 8) == names(library, [rocket], None, 8)
    assert names(library, [rocket], [-1], 8) == names(library, [rocket], None, 8)[::-1]


def test_one_picture_alone_is_ordered_by_its_cosines(
    library: Library, original_photos: Path
) -> None:
    path = original_photos / "grass.jpg"
    found = {h.path: h.similarity for h in library.search(path, 8, code="photo").hits}
    together = {h.path: h.similarity for h in library.search_together([path], k=8).hits}
    assert together.pop(str(path)) == pytest.approx(1)
    assert found.pop(str(path)) is None  # the same bytes: nothing was compared
    assert together == pytest.approx(found, abs=1e-3)


@settings(max_examples=30)
@given(st.integers(0, 40), st.integers(1, 5), st.integers(1, 12), st.booleans(), st.data())
def test_the_mean_is_that_of_all_cosines(
    n: int, asked: int, k: int, has_embeddings: bool, data: st.DataObject
) -> None:
    """Beside ten lines of NumPy; hidden contents are never found, and ties are by id."""
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    weights = data.draw(st.lists(st.sampled_from([-1.0, 0.5, 1.0, 2.0]), min_size=asked,
                                 max_size=asked))  # fmt: skip
    d = 6 if has_embeddings else 0
    codes = rng.integers(0, 256, (n + asked, 4), np.uint8)
    embeddings = rng.integers(-2, 3, (n + asked, d)).astype(np.int8)
    visible = rng.random(n) < 0.8
    table = ArrayTable(
        EncoderInfo(EncoderId(1), "photo", "x", "x", "f", 32, d, True),
        contents=np.arange(10, 10 + n),
        words=to_words(codes[:n]),
        quality=np.zeros(n, np.uint8),
        embeddings=embeddings[:n],
        parts=np.empty((n, 0), np.uint64),
        visible=visible,
        stamp=Stamp("u", 0, 0),
    )
    given_ = [Encoded(codes[[n + i]], embeddings[[n + i]] if d else None) for i in range(asked)]
    found = nearest_to_all(table, given_, weights, k)
    vectors = embeddings.astype(float) if d else 1.0 - 2 * np.unpackbits(codes, axis=1)
    units = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    means = units[:n] @ (np.array(weights) @ units[n:]) / np.abs(weights).sum()
    best = sorted(np.flatnonzero(visible).tolist(), key=lambda row: -means[row])[:k]
    assert len(found) == len(best)
    np.testing.assert_allclose(list(found.values()), means[best], atol=1e-5)
    np.testing.assert_allclose([means[c - 10] for c in found], means[best], atol=1e-5)
    pairs = list(zip(found.values(), found, strict=True))
    assert pairs == sorted(pairs, key=lambda pair: (-pair[0], pair[1]))


def test_wrong_weights_and_pictures(library: Library, original_photos: Path) -> None:
    path = str(original_photos / "coins.jpg")
    for weights, told in (
        ([1, 2], "2 weights for 1 pictures"),
        ([0], "all weights are 0"),
        (["1"], "a weight is a number"),
        ([float("nan")], "a weight is a number"),
        (3, "one for each picture"),
    ):
        with pytest.raises(UsageError, match=told):
            library.search_together([path], weights)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="1 to 1,000 pictures, not 0"):
        library.search_together([])
    with pytest.raises(UsageError, match="put a single one into a list"):
        library.search_together(path)
    with pytest.raises(PictureError, match=r"missing\.jpg: .*no such file"):
        library.search_together([path, "missing.jpg"])


# A part of a picture


def test_a_part_is_looked_for_as_a_file_of_it_would_be(
    library: Library, original_photos: Path
) -> None:
    path, part = original_photos / "chelsea.jpg", (0.1, 0.0, 0.7, 0.8)
    with Image.open(path) as picture:
        box = (45, 0, 316, 240)  # of 451 x 300
        cut = io.BytesIO()
        picture.crop(box).save(cut, "PNG")
    as_part = library.search(path, 8, part=part)
    as_file = library.search(cut.getvalue(), 8)
    assert as_part.hits == as_file.hits
    assert as_part.query == str(path)
    assert as_part.hits[0].path == str(path)
    assert as_part.hits[0].kind not in ("same-bytes", "same-pixels")


def test_all_of_a_picture_as_a_part_makes_no_promise(
    library: Library, original_photos: Path
) -> None:
    path = original_photos / "coffee.jpg"
    best = library.search(path, 1, part=(0, 0, 1, 1)).hits[0]
    assert (best.path, best.kind, best.distance) == (str(path), "edited", 0)


def test_a_large_part_is_found_at_its_own_size(library: Library, original_photos: Path) -> None:
    """Decoded at a reduced size, a small part of a large picture would be a blur."""
    with Image.open(original_photos / "rocket.jpg") as picture:
        wide = Image.new("RGB", (8 * picture.width, picture.height), "grey")
        wide.paste(picture, (2 * picture.width, 0))
    file = io.BytesIO()
    wide.save(file, "JPEG", quality=95)
    best = library.search(file.getvalue(), 1, part=(0.25, 0, 0.375, 1)).hits[0]
    assert (Path(best.path).stem, best.kind) == ("rocket", "edited")
    assert best.distance is not None
    assert best.distance <= 8


@pytest.mark.parametrize(
    "part", [(0, 0, 1), (0.5, 0, 0.5, 1), (0, 0, 1.1, 1), (0, 0, "1", 1), "0011", {1, 2, 3, 4}, 5]
)
def test_what_is_no_part(library: Library, original_photos: Path, part: object) -> None:
    with pytest.raises(UsageError, match="a part is"):
        library.search(original_photos / "coffee.jpg", part=part)  # type: ignore[arg-type]
