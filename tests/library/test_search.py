"""Queries that hold other pictures, and copies that pdq knows though they are beyond its limit."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from contract_view import contract_of
from PIL import Image

from lookalike.codes.bits import from_words, hamming, to_words
from lookalike.encoders import registry
from lookalike.encoders.pdq_area import PDQArea
from lookalike.errors import UsageError
from lookalike.evaluation.edits import apply
from lookalike.images.decode import prepare
from lookalike.library import Library
from lookalike.library.merging import listed, propose
from lookalike.library.second_look import SecondLook
from lookalike.ranking.short_list import Rows, in_order
from lookalike.road import Item, Question
from lookalike.types import ContentId, Limits, Match

LIMITS = PDQArea.limits


@pytest.fixture(scope="module")
def library(original_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library.open(tmp_path_factory.mktemp("search") / "test.lookalike", workers=1) as library:
        library.index(original_photos)
        yield library


def photo(folder: Path, name: str) -> Image.Image:
    with Image.open(folder / f"{name}.jpg") as image:
        return image.convert("RGB")


def stem(match: Match) -> str:
    return Path(match.path).stem


@pytest.mark.parametrize("seed", range(3))
def test_the_pictures_of_a_collage_come_first(
    library: Library, original_photos: Path, seed: int
) -> None:
    shown = ["chelsea", "coffee", "rocket", "coins"]
    first, *others = (photo(original_photos, name) for name in shown)
    hits = library.search(apply("collage-4", first, seed, others), k=8).hits
    assert {stem(hit) for hit in hits[:4]} == set(shown)
    assert len({hit.id for hit in hits}) == 8


@pytest.mark.parametrize("code", ["pdq", "photo", "both"])
def test_the_picture_on_a_screen_comes_first(
    library: Library, original_photos: Path, code: str
) -> None:
    for seed, name in enumerate(["chelsea", "coffee", "astronaut", "rocket"]):
        shot = apply("screenshot", photo(original_photos, name), seed)
        hit = library.search(shot, k=1, code=code).hits[0]  # type: ignore[arg-type]
        assert (stem(hit), hit.kind, hit.verified) == (name, "edited", True)
        assert {"screenshot", "border"} & {edit.name for edit in hit.edits}


def test_alike_ones_are_in_the_order_of_the_short_list(
    library: Library, original_photos: Path
) -> None:
    crop = photo(original_photos, "chelsea").crop((60, 40, 400, 270))
    hits = library.search(crop, k=8, code="photo").hits
    encoder = registry.load("photo")
    made = encoder.encode([prepare(crop, {"photo": encoder.input}, Limits()).inputs["photo"]])
    with contract_of(library) as (store, engine):
        photo_row = next(e for e in store.encoders() if e.slot == "photo")
        table = engine.tables([photo_row])[photo_row.id]
        contents = table.sample(1000)
        kept = table.stored(contents)
        near = np.argsort(hamming(made.codes, from_words(kept.words, 256))[0], kind="stable")
        query = Rows(to_words(made.codes), made.embeddings)
        assert kept.embeddings is not None
        ordered = in_order(query, Rows(kept.words[near], kept.embeddings[near]), 256)
        best = [ContentId(c) for c in contents[near[ordered.order]].tolist()]
        pictures = store.pictures_of(best)
    ids = [hit.id for hit in hits]
    expected = [pictures[c][0].id for c in best]
    assert ids == expected
    assert [hit.similarity for hit in hits] == pytest.approx(ordered.similarity)


@pytest.fixture
def by_codes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no picture could be looked at a second time."""
    monkeypatch.setattr(SecondLook, "judge", lambda *_: None)


@pytest.mark.usefixtures("by_codes_alone")
def test_beyond_the_limit_of_edited_pdq_still_counts(
    library: Library, original_photos: Path
) -> None:
    """A 15th of the size, as JPEG of quality 10: hardly anything is left for the network."""
    image = photo(original_photos, "coffee")
    file = io.BytesIO()
    image.resize((40, 27)).save(file, "JPEG", quality=10)
    by_photo = library.search(file.getvalue(), k=8, code="photo").hits
    hits = library.search(file.getvalue(), k=8).hits
    assert (stem(hits[0]), hits[0].kind, hits[0].code) == ("coffee", "alike", "pdq-area")
    assert LIMITS.edited < hits[0].distance <= LIMITS.near
    assert hits[0].similarity is None
    (known,) = [hit.similarity for hit in by_photo if stem(hit) == "coffee"]
    assert known is not None
    assert known < 1 - hits[0].distance / 128
    assert [stem(hit) for hit in hits[1:]] == [
        stem(hit) for hit in by_photo if stem(hit) != "coffee"
    ]


@pytest.mark.usefixtures("by_codes_alone")
def test_a_good_likeness_outweighs_a_far_pdq_code(
    library: Library, original_photos: Path, tmp_path: Path
) -> None:
    """What photo finds at a cosine of nearly 1 stays before what pdq finds at half its bits."""
    pair = tmp_path / "pair"
    pair.mkdir()
    chelsea = photo(original_photos, "chelsea")
    chelsea.crop((60, 40, 400, 270)).save(pair / "crop.png")
    file = io.BytesIO()
    chelsea.resize((45, 30)).save(file, "JPEG", quality=10)
    (pair / "small.jpg").write_bytes(file.getvalue())
    with Library.open(tmp_path / "pair.lookalike", workers=1) as small:
        small.index(pair)
        hits = small.search(original_photos / "chelsea.jpg", k=2).hits
    assert [(stem(hit), hit.code) for hit in hits] == [("crop", "photo-256"), ("small", "pdq-area")]
    assert hits[0].similarity is not None
    assert hits[0].similarity > 1 - hits[1].distance / 128


def test_an_empty_path_is_no_picture(library: Library) -> None:
    for nothing in ("", Item("")):
        with pytest.raises(UsageError, match="a picture's path is empty"):
            library.search(nothing)
        with pytest.raises(UsageError, match="a picture's path is empty"):
            list(library.search_many([nothing]))
    with pytest.raises(UsageError, match=r"^int is no picture file: give a path or bytes"):
        library.search(5)  # type: ignore[arg-type]


def test_a_view_too_plain_for_pdq_is_not_trusted(library: Library) -> None:
    """Nor made trustworthy by another view of the same query."""
    kinds = []
    with contract_of(library) as (store, engine):
        row = next(e for e in store.encoders() if e.slot == "pdq")
        table = engine.tables([row])[row.id]
        kept = table.stored(table.sample(1000)[:1])
        stored = kept.words.view(np.uint8)[:, :32]
        asked = np.concatenate([~stored, stored])
        assert int(kept.quality[0]) >= LIMITS.quality
        for quality in (LIMITS.quality, LIMITS.quality - 1):
            question = Question(b"", b"", asked, np.array([100, quality], np.uint8))
            [found] = propose(store, {"pdq": table}, [question], 1, [[]])
            [(hit,)] = listed(store, [found], 1)
            assert found.exact
            assert hit.distance == 0
            kinds.append(hit.kind)
    assert kinds == ["edited", "alike"]
