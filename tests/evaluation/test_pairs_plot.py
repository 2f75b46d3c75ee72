"""The chart of all pairs is drawn from what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from lookalike.evaluation.pairs_benchmark import PairsTime
from lookalike.evaluation.pairs_peers import PeerTime
from lookalike.evaluation.pairs_plot import plot_pairs


def result(size: int, radius: int, recall: float) -> tuple[PairsTime, list[PeerTime]]:
    found = PairsTime(size, 256, radius, "uniform", 1, 1, "join", size / 1e6, 0)
    peers = [
        PeerTime("scan", "1", size / 1e5, 9, 1.0),
        PeerTime("other", "2", size / 1e4, 9, recall),
        PeerTime("gone", "", 0.0, 0, 0.0, "not installed"),
    ]
    return found, peers


def test_a_chart_is_written(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    results = [result(1000, 31, 1.0), result(9000, 31, 0.5), result(9000, 4, 1.0)]
    file = plot_pairs(results, tmp_path / "chart.svg")
    drawn = file.read_text(encoding="utf-8")
    for text in ("lookalike", "scan", "other", "within 31 bits", "9,000 codes"):
        assert f"<!-- {text}" in drawn
    assert "<!-- gone" not in drawn
