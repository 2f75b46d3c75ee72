"""Whether a library has a picture already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from lookalike.errors import PictureError, PictureFailed, UsageError
from lookalike.library import Library, SearchResult
from lookalike.library.containing import Held, held
from lookalike.road import Picture
from lookalike.types import Kind, Match

HIT = Match(1, "/a.jpg", "alike", "pdq", 0, 256, None, 10, 10)


def test_copies_are_in_and_others_are_not(photos: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.jpg"
    (photos / "rocket.jpg").rename(new)
    with Image.open(photos / "chelsea.jpg") as picture:
        picture.reduce(2).save(tmp_path / "small.jpg", quality=40)
        picture.save(tmp_path / "same.png")
    (tmp_path / "copy.jpg").write_bytes((photos / "coins.jpg").read_bytes())
    with Library.open(tmp_path / "l.lookalike", photo="photo-fast-256") as library:
        library.index(photos)
        for name, kind in (("small.jpg", "edited"), ("same.png", "same-pixels"),
                           ("copy.jpg", "same-bytes")):  # fmt: skip
            match = library.contains(tmp_path / name)
            assert match is not None
            assert match.kind == kind
        assert library.contains(new) is None
        assert library.contains(new.read_bytes(), name="new.jpg") is None
        assert library.contains(tmp_path / "small.jpg", kinds=["same-bytes"]) is None
        with pytest.raises(PictureError, match="no such file"):
            library.contains("missing.jpg")
        found = list(library.contains_many([new, b"no picture", tmp_path / "small.jpg"]))
        assert found[0] is None
        assert isinstance(found[1], PictureError)
        assert isinstance(found[2], Match)
        assert found[2].path == str(photos / "chelsea.jpg")


def test_an_empty_library_has_nothing(photos: Path) -> None:
    with Library.open(":memory:", photo="photo-fast-256") as library:
        assert library.contains(photos / "coffee.jpg") is None


def answering(kinds: list[Kind], asked: list[int]):  # type: ignore[no-untyped-def]
    """A search that has hits of these kinds, best first, for every picture."""
    hits = tuple(replace(HIT, id=place, kind=kind) for place, kind in enumerate(kinds))

    def search_many(pictures: Iterable[Picture], k: int) -> Iterator[SearchResult | PictureError]:
        for picture in pictures:
            asked.append(k)
            yield PictureFailed("bad") if picture == "bad" else SearchResult("", True, hits[:k])

    return search_many


def test_more_hits_are_asked_for_only_where_those_that_count_may_come_later() -> None:
    asked: list[int] = []
    many = answering(["same-bytes"] * 50 + ["part"] + ["alike"] * 100, asked)
    (found,) = held(many, ["x"], ["part"])
    assert isinstance(found, Held)
    assert found.match is not None
    assert (found.match.id, found.match.kind) == (50, "part")
    assert asked == [10, 80]
    asked.clear()
    (found,) = held(many, ["x"])
    assert isinstance(found, Held)
    assert found.match == found.best
    assert asked == [10]
    asked.clear()
    (found,) = held(answering(["alike"] * 100, asked), ["x"], ["edited", "part"])
    assert found == Held(None, HIT_0)
    assert asked == [10]


HIT_0 = replace(HIT, id=0)


def test_each_answer_is_that_of_its_picture() -> None:
    found = list(held(answering(["edited"], []), iter(["a", "bad", "b"])))
    assert [isinstance(one, PictureError) for one in found] == [False, True, False]


def test_what_is_no_kind(photos: Path) -> None:
    with Library.open(":memory:", photo="photo-fast-256") as library:
        for kinds, told in (
            (["alike"], "a kind that counts is same-bytes, same-pixels, edited, part"),
            ([], "no kind counts"),
            ("edited", "kinds are a list"),
            ([3], "a kind that counts"),
        ):
            with pytest.raises(UsageError, match=told):
                library.contains_many([photos / "coffee.jpg"], kinds=kinds)  # type: ignore[arg-type]
