"""Folders whose indexing is timed side by side."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from lookalike.errors import UsageError
from lookalike.evaluation.index_rates import compare_indexing


def test_each_folder_is_indexed_in_every_round(tmp_path: Path) -> None:
    for name, count in (("one", 1), ("two", 2)):
        (tmp_path / name).mkdir()
        for number in range(count):
            Image.effect_noise((64, 64), 50 + number).save(tmp_path / name / f"{number}.png")
    (tmp_path / "two" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    told: list[str] = []
    found = compare_indexing([tmp_path / "one", tmp_path / "two"], rounds=2, say=told.append)
    assert [(one.pictures, one.failed) for one in found] == [(1, 0), (2, 1)]
    for one in found:
        assert len(one.rates) == len(one.cpu_seconds) == 2
        assert min(one.rates) <= one.rate <= max(one.rates)
        assert one.cpu > 0
    assert len(told) == 6


def test_refuses_what_can_not_be_measured(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no pictures"):
        compare_indexing([tmp_path])
    with pytest.raises(UsageError, match="at least 1 round"):
        compare_indexing([tmp_path], rounds=0)
