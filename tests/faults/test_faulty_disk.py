"""A disk that fails costs nothing that was committed, and is told in one line.

``LOOKALIKE_FAULTS=200 pytest tests/faults`` tries so many faults.
"""

from __future__ import annotations

import os
import random

import pytest
from faulty_disk import Ground, can_mount, compiled, draw, try_fault

pytestmark = pytest.mark.slow

RUNS = int(os.environ.get("LOOKALIKE_FAULTS", "3"))
SEED = int(os.environ.get("LOOKALIKE_FAULTS_SEED", "0"))


@pytest.fixture(scope="module")
def mounts(tmp_path_factory: pytest.TempPathFactory) -> bool:
    return can_mount(tmp_path_factory.mktemp("mounts"))


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory, mounts: bool) -> Ground:
    preload = compiled(tmp_path_factory.mktemp("preload"))
    if preload is None and not mounts:
        pytest.skip("faults take Linux, and a C compiler or the right to mount a disk")
    return Ground(tmp_path_factory.mktemp("ground"), preload)


@pytest.mark.parametrize("number", range(RUNS))
def test_nothing_is_lost(ground: Ground, mounts: bool, number: int) -> None:
    rng = random.Random(SEED * 1_000_003 + number)
    fault = draw(rng, mounts=mounts, preloads=ground.preload is not None)
    said = try_fault(ground, fault)
    print(f"{number}: {fault}: {said or 'went well'}")
