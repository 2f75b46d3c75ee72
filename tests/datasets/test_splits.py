"""Splits: exact shares, the same whatever the order and the names, copies on one side."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dataset_files import write_classes
from hypothesis import given
from hypothesis import strategies as st

from lookalike.datasets import Dataset, Subset, load
from lookalike.datasets.splits import (
    PROTOCOLS,
    drawn,
    split_for,
    train_and_test,
    with_validation,
)
from lookalike.errors import UsageError


def digests(numbers: list[int]) -> list[bytes]:
    return [hashlib.sha256(b"%d" % n).digest() for n in numbers]


def test_shares_are_exact_in_each_class() -> None:
    labels = np.repeat(np.arange(3), [700, 310, 5])
    mask = drawn(digests(list(range(1015))), labels, 0.2, 0)
    assert np.bincount(labels[mask]).tolist() == [140, 62, 1]
    again = drawn(digests(list(range(1015))), labels, 0.2, 0)
    assert np.array_equal(mask, again)
    assert not np.array_equal(mask, drawn(digests(list(range(1015))), labels, 0.2, 1))


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 2)), min_size=1, max_size=60),
    st.integers(0, 3),
    st.randoms(use_true_random=False),
)
def test_the_order_changes_nothing_and_copies_stay_together(
    pictures: list[tuple[int, int]], seed: int, random: object
) -> None:
    def chosen(some: list[tuple[int, int]]) -> list[tuple[tuple[int, int], bool]]:
        labels = np.array([label for _, label in some])
        mask = drawn(digests([content for content, _ in some]), labels, 0.3, seed)
        return sorted(zip(some, mask.tolist(), strict=True))

    shuffled = list(pictures)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    found = chosen(pictures)
    assert chosen(shuffled) == found
    side = {content: mask for (content, _), mask in found}
    assert all(side[content] == mask for (content, _), mask in found)


def test_a_class_is_drawn_for_itself() -> None:
    labels = np.repeat(np.arange(2), 50)
    both = drawn(digests(list(range(100))), labels, 0.2, 0)
    alone = drawn(digests(list(range(50))), labels[:50], 0.2, 0)
    assert np.array_equal(both[:50], alone)


def test_the_smallest_classes() -> None:
    # One picture can't be both learned from and asked about: it is learned from.
    assert drawn(digests([1]), np.array([0]), 0.2, 0).tolist() == [False]
    assert drawn(digests([1, 2]), np.array([0, 0]), 0.01, 0).sum() == 1
    assert drawn(digests([1, 2]), np.array([0, 0]), 0.99, 0).sum() == 1
    assert drawn([], None, 0.2, 0).tolist() == []


def test_numbers_of_each_class() -> None:
    labels = np.repeat(np.arange(2), 10)
    assert np.bincount(labels[drawn(digests(list(range(20))), labels, 3, 0)]).tolist() == [3, 3]
    with pytest.raises(UsageError, match="too few for 11"):
        drawn(digests(list(range(20))), labels, 11, 0)
    for share in (0.0, 1.0, -0.5):
        with pytest.raises(UsageError, match="between 0 and 1"):
            drawn(digests([1]), None, share, 0)
    with pytest.raises(UsageError, match="seed"):
        drawn(digests([1]), None, 0.5, -1)


def test_renamed_files_are_divided_alike(tmp_path: Path) -> None:
    write_classes(tmp_path / "a", ("x", "y"), 10)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    for n, path in enumerate(sorted((tmp_path / "b").glob("*/*"), reverse=True)):
        path.rename(path.with_name(f"{n:04}.png"))
    subsets = [load(tmp_path / name).test for name in "ab"]
    assert subsets[0].names != subsets[1].names
    assert set(subsets[0].digests()) == set(subsets[1].digests())


def in_memory(each: int, classes: int = 10) -> Subset:
    n = each * classes
    pictures = np.random.default_rng(0).integers(0, 256, (n, 4, 4, 3), dtype=np.uint8)
    labels = np.tile(np.arange(classes), each).astype(np.int64)
    return Subset(pictures, labels, tuple(str(i) for i in range(n)))


def like_cifar(train: int, test: int) -> Dataset:
    whole = in_memory(train + test)
    names = tuple(f"class{n}" for n in range(10))
    rows = np.arange(len(whole))
    return Dataset(
        "cifar10",
        "cifar10",
        Path("cifar"),
        names,
        whole.take(rows[: 10 * train]),
        whole.take(rows[10 * train :]),
    )


def test_validation_comes_out_of_training() -> None:
    data = like_cifar(20, 5)
    parted = with_validation(data)
    assert parted.validation is not None
    assert (len(parted.train), len(parted.validation)) == (170, 30)
    assert parted.validation.labels is not None
    assert np.bincount(parted.validation.labels).tolist() == [3] * 10
    assert set(parted.train.names) | set(parted.validation.names) == set(data.train.names)
    assert with_validation(parted) is parted


def test_cifar10_full() -> None:
    data = like_cifar(8, 2)
    split = split_for(data, "cifar10-full")
    assert split.queries is data.test
    assert split.database is split.training is data.train
    assert not split.queries_inside
    # What was set apart for validation is subset of the database.
    parted = split_for(with_validation(data), "cifar10-full")
    assert set(parted.database.names) == set(data.train.names)


def test_cifar10_5k() -> None:
    data = like_cifar(500, 150)
    split = split_for(data, "cifar10-5k", 3)
    subsets = (split.training, split.queries, split.database)
    assert [len(subset) for subset in subsets] == [5000, 1000, 500]
    assert split.unlabelled is split.database
    for subset, each in zip(subsets, (500, 100, 50), strict=True):
        assert subset.labels is not None
        assert np.bincount(subset.labels).tolist() == [each] * 10
    names = [set(subset.names) for subset in subsets]
    assert not names[0] & names[1]
    assert not names[0] & names[2]
    assert not names[1] & names[2]
    assert names[0] | names[1] | names[2] == set(data.everything().names)
    # Another order of the batches, the same queries.
    whole = data.everything()
    order = np.random.default_rng(1).permutation(len(whole))
    turned = replace(data, train=whole.take(order[:5000]), test=whole.take(order[5000:]))
    again = split_for(turned, "cifar10-5k", 3)
    assert set(again.queries.names) == names[1]
    assert set(again.training.names) == names[0]
    with pytest.raises(UsageError, match="too few"):
        split_for(like_cifar(300, 100), "cifar10-5k")


def test_resisc_80_20_and_thesis() -> None:
    train, test = train_and_test(in_memory(10, 3))
    data = Dataset("aerial", "folder", Path("aerial"), ("a", "b", "c"), train, test)
    split = split_for(data, "resisc-80-20")
    assert (len(split.queries), len(split.database)) == (6, 24)
    assert not set(split.queries.names) & set(split.database.names)
    whole = split_for(data, "thesis")
    assert whole.queries is whole.database
    assert whole.queries_inside
    assert len(whole.queries) == 30


def test_unseen_classes() -> None:
    train, test = train_and_test(in_memory(10, 7))
    data = Dataset("aerial", "folder", Path("aerial"), tuple("abcdefg"), train, test)
    split = split_for(data, "unseen-classes", 4)
    assert split.database is data.train
    parts = (split.training, split.queries, split.database)
    seen, asked, there = (set(np.unique(part.labels)) for part in parts if part.labels is not None)
    assert (len(seen), len(asked), len(there)) == (5, 2, 7)
    assert not seen & asked
    again = split_for(data, "unseen-classes", 4)
    assert again.queries.names == split.queries.names
    draws = {split_for(data, "unseen-classes", seed).queries.names for seed in range(6)}
    assert len(draws) > 1
    two = replace(data, class_names=("a", "b"))
    with pytest.raises(UsageError, match="takes 3 or more"):
        split_for(two, "unseen-classes")


def test_what_a_protocol_can_not_use_is_refused() -> None:
    train, test = train_and_test(in_memory(10, 3))
    data = Dataset("aerial", "folder", Path("aerial"), ("a", "b", "c"), train, test)
    assert set(PROTOCOLS) == {
        "cifar10-full",
        "cifar10-5k",
        "resisc-80-20",
        "folder-80-20",
        "unseen-classes",
        "incremental",
        "thesis",
    }
    with pytest.raises(UsageError, match="resisc-80-20"):
        split_for(data, "resisc")
    for protocol in ("cifar10-full", "cifar10-5k"):
        with pytest.raises(UsageError, match="is for CIFAR-10"):
            split_for(data, protocol)
    bare = replace(data, train=replace(train, labels=None), class_names=())
    with pytest.raises(UsageError, match="no labels"):
        split_for(bare, "thesis")
