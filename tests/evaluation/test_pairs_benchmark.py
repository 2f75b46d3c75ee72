"""The benchmark of all pairs: it finds what was planted, and notices what is wrong."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lookalike.errors import LookalikeError
from lookalike.evaluation import pairs_benchmark
from lookalike.evaluation.pairs_benchmark import measure_pairs, planted
from lookalike.indexes.pairs import Pairs, all_pairs


def test_planted_pairs_are_found() -> None:
    found = measure_pairs(3000, 256, 31, 2)
    assert (found.size, found.copies) == (3000, 300)
    assert found.pairs >= 300


def test_copies_are_as_near_as_they_should_be() -> None:
    for family in ("uniform", "clustered"):
        codes, copied = planted(2000, 100, 7, family, seed=3)
        distances = np.bitwise_count(codes[copied[:, 0]] ^ codes[copied[:, 1]]).sum(axis=1)
        assert sorted(set(distances.tolist())) == list(range(8))
        assert (copied[:, 0] < copied[:, 1]).all()
        assert len(np.unique(copied)) == 400


def test_many_codes_are_joined() -> None:
    found = measure_pairs(60_000, 256, 15, 2, family="clustered", rounds=2)
    assert (found.way, found.codes) == ("join", "clustered")
    assert found.pairs >= 6_000


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda i, j, d: (i[1:], j[1:], d[1:]), "missing"),
        (lambda i, j, d: (i, j, d + 1), "distance is wrong"),
        (lambda i, j, d: tuple(np.concatenate([x, x[:1]]) for x in (i, j, d)), "twice"),
    ],
)
def test_a_wrong_answer_is_no_figure(
    monkeypatch: pytest.MonkeyPatch, wrong: Any, message: str
) -> None:
    def broken(*arguments: Any) -> Iterator[Pairs]:
        for number, part in enumerate(all_pairs(*arguments)):
            yield wrong(*part) if number == 0 else part

    monkeypatch.setattr(pairs_benchmark, "all_pairs", broken)
    with pytest.raises(LookalikeError, match=message):
        measure_pairs(1000, 64, 5, 1)


HUNGRY = """
import numpy as np
from lookalike.evaluation import pairs_benchmark

assert np.ones(200_000_000, np.uint8).all()  # and let go again
real = pairs_benchmark.all_pairs

def hungry(*arguments):
    held = np.ones(50_000_000, np.uint8)
    yield from real(*arguments)
    assert held.all()

pairs_benchmark.all_pairs = hungry
print(pairs_benchmark.measure_pairs(3000, 256, 31, 2).extra_bytes)
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="proc of Linux only")
def test_the_peak_of_memory_is_that_of_the_run() -> None:
    """Making the codes took more than finding the pairs, and the memory "grew by 0 B"."""
    # In a process of its own: what other tests left behind is let go while this one measures.
    done = subprocess.run(
        [sys.executable, "-c", HUNGRY], capture_output=True, text=True, check=True
    )
    assert 45_000_000 < int(done.stdout) < 150_000_000
