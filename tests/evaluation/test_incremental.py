"""A database that grows class by class, and the first bits of codes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_evaluate import example

from lookalike.codes.bits import unpack
from lookalike.datasets import Dataset, Subset
from lookalike.datasets.splits import split_for, train_and_test
from lookalike.errors import UsageError
from lookalike.evaluation.evaluate import evaluate
from lookalike.evaluation.figures import By
from lookalike.evaluation.parts import first_bits, rows_of
from lookalike.evaluation.protocols import Coded


def growing() -> Coded:
    """Four classes, of which the third and then the first come in later."""
    coded = example()
    return replace(coded, split=replace(coded.split, protocol="incremental", added=(2, 0)))


@pytest.mark.parametrize("by", ["code", "embedding", "search"])
def test_each_stage_is_an_evaluation_of_what_is_there(by: By) -> None:
    coded = growing()
    asked, there = coded.query_labels, coded.database_labels
    found, _ = evaluate(coded, 5, by=by)
    assert [stage.added for stage in found.stages] == [None, "three", "one"]
    assert [stage.classes for stage in found.stages] == [2, 3, 4]
    for stage, later in zip(found.stages, ((0, 2), (0,), ()), strict=True):
        now = rows_of(coded, ~np.isin(asked, later), ~np.isin(there, later))
        alone, _ = evaluate(replace(now, split=replace(now.split, added=())), 5, by=by)
        assert (stage.queries, stage.database) == (alone.queries, alone.database)
        assert stage.map == pytest.approx(alone.map)
        assert stage.map_learned == pytest.approx(alone.class_map["two"])
    last = found.stages[-1]
    assert last.map == pytest.approx(found.map)
    assert found.stages[0].map_added is None
    sizes = np.bincount(asked, minlength=3)
    added = (found.class_map["one"] * sizes[0] + found.class_map["three"] * sizes[2]) / (
        sizes[0] + sizes[2]
    )
    assert last.map_added == pytest.approx(added)
    assert evaluate(example(), 5)[0].stages == ()


def test_what_is_learned_from_and_what_comes_later() -> None:
    labels = np.repeat(np.arange(7), 10)
    pictures = np.random.default_rng(0).integers(0, 256, (70, 8, 8, 3), dtype=np.uint8)
    train, test = train_and_test(Subset(pictures, labels, tuple(map(str, range(70)))))
    data = Dataset("aerial", "folder", Path("aerial"), tuple("abcdefg"), train, test)
    split = split_for(data, "incremental", 4)
    unseen = split_for(data, "unseen-classes", 4)
    # A model that was trained for the one protocol can be measured by the other.
    assert split.training.names == unseen.training.names
    assert (split.queries, split.database) == (data.test, data.train)
    assert unseen.queries.labels is not None
    assert set(split.added) == set(unseen.queries.labels)
    with pytest.raises(UsageError, match="incremental takes 3 or more"):
        split_for(replace(data, class_names=("a", "b")), "incremental")


def test_first_bits_are_those_of_the_codes() -> None:
    coded = example(bits=16)
    for bits in (16, 11, 8, 1):
        first = first_bits(coded, bits)
        assert first.bits == bits
        for narrow, whole in ((first.queries, coded.queries), (first.database, coded.database)):
            assert (unpack(narrow, bits) == unpack(whole, 16)[:, :bits]).all()
        assert evaluate(first, 5)[0].bits == bits
    with pytest.raises(UsageError, match="has 16 bits: its first 17 can't be taken"):
        first_bits(coded, 17)
