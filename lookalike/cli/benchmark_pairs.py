"""``lookalike benchmark pairs``."""

from __future__ import annotations

import click

from lookalike.cli.options import json_option, verbose_option
from lookalike.cli.output import print_json, size

__all__ = ["pairs"]


@click.command(short_help="Time finding all pairs of near codes.")
@click.option(
    "--size",
    "count",
    type=click.IntRange(min=20),
    default=1_000_000,
    show_default=True,
    metavar="N",
    help="Codes; a tenth of them are near copies of others.",
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
    type=click.IntRange(min=0),
    default=31,
    show_default=True,
    metavar="R",
    help="Bits by which two codes of a pair may differ.",
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
@json_option
@verbose_option
def pairs(count: int, bits: int, radius: int, threads: int, seed: int, as_json: bool) -> None:
    """Find all pairs of codes within a radius, and check that none is missing or wrong."""
    from dataclasses import asdict

    from lookalike.evaluation.machine import describe_machine
    from lookalike.evaluation.pairs_benchmark import measure_pairs

    measure_pairs(20_000, bits, radius, threads)  # compiles
    found = measure_pairs(count, bits, radius, threads, seed=seed)
    machine = describe_machine()
    if as_json:
        print_json({**asdict(found), "threads": threads, "machine": machine})
        return
    click.echo(f"{machine['processor']} ({machine['target']}), {threads} threads")
    click.echo(
        f"{found.size:,} codes of {found.bits} bits, {found.copies:,} of them copies:"
        f" {found.pairs:,} pairs within {found.radius} bits in {found.seconds:.1f} s"
    )
    if found.extra_bytes is not None:
        click.echo(f"memory grew by {size(found.extra_bytes)}, the pairs included")
