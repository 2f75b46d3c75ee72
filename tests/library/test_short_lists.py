"""A library that looks by the first bits of its photo codes, and checks by all of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lookalike import Library
from lookalike.codes.bits import from_words
from lookalike.errors import UsageError
from lookalike.library.filters import Filter
from lookalike.library.records import EncoderInfo, Stamp
from lookalike.library.short_listed import short_listed
from lookalike.library.tables import ArrayTable
from lookalike.types import EncoderId


@pytest.fixture
def file(photos: Path, tmp_path: Path) -> Path:
    with Library.open(tmp_path / "x.lookalike") as library:
        library.index(photos)
    return tmp_path / "x.lookalike"


def test_few_pictures_are_all_on_the_list(file: Path, photos: Path) -> None:
    query = photos / "coffee.jpg"
    with Library.open(file) as whole, Library.open(file, short_list=64) as library:
        for only in (None, Filter.parse(larger="10x10")):
            found, true = library.search(query, only=only), whole.search(query, only=only)
            assert [hit.path for hit in found.hits] == [hit.path for hit in true.hits]
            assert found.exact
        many = list(library.search_many([query, photos / "coins.jpg"]))
        assert len(many) == 2


def test_a_short_list_of_all_bits_is_refused(file: Path) -> None:
    for wrong in (0, 256, 1.5, True):
        with pytest.raises(UsageError, match="made by 1 to 255 of them, a whole number, not"):
            Library.open(file, short_list=wrong)  # type: ignore[arg-type]


def test_a_table_says_what_its_short_lists_may_have_missed() -> None:
    rng = np.random.default_rng(0)
    words = rng.integers(0, 2**63, (5_000, 2), np.uint64)
    ids = np.arange(5_000, dtype=np.int64) * 3
    table = ArrayTable(
        EncoderInfo(EncoderId(1), "photo", "plain", "", "plain", 128, 0, True),
        contents=ids,
        words=words,
        quality=np.full(5_000, 100, np.uint8),
        embeddings=np.empty((5_000, 0), np.int8),
        parts=np.empty((5_000, 0), np.uint64),
        visible=np.ones(5_000, np.bool_),
        stamp=Stamp("a", 0, 0),
    )
    short = short_listed({"photo": table}, 16, "here")["photo"]
    queries = from_words(words[:2], 128)
    found = short.nearest(queries, 50)
    assert not found.exact
    assert found.ids[:, 0].tolist() == [0, 3]
    true = table.nearest(queries, 50)
    assert (found.distances >= true.distances).all()
    among = ids[:900]
    assert short.nearest(queries, 50, among=among).exact
    assert len(short) == len(table)


def test_a_server_that_searches_itself_is_refused() -> None:
    with pytest.raises(UsageError, match="milvus://a/b searches its codes itself"):
        short_listed({"photo": object()}, 64, "milvus://a/b")  # type: ignore[dict-item]
