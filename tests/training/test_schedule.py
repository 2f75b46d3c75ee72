from __future__ import annotations

import pytest

from lookalike.training.schedule import Plateau, one_cycle


def test_one_cycle_rises_and_falls() -> None:
    assert one_cycle(0.0, 0.1) == 0.01
    assert one_cycle(0.05, 0.1) == pytest.approx(0.5)
    assert one_cycle(0.1, 0.1) == 1
    assert one_cycle(0.55, 0.1) == pytest.approx(0.5)
    assert one_cycle(1.0, 0.1) == 0
    assert one_cycle(0.0, 0.0) == 1


def test_plateau_halves_after_its_patience() -> None:
    plateau = Plateau(patience=2)
    assert [plateau.see(loss) for loss in (1.0, 0.9, 0.95, 0.91)] == [True, True, False, False]
    assert (plateau.factor, plateau.waited, plateau.stale) == (0.5, 0, 2)
    plateau.see(0.9)  # not lower
    assert plateau.factor == 0.5
    assert plateau.see(0.8)
    assert (plateau.stale, plateau.best) == (0, 0.8)
