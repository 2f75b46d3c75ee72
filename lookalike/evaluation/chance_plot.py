"""A plot of chances: predicted from one half of a library, observed on the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lookalike.evaluation.chance import ChanceReport
from lookalike.evaluation.retrieval_plots import new_figure, save

__all__ = ["plot_chance"]

# Told apart with any kind of colour vision (Okabe, Ito, 2008), and by their shapes.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_SHAPES = ("o", "s", "D", "^", "v", "P")
_LEAST, _MOST = 1e-7, 1.0


def plot_chance(reports: Sequence[ChanceReport], file: Path) -> Path:
    """Draw a point for each distance: its predicted rate to the right, the observed one upwards.

    Raises:
        MissingExtraError: matplotlib isn't installed.
        OSError: the file can't be written.
    """
    figure = new_figure(6.4, 5.6)
    axes = figure.add_subplot()
    ends = (_LEAST, _MOST)
    axes.plot(ends, ends, color="black", linewidth=0.8)
    axes.fill_between(
        ends, [end / 2 for end in ends], [end * 2 for end in ends], color="0.88", label="factor 2"
    )
    for i, report in enumerate(reports):
        axes.scatter(
            [row.predicted for row in report.rows],
            [row.observed for row in report.rows],
            s=16,
            marker=_SHAPES[i % len(_SHAPES)],
            facecolors="none",
            edgecolors=_COLOURS[i % len(_COLOURS)],
            label=f"{report.code}, by {report.by}",
            zorder=3,
        )
    axes.set(
        xscale="log",
        yscale="log",
        xlim=ends,
        ylim=ends,
        xlabel="predicted: measured on one half of the pictures",
        ylabel="observed: among the pictures of the other half",
    )
    axes.grid(True, which="major", alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    first = reports[0]
    axes.set_title(
        f"How often unrelated pictures come that near: {first.asked:,} others",
        fontsize=11,
        loc="left",
    )
    axes.legend(loc="upper left", fontsize=9, frameon=False)
    return save(figure, file)
