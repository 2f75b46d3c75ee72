"""``lookalike benchmark limit``."""

from __future__ import annotations

import click

from lookalike.cli.options import json_option, verbose_option
from lookalike.cli.output import note, print_json, table

__all__ = ["limit"]


@click.command(short_help="State the scan's speed as a share of what the machine can do.")
@click.option(
    "--size",
    type=click.IntRange(min=1),
    default=10_000_000,
    show_default=True,
    metavar="N",
    help="Codes in the database.",
)
@click.option(
    "--bits",
    "widths",
    type=click.IntRange(1, 4096),
    multiple=True,
    metavar="B",
    show_default="64 and 256",
    help="Width of the codes; may be given several times.",
)
@click.option(
    "-k",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    metavar="K",
    help="Neighbours of a query.",
)
@click.option(
    "--queries",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    metavar="N",
    help="Queries of a batch.",
)
@click.option(
    "--runs",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    metavar="N",
    help="Repetitions, of which the median counts.",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    metavar="N",
    help="Threads of everything that is measured.",
)
@json_option
@verbose_option
def limit(
    size: int,
    widths: tuple[int, ...],
    k: int,
    queries: int,
    runs: int,
    threads: int,
    as_json: bool,
) -> None:
    """Measure this machine's limits, and the scan beside them.

    The limits are the bandwidth of reading memory, and the rate of 64-bit popcounts over codes that
    stay in the first-level cache. Single queries are stated as a share of the bandwidth, batches as
    a share of the popcount rate.
    """
    from dataclasses import asdict

    from lookalike.evaluation.limits import measure_limits, measure_shares
    from lookalike.evaluation.machine import describe_machine, versions

    note("measuring the machine")
    limits = measure_limits(threads, runs)
    shares = []
    for bits in widths or (64, 256):
        note(f"measuring the scan of {size:,} x {bits} bits")
        shares.append(measure_shares(limits, size, bits, k, queries, threads, runs))
    machine = describe_machine()
    if as_json:
        print_json(
            {
                **asdict(limits),
                "scans": [asdict(share) for share in shares],
                "machine": machine,
                "versions": versions([]),
            }
        )
        return
    click.echo(f"{machine['processor']} ({machine['target']}), {threads} threads")
    click.echo(f"reading memory   {limits.bytes_per_second / 1e9:8.1f} GB/s")
    click.echo(f"popcounts in L1  {limits.popcounts_per_second / 1e9:8.1f} billion words/s\n")
    rows = [("codes", "single us", "GB/s", "of bandwidth", "batch us", "10^9 words/s", "of limit")]
    rows += [
        (
            f"{share.size:,} x {share.bits}",
            f"{share.single_us:,.1f}",
            f"{share.bytes_per_second / 1e9:,.1f}",
            f"{share.bandwidth_share:.0%}",
            f"{share.batch_us:,.1f}",
            f"{share.popcounts_per_second / 1e9:,.1f}",
            f"{share.popcount_share:.0%}",
        )
        for share in shares
    ]
    for line in table(rows, right=range(1, 7)):
        click.echo(line)
