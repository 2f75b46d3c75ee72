"""Plots of a model's retrieval: what it finds, what it confuses, how far apart its codes lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import unpack
from lookalike.errors import MissingExtraError
from lookalike.evaluation.figures import Details, Evaluation
from lookalike.evaluation.protocols import Coded
from lookalike.metrics import count_neighbours
from lookalike.system.installing import install_command

__all__ = ["ALIKE", "OTHER", "new_figure", "plot_retrieval", "save"]

ALIKE, OTHER = "#009e73", "#d55e00"
"""Same class and other classes; told apart with any kind of colour vision (Okabe, Ito, 2008)."""

_DPI = 150
_MAPPED = 4000  # codes on the map: more hide each other
_NAMED = 20  # classes whose cells and points are named; more leave no room for it
_LEVELS = 64  # bars of a histogram at most


def plot_retrieval(
    coded: Coded,
    evaluation: Evaluation,
    details: Details,
    folder: Path,
    *,
    seed: int = 0,
    threads: int | None = None,
) -> list[Path]:
    """Write four plots of binary codes.

    ``precision-recall.png``: precision and recall within every radius. ``confusion.png``: of which
    classes the k nearest are. ``distances.png``: distances to the same class and to others.
    ``map.png``: codes of the database, at most 4,000, by the two main components of their bits.

    Args:
        coded: the codes.
        evaluation: what was measured.
        details: likewise, with ``distances``.
        folder: where the plots go; it is made if need be.
        seed: of the choice of codes for the map.
        threads: by default one for each processor.

    Returns:
        The files written.

    Raises:
        MissingExtraError: matplotlib isn't installed.
        OSError: the folder can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [
        _curve(evaluation, details, folder / "precision-recall.png"),
        _confusion(coded, evaluation, details, folder / "confusion.png", threads),
        _distances(evaluation, details, folder / "distances.png"),
        _map(coded, evaluation, folder / "map.png", seed),
    ]


def new_figure(width: float, height: float) -> Any:
    """An empty figure that is drawn without a screen; ``width`` and ``height`` in inches.

    Raises:
        MissingExtraError: matplotlib isn't installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError(f"plots take matplotlib: {install_command('plots')}") from error
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def save(figure: Any, file: Path) -> Path:
    """Write a figure without empty margins."""
    figure.savefig(file, dpi=_DPI, bbox_inches="tight")
    return file


def _title(evaluation: Evaluation) -> str:
    name = evaluation.model
    if not name.endswith(f"-{evaluation.bits}"):
        name += f", {evaluation.bits} bits"
    return f"{name}, {evaluation.data} by {evaluation.protocol}"


def _axes(width: float, height: float, title: str) -> tuple[Any, Any]:
    figure = new_figure(width, height)
    axes = figure.add_subplot()
    axes.set_title(title, fontsize=11, loc="left")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _pairs(details: Details) -> npt.NDArray[np.int64]:
    if details.distances is None:
        raise ValueError("real features have no distances in bits to be plotted")
    return details.distances


def _curve(evaluation: Evaluation, details: Details, file: Path) -> Path:
    pairs = _pairs(details)
    hits, found = np.cumsum(pairs[0]), np.cumsum(pairs.sum(0))
    radii = np.flatnonzero(pairs.sum(0))
    precision, recall = hits[radii] / found[radii], hits[radii] / max(1, hits[-1])
    figure, axes = _axes(6.5, 4.5, _title(evaluation))
    axes.plot(recall, precision, color=ALIKE, linewidth=1.5, marker="o", markersize=3)
    chance = hits[-1] / max(1, found[-1])
    axes.axhline(chance, color="0.6", linewidth=1, linestyle=(0, (4, 3)))
    axes.text(0.0, chance - 0.01, "chance", ha="left", va="top", color="0.4", fontsize=8)
    last = -1.0
    for radius, x, y in zip(radii, recall, precision, strict=True):
        if x - last > 0.09:  # a label where there is room for it
            axes.annotate(
                f"{radius}", (x, y), (0, 6), textcoords="offset points", fontsize=8, ha="center"
            )
            last = x
    axes.set(xlim=(-0.02, 1.02), ylim=(0, 1.05), xlabel="recall", ylabel="precision")
    axes.text(
        0.99,
        0.98,
        f"numbers: radius in bits\nmean average precision {evaluation.map:.3f}",
        transform=axes.transAxes,
        ha="right",
        va="top",
        fontsize=9,
        color="0.3",
    )
    axes.grid(True, alpha=0.2)
    return save(figure, file)


def _confusion(
    coded: Coded, evaluation: Evaluation, details: Details, file: Path, threads: int | None
) -> Path:
    names = details.class_names
    found = count_neighbours(
        coded.queries,
        coded.database,
        coded.bits,
        coded.query_labels,
        coded.database_labels,
        details.k,
        len(names),
        threads=threads,
    )
    side = max(4.0, min(14.0, 0.55 * len(names)))
    figure, axes = _axes(side + 1.5, side, _title(evaluation))
    shown = axes.imshow(found, cmap="Blues", vmin=0, vmax=1)
    if len(names) <= _NAMED:
        for (row, column), share in np.ndenumerate(found):
            if share >= 0.005:
                axes.text(
                    column,
                    row,
                    f"{100 * share:.0f}",
                    ha="center",
                    va="center",
                    fontsize=8,
                    color="white" if share > 0.5 else "0.15",
                )
    size = 9 if len(names) <= _NAMED else 6
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right", fontsize=size)
    axes.set_yticks(range(len(names)), names, fontsize=size)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set(xlabel=f"class of the {details.k} nearest, in per cent", ylabel="class of the query")
    bar = figure.colorbar(shown, ax=axes, fraction=0.04, pad=0.02, ticks=[0, 0.5, 1])
    bar.ax.set_yticklabels(["0 %", "50 %", "100 %"], fontsize=8)
    bar.outline.set_visible(False)
    return save(figure, file)


def _distances(evaluation: Evaluation, details: Details, file: Path) -> Path:
    pairs = _pairs(details)
    bins = pairs.shape[1]
    # Wide enough also for codes whose distances are all even, as those of PDQ nearly are.
    width = max(1, -(-bins // _LEVELS))
    if not pairs[:, 1::2].any() and width % 2:
        width += 1
    starts = np.arange(0, bins, width)
    grouped = np.add.reduceat(pairs, starts, axis=1)
    figure, axes = _axes(6.5, 4.0, _title(evaluation))
    for row, colour, name in ((0, ALIKE, "same class"), (1, OTHER, "other classes")):
        shares = grouped[row] / max(1, grouped[row].sum())
        edges = np.append(starts, starts[-1] + width) - 0.5
        axes.stairs(shares, edges, fill=True, color=colour, alpha=0.35)
        axes.stairs(shares, edges, color=colour, linewidth=1.5, label=name)
    seen = np.flatnonzero(pairs.sum(0))
    axes.set_xlim(max(-0.5, seen[0] - width - 0.5), min(bins + width, seen[-1] + width + 0.5))
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(lambda value, _position: f"{100 * value:g} %")
    unit = "in bits" if width == 1 else f"in bits, {width} to a bar"
    axes.set(xlabel=f"distance {unit}", ylabel="share of the pairs")
    axes.legend(frameon=False, fontsize=9)
    return save(figure, file)


def _map(coded: Coded, evaluation: Evaluation, file: Path, seed: int) -> Path:
    from matplotlib.patheffects import withStroke

    rows = np.random.default_rng(seed).permutation(len(coded.database))[:_MAPPED]
    labels = coded.database_labels[rows]
    bits = unpack(coded.database[rows], coded.bits).astype(np.float32)
    bits -= bits.mean(0)
    values, axes_of_bits = np.linalg.eigh(bits.T @ bits)
    width = min(2, coded.bits)
    places = np.zeros((len(bits), 2))
    places[:, :width] = bits @ axes_of_bits[:, ::-1][:, :width]
    # Few bits give few different places: a little noise shows how many codes lie on each.
    spread = 0.012 * max(np.ptp(places, axis=0).max(), 1e-9)
    places += np.random.default_rng(seed).normal(0, spread, places.shape)
    names = coded.class_names
    colours = _colours(len(names))
    figure, axes = _axes(8.0, 6.5, _title(evaluation))
    points = [colours[label] for label in labels]
    axes.scatter(*places.T, s=10, linewidths=0, alpha=0.7, c=points)
    present = [label for label in range(len(names)) if (labels == label).any()]
    middles = np.array([np.median(places[labels == label], axis=0) for label in present])
    size = 9 if len(names) <= _NAMED else 6
    low, high = axes.get_ylim()
    wide = (axes.get_xlim()[1] - axes.get_xlim()[0]) / 110 * size / 9  # of a letter
    heights = _apart(middles, [len(names[n]) * wide for n in present], 0.004 * size * (high - low))
    for label, (x, _y), height in zip(present, middles, heights, strict=True):
        axes.annotate(
            names[label],
            (x, height),
            ha="center",
            va="center",
            fontsize=size,
            color="0.1",
            path_effects=[withStroke(linewidth=3, foreground=(*colours[label][:3], 0.35))],
        )
    explained = values[::-1][:width].sum() / max(float(values.sum()), 1e-9)
    axes.set(xticks=[], yticks=[])
    for side in ("left", "bottom"):
        axes.spines[side].set_color("0.8")
    axes.set_xlabel(
        f"{len(rows):,} codes of the database by the two main components of their bits, "
        f"which hold {100 * explained:.0f} % of the variance",
        fontsize=9,
    )
    return save(figure, file)


def _colours(classes: int) -> list[Any]:
    """As different as so many colours can be."""
    from matplotlib import colormaps

    if classes <= _NAMED:
        palette = colormaps["tab20"]  # dark and pale ones in turn: the dark ones come first
        return [palette(2 * n if n < 10 else 2 * (n - 10) + 1) for n in range(classes)]
    return [colormaps["hsv"](n / classes) for n in range(classes)]


def _apart(
    middles: npt.NDArray[np.float64], widths: list[float], line: float
) -> npt.NDArray[np.float64]:
    """Heights of words, moved up where one would lie on another."""
    heights = middles[:, 1].copy()
    placed: list[int] = []
    for word in np.argsort(heights):
        while any(
            abs(heights[word] - heights[other]) < 0.99 * line
            and abs(middles[word, 0] - middles[other, 0]) < (widths[word] + widths[other]) / 2
            for other in placed
        ):
            heights[word] += line / 4
        placed.append(int(word))
    return heights
