"""``lookalike mcp``."""

from __future__ import annotations

import click

from lookalike.cli.options import library_option, verbose_option
from lookalike.errors import MissingExtraError
from lookalike.system.installing import install_command

__all__ = ["mcp"]


@click.command(short_help="Answer an assistant about the library (Model Context Protocol).")
@library_option
@verbose_option
def mcp(library: str) -> None:
    """Answer a program that speaks the Model Context Protocol on standard input and output.

    It can search, compare, check, find duplicates and ask for the status, and change nothing.
    """
    try:
        from lookalike.server.mcp import server_of
    except ImportError as error:
        raise MissingExtraError(
            f"this takes the package mcp ({error}): {install_command('mcp')}"
        ) from error
    from lookalike.library import Library

    with Library.open(library, create=False, read_only=True) as opened:
        server_of(opened).run("stdio")
