"""Leaks that are planted on purpose, and what is made of them."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from lookalike.datasets import Dataset, Subset, joined, load
from lookalike.datasets.prints import learned_from
from lookalike.datasets.splits import Split, split_for
from lookalike.encoders.learned_from import LearnedFrom
from lookalike.errors import LookalikeError
from lookalike.evaluation.evaluate import evaluate
from lookalike.evaluation.leaks import check_leaks, find_leaks
from lookalike.evaluation.model_codes import open_maker
from lookalike.evaluation.protocols import encode_split

SIDE = 96


def picture(seed: int) -> np.ndarray:
    """Blobs of all sizes: as different from each other as photographs are."""
    rng = np.random.default_rng(seed)
    total = np.zeros((SIDE, SIDE, 3))
    for side in (3, 6, 12, 24, 48):
        small = Image.fromarray(rng.integers(0, 256, (side, side, 3), dtype=np.uint8))
        total += np.asarray(small.resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    return (total / 5).astype(np.uint8)


def subset(first: int, count: int) -> Subset:
    names = tuple(f"p{number}" for number in range(first, first + count))
    made = np.stack([picture(number) for number in range(first, first + count)])
    return Subset(made, np.arange(count, dtype=np.int64) % 2, names)


def jpeg(pixels: np.ndarray) -> np.ndarray:
    stored = io.BytesIO()
    Image.fromarray(pixels).save(stored, "JPEG", quality=50)
    return np.asarray(Image.open(stored).convert("RGB"))


def mirrored(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(ImageOps.mirror(Image.fromarray(jpeg(pixels))))


@pytest.fixture(scope="module")
def data() -> Dataset:
    train, test = subset(0, 120), subset(1000, 60)
    return Dataset("blobs", "folder", Path("blobs"), ("a", "b"), train, test)


@pytest.fixture(scope="module")
def split(data: Dataset) -> Split:
    return split_for(data, "folder-80-20")


def learned(data: Dataset, *more: Subset) -> LearnedFrom:
    return learned_from(joined([data.train, *more]))


def copies(part: Subset, change: object) -> Subset:
    assert callable(change)
    return replace(part, pictures=np.stack([change(one) for one in part.pictures]))


def test_an_honest_model_passes(data: Dataset, split: Split) -> None:
    leaks = find_leaks(learned(data), data, split)
    assert leaks.unseen.all()
    assert not leaks.database.any()
    check_leaks(leaks, split, "mine")


def test_a_tenth_of_the_queries_in_the_training(data: Dataset, split: Split) -> None:
    leaks = find_leaks(learned(data, data.test.take(range(6))), data, split)
    assert np.flatnonzero(leaks.queries).tolist() == list(range(6))
    assert not leaks.near.any()
    with pytest.raises(LookalikeError, match=r"6 of 60 queries are pictures that mine learned"):
        check_leaks(leaks, split, "mine")


@pytest.mark.parametrize("change", [jpeg, mirrored, lambda p: np.rot90(jpeg(p)).copy()])
def test_near_copies_of_a_tenth(data: Dataset, split: Split, change: object) -> None:
    leaks = find_leaks(learned(data, copies(data.test.take(range(6)), change)), data, split)
    assert not leaks.queries.any()
    assert np.flatnonzero(leaks.near).tolist() == list(range(6))
    with pytest.raises(LookalikeError, match=r"6 of 60 queries are near copies"):
        check_leaks(leaks, split, "mine")
    # Near copies are part of some data sets as everybody has them.
    known = find_leaks(learned(data, copies(data.test.take(range(6)), jpeg)), data, split)
    check_leaks(replace(known, published=True), split, "mine")


def test_a_database_that_the_protocol_keeps_from_the_model(data: Dataset) -> None:
    few, rest = data.train.take(range(40)), data.train.take(range(40, 120))
    split = Split("cifar10-5k", few, data.test, rest)
    honest = find_leaks(learned_from(few), data, split)
    check_leaks(honest, split, "mine")
    leaks = find_leaks(learned_from(joined([few, rest.take([3, 5])])), data, split)
    assert np.flatnonzero(leaks.database).tolist() == [3, 5]
    with pytest.raises(LookalikeError, match=r"2 of 80 pictures of the database"):
        check_leaks(leaks, split, "mine")


def test_classes_that_should_not_have_been_seen() -> None:
    train, test = subset(0, 40), subset(1000, 20)
    three = [replace(p, labels=np.arange(len(p), dtype=np.int64) % 4) for p in (train, test)]
    data = Dataset("blobs", "folder", Path("blobs"), tuple("abcd"), *three)
    split = split_for(data, "unseen-classes")
    check_leaks(find_leaks(learned_from(split.training), data, split), split, "mine")
    leaks = find_leaks(learned_from(data.train), data, split)
    assert leaks.database.sum() == 10
    with pytest.raises(LookalikeError, match=r"10 of 40 pictures of the database") as refused:
        check_leaks(leaks, split, "mine")
    # There is one figure, with or without the pictures that were seen.
    assert ("both figures" in str(refused.value)) == bool((leaks.queries | leaks.near).any())
    assert "the protocol and the --seed that it was trained by" in str(refused.value)


def test_the_thesis_counts_them_on_purpose(data: Dataset) -> None:
    split = split_for(data, "thesis")
    leaks = find_leaks(learned(data), data, split)
    assert leaks.queries.sum() == 120
    check_leaks(leaks, split, "mine")


def test_both_figures_are_told(data: Dataset, split: Split) -> None:
    leaks = find_leaks(learned(data, data.test.take(range(6))), data, split)
    coded = encode_split(open_maker("pdq-area"), data, split)
    found, _ = evaluate(coded, leaks=leaks)
    assert found.seen is not None
    assert (found.seen.queries, found.seen.near, found.seen.database) == (6, 0, 0)
    rows = np.arange(6, 60)
    alone = replace(split, queries=split.queries.take(rows))
    unseen, _ = evaluate(replace(coded, split=alone, queries=coded.queries[rows]))
    assert found.seen.map == pytest.approx(unseen.map)
    assert unseen.seen is None


def test_files_and_pixels_are_the_same_pictures(data: Dataset, tmp_path: Path) -> None:
    assert not isinstance(data.test.pictures, tuple)
    for number, pixels in enumerate(data.test.pictures):
        for part in ("train", "test"):
            folder = tmp_path / "kinds" / part / "ab"[number % 2]
            folder.mkdir(parents=True, exist_ok=True)
            if (part == "train") == (number >= 20):
                Image.fromarray(np.asarray(pixels)).save(folder / f"{number}.png")
    files = load(tmp_path / "kinds")
    leaks = find_leaks(learned_from(data.test), files, split_for(files, "folder-80-20"))
    assert leaks.queries.all()


@pytest.mark.parametrize(("seed", "seen"), [(0, 0), (1, 839)])
def test_the_shipped_model_at_its_own_seed_and_at_another(
    data_sets: Path, seed: int, seen: int
) -> None:
    from lookalike.encoders import registry

    aerial = load("resisc45", data_sets, seed=seed)
    split = split_for(aerial, "resisc-80-20", seed)
    record = registry.learned_from("resisc-512")
    assert record is not None
    leaks = find_leaks(record, aerial, split)
    assert leaks.queries.sum() == seen
    assert not leaks.near.any()
