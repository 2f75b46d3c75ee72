"""Plots of measured searches: recall against speed, and cost against size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from lookalike.errors import MissingExtraError
from lookalike.evaluation.search_report import REFERENCE, Measured, Report
from lookalike.system.installing import install_command

__all__ = ["plot_searches"]

_DPI = 150
_HASHING = "multihash"


def plot_searches(reports: Sequence[Report], folder: Path) -> list[Path]:
    """Write the plots that these reports give.

    ``recall-*.png`` for each report by k: recall against queries a second in batches, a point for
    each setting. ``size-*.png`` where reports differ in size only: microseconds a query against
    size. ``gain-*.png`` where they also differ in what was asked: by how much multi-index hashing
    beats the scan, or loses to it, at each size and question.

    Returns:
        The files written.

    Raises:
        MissingExtraError: matplotlib isn't installed.
        OSError: the folder can't be written.
    """
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise MissingExtraError(f"plots take matplotlib: {install_command('benchmark')}") from error
    mpl.use("agg")
    folder.mkdir(parents=True, exist_ok=True)
    files = [_plot_recall(report, folder) for report in reports if report.plan.radius is None]
    groups = _grouped(reports, lambda r: f"{r.codes}-{r.bits}-{_asked(r)}")
    for name, group in groups.items():
        if len({report.size for report in group}) > 1:
            group = sorted(group, key=lambda report: report.size)
            files += [
                _plot_size(group, way, folder / f"size-{name}-{way}.png")
                for way in ("batch", "single")
            ]
    for name, group in _grouped(reports, lambda r: f"{r.codes}-{r.bits}").items():
        if len({r.size for r in group}) > 1 and len({r.plan.asked for r in group}) > 1:
            files += [
                _plot_gain(group, way, folder / f"gain-{name}-{way}.png")
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


def _plot_gain(group: Sequence[Report], way: str, file: Path) -> Path:
    """A cell for each size and question: the scan's time by that of multi-index hashing."""
    import numpy as np

    sizes = sorted({report.size for report in group})
    asked = list(dict.fromkeys(report.plan.asked for report in group))
    gains = np.full((len(asked), len(sizes)), np.nan)
    for report in group:
        times = {m.name: getattr(m, f"{way}_us") for m in report.methods if m.usual}
        if _HASHING in times and REFERENCE in times:
            place = asked.index(report.plan.asked), sizes.index(report.size)
            gains[place] = times[REFERENCE] / times[_HASHING]
    figure, axes = _axes()
    # Blue where hashing wins, red where the scan does; a hundredfold is as deep as it gets.
    axes.imshow(np.log10(gains), cmap="RdBu", vmin=-2, vmax=2, aspect="auto")
    for (row, column), gain in np.ndenumerate(gains):
        told = "" if np.isnan(gain) else f"{gain:.2g}" if gain < 10 else f"{gain:,.0f}"
        colour = "white" if abs(np.log10(gain)) > 1.2 else "black"  # readable on deep colours
        axes.text(column, row, told, ha="center", va="center", color=colour)
    axes.set_xticks(range(len(sizes)), [f"{size:,}" for size in sizes])
    axes.set_yticks(range(len(asked)), asked)
    axes.set_xlabel("codes")
    how = "in batches" if way == "batch" else "asked one by one"
    first = group[0]
    axes.set_title(
        f"{first.codes}, {first.bits} bits, {first.plan.threads} threads, {how}:\n"
        "how many times as fast as the scan multi-index hashing is"
    )
    figure.savefig(file, dpi=_DPI, bbox_inches="tight")
    return file


def _grouped(reports: Iterable[Report], key: Callable[[Report], str]) -> dict[str, list[Report]]:
    groups: dict[str, list[Report]] = {}
    for report in reports:
        groups.setdefault(key(report), []).append(report)
    return groups


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
    own = name in (REFERENCE, _HASHING)
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
    return f"{report.codes}, {report.bits} bits, {plan.asked}, {plan.threads} threads"
