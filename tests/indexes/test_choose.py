"""The choice follows the costs, and the costs are measured once for each machine."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, fields, replace
from pathlib import Path

import numpy as np
import pytest

from lookalike.errors import UsageError
from lookalike.indexes import costs as measured
from lookalike.indexes.choose import choose, expected_distance
from lookalike.indexes.costs import Costs, machine_costs

COSTS = Costs(
    machine="a machine of round numbers",
    scan_call=10e-6,
    scan_single_code=0.0,
    scan_single_word=0.1e-9,
    scan_memory_word=0.2e-9,
    scan_batch_code=0.01e-9,
    scan_batch_word=0.02e-9,
    hash_call=50e-6,
    hash_single_unit=0.2e-9,
    hash_batch_unit=0.1e-9,
)


def test_small_radii_and_many_codes_are_for_hashing() -> None:
    assert choose(1_000, 256, radius=31, costs=COSTS).index == "scan"
    assert choose(10_000_000, 256, radius=31, costs=COSTS).index == "multihash"
    assert choose(10_000_000, 256, radius=120, costs=COSTS).index == "scan"
    assert choose(10_000_000, 256, k=10, costs=COSTS).index == "scan"
    assert choose(10_000_000, 256, k=10, distance=20, costs=COSTS).index == "multihash"


def test_costs_by_hand() -> None:
    choice = choose(1_000_000, 128, radius=60, costs=COSTS)
    assert choice.costs["scan"] == pytest.approx(10 + 200)  # two words at 0.1 ns, in the cache
    choice = choose(10_000_000, 128, radius=60, costs=COSTS)
    assert choice.costs["scan"] == pytest.approx(10 + 4000)  # at 0.2 ns, from memory
    choice = choose(1_000_000, 128, radius=60, batch=True, costs=COSTS)
    assert choice.costs["scan"] == pytest.approx(10 + 40)  # codes and words


def test_the_reason_is_one_line_with_both_costs() -> None:
    choice = choose(10_000_000, 256, radius=31, costs=COSTS)
    assert choice.reason.startswith("10,000,000 codes, 31 of 256 bits: multihash takes about ")
    assert "scan 8.01 ms" in choice.reason
    assert "\n" not in choice.reason
    assert "the 10 nearest" in choose(100, 64, k=10, costs=COSTS).reason


def test_costs_rise_with_size_and_radius() -> None:
    for index in ("scan", "multihash"):
        by_size = [choose(10**n, 64, radius=6, costs=COSTS).costs[index] for n in range(3, 9)]
        assert by_size == sorted(by_size)
    by_radius = [choose(10**6, 64, radius=r, costs=COSTS).costs["multihash"] for r in range(16)]
    assert by_radius == sorted(by_radius)


def test_an_empty_database_is_for_the_scan() -> None:
    assert choose(0, 64, k=1, costs=COSTS).index == "scan"


def test_expected_distance_is_that_of_uniform_codes() -> None:
    assert expected_distance(5, 64, 10) == 64
    rng = np.random.default_rng(0)
    distances = np.bitwise_count(rng.integers(0, 1 << 64, (20, 50_000), dtype=np.uint64))
    tenth = float(np.sort(distances, axis=1)[:, 9].mean())
    assert abs(expected_distance(50_000, 64, 10) - tenth) <= 1
    assert 0 < expected_distance(10**8, 4096, 10) < 2048


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": -1, "bits": 64, "k": 1}, "-1"),
        ({"size": 10, "bits": 0, "k": 1}, "1 to 4096 bits"),
        ({"size": 10, "bits": 64}, "k or a radius"),
        ({"size": 10, "bits": 64, "k": 1, "radius": 1}, "k or a radius"),
        ({"size": 10, "bits": 64, "k": 0}, "1 to 100,000,000"),
        ({"size": 10, "bits": 64, "radius": -1}, "at least 0 bits"),
    ],
)
def test_wrong_arguments(arguments: dict[str, int], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        choose(**arguments, costs=COSTS)  # type: ignore[arg-type]


def test_costs_are_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "cache" / "costs.json"
    first = machine_costs(threads=2, file=file)
    numbers = [getattr(first, part.name) for part in fields(first) if part.name != "machine"]
    assert all(0 <= number < 1 for number in numbers)
    assert first.scan_memory_word > 0
    assert first.hash_batch_unit > 0
    assert json.loads(file.read_text()) == asdict(first)

    monkeypatch.setattr(measured, "measure", lambda _threads: pytest.fail("measured again"))
    assert machine_costs(threads=2, file=file) == first
    other = replace(first, machine="another")
    monkeypatch.setattr(measured, "measure", lambda _threads: other)
    assert machine_costs(threads=1, file=file) == other
    assert machine_costs(threads=2, file=file, anew=True) == other


@pytest.mark.parametrize("content", ["", "[]", '{"machine": "x"}', "\x00"])
def test_a_damaged_file_is_measured_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    file = tmp_path / "costs.json"
    file.write_text(content)
    monkeypatch.setattr(measured, "measure", lambda _threads: COSTS)
    assert machine_costs(threads=2, file=file) == COSTS
    assert json.loads(file.read_text()) == asdict(COSTS)


def test_a_folder_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cache").write_text("a file, no folder")
    monkeypatch.setattr(measured, "measure", lambda _threads: COSTS)
    with caplog.at_level(logging.WARNING):
        assert machine_costs(threads=2, file=tmp_path / "cache" / "costs.json") == COSTS
    assert "can't be kept" in caplog.text
