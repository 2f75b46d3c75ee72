"""The options that commands share."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = [
    "LIBRARY_NAME",
    "LIBRARY_VARIABLE",
    "LibraryType",
    "PathType",
    "PlaceType",
    "data_options",
    "default_library",
    "json_lines_option",
    "json_option",
    "library_option",
    "make_default_folder",
    "measured_model_option",
    "model_option",
    "short_list_option",
    "verbose_option",
]

LIBRARY_VARIABLE = "LOOKALIKE_LIBRARY"
LIBRARY_NAME = "library.lookalike"

Command = TypeVar("Command", bound=Callable[..., Any])


class PathType(click.Path):
    """A path that isn't empty, which otherwise would mean the current folder."""

    def __init__(self, *, folder: bool | None = None) -> None:
        """Take a folder only (true), a file only (false), or either; it need not exist."""
        super().__init__(file_okay=folder is not True, dir_okay=folder is not False, path_type=Path)

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> Any:
        """Refuse what an unset variable of a script leaves behind."""
        if value == "":
            self.fail("a path is empty", parameter, context)
        return super().convert(value, parameter, context)


class PlaceType(PathType):
    """A folder, an address of an object store, or an archive of pictures; it need not exist."""

    name = "folder"

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> Any:
        """Leave an address as it is: as a path it would lose a slash."""
        if isinstance(value, str) and "://" in value:
            return value
        return super().convert(value, parameter, context)


class LibraryType(PathType):
    """Where a library is, as text: the absolute path of a file, or an address without a secret."""

    name = "library"

    def __init__(self) -> None:
        super().__init__(folder=False)

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> Any:
        """Refuse what no command could go on with; an address is never taken for a path."""
        named = str(value)
        if "://" not in named:
            if os.path.basename(named) in ("", os.curdir) and named and not os.path.isdir(named):
                self.fail(f"{named} names a folder: give the path of a file", parameter, context)
            value = str(super().convert(value, parameter, context))
        # Here, not above: only what runs needs it, and not --help.
        from lookalike.library.opening import MEMORY, shown

        if value == MEMORY:
            self.fail(f"{MEMORY} would be gone when this command ends", parameter, context)
        return shown(value)


def default_library() -> str:
    """The library of the environment, else the one in the user's data folder."""
    named = os.environ.get(LIBRARY_VARIABLE)
    if named:
        return named
    return str(_home() / LIBRARY_NAME)


def make_default_folder(library: str) -> None:
    """Make the user's data folder if the library of it is meant; no other folder is made."""
    if Path(library).parent == _home():
        _home().mkdir(parents=True, exist_ok=True)


def _home() -> Path:
    import platformdirs

    return Path(platformdirs.user_data_dir("lookalike", appauthor=False))


def library_option(command: Command) -> Command:
    """Add ``--library FILE``, handed to the command as a location, see :class:`LibraryType`."""
    return click.option(
        "--library",
        metavar="FILE",
        type=LibraryType(),
        default=default_library,
        show_default=f"${LIBRARY_VARIABLE}, else {LIBRARY_NAME} in the user's data folder",
        help="The library to use.",
    )(command)


def data_options(command: Command) -> Command:
    """Add ``--data-dir`` and ``--download``, of commands that take a data set."""
    command = click.option(
        "--download", is_flag=True, help="Fetch cifar10 (163 MiB) if it is missing from there."
    )(command)
    return click.option(
        "--data-dir",
        type=PathType(folder=True),
        metavar="FOLDER",
        show_default="$LOOKALIKE_DATA, else data",
        help="Where data sets are looked for by name.",
    )(command)


def json_option(command: Command) -> Command:
    """Add ``--json``, handed to the command as ``as_json``."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON object and nothing else."
    )(command)


def json_lines_option(command: Command) -> Command:
    """Add ``--json`` to a command that answers for several pictures, handed as ``as_json``."""
    return click.option(
        "--json",
        "as_json",
        is_flag=True,
        help="Print JSON and nothing else: an object, of several pictures one a line.",
    )(command)


def model_option(command: Command) -> Command:
    """Add ``--model MODEL``, handed to the command as ``model``."""
    return click.option(
        "--model",
        metavar="MODEL",
        help="The photo model: a name, the path of an .onnx file, or hub:OWNER/NAME.",
    )(command)


def measured_model_option(command: Command) -> Command:
    """Add ``--model MODEL``, of benchmarks that make a library of their own."""
    return click.option(
        "--model",
        default="photo",
        show_default=True,
        metavar="MODEL",
        help="The photo model: a name, or the path of an .onnx file.",
    )(command)


def verbose_option(command: Command) -> Command:
    """Add ``--verbose``, which sends the package's log to standard error."""
    return click.option(
        "-v",
        "--verbose",
        is_flag=True,
        expose_value=False,
        callback=_start_logging,
        help="Log to standard error what is done, and errors with their traceback.",
    )(command)


def _start_logging(_context: click.Context, _parameter: click.Parameter, verbose: bool) -> None:
    if verbose:
        logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        logging.getLogger("lookalike").setLevel(logging.DEBUG)


def short_list_option(command: Command) -> Command:
    """Look by the first bits of the photo code."""
    return click.option(
        "--short-list",
        metavar="BITS",
        type=click.IntRange(min=1),
        help="Look for what is alike by so many first bits of the photo code, and put what they "
        "find in order by all of them: sooner in large libraries, but not exact.",
    )(command)
