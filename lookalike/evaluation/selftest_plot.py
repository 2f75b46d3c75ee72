"""A library's test of itself on one picture: recall by edit, kinds, and chance."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

from lookalike.evaluation.retrieval_plots import new_figure, save
from lookalike.evaluation.selftest_report import MISSING, EditOutcome, SelfTest, Way
from lookalike.types import Kind

__all__ = ["plot_selftest"]

# As on contact sheets; told apart with any kind of colour vision (Okabe, Ito, 2008).
_COLOURS = {
    "same-bytes": "#0072b2",
    "same-pixels": "#56b4e9",
    "edited": "#d55e00",
    "part": "#cc79a7",
    "alike": "#009e73",
    MISSING: "#c9ccd1",
}
_TOP, _AXES = 0.88, 0.77  # where Matplotlib's axes end, and how high they are, as shares
_LEGEND_BELOW = 0.5  # inches
_WAYS = ("asked with the copy", "asked with the original")
_CODES = ("#0072b2", "#e69f00", "#000000")


def plot_selftest(found: SelfTest, file: Path) -> Path:
    """Draw recall at 1 by edit, what the hits were called, and chance where it is known.

    Args:
        found: what a test found out.
        file: to write, as PNG, SVG or PDF by its ending.

    Raises:
        MissingExtraError: matplotlib isn't installed.
        OSError: the file can't be written.
    """
    names = sorted(found.edits, key=lambda name: _ease(found.edits[name]))  # the hardest below
    panels = 4 if found.calibration else 3
    height = max(3.4, 1.7 + 0.27 * len(names))
    figure = new_figure(3.6 * panels + 1.2, height)
    below = -_LEGEND_BELOW / (_AXES * height)
    widths = [1.0, 1.1, 1.1, 1.25][:panels]
    grid = figure.add_gridspec(1, panels, width_ratios=widths, wspace=0.12)
    recall = figure.add_subplot(grid[0])
    _draw_recall(recall, found, names, below)
    there = [
        kind
        for kind in (*get_args(Kind), MISSING)
        if any(kind in way.kinds for one in found.edits.values() for way in _ways(one))
    ]
    for place in (0, 1):
        axes = figure.add_subplot(grid[1 + place])
        _draw_kinds(axes, [_ways(found.edits[name])[place] for name in names], there)
        axes.set_title(_WAYS[place], fontsize=9)
        if not place:
            axes.legend(
                loc="upper left", fontsize=7, frameon=False, bbox_to_anchor=(-0.02, below), ncols=6
            )
    if found.calibration:
        right = grid[3].subgridspec(1, 2, width_ratios=[0.16, 1])
        _draw_calibration(figure.add_subplot(right[1]), found)
    ways = f"{len(names)} way{'' if len(names) == 1 else 's'}"
    figure.suptitle(
        f"{found.sampled:,} of {found.pictures:,} pictures edited in {ways}",
        fontsize=11,
        x=0.125,
        ha="left",
        y=_TOP + 0.55 / height,
    )
    return save(figure, file)


def _ease(one: EditOutcome) -> tuple[float, int]:
    """The mean recall of both ways; of equals the one that is more often named a copy is easier."""
    ways = (one.by_copy, one.by_original)
    known = [way.recall_at_1 for way in ways if way.recall_at_1 is not None]
    vague = sum(way.kinds.get("alike", 0) + way.kinds.get(MISSING, 0) for way in ways)
    return sum(known) / max(1, len(known)), -vague


def _ways(one: EditOutcome) -> tuple[Way, Way]:
    return one.by_copy, one.by_original


def _draw_recall(axes: Any, found: SelfTest, names: list[str], below: float) -> None:
    for place, marker in enumerate(("o", "D")):
        values = [_ways(found.edits[name])[place].recall_at_1 for name in names]
        there = [row for row, value in enumerate(values) if value is not None]
        axes.scatter(
            [values[row] for row in there],
            there,
            s=46 if place else 30,
            marker=marker,
            facecolors="none" if place else "#0072b2",
            edgecolors="#d55e00" if place else "#0072b2",
            label=_WAYS[place].removeprefix("asked "),
            zorder=3,
        )
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.6, len(names) - 0.4))
    axes.set_xlabel("recall at 1", fontsize=9)
    axes.set_title("found first", fontsize=9)
    axes.grid(True, alpha=0.25)
    axes.legend(loc="upper left", fontsize=7, frameon=False, bbox_to_anchor=(-0.02, below), ncols=2)
    _tidy(axes)


def _draw_kinds(axes: Any, ways: list[Way], kinds: list[str]) -> None:
    """A bar for each edit, of the shares of the kinds."""
    left = [0.0] * len(ways)
    for kind in kinds:
        shares = [way.kinds.get(kind, 0) / way.asked if way.asked else 0.0 for way in ways]
        axes.barh(
            range(len(ways)), shares, left=left, height=0.72, color=_COLOURS[kind], label=kind
        )
        left = [start + share for start, share in zip(left, shares, strict=True)]
    axes.set(xlim=(0, 1), ylim=(-0.6, len(ways) - 0.4), yticks=[])
    axes.set_xlabel("share of the copies", fontsize=9)
    _tidy(axes)


def _draw_calibration(axes: Any, found: SelfTest) -> None:
    for code, colour in zip(
        sorted({point.code for point in found.calibration}), _CODES, strict=False
    ):
        points = [point for point in found.calibration if point.code == code]
        axes.plot(
            [point.predicted for point in points],
            [point.observed for point in points],
            "o-",
            markersize=3,
            linewidth=1,
            color=colour,
            label=code,
        )
    values = [v for p in found.calibration for v in (p.predicted, p.observed) if v > 0]
    ends = [min(values) / 1.5, max(values) * 1.5]
    axes.plot(ends, ends, color="black", linewidth=0.8)
    axes.fill_between(
        ends, [e / 2 for e in ends], [e * 2 for e in ends], color="#888888", alpha=0.15
    )
    axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends)
    axes.set_xlabel("chance hits a search, predicted", fontsize=9)
    axes.set_ylabel("observed", fontsize=9)
    axes.set_title("chance (grey: within a factor of 2)", fontsize=9)
    axes.legend(loc="upper left", fontsize=7, frameon=False)
    axes.grid(True, which="major", alpha=0.25)
    _tidy(axes)


def _tidy(axes: Any) -> None:
    axes.tick_params(labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
