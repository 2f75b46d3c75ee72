"""``lookalike demo``."""

from __future__ import annotations

from pathlib import Path

import click

from lookalike.cli.options import verbose_option

__all__ = ["demo"]


@click.command(short_help="Try it: index, search, contact sheet.")
@click.argument("pictures", required=False, type=click.Path(path_type=Path))
@verbose_option
def demo(pictures: Path | None) -> None:
    """Index some pictures, search them, and write a contact sheet to look at."""
    raise NotImplementedError
