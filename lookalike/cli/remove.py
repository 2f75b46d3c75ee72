"""``lookalike remove``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from lookalike.cli.options import PathType, json_option, library_option, verbose_option
from lookalike.cli.output import counted, print_json, show_path
from lookalike.errors import LookalikeError, UsageError

__all__ = ["remove"]


@click.command(short_help="Forget folders, or delete the library.")
@click.argument("folders", nargs=-1, metavar="[FOLDER]...", type=PathType())
@click.option("--all", "everything", is_flag=True, help="Delete the whole library.")
@click.option("--yes", is_flag=True, help="Don't ask before deleting the whole library.")
@json_option
@library_option
@verbose_option
def remove(
    folders: tuple[Path, ...], everything: bool, yes: bool, as_json: bool, library: str
) -> None:
    """Make the library forget folders, or delete the library; pictures are never touched."""
    if everything and folders:
        raise click.UsageError(
            "--all deletes the whole library, not a folder: give either FOLDER or --all"
        )
    if not everything and not folders:
        raise click.UsageError("Name the folders to forget, or give --all to delete the library")
    removed = _delete(library, yes=yes) if everything else _forget(folders, library)
    if as_json:
        print_json({"removed": removed})
    elif everything:
        click.echo(f"deleted {show_path(library)}")
    else:
        click.echo(f"forgot {counted(removed, 'file')}; the files themselves stay")


def _forget(folders: tuple[Path, ...], library: str) -> int:
    from lookalike.library import Library

    with Library.open(library, create=False) as opened:
        # All or none: a name that is wrong shall not leave half of the work done.
        known = {folder.path for folder in opened.status().folders}
        for folder in folders:
            if os.path.abspath(folder.expanduser()) not in known:
                raise UsageError(
                    f"{show_path(str(folder))} is not a folder of this library; "
                    "lookalike status lists them"
                )
        once = dict.fromkeys(os.path.abspath(folder.expanduser()) for folder in folders)
        return sum(opened.remove(folder) for folder in once)


def _delete(library: str, *, yes: bool) -> int:
    from lookalike.library import Library

    with Library.open(library, create=False, read_only=True) as opened:
        pictures = opened.status().pictures
    if not yes:
        _ask(library, pictures)
    Library.delete(library)
    return pictures


def _ask(library: str, pictures: int) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("Deleting a library takes --yes where nobody can be asked")
    told = f"{show_path(library)} with {counted(pictures, 'picture')}"
    if not click.confirm(f"Delete the library {told}? The files themselves stay.", err=True):
        raise LookalikeError("nothing deleted")
