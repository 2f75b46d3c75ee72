"""A chart of what finding all pairs takes, by the number of codes and by the radius."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lookalike.evaluation.pairs_benchmark import PairsTime
from lookalike.evaluation.pairs_peers import PeerTime
from lookalike.evaluation.retrieval_plots import new_figure, save

__all__ = ["plot_pairs"]

# Told apart with any kind of colour vision (Okabe, Ito, 2008), and by their shapes.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00")
_SHAPES = ("o", "s", "D", "^", "v")
_EXACT = 0.9995

Measured = tuple[PairsTime, Sequence[PeerTime]]


def plot_pairs(results: Sequence[Measured], file: Path) -> Path:
    """Draw seconds against codes, at one radius, and against the radius, for one number of codes.

    A peer that misses pairs is drawn with a dotted line.

    Args:
        results: of one family and width.
        file: a picture; its ending says of what format.

    Raises:
        MissingExtraError: matplotlib isn't installed.
        OSError: the file can't be written.
    """
    first, last = results[0][0], results[-1][0]
    by_size = [result for result in results if result[0].radius == first.radius]
    by_radius = [result for result in results if result[0].size == last.size]
    figure = new_figure(10.4, 4.4)
    left, right = figure.subplots(1, 2)
    _panel(left, by_size, lambda found: found.size)
    left.set(xscale="log", xlabel="codes", ylabel="seconds for all pairs")
    left.set_title(f"within {first.radius} bits", loc="left", fontsize=11)
    _panel(right, by_radius, lambda found: found.radius)
    right.set(xlabel="radius in bits")
    right.set_title(f"{last.size:,} codes", loc="left", fontsize=11)
    left.legend(fontsize=8)
    figure.suptitle(f"All pairs among {first.codes} codes of {first.bits} bits", fontsize=12)
    return save(figure, file)


def _panel(axes: Any, results: Sequence[Measured], along: Callable[[PairsTime], int]) -> None:
    results = sorted(results, key=lambda result: along(result[0]))
    lines: dict[str, list[tuple[int, float, bool]]] = {"lookalike": []}
    for found, peers in results:
        lines["lookalike"].append((along(found), found.seconds, True))
        for peer in peers:
            if not peer.missing:
                point = (along(found), peer.seconds, peer.recall >= _EXACT)
                lines.setdefault(peer.name, []).append(point)
    for number, (name, points) in enumerate(lines.items()):
        axes.plot(
            [x for x, _, _ in points],
            [seconds for _, seconds, _ in points],
            label=name,
            color=_COLOURS[number % len(_COLOURS)],
            marker=_SHAPES[number % len(_SHAPES)],
            markersize=4,
            linestyle="-" if all(exact for _, _, exact in points) else ":",
        )
    axes.set_yscale("log")
    axes.grid(True, which="major", alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
