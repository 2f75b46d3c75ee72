"""All pictures in the plane: what is near by its code is near there."""

from __future__ import annotations

import threading

import numpy as np
import numpy.typing as npt
import pytest

from lookalike import Library, UsageError
from lookalike.codes.bits import to_words
from lookalike.library.laying import LARGEST, Layout, lay_out
from lookalike.library.records import EncoderInfo, Stamp
from lookalike.library.tables import ArrayTable
from lookalike.types import EncoderId

ENCODER = EncoderInfo(EncoderId(1), "photo", "photo", "photo", "f", 256, 16, True)


def table(codes: npt.NDArray[np.uint8], embeddings: npt.NDArray[np.int8] | None) -> ArrayTable:
    n = len(codes)
    return ArrayTable(
        ENCODER,
        contents=np.arange(5, 5 + 2 * n, 2),
        words=to_words(codes),
        quality=np.full(n, 100, np.uint8),
        embeddings=np.empty((n, 0), np.int8) if embeddings is None else embeddings,
        parts=np.empty((n, 0), np.uint64),
        visible=np.ones(n, np.bool_),
        stamp=Stamp("u", 1, 1),
    )


def clusters(
    count: int, each: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int8], npt.NDArray[np.int64]]:
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(count), each)
    hidden = random.normal(size=(count, 16))[labels] + 0.3 * random.normal(size=(len(labels), 16))
    codes = np.packbits(hidden @ random.normal(size=(16, 256)) > 0, axis=1)
    return codes, np.clip(hidden * 40, -127, 127).astype(np.int8), labels


@pytest.mark.parametrize("embedded", [True, False])
def test_what_is_alike_is_near(embedded: bool) -> None:
    codes, embeddings, labels = clusters(12, 40)
    stages: list[str] = []
    found = lay_out(
        table(codes, embeddings if embedded else None),
        progress=lambda stage, done, total: stages.append(stage) if done < total else None,
    )
    assert isinstance(found, Layout)
    assert found.ids.tolist() == list(range(5, 5 + 2 * len(codes), 2))
    assert found.places.dtype == np.uint16
    places = found.places.astype(np.float64)
    apart = ((places[:, None] - places[None]) ** 2).sum(2)
    np.fill_diagonal(apart, np.inf)
    nearest = np.argsort(apart, 1)[:, :10]
    assert (labels[nearest] == labels[:, None]).mean() > 0.95
    # They fill the plane, and don't lie on each other.
    assert (places.max(0) - places.min(0)).max() > 0.9 * LARGEST
    assert len(np.unique(places, axis=0)) > 0.98 * len(places)
    assert set(stages) == {"neighbours", "places"}


def test_the_same_codes_give_the_same_map() -> None:
    codes, embeddings, _ = clusters(4, 10)
    made = [lay_out(table(codes, embeddings), seed=seed) for seed in (1, 1, 2)]
    assert all(one is not None for one in made)
    assert np.array_equal(made[0].places, made[1].places)  # type: ignore[union-attr]
    assert not np.array_equal(made[0].places, made[2].places)  # type: ignore[union-attr]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5])
def test_few_pictures(count: int) -> None:
    random = np.random.default_rng(0)
    found = lay_out(table(random.integers(0, 256, (count, 32), np.uint8), None))
    assert found is not None
    assert found.places.shape == (count, 2)


def test_all_the_same() -> None:
    found = lay_out(table(np.zeros((50, 32), np.uint8), np.zeros((50, 16), np.int8)))
    assert found is not None
    assert len(np.unique(found.places, axis=0)) > 25


@pytest.mark.parametrize("stage", ["neighbours", "places"])
def test_it_can_be_stopped(stage: str) -> None:
    codes, embeddings, _ = clusters(4, 400)
    stop = threading.Event()

    def progress(now: str, _done: int, _total: int) -> None:
        if now == stage:
            stop.set()

    assert lay_out(table(codes, embeddings), progress=progress, stop=stop) is None


def test_a_library(original_photos: str) -> None:
    with Library.open(":memory:", workers=1) as library:
        library.index(original_photos)
        found = library.layout()
        assert found is not None
        assert found.ids.tolist() == library.pictures.ordered()
        again = library.layout()
        assert again is not None
        assert np.array_equal(found.places, again.places)
        with pytest.raises(UsageError):
            library.layout(seed=-1)


def test_a_few_that_are_like_nothing_else_leave_the_others_room() -> None:
    random = np.random.default_rng(0)
    middles = random.random((40, 256)) < 0.5
    others = middles[np.arange(600) % 40] ^ (random.random((600, 256)) < 0.18)
    strange = np.arange(256) < 128  # as far from all others as these are from each other
    few = strange ^ (random.random((30, 256)) < 0.03)
    found = lay_out(table(np.packbits(np.concatenate([others, few]), axis=1), None))
    assert found is not None
    places = found.places[: len(others)] / LARGEST
    wide = np.percentile(places, 95, axis=0) - np.percentile(places, 5, axis=0)
    assert wide.min() > 0.4, wide  # they had a fifth
