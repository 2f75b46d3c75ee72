"""Pseudo-labels: which are taken, and that they are the network's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lookalike.datasets import Subset
from lookalike.errors import UsageError
from lookalike.training.config import Config
from lookalike.training.examples import Examples
from lookalike.training.loop import train
from lookalike.training.teacher import most_certain, taught

SIDE = 16
CLASSES = ("dark", "light")


def pictures(labels: np.ndarray, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(-30, 31, (len(labels), SIDE, SIDE, 3))
    return (np.where(labels == 1, 190, 60)[:, None, None, None] + noise).astype(np.uint8)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a network that tells dark pictures from light ones."""
    path = tmp_path_factory.mktemp("teacher") / "teacher.checkpoint"
    labels = np.arange(64) % 2
    config = Config(
        network="thesis-cnn", width=8, side=SIDE, epochs=10, batch=16, part=8, optimizer="adamw"
    )
    train(Examples("two", pictures(labels, 0), labels, CLASSES), config, checkpoint=path)
    return path


def test_a_teacher_labels_what_it_is_certain_of(checkpoint: Path) -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 2, 300)
    names = tuple(f"{CLASSES[label]}-{row}" for row, label in enumerate(truth))
    seen: list[int] = []
    # The labels that the subset has are wrong, and must not be looked at.
    subset = Subset(pictures(truth, 1), 1 - truth, names)
    found = taught(checkpoint, subset, CLASSES, trust=0.5, progress=seen.append)
    assert sum(seen) == 300
    assert len(found) == sum(np.ceil(np.bincount(truth) / 2))
    assert found.labels is not None
    for name, label, picture in zip(found.names, found.labels, found.pictures, strict=True):
        assert name.startswith(CLASSES[label])
        row = int(name.split("-")[1])
        assert np.array_equal(picture, subset.pictures[row])
    threaded = taught(checkpoint, subset, CLASSES, trust=0.5, threads=1)
    assert threaded.names == found.names


@pytest.mark.parametrize("trust", [0.0, 1.1, -1.0])
def test_a_share_out_of_range_is_refused(checkpoint: Path, trust: float) -> None:
    subset = Subset(pictures(np.zeros(4), 1), None, ("a", "b", "c", "d"))
    with pytest.raises(UsageError, match="share"):
        taught(checkpoint, subset, CLASSES, trust=trust)


def test_a_teacher_of_other_classes_is_refused(checkpoint: Path) -> None:
    subset = Subset(pictures(np.zeros(4), 1), None, ("a", "b", "c", "d"))
    with pytest.raises(UsageError, match="knows the classes dark, light"):
        taught(checkpoint, subset, ("cat", "dog"), trust=0.5)


@given(
    arrays(
        np.float32, st.tuples(st.integers(1, 40), st.just(4)), elements=st.floats(0, 1, width=32)
    ),
    st.floats(0.01, 1),
)
def test_of_each_class_the_most_certain_are_taken(shares: np.ndarray, trust: float) -> None:
    chosen = most_certain(shares, trust)
    assert (np.diff(chosen) > 0).all()
    labels, certain = shares.argmax(1), shares.max(1)
    for label in range(4):
        rows = np.flatnonzero(labels == label)
        taken = np.intersect1d(chosen, rows)
        assert len(taken) == np.ceil(trust * len(rows))
        left = np.setdiff1d(rows, taken)
        if len(taken) and len(left):
            assert certain[taken].min() >= certain[left].max()
