"""What was measured epoch by epoch, as a table (CSV) and as a picture (PNG)."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

from lookalike.errors import MissingExtraError
from lookalike.system.installing import install_command
from lookalike.training.checkpoint import Epoch

__all__ = ["plot_curves", "write_curves"]


def write_curves(epochs: Sequence[Epoch], path: Path) -> None:
    """Write one row an epoch, with a heading; what was not measured stays empty."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [entry.name for entry in fields(Epoch)])
        writer.writeheader()
        writer.writerows(asdict(epoch) for epoch in epochs)


def plot_curves(epochs: Sequence[Epoch], path: Path) -> None:
    """Draw losses, accuracies and the learning rate over the epochs.

    Raises:
        MissingExtraError: Matplotlib isn't installed.
    """
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator
    except ImportError as error:
        raise MissingExtraError(
            f"curves are drawn with Matplotlib: {install_command('plots')}"
        ) from error
    figure = Figure(figsize=(10, 3.2), layout="constrained")
    numbers = [epoch.number for epoch in epochs]
    panels = (
        ("loss", ("loss", "validation_loss")),
        ("accuracy", ("accuracy", "validation_accuracy")),
        ("learning rate", ("learning_rate",)),
    )
    known = [
        (title, names)
        for title, names in panels
        if any(getattr(epoch, name) is not None for epoch in epochs for name in names)
    ]
    if not known:
        known = [panels[0]]
    drawn = figure.subplots(1, len(known), squeeze=False)[0]
    for axes, (title, names) in zip(drawn, known, strict=True):
        for name in names:
            pairs = [
                (number, value)
                for number, epoch in zip(numbers, epochs, strict=True)
                if (value := getattr(epoch, name)) is not None
            ]
            if pairs:
                axes.plot(*zip(*pairs, strict=True), label=name.replace("_", " "), marker=".")
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.set_title(title)
        if len(axes.lines) > 1:  # else the title says it
            axes.legend()
    figure.savefig(path, dpi=120)
