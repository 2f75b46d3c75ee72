"""The command line: arguments, printing and exit codes only.

Importing it is light, so that ``lookalike --help`` and completion answer at once: a command is
imported when it is called, and what is heavy inside the command.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

import click

from lookalike import __version__
from lookalike.cli.failure import report_failure, silence_stdout
from lookalike.cli.lazy import LazyGroup
from lookalike.cli.notes import say_notes
from lookalike.cli.options import verbose_option
from lookalike.codes import loading

__all__ = ["main", "program"]

_SILENCE = 0.5  # seconds that a command may wait without saying what for

# Without --verbose the log is silent: what matters to a user is printed.
logging.getLogger("lookalike").addHandler(logging.NullHandler())
say_notes(loading.COMPILING)
say_notes("lookalike.migrating")
say_notes("lookalike.waiting")


# A command NAME stands in the module lookalike.cli.NAME, with _ for - (import_ for import), and its
# module says this of itself, too.
COMMANDS = {
    "index": "Put the pictures of folders into the library.",
    "search": "Find the same, edited and similar pictures.",
    "watch": "Index pictures as they come, and say which are copies.",
    "check": "Say whether pictures are in the library already.",
    "duplicates": "Find pictures that are there more than once, and say which to keep.",
    "reject": "Decide that two pictures are no duplicates.",
    "settle": "Decide that a group of duplicates is fine as it is.",
    "overlap": "Say which pictures of one folder are in another.",
    "selftest": "Test the library on edited copies of its own pictures.",
    "compare": "Say what two pictures are to each other.",
    "serve": "Search in the browser, and over HTTP.",
    "mcp": "Answer an assistant about the library (Model Context Protocol).",
    "status": "Say what the library holds.",
    "reindex": "Make all codes anew.",
    "undo": "Bring back files that lookalike moved or linked.",
    "remove": "Forget folders, or delete the library.",
    "check-library": "Check a library, and repair it.",
    "export": "Write the library to another place, or its codes to a file.",
    "import": "Take another library, or codes from a file, into the library.",
    "encode": "Write the codes of pictures to a file.",
    "demo": "Try it: index, search, contact sheet.",
    "train": "Train a model on labelled pictures.",
    "evaluate": "Measure how well a model's codes find pictures of the same class.",
    "benchmark": "Measure lookalike on this machine.",
    "completion": "Print a shell's completion script.",
}


@click.group(
    cls=LazyGroup,
    package=__name__,
    told=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@verbose_option
def program() -> None:
    """Find the same, the edited and the similar pictures among your own."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: without the program's name; by default those of the process.

    Returns:
        The exit code: 0, 1 for a failure, 2 for wrong use, 3 where `check` misses a picture or
        `overlap` finds one, 130 after Ctrl-C.
    """
    try:
        result = program.main(
            args=None if arguments is None else list(arguments),
            prog_name="lookalike",
            standalone_mode=False,
        )
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough, as `head` does.
        silence_stdout()
        return 1
    except (Exception, KeyboardInterrupt) as error:
        return report_failure(error)
    loading.wait(_SILENCE)
    return result if isinstance(result, int) else 0
