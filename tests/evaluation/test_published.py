"""Published figures: the page has what the command prints, and prints only where sizes agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lookalike.datasets import Subset
from lookalike.datasets.splits import Split
from lookalike.evaluation.evaluate import evaluate
from lookalike.evaluation.figures import Evaluation
from lookalike.evaluation.protocols import Coded
from lookalike.evaluation.published import PUBLISHED, Published, comparable

PAGE = Path(__file__).resolve().parents[2] / "docs" / "published.md"


def test_the_page_has_every_figure() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
    ][2:]
    assert rows == [
        [
            entry.method,
            f"{entry.queries:,}",
            f"{entry.training:,}",
            f"{entry.database:,}",
            str(entry.bits),
            entry.backbone,
            f"{entry.map:.3f}",
        ]
        for entry in PUBLISHED
    ]
    assert all(entry.source.startswith("https://") for entry in PUBLISHED)
    assert len(set(PUBLISHED)) == len(PUBLISHED)


@pytest.fixture
def own() -> Evaluation:
    rng = np.random.default_rng(0)

    def part(count: int) -> Subset:
        pictures = np.zeros((count, 1, 1, 3), np.uint8)
        labels = rng.integers(0, 2, count)
        return Subset(pictures, labels, tuple(str(n) for n in range(count)))

    split = Split("cifar10-5k", part(3), part(2), part(4))
    codes = rng.integers(0, 256, (6, 6), dtype=np.uint8)
    return evaluate(Coded("m", 48, "cifar10", ("a", "b"), split, codes[:2], codes[2:]))[0]


def test_only_the_same_sizes_are_compared(own: Evaluation, monkeypatch: pytest.MonkeyPatch) -> None:
    assert comparable(own, 3) == ()
    like = Published("x", "cifar10", 2, 3, 4, 48, "AlexNet", 0.5, "https://example.org")
    monkeypatch.setattr("lookalike.evaluation.published.PUBLISHED", (like,))
    assert comparable(own, 3) == (like,)
    assert comparable(own, 4) == ()
