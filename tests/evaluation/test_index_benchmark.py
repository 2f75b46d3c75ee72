"""The benchmark of indexing: what it measures is there and hangs together."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from lookalike.errors import UsageError
from lookalike.evaluation.index_benchmark import enlarge, measure_indexing


def test_measures_a_folder(photos: Path) -> None:
    pytest.importorskip("torch")
    told: list[str] = []
    found = measure_indexing(photos, queries=4, cold=1, say=told.append)
    assert found.pictures == 8
    assert found.peer_rate is not None
    rates = (found.index_rate, found.decode_rate, found.peer_rate)
    times = (found.query_seconds, found.search_seconds, found.cold_seconds, found.again_seconds)
    assert min(*rates, *times, found.again_process_seconds) > 0
    assert found.peak_bytes > 50_000_000
    assert told[0] == "indexing"


def test_photographs_of_twelve_megapixels(photos: Path, tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.mkdir()
    enlarge(photos, large, count=3)
    sizes = []
    for path in sorted(large.iterdir()):
        with Image.open(path) as image:
            sizes.append((image.size, image.format))
    assert sizes == [((4000, 3000), "JPEG")] * 3


def test_a_folder_without_pictures(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no pictures"):
        measure_indexing(tmp_path)
    with pytest.raises(UsageError, match="holds no pictures"):
        enlarge(tmp_path, tmp_path, count=1)
