"""``lookalike overlap``."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from lookalike.cli.failure import FAILED, INTERRUPTED
from lookalike.cli.interrupt import stop_on_interrupt
from lookalike.cli.limits import limit_option
from lookalike.cli.options import PathType, json_option, library_option, verbose_option
from lookalike.cli.output import counted, note, one_line, print_json, show_path
from lookalike.cli.progress import progress_bar, share_bar
from lookalike.errors import UsageError
from lookalike.fields import plain
from lookalike.match import Kind

if TYPE_CHECKING:
    from lookalike.library import Library
    from lookalike.library.overlap import Overlap, Shared
    from lookalike.types import Limits

__all__ = ["SHARED", "overlap"]

SHARED = 3
"""The exit code where the folders have pictures in common."""

_KINDS = [kind for kind in get_args(Kind) if kind != "alike"]
_WIDTH = max(map(len, _KINDS))
_REASONS = 10  # that are named
_COLUMNS = ["path", "partner", "kind", "edits", "code", "distance", "bits", "chance"]


@click.command(short_help="Say which pictures of one folder are in another.")
@click.argument("first", metavar="A", type=PathType())
@click.argument("second", metavar="B", type=PathType())
@click.option(
    "--kind",
    "kinds",
    default=",".join(_KINDS),
    show_default=True,
    metavar="KINDS",
    help="What counts as being in B, parted by commas.",
)
@limit_option
@click.option("--csv", "as_csv", is_flag=True, help="Print a table of CSV and nothing else.")
@json_option
@library_option
@verbose_option
def overlap(
    first: Path,
    second: Path,
    kinds: str,
    limits: Limits,
    as_csv: bool,
    as_json: bool,
    library: str,
) -> int:
    """Say which pictures of folder A are in folder B, too: the same, edited, or as a part.

    Such as those of a test set that are in the training set. Neither has to be in the library. The
    exit code is 0 if none is in B, 3 if some are, and 1 if none is found and a file can't be read.
    """
    from lookalike.library.overlap import overlap as find

    if as_csv and as_json:
        raise UsageError("--csv and --json contradict each other: give one of them")
    wanted = _kinds(kinds)
    with ExitStack() as opened:
        stop = opened.enter_context(stop_on_interrupt())
        bars = opened.enter_context(ExitStack())
        searching = bars.enter_context(share_bar("looking for A", "pictures"))
        indexing = bars.enter_context(progress_bar())
        table = csv.writer(_Lines()) if as_csv else None
        if table is not None:
            table.writerow(_COLUMNS)

        def say(shared: Shared) -> None:
            if table is not None:
                table.writerow(_row(shared))
            elif not as_json:
                _above_the_bar(_line(shared))

        result = find(
            first,
            second,
            kinds=wanted,
            library=_known(library, opened),
            limits=limits,
            indexing=indexing,
            searching=searching,
            found=say,
            stop=stop,
        )
    if as_json:
        print_json(_values(result))
    else:
        for line in _summary(result, wanted):
            click.echo(line, err=as_csv)
    if result.interrupted:
        note("lookalike: interrupted; what was found until then is above")
        return INTERRUPTED
    if result.found:
        return SHARED
    return FAILED if result.unread or result.unread_second else 0


def _kinds(given: str) -> list[Kind]:
    """The kinds of a list such as ``edited,part``."""
    words = [word.strip() for word in given.split(",") if word.strip()]
    found = [kind for kind in _KINDS if kind in words]
    wrong = [word for word in words if word not in _KINDS]
    if wrong or not found:
        named = wrong[0] if wrong else given
        raise UsageError(f"--kind is some of {','.join(_KINDS)}, not {named!r}")
    return found


def _known(location: str, opened: ExitStack) -> Library | None:
    """The user's library, if there is one that can be asked: without it the answer is the same."""
    from lookalike.errors import LibraryError
    from lookalike.library import Library
    from lookalike.library.opening import exists

    if not exists(location):
        return None
    try:
        return opened.enter_context(Library.open(location, create=False, read_only=True))
    except LibraryError:
        return None


class _Lines:
    """Lines of CSV on standard output, with the bytes of paths whatever they are."""

    def write(self, text: str) -> None:
        click.echo(text.encode("utf-8", "surrogateescape"), nl=False)


def _above_the_bar(line: str) -> None:
    """Print a line while a progress bar is shown."""
    from tqdm import tqdm

    with tqdm.external_write_mode(file=sys.stdout):
        click.echo(line)


def _row(shared: Shared) -> list[object]:
    from lookalike.matching.edits_words import words

    hit = shared.match
    chance = "" if hit.chance is None else f"{hit.chance:.3g}"
    edits = words(hit.edits)
    return [shared.path, hit.path, hit.kind, edits, hit.code, hit.distance, hit.bits, chance]


def _line(shared: Shared) -> str:
    """The kind, the picture of A, its partner in B, and from that to it what was done."""
    from lookalike.matching.edits_words import words

    hit = shared.match
    edits = words(hit.edits)
    line = f"{hit.kind:<{_WIDTH}}  {show_path(shared.path)}  ->  {show_path(hit.path)}"
    return line + (f"  ({edits})" if edits else "")


def _summary(result: Overlap, kinds: list[Kind]) -> list[str]:
    from lookalike.library.overlap import counts_told

    shared, bursts = len(result.found), result.bursts
    told = f": {counts_told(result.counts, kinds)}" if shared else ""
    one, other = show_path(result.first), show_path(result.second)
    lines = [f"{shared:,} of {counted(result.pictures, 'picture')} of {one} are in {other}{told}"]
    if bursts:
        verb = "is a frame" if bursts == 1 else "are frames"
        lines.append(
            f"{bursts:,} more {verb} of a burst with a picture there, seconds apart: not counted"
        )
    lines += _unread(result.unread, one) + _unread(result.unread_second, other)
    source = "the library knows them" if result.from_library else "read for this"
    lines.append(
        f"compared with {counted(result.among, 'picture')} ({source}) in {result.seconds:.1f} s"
    )
    return lines


def _unread(files: Mapping[str, str], folder: str) -> list[str]:
    """How many files can't be read, for each reason, with one that shows it."""
    if not files:
        return []
    reasons = Counter(files.values()).most_common()
    lines = [f"{counted(len(files), 'file')} of {folder} can't be read, so nothing is known of it:"]
    if len(files) > 1:
        lines = [lines[0].removesuffix("it:") + "them:"]
    for reason, count in reasons[:_REASONS]:
        example = next(path for path, why in files.items() if why == reason)
        lines.append(f"  {count:,}: {one_line(reason)}, such as {show_path(example)}")
    if len(reasons) > _REASONS:
        lines.append(f"  and {counted(len(reasons) - _REASONS, 'more reason')}")
    return lines


def _values(result: Overlap) -> dict[str, object]:
    """The answer as JSON."""
    return {
        "a": result.first,
        "b": result.second,
        "pictures": result.pictures,
        "among": result.among,
        "in": len(result.found),
        "counts": dict(result.counts),
        "bursts": result.bursts,
        "found": [{"path": one.path, "hit": plain(one.match)} for one in result.found],
        "failed": [
            {"path": path, "reason": reason}
            for files in (result.unread, result.unread_second)
            for path, reason in files.items()
        ],
        "from_library": result.from_library,
        "interrupted": result.interrupted,
        "seconds": round(result.seconds, 3),
    }
