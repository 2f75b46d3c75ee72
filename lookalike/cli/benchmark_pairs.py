"""``lookalike benchmark pairs``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lookalike.cli.options import json_option, verbose_option
from lookalike.cli.output import note, print_json, show_path, size

if TYPE_CHECKING:
    from lookalike.evaluation.pairs_benchmark import PairsTime
    from lookalike.evaluation.pairs_peers import PeerTime

__all__ = ["pairs"]


@click.command(short_help="Time finding all pairs of near codes.")
@click.option(
    "--size",
    "sizes",
    type=click.IntRange(min=20),
    multiple=True,
    default=(1_000_000,),
    show_default="1000000",
    metavar="N",
    help="Codes; a tenth of them are near copies of others. May be given several times.",
)
@click.option(
    "--bits",
    type=click.IntRange(1, 4096),
    default=256,
    show_default=True,
    metavar="B",
    help="Width of the codes.",
)
@click.option(
    "--radius",
    "radii",
    type=click.IntRange(min=0),
    multiple=True,
    default=(31,),
    show_default="31",
    metavar="R",
    help="Bits by which two codes of a pair may differ. May be given several times.",
)
@click.option(
    "--codes",
    "family",
    type=click.Choice(["uniform", "clustered"]),
    default="uniform",
    show_default=True,
    help="What codes there are.",
)
@click.option(
    "--peers",
    default="",
    show_default="none",
    metavar="NAMES",
    help="What else to time: scan, faiss-flat, faiss-multihash, pynear-mih, with commas.",
)
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="How often each is timed; the median counts.",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    metavar="N",
    help="Threads of the search.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Of the codes.",
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Draw the times by size and by radius: a PNG, SVG or PDF file.",
)
@json_option
@verbose_option
def pairs(
    sizes: tuple[int, ...],
    bits: int,
    radii: tuple[int, ...],
    family: str,
    peers: str,
    rounds: int,
    threads: int,
    seed: int,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Find all pairs of codes within a radius, and check that none is missing or wrong.

    With several sizes and radii, each size is measured within the first radius, and the last size
    within each radius.
    """
    from dataclasses import asdict

    from lookalike.evaluation.machine import describe_machine, versions
    from lookalike.evaluation.pairs_benchmark import load_kernels, measure_codes, planted
    from lookalike.evaluation.pairs_peers import measure_peers

    names = [name.strip() for name in peers.split(",") if name.strip()]
    wanted = [(count, radii[0]) for count in sizes] + [(sizes[-1], r) for r in radii[1:]]
    kind: Any = family
    machine = describe_machine()
    if not as_json:
        click.echo(f"{machine['processor']} ({machine['target']}), {threads} threads")
    results: list[tuple[PairsTime, list[PeerTime]]] = []
    for count, radius in wanted:
        load_kernels(bits, radius, threads)
        codes, copies = planted(count, bits, radius, kind, seed)
        measured = measure_codes(codes, copies, bits, radius, threads, family, rounds)
        others = measure_peers(codes, bits, radius, threads, names, rounds=rounds, seed=seed)
        results.append((measured, others))
        if not as_json:
            _print(measured, others)
    if as_json:
        packages = versions(["faiss-cpu", "pynear"] if names else [])
        made = [
            {
                **asdict(measured),
                "peers": [asdict(peer) for peer in others],
                "threads": threads,
                "machine": machine,
                "versions": packages,
            }
            for measured, others in results
        ]
        print_json(made[0] if len(made) == 1 else {"results": made})
    if plot is not None:
        from lookalike.evaluation.pairs_plot import plot_pairs

        file = plot_pairs(results, plot)
        (note if as_json else click.echo)(show_path(str(file.absolute())))


def _print(found: PairsTime, peers: Sequence[PeerTime]) -> None:
    click.echo(
        f"{found.size:,} {found.codes} codes of {found.bits} bits, {found.copies:,} of them copies:"
        f" {found.pairs:,} pairs within {found.radius} bits by a {found.way}"
        f" in {found.seconds:.3g} s"
    )
    if found.extra_bytes is not None:
        codes = size(found.size * ((found.bits + 63) // 64) * 8)
        click.echo(f"memory grew by {size(found.extra_bytes)} beside the codes' {codes}")
    for peer in peers:
        name = f"  {peer.name} {peer.version}"
        if peer.missing:
            click.echo(f"{name}: {peer.missing}")
            continue
        recall = "" if peer.recall == 1 else f", finds {peer.recall:.1%}"
        click.echo(
            f"{name}: {peer.seconds:.3g} s, {peer.seconds / found.seconds:.1f} times as long;"
            f" {peer.asked:,} codes asked for{recall}"
        )
