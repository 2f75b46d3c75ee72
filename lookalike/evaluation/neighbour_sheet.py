"""A sheet to look at: queries, and what a model finds nearest to each of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.datasets.reading import prepared
from lookalike.errors import MissingExtraError, UsageError
from lookalike.evaluation.protocols import Coded
from lookalike.evaluation.retrieval_plots import ALIKE, OTHER, new_figure, save
from lookalike.indexes.scan import Scan
from lookalike.system.installing import install_command
from lookalike.types import InputSpec

__all__ = ["choose_queries", "plot_neighbours", "show_row"]

_SIDE = 128  # pixels of a picture
_CELL = 1.0  # inches
_MOST = 10  # queries that are chosen by themselves


def choose_queries(coded: Coded, names: Sequence[str] = (), seed: int = 0) -> list[int]:
    """Rows of the queries to show.

    Args:
        coded: the codes.
        names: of pictures, as the data set calls them, or the ends of such names; without any, one
            query of each class is drawn, at most ten.
        seed: of the draw.

    Raises:
        UsageError: no query has such a name, or several have.
    """
    if names:
        return [_row(coded.split.queries.names, name) for name in names]
    rng = np.random.default_rng(seed)
    labels = coded.query_labels
    present = np.unique(labels)
    if len(present) > _MOST:
        present = np.sort(rng.permutation(present)[:_MOST])
    return [int(rng.choice(np.flatnonzero(labels == label))) for label in present]


def plot_neighbours(
    coded: Coded, rows: Sequence[int], file: Path, *, k: int = 10, threads: int | None = None
) -> Path:
    """Draw a line for each query: itself, and its ``k`` nearest with their distances.

    Neighbours of the query's class and others have frames of different colours. Ties are shown in
    the order of the database.

    Raises:
        UsageError: no rows, or ``k`` is less than 1.
        LookalikeError: a picture can't be read.
        MissingExtraError: matplotlib isn't installed.
        OSError: the file can't be written.
    """
    if not len(rows):
        raise UsageError("a sheet needs at least one query")
    k = min(k, len(coded.database))
    hits = Scan(coded.database, coded.bits, threads=threads).search(coded.queries[list(rows)], k)
    split = coded.split
    spec = InputSpec(_SIDE, "crop", "bicubic")
    asked = [picture for _, picture in prepared(split.queries.take(rows), spec)]
    found = [picture for _, picture in prepared(split.database.take(hits.ids.ravel()), spec)]
    figure = new_figure(_CELL * (k + 1.5), _CELL * 1.3 * len(rows))
    grid = figure.add_gridspec(len(rows), k + 1, wspace=0.12, hspace=0.42)
    for line, row in enumerate(rows):
        label = coded.query_labels[row]
        axes = figure.add_subplot(grid[line, 0])
        _show(axes, asked[line], "0.25", "query", coded.class_names[label])
        if line == 0:
            axes.set_title(
                f"{coded.model}, {coded.data} by {split.protocol}: queries and the {k} nearest, "
                "distances in bits; green is the query's class, orange another",
                loc="left",
                fontsize=10,
                pad=10,
            )
        for column in range(k):
            other = coded.database_labels[hits.ids[line, column]]
            axes = figure.add_subplot(grid[line, column + 1])
            colour = ALIKE if other == label else OTHER
            told = str(int(hits.distances[line, column]))
            _show(axes, found[line * k + column], colour, told, coded.class_names[other])
    return save(figure, file)


def show_row(
    pictures: Sequence[tuple[str, npt.NDArray[np.uint8]]], title: str, file: Path | None = None
) -> None:
    """Draw a row of pictures, the first with a frame, each with what is told of it below.

    Args:
        pictures: of each what is told, and its pixels.
        title: above them.
        file: to draw them into; without one they are shown, on the screen or in a notebook.

    Raises:
        MissingExtraError: matplotlib isn't installed.
        OSError: the file can't be written.
    """
    size = (_CELL * 1.2 * len(pictures), _CELL * 1.7)
    if file is not None:
        _row_of(new_figure(*size), pictures, title).savefig(file)
        return
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise MissingExtraError(
            f"plots take matplotlib: {install_command('plots')}, or leave the plot out"
        ) from error
    # Without a screen there is nothing to show it on, and matplotlib would warn.
    if pyplot.get_backend().lower() != "agg":
        figure = _row_of(pyplot.figure(figsize=size), pictures, title)
        pyplot.show()
        pyplot.close(figure)


def _row_of(figure: Any, pictures: Sequence[tuple[str, npt.NDArray[np.uint8]]], title: str) -> Any:
    grid = figure.add_gridspec(1, len(pictures), left=0.02, right=0.98, bottom=0.2, top=0.85)
    for column, (told, picture) in enumerate(pictures):
        axes = figure.add_subplot(grid[0, column])
        axes.imshow(picture)
        axes.set(xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set(color="0.25", linewidth=2.5 if column == 0 else 0)
        axes.set_xlabel(told, fontsize=8, labelpad=3)
    figure.suptitle(title, x=0.02, ha="left", fontsize=10)
    return figure


def _show(axes: Any, picture: npt.NDArray[np.uint8], colour: str, told: str, name: str) -> None:
    axes.imshow(picture)
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(color=colour, linewidth=2.5)
    short = name if len(name) <= 17 else name[:16] + "…"
    axes.set_xlabel(f"{told}\n{short}", fontsize=6.5, labelpad=2)


def _row(known: Sequence[str], name: str) -> int:
    rows = [row for row, other in enumerate(known) if other == name]
    rows = rows or [row for row, other in enumerate(known) if other.endswith(name)]
    if not rows:
        raise UsageError(
            f"no query is named {name!r}: there are {known[0]} and {len(known) - 1:,} others"
        )
    if len(rows) > 1:
        raise UsageError(
            f"{len(rows):,} queries are named {name!r}, such as {known[rows[0]]} and "
            f"{known[rows[1]]}: give more of the name"
        )
    return rows[0]
