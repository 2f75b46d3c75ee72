"""Looking for originals of edited copies, on few pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from lookalike.errors import UsageError
from lookalike.evaluation.selftest import find_originals


def test_copies_of_eight_photographs(photos: Path) -> None:
    seen: list[tuple[int, int]] = []
    report = find_originals(
        photos,
        queries=4,
        edits=["jpeg-20", "rotate-90", "crop-70"],
        progress=lambda done, total: seen.append((done, total)),
    )
    assert (report.database, report.queries) == (8, 4)
    assert list(report.recall_at_1) == ["jpeg-20", "rotate-90", "crop-70"]
    assert report.recall_at_1["jpeg-20"] == {"pdq": 1.0, "photo": 1.0, "both": 1.0}
    assert report.recall_at_1["rotate-90"]["both"] == 1.0
    assert len(report.missed) == round(4 * (1 - report.recall_at_1["crop-70"]["both"]))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_copy_that_cant_be_found_is_counted_as_missed(photos: Path) -> None:
    # Two pictures with the same pixels: the first hit can't be the right file for both.
    with Image.open(photos / "coffee.jpg") as image:
        image.save(photos / "a.png")
        image.save(photos / "b.png", compress_level=1)
    report = find_originals(photos, queries=10, edits=["jpeg-20"], codes=["both"])
    assert report.queries == 10
    assert 0.5 < report.recall_at_1["jpeg-20"]["both"] < 1
    assert {Path(path).name for path, _, _ in report.missed} <= {"a.png", "b.png", "coffee.jpg"}


def test_the_seed_draws(photos: Path) -> None:
    first, second = (
        find_originals(photos, queries=2, edits=["border-20"], codes=["pdq"], seed=3)
        for _ in range(2)
    )
    assert first == second


def test_wrong_use(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no edit 'sepia'"):
        find_originals(photos, edits=["sepia"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no pictures"):
        find_originals(tmp_path / "empty")
