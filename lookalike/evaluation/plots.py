"""Plots of measured searches: recall against speed, and cost against size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lookalike.errors import MissingExtraError
from lookalike.evaluation.search_report import REFERENCE, Measured, Report

__all__ = ["plot_searches"]

_DPI = 150


def plot_searches(reports: Sequence[Report], folder: Path) -> list[Path]:
    """Write the plots that these reports give.

    ``recall-*.png`` for each report: recall against queries a second in batches, a point for each
    setting. ``size-*.png`` where reports differ in size only: microseconds a query against size.

    Returns:
        The files written.

    Raises:
        MissingExtraError: matplotlib isn't installed.
        OSError: the folder can't be written.
    """
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise MissingExtraError(
            "plots take matplotlib: pip install 'lookalike[benchmark]'"
        ) from error
    mpl.use("agg")
    folder.mkdir(parents=True, exist_ok=True)
    files = [_plot_recall(report, folder) for report in reports]
    groups: dict[str, list[Report]] = {}
    for report in reports:
        groups.setdefault(f"{report.codes}-{report.bits}-{_asked(report)}", []).append(report)
    for name, group in groups.items():
        if len({report.size for report in group}) > 1:
            group = sorted(group, key=lambda report: report.size)
            files += [
                _plot_size(group, way, folder / f"size-{name}-{way}.png")
                for way in ("batch", "single")
            ]
    return files


def _plot_recall(report: Report, folder: Path) -> Path:
    figure, axes = _axes()
    for name in _names([report]):
        points = sorted((m.recall, 1e6 / m.batch_us) for m in report.methods if m.name == name)
        axes.plot(
            [recall for recall, _ in points],
            [speed for _, speed in points],
            label=name,
            **_style(name),
        )
    axes.set_yscale("log")
    axes.set_xlabel("recall, with ties")
    axes.set_ylabel(f"queries a second, in batches of {report.queries:,}")
    axes.set_title(_title(report) + f", {report.size:,} codes")
    file = folder / f"recall-{report.codes}-{report.size}-{report.bits}-{_asked(report)}.png"
    return _save(figure, axes, file)


def _plot_size(group: Sequence[Report], way: str, file: Path) -> Path:
    figure, axes = _axes()
    for name in _names(group):
        points = [
            (report.size, getattr(method, f"{way}_us"))
            for report in group
            for method in report.methods
            if method.name == name and method.usual
        ]
        axes.plot([n for n, _ in points], [us for _, us in points], label=name, **_style(name))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("codes")
    axes.set_ylabel(
        "microseconds a query, " + ("in batches" if way == "batch" else "asked one by one")
    )
    axes.set_title(_title(group[0]))
    left_out = {skipped.name for report in group for skipped in report.skipped}
    some = left_out & set(_names(group))
    if some:
        figure.text(
            0.01,
            0.01,
            f"Left out at some sizes, for time or memory: {', '.join(sorted(some))}",
            fontsize=7,
        )
    return _save(figure, axes, file)


def _axes() -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5))
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def _save(figure: Any, axes: Any, file: Path) -> Path:
    axes.grid(True, which="both", alpha=0.2)
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    figure.savefig(file, dpi=_DPI, bbox_inches="tight")
    return file


def _style(name: str) -> dict[str, Any]:
    own = name in (REFERENCE, "multihash")
    return {"marker": "o", "linewidth": 2.5 if own else 1.0, "markersize": 6 if own else 4}


def _names(reports: Iterable[Report]) -> list[str]:
    """Of what was measured, in the order of the reports."""
    measured: list[Measured] = [method for report in reports for method in report.methods]
    return list(dict.fromkeys(method.name for method in measured))


def _asked(report: Report) -> str:
    plan = report.plan
    return f"k{plan.k}" if plan.radius is None else f"r{plan.radius}"


def _title(report: Report) -> str:
    plan = report.plan
    asked = f"k = {plan.k}" if plan.radius is None else f"within {plan.radius} bits"
    return f"{report.codes}, {report.bits} bits, {asked}, {plan.threads} threads"
