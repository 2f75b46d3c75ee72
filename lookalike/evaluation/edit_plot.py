"""A plot of how often the originals of edited copies come first."""

from __future__ import annotations

from pathlib import Path

from lookalike.evaluation.retrieval_plots import new_figure, save
from lookalike.evaluation.selftest import EditReport

__all__ = ["plot_edits"]

# Told apart with any kind of colour vision (Okabe, Ito, 2008), and by their shapes.
_COLOURS = ("#0072b2", "#009e73", "#000000", "#56b4e9", "#d55e00", "#e69f00", "#cc79a7")
_SHAPES = ("o", "s", "D", "v", "^", "P", "X")


def plot_edits(report: EditReport, file: Path) -> Path:
    """Draw a line for each edit, on it recall at 1 of each code and peer; the hardest edit below.

    Raises:
        MissingExtraError: matplotlib isn't installed.
        OSError: the file can't be written.
    """
    columns = list(report.mean)
    last = "both" if "both" in columns else columns[-1]
    names = sorted(report.recall_at_1, key=lambda name: report.recall_at_1[name][last])
    figure = new_figure(7.5, 1.4 + 0.28 * len(names))
    axes = figure.add_subplot()
    for i, column in enumerate(columns):
        colour = _COLOURS[i % len(_COLOURS)]
        axes.scatter(
            [report.recall_at_1[name][column] for name in names],
            range(len(names)),
            s=70 if column == last else 34,
            marker=_SHAPES[i % len(_SHAPES)],
            facecolors="none" if column == last else colour,
            edgecolors=colour,
            label=f"{column} ({report.mean[column]:.3f})",
            zorder=3 if column == last else 2,
        )
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set(xlim=(-0.03, 1.03), xlabel="recall at 1 (in brackets: the mean over the edits)")
    axes.grid(True, axis="both", alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_title(
        f"{report.queries:,} pictures edited, looked for among {report.database:,}",
        fontsize=11,
        loc="left",
    )
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), fontsize=8, frameon=False)
    return save(figure, file)
