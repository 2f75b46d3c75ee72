"""``lookalike benchmark index``."""

from __future__ import annotations

from pathlib import Path

import click

from lookalike.cli.options import json_option, measured_model_option, verbose_option
from lookalike.cli.output import note, print_json, size

__all__ = ["index"]


@click.command(short_help="Time indexing and searching a folder.")
@click.argument(
    "folders",
    metavar="FOLDER...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@click.option(
    "--megapixels-12",
    "large",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Measure on N photographs of 12 megapixels instead, made from the folder's.",
)
@click.option(
    "--queries",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    metavar="N",
    help="Queries in a warm process.",
)
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    metavar="N",
    help="Rounds, where several folders are compared.",
)
@measured_model_option
@json_option
@verbose_option
def index(
    folders: tuple[Path, ...], large: int, queries: int, rounds: int, model: str, as_json: bool
) -> None:
    """Time indexing FOLDER, a second run, queries in a warm process, and whole processes.

    With several folders only indexing is timed: each in turn, in several rounds, so that the same
    pictures in two formats can be compared. The figures are medians, and the ratios are to the
    first folder.

    Beside them, in the same run: decoding alone, and the encoder that imagededup uses. Half of the
    figures depend on the processor: run it on a machine that does nothing else.
    """
    import tempfile
    from dataclasses import asdict

    from lookalike.evaluation.index_benchmark import enlarge, measure_indexing
    from lookalike.evaluation.machine import describe_machine

    if len(folders) > 1:
        if large:
            raise click.UsageError("--megapixels-12 takes one folder")
        _compare(folders, rounds, model, as_json)
        return
    folder = folders[0]
    with tempfile.TemporaryDirectory() as temporary:
        target = folder
        if large:
            note(f"making {large:,} photographs of 12 megapixels")
            target = Path(temporary)
            enlarge(folder, target, count=large)
        found = measure_indexing(target, queries=queries, photo=model, say=note)
    if as_json:
        print_json({**asdict(found), "model": model, "machine": describe_machine()})
        return
    machine = describe_machine()
    click.echo(f"{machine['processor']} ({machine['target']})")
    click.echo(
        f"indexing {found.pictures:,} pictures   {found.index_rate:8.1f} a second, both codes,"
        f" the perceptual hash and {model}"
    )
    click.echo(f"decoding alone            {found.decode_rate:8.1f} a second")
    if found.peer_rate is not None:
        click.echo(f"{'peer':<25} {found.peer_rate:8.1f} a second: {found.peer}")
    click.echo(f"memory of all processes   {size(found.peak_bytes):>8} at the most")
    click.echo(f"again, nothing changed    {found.again_seconds:8.2f} s in this process")
    click.echo(f"again, as a process       {found.again_process_seconds:8.2f} s")
    click.echo(
        f"a query, warm             {found.query_seconds * 1e3:8.1f} ms,"
        f" of which search {found.search_seconds * 1e3:.2f} ms"
    )
    click.echo(f"lookalike search, cold    {found.cold_seconds:8.2f} s")


def _compare(folders: tuple[Path, ...], rounds: int, model: str, as_json: bool) -> None:
    """Several folders side by side."""
    from dataclasses import asdict

    from lookalike.evaluation.index_rates import compare_indexing
    from lookalike.evaluation.machine import describe_machine

    found = compare_indexing(folders, rounds=rounds, photo=model, say=note)
    machine = describe_machine()
    if as_json:
        rows = [
            {**asdict(one), "pictures_per_second": one.rate, "cpu_seconds_per_picture": one.cpu}
            for one in found
        ]
        print_json({"folders": rows, "rounds": rounds, "model": model, "machine": machine})
        return
    click.echo(f"{machine['processor']} ({machine['target']})")
    click.echo(f"both codes, pdq and {model}; medians of {rounds} rounds; ratios to the first")
    click.echo(f"{'pictures':>8} {'a second':>9} {'ratio':>6} {'cpu ms':>8} {'ratio':>6}  folder")
    for one in found:
        failed = f" ({one.failed:,} failed)" if one.failed else ""
        click.echo(
            f"{one.pictures:8,} {one.rate:9.2f} {one.rate / found[0].rate:6.2f}"
            f" {one.cpu * 1e3:8.1f} {one.cpu / found[0].cpu:6.2f}  {one.folder}{failed}"
        )
