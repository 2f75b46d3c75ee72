"""``lookalike evaluate``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lookalike.cli.options import PathType, data_options, json_option, verbose_option
from lookalike.cli.output import counted, note, print_json, show_path, table
from lookalike.cli.progress import byte_bar, counter
from lookalike.cli.target import check_target
from lookalike.errors import UsageError
from lookalike.system.replacing import replacing

if TYPE_CHECKING:
    from lookalike.evaluation.evaluate import By, Details, Evaluation

__all__ = ["evaluate"]

# As lookalike.datasets.splits has them; importing that takes NumPy and Pillow.
PROTOCOLS = ("cifar10-full", "cifar10-5k", "resisc-80-20", "thesis")


@click.command(short_help="Measure how well a model's codes find pictures of the same class.")
@click.argument("model")
@click.argument("data")
@click.option(
    "--protocol",
    required=True,
    type=click.Choice(PROTOCOLS),
    help="What is searched for, and in what.",
)
@click.option(
    "-k",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    metavar="K",
    help="Neighbours by which classes are judged, and the search is timed.",
)
@click.option(
    "--embeddings", is_flag=True, help="Measure the model's real features, by their cosine."
)
@click.option(
    "--search",
    "as_search",
    is_flag=True,
    help="Measure the order of a search for K pictures: the nearest codes by real features too.",
)
@click.option(
    "--plots",
    "folder",
    type=PathType(folder=True),
    metavar="FOLDER",
    help="Write plots there, and a sheet of queries and their neighbours.",
)
@click.option(
    "--query",
    "names",
    multiple=True,
    metavar="NAME",
    show_default="one of each class",
    help="A query to show on the sheet, as the data set names it; may be given several times.",
)
@click.option(
    "--keep",
    type=PathType(folder=False),
    metavar="FILE",
    help="Write the codes to an .npz file, which can be given as MODEL later.",
)
@data_options
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Which pictures are drawn for queries, and for the plots.",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    metavar="N",
    show_default="as many as there are processors",
    help="Threads of everything.",
)
@json_option
@verbose_option
def evaluate(
    model: str,
    data: str,
    protocol: str,
    k: int,
    embeddings: bool,
    as_search: bool,
    folder: Path | None,
    names: tuple[str, ...],
    keep: Path | None,
    data_dir: Path | None,
    download: bool,
    seed: int,
    threads: int | None,
    as_json: bool,
) -> None:
    """Measure how well MODEL's codes find pictures of the same class in DATA.

    MODEL is pdq, a model's name, the path of its .onnx file, hub:OWNER/NAME, or an .npz file that
    lookalike encode wrote. A third-party model is fitted, without labels, on pictures that are
    searched in, never on queries. DATA is cifar10, resisc45, or the path of a folder of class
    folders. All figures are averaged over ties.
    """
    from dataclasses import asdict

    from lookalike.datasets import load
    from lookalike.encoders.registry import resolve
    from lookalike.evaluation.evaluate import evaluate as measure
    from lookalike.evaluation.model_codes import open_maker
    from lookalike.evaluation.protocols import encode_split, prepare_split

    if embeddings and as_search:
        raise UsageError("a search takes codes and real features: --search or --embeddings")
    if (embeddings or as_search) and folder is not None:
        raise UsageError("plots are of codes: leave out --embeddings, --search or --plots")
    by: By = "embedding" if embeddings else "search" if as_search else "code"
    if names and folder is None:
        raise UsageError("queries are shown on a sheet: say where it goes with --plots")
    if keep is not None:
        check_target(keep, [".npz"])
    with byte_bar("downloading") as fetched:
        model = resolve(model, progress=fetched)
    source = open_maker(model, threads=threads)
    with byte_bar("downloading") as fetched:
        dataset = load(data, data_dir, seed=seed, download=download, progress=fetched)
    split = prepare_split(dataset, protocol, seed)
    with counter("encoding") as count:
        coded = encode_split(source, dataset, split, count)
    if keep is not None:
        from lookalike.evaluation.code_files import keep_codes

        with replacing(keep) as partial:
            rows = keep_codes(partial, coded)
        note(f"{counted(rows, 'code')} written: {show_path(str(keep))}")
    evaluation, details = measure(coded, k, by=by, threads=threads)
    if folder is not None:
        from lookalike.evaluation.neighbour_sheet import choose_queries, plot_neighbours
        from lookalike.evaluation.retrieval_plots import plot_retrieval

        shown = choose_queries(coded, names, seed)
        files = plot_retrieval(coded, evaluation, details, folder, seed=seed, threads=threads)
        files.append(plot_neighbours(coded, shown, folder / "neighbours.png", threads=threads))
        for file in files:
            note(f"written: {show_path(str(file))}")
    if as_json:
        print_json(asdict(evaluation))
        return
    for line in _lines(evaluation, details):
        click.echo(line)


def _lines(evaluation: Evaluation, details: Details) -> Iterator[str]:
    """The figures for people."""
    what = "real features, by cosine" if evaluation.bits is None else f"{evaluation.bits} bits"
    what += ", in the order of a search" if evaluation.by == "search" else ""
    yield (
        f"{evaluation.model} ({what}), {evaluation.data} by {evaluation.protocol}: "
        f"{evaluation.queries:,} queries in {evaluation.database:,} pictures"
    )
    yield ""
    rows = [
        ("mean average precision", _share(evaluation.map)),
        ("ANMRR (0 is best)", _share(details.anmrr)),
    ]
    if details.precision_within_2 is not None:
        rows.append(("precision within 2 bits", _share(details.precision_within_2)))
    rows.append(("different codes", f"{100 * evaluation.unique_codes:.2f} %"))
    if details.balance is not None and details.correlation is not None:
        least, most = details.balance.min(), details.balance.max()
        rows.append(("codes that have a bit set", f"{100 * least:.0f} to {100 * most:.0f} %"))
        rows.append(("correlation of two bits", _share(details.correlation)))
    rows.append((f"seconds for the {details.k} nearest of all", f"{evaluation.seconds:.3f}"))
    yield from table(rows)
    yield ""
    yield from table(
        [
            ("at", "precision", "recall", "mean average precision"),
            *(
                (
                    at,
                    _share(evaluation.precision_at[at]) if at in evaluation.precision_at else "",
                    _share(evaluation.recall_at[at]) if at in evaluation.recall_at else "",
                    _share(value),
                )
                for at, value in evaluation.map_at.items()
            ),
        ],
        right=range(3),
    )
    yield ""
    yield from table(
        [
            ("class", f"precision at {details.k}"),
            *((name, _share(value)) for name, value in evaluation.class_precision.items()),
        ]
    )


def _share(value: float) -> str:
    return f"{value:.4f}"
