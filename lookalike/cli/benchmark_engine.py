"""``lookalike benchmark engine``."""

from __future__ import annotations

import click

from lookalike.cli.options import json_option, verbose_option
from lookalike.cli.output import print_json

__all__ = ["engine"]


@click.command(short_help="Check that a place for libraries answers as it has to.")
@click.argument("location", metavar="LOCATION")
@click.option(
    "--size",
    type=click.IntRange(100, 1_000_000),
    default=2_000,
    show_default=True,
    metavar="N",
    help="Codes in the library.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, metavar="N", help="Of the codes.")
@json_option
@verbose_option
def engine(location: str, size: int, seed: int, as_json: bool) -> None:
    """Check an engine's answers against the definition: distances, ties, radii, what is hidden.

    LOCATION is the address or the path of a library that isn't there yet. It is made, filled with
    random codes, asked, and deleted.
    """
    from dataclasses import asdict

    from lookalike.errors import LookalikeError, UsageError
    from lookalike.library.opening import MEMORY, exists, open_library, shown
    from lookalike.library.tending import delete_library
    from lookalike.remote.conformance import conformance

    if exists(location):
        raise UsageError(
            f"{shown(location)} is there: name a library that isn't, since this one is deleted"
        )
    store, searcher = open_library(location, create=True, read_only=False)
    try:
        checks = []
        for check in conformance(store, searcher, size=size, seed=seed):
            checks.append(check)
            if not as_json:
                state = "right" if check.passed else "WRONG"
                click.echo(f"{state}  {check.name}: {check.asked - check.wrong} of {check.asked}")
    finally:
        searcher.close()
        store.close()
        if location != MEMORY:
            delete_library(location)
    wrong = [check.name for check in checks if not check.passed]
    if as_json:
        print_json({"location": shown(location), "checks": [asdict(check) for check in checks]})
    if wrong:
        raise LookalikeError(
            f"{shown(location)} gives wrong answers ({', '.join(wrong)}): no library should be"
            " kept there"
        )
