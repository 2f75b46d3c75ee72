"""``lookalike evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lookalike.cli.evaluate_report import published_lines, report_lines
from lookalike.cli.options import PathType, data_options, json_option, verbose_option
from lookalike.cli.output import counted, note, print_json, show_path
from lookalike.cli.progress import byte_bar
from lookalike.cli.steps import soon, step
from lookalike.cli.target import check_target
from lookalike.errors import UsageError
from lookalike.system.replacing import replacing

if TYPE_CHECKING:
    from lookalike.datasets import Dataset
    from lookalike.datasets.splits import Split
    from lookalike.encoders.learned_from import LearnedFrom
    from lookalike.evaluation.figures import By
    from lookalike.evaluation.leaks import Leaks

__all__ = ["evaluate"]

# As lookalike.datasets.splits has them; importing that takes NumPy and Pillow.
PROTOCOLS = (
    "cifar10-full",
    "cifar10-5k",
    "resisc-80-20",
    "folder-80-20",
    "unseen-classes",
    "incremental",
    "thesis",
)


@click.command(short_help="Measure how well a model's codes find pictures of the same class.")
@click.argument("model")
@click.argument("data")
@click.option(
    "--protocol",
    type=click.Choice(PROTOCOLS),
    show_default="cifar10-full, resisc-80-20 or folder-80-20, as DATA is",
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
    "--bits",
    type=click.IntRange(1, 4096),
    metavar="N",
    help="Measure the first N bits of the codes alone.",
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
@click.option(
    "--allow-seen",
    is_flag=True,
    help="Measure by pictures that the model learned from, too, and tell both figures.",
)
@click.option(
    "--anew",
    is_flag=True,
    help="Encode every picture, also those whose codes are shipped with the model.",
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
    protocol: str | None,
    k: int,
    embeddings: bool,
    bits: int | None,
    as_search: bool,
    folder: Path | None,
    names: tuple[str, ...],
    keep: Path | None,
    allow_seen: bool,
    anew: bool,
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
    if embeddings and as_search:
        raise UsageError("a search takes codes and real features: --search or --embeddings")
    if (embeddings or as_search) and folder is not None:
        raise UsageError("plots are of codes: leave out --embeddings, --search or --plots")
    if embeddings and bits is not None:
        raise UsageError("real features have no bits: leave out --bits or --embeddings")
    by: By = "embedding" if embeddings else "search" if as_search else "code"
    if names and folder is None:
        raise UsageError("queries are shown on a sheet: say where it goes with --plots")
    if keep is not None:
        check_target(keep, [".npz"])
    with soon(f"opening {model} and {data}"):
        from dataclasses import asdict

        from lookalike.datasets import load
        from lookalike.datasets.splits import usual_protocol
        from lookalike.encoders.registry import resolve
        from lookalike.evaluation.evaluate import evaluate as measure
        from lookalike.evaluation.leaks import record_of
        from lookalike.evaluation.model_codes import open_maker
        from lookalike.evaluation.parts import first_bits
        from lookalike.evaluation.protocols import encode_split, prepare_split
        from lookalike.evaluation.published import comparable

        with byte_bar("downloading") as fetched:
            resolved = resolve(model, progress=fetched)
        source = open_maker(resolved, threads=threads, shipped=not anew)
        with byte_bar("downloading") as fetched:
            dataset = load(data, data_dir, seed=seed, download=download, progress=fetched)
        split = prepare_split(dataset, protocol or usual_protocol(dataset), seed)
        record = record_of(resolved)
    leaks = _leaks(record, source.name, dataset, split, threads, allow_seen=allow_seen)
    total = len(split.database)
    if split.queries is not split.database:
        total += len(split.queries)
    with soon(f"encoding {counted(total, 'picture')}"), step("encoding", total) as count:
        coded = encode_split(source, dataset, split, count)
    if keep is not None:
        from lookalike.evaluation.code_files import keep_codes

        with replacing(keep) as partial:
            rows = keep_codes(partial, coded, record)
        note(f"{counted(rows, 'code')} written: {show_path(str(keep))}")
    if bits is not None:
        coded = first_bits(coded, bits)
    with soon(f"comparing {counted(len(coded.queries), 'query', 'queries')} with all codes"):
        evaluation, details = measure(coded, k, by=by, leaks=leaks, threads=threads)
    if folder is not None:
        from lookalike.evaluation.neighbour_sheet import choose_queries, plot_neighbours
        from lookalike.evaluation.retrieval_plots import plot_retrieval

        shown = choose_queries(coded, names, seed)
        files = plot_retrieval(coded, evaluation, details, folder, seed=seed, threads=threads)
        files.append(plot_neighbours(coded, shown, folder / "neighbours.png", threads=threads))
        for file in files:
            note(f"written: {show_path(str(file))}")
    others = comparable(evaluation, len(split.training))
    if as_json:
        print_json(asdict(evaluation) | {"published": [asdict(entry) for entry in others]})
        return
    for line in [*report_lines(evaluation, details), *published_lines(others)]:
        click.echo(line)


def _leaks(
    record: LearnedFrom | None,
    name: str,
    dataset: Dataset,
    split: Split,
    threads: int | None,
    *,
    allow_seen: bool,
) -> Leaks | None:
    """What the model has seen, refused unless that is allowed; ``None`` where nobody knows."""
    from lookalike.evaluation.leaks import check_leaks, find_leaks

    if record is None:
        note(
            f"nothing says which pictures {name} learned from: if some are among the queries, its "
            "figures are better than it is"
        )
        return None
    told = "looking for pictures that were learned from"
    with soon(told), step(told, len(split.queries)) as count:
        leaks = find_leaks(record, dataset, split, threads=threads, progress=count)
    if not allow_seen:
        check_leaks(leaks, split, name)
    if not leaks.complete:
        note(f"{name} learned from other pictures besides, of which nothing is known")
    return leaks
