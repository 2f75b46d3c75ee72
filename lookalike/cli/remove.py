"""``lookalike remove``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from lookalike.cli.options import PlaceType, json_option, library_option, verbose_option
from lookalike.cli.output import counted, print_json, show_path
from lookalike.errors import LookalikeError, UsageError
from lookalike.sources.folders import is_under

__all__ = ["remove"]


@click.command(short_help="Forget folders, or delete the library.")
@click.argument("folders", nargs=-1, metavar="[FOLDER]...", type=PlaceType())
@click.option("--all", "everything", is_flag=True, help="Delete the whole library.")
@click.option("--yes", is_flag=True, help="Don't ask before deleting the whole library.")
@json_option
@library_option
@verbose_option
def remove(
    folders: tuple[str | Path, ...], everything: bool, yes: bool, as_json: bool, library: str
) -> None:
    """Make the library forget folders, or delete the library; pictures are never touched."""
    if everything and folders:
        raise click.UsageError(
            "--all deletes the whole library, not a folder: give either FOLDER or --all"
        )
    if not everything and not folders:
        raise click.UsageError("Name the folders to forget, or give --all to delete the library")
    if everything:
        pictures = _delete(library, yes=yes)
        if as_json:
            print_json({"removed": pictures})
        else:
            click.echo(f"deleted {show_path(library)}")
        return
    removed, around = _forget(folders, library)
    if as_json:
        print_json({"removed": removed})
        return
    click.echo(f"forgot {counted(removed, 'file')}; the files themselves stay")
    for folder, outer in around.items():
        click.echo(
            f"{show_path(folder)} lies in {show_path(outer)}, which the library keeps:"
            " what that takes in stays"
        )


def _forget(folders: tuple[str | Path, ...], library: str) -> tuple[int, dict[str, str]]:
    """Forget folders.

    Returns:
        The number of files that were forgotten, and for each of the folders that lies in one of
        the library's the innermost of these.
    """
    from lookalike.library import Library
    from lookalike.library.places import absolute

    with Library.open(library, create=False) as opened:
        # All or none: a name that is wrong shall not leave half of the work done.
        known = {folder.path for folder in opened.status().folders}
        for folder in folders:
            if absolute(folder) not in known:
                raise UsageError(
                    f"{show_path(str(folder))} is not a folder of this library; "
                    "lookalike status lists them"
                )
        once = dict.fromkeys(absolute(folder) for folder in folders)
        removed = sum(opened.remove(folder) for folder in once)
    around = {}
    for path in once:
        outer = [name for name in known - once.keys() if is_under(path, name)]
        if outer:
            around[path] = max(outer, key=len)
    return removed, around


def _delete(library: str, *, yes: bool) -> int | None:
    """Delete the library; gives the number of its pictures, unless it is too damaged to say."""
    from lookalike.library.tending import count_deletable, delete_library

    pictures, damaged = count_deletable(library)
    if not yes:
        _ask(library, pictures, damaged)
    delete_library(library)
    return pictures


def _ask(library: str, pictures: int | None, damaged: bool) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("Deleting a library takes --yes where nobody can be asked")
    told = f"the {'damaged ' if damaged else ''}library {show_path(library)}"
    if pictures is not None:
        told += f" with {counted(pictures, 'picture')}"
    if not click.confirm(f"Delete {told}? The files themselves stay.", err=True):
        raise LookalikeError("nothing deleted")
