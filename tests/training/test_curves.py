"""The plot of a training: whole epochs, and no panel of what nobody measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib.figure
import pytest

from lookalike.training.checkpoint import Epoch
from lookalike.training.curves import plot_curves


def drawn(epochs: list[Epoch], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    kept: list[Any] = []
    save = matplotlib.figure.Figure.savefig

    def saved(figure: Any, *given: Any, **more: Any) -> None:
        kept.extend(figure.axes)
        save(figure, *given, **more)

    monkeypatch.setattr(matplotlib.figure.Figure, "savefig", saved)
    plot_curves(epochs, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 1_000
    return kept


def epoch(number: int, **measured: float) -> Epoch:
    empty = dict.fromkeys(Epoch.__dataclass_fields__)
    return Epoch(**{**empty, "number": number, "loss": 1.0, "learning_rate": 0.1, **measured})


def test_one_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    panels = drawn([epoch(1)], tmp_path, monkeypatch)
    assert [axes.get_title() for axes in panels] == ["loss", "learning rate"]
    for axes in panels:
        assert all(float(tick).is_integer() for tick in axes.get_xticks())
        assert axes.get_legend() is None


def test_what_is_measured_twice_has_a_legend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    epochs = [epoch(n, accuracy=0.5, validation_accuracy=0.4) for n in (1, 2, 3)]
    panels = drawn(epochs, tmp_path, monkeypatch)
    assert [axes.get_title() for axes in panels] == ["loss", "accuracy", "learning rate"]
    assert [axes.get_legend() is not None for axes in panels] == [False, True, False]
