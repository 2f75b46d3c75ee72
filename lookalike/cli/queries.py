"""The pictures that a command is to ask about: files, folders, standard input, lists of paths."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from lookalike.cli.options import PathType
from lookalike.cli.output import note, one_line, show_path
from lookalike.errors import PictureError, PictureFailed, UsageError

__all__ = [
    "STDIN",
    "Query",
    "Refused",
    "answered",
    "echo_paths",
    "from_stdin",
    "is_one",
    "null_option",
    "paths_from_option",
    "queries",
    "say_unread",
]

STDIN = "-"

Command = TypeVar("Command", bound=Callable[..., Any])
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Query:
    """A picture to ask about.

    Attributes:
        name: its path as it was given, or found in a folder; ``-`` for standard input.
        picture: its path, or its bytes.
    """

    name: str
    picture: str | bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """A file or folder that can't be asked about, and why."""

    name: str
    reason: str


def paths_from_option(command: Command) -> Command:
    """Add ``--paths-from FILE``, handed to the command as ``paths_from``."""
    return click.option(
        "--paths-from",
        metavar="FILE",
        type=PathType(folder=False),
        help="Take further PICTUREs from a file, one path a line; - is standard input.",
    )(command)


def null_option(command: Command) -> Command:
    """Add ``-0``, handed to the command as ``null``."""
    return click.option(
        "-0",
        "--null",
        "null",
        is_flag=True,
        help="Paths that are read by --paths-from or printed by --paths-only end with a null "
        "character in place of a line's end, as those of find -print0.",
    )(command)


def is_one(given: Sequence[Path], paths_from: Path | None) -> bool:
    """Whether just one picture is asked about, and no folder that may hold several."""
    return len(given) == 1 and paths_from is None and not given[0].is_dir()


def queries(
    given: Sequence[Path], paths_from: Path | None = None, *, null: bool = False
) -> Iterator[Query | Refused]:
    """All pictures that are asked about, one after the other.

    Args:
        given: files, folders (walked as indexing does), or ``-`` for a picture on standard input.
        paths_from: a file that lists further ones, or ``-``.
        null: whether the paths in it end with a null character.

    Raises:
        UsageError: standard input is to be two things, at once; a list that can't be read.
    """
    stdin = [path for path in (*given, paths_from) if path is not None and str(path) == STDIN]
    if len(stdin) > 1:
        raise UsageError("standard input, -, is one picture or one list of paths: give it once")
    listed = [] if paths_from is None else _listed(paths_from, null=null)
    return _all(given, listed)


def _all(given: Sequence[Path], listed: Sequence[str]) -> Iterator[Query | Refused]:
    for path in given:
        if str(path) == STDIN:
            yield Query(STDIN, from_stdin())
        else:
            yield from _of_path(str(path))
    for named in listed:
        yield from _of_path(named)


def from_stdin() -> bytes:
    """The bytes of a picture on standard input; one more than the limit allows, at most."""
    from lookalike.types import Limits

    return sys.stdin.buffer.read(Limits().file_bytes + 1)


def _of_path(path: str) -> Iterator[Query | Refused]:
    """A file, or the pictures of a folder."""
    if not os.path.isdir(path):
        yield Query(path, path)
        return
    from lookalike.sources.walk import Unreadable, walk

    empty = True
    for entry in walk(path):
        empty = False
        if isinstance(entry, Unreadable):
            yield Refused(entry.path, entry.reason)
        else:
            yield Query(entry.path, entry.path)
    if empty:
        note(f"lookalike: {show_path(path)} holds no pictures")


def _listed(file: Path, *, null: bool) -> list[str]:
    """The paths of a list, without empty lines."""
    try:
        data = sys.stdin.buffer.read() if str(file) == STDIN else file.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"--paths-from {show_path(str(file))} can't be read: {reason}") from error
    if not null and b"\0" in data:
        raise UsageError(
            f"--paths-from {show_path(str(file))} holds null characters: add -0 if they part the"
            " paths"
        )
    return [os.fsdecode(line) for line in data.split(b"\0" if null else b"\n") if line]


def answered(
    ask: Callable[[Iterable[Any]], Iterator[T | PictureError]],
    asked: Iterable[Query | Refused],
) -> Iterator[tuple[str, T | PictureError]]:
    """The name of each picture with its answer, in their order.

    Args:
        ask: gives for each of some pictures an answer, in their order, such as a library's
            ``search_many``.
        asked: advanced as far ahead as ``ask`` does. What can't be asked about gets an error.
    """
    waiting: deque[Query | Refused] = deque()

    def pictures() -> Iterator[str | bytes]:
        for one in asked:
            waiting.append(one)
            if isinstance(one, Query):
                yield one.picture

    def refused() -> Iterator[tuple[str, PictureError]]:
        while waiting and isinstance(waiting[0], Refused):
            one = waiting.popleft()
            if isinstance(one, Refused):
                yield one.name, PictureFailed(one.reason, cause="access")

    for answer in ask(pictures()):
        yield from refused()
        yield waiting.popleft().name, answer
    yield from refused()


def say_unread(name: str, reason: object) -> None:
    """One line on standard error for a picture that can't be read."""
    note(f"lookalike: {show_path(name)}: {one_line(str(reason))}")


def echo_paths(paths: Iterable[str], *, null: bool) -> None:
    """Print paths for another program: just their bytes, whatever is in them."""
    end = b"\0" if null else b"\n"
    for path in paths:
        click.echo(os.fsencode(path) + end, nl=False)
