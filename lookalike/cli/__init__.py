"""The command line: arguments, printing and exit codes only.

Importing it is light, so that ``lookalike --help`` and completion answer at once: what is heavy is
imported inside the commands.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

import click

from lookalike import __version__
from lookalike.cli.benchmark import benchmark
from lookalike.cli.completion import completion
from lookalike.cli.demo import demo
from lookalike.cli.encode import encode
from lookalike.cli.evaluate import evaluate
from lookalike.cli.failure import report_failure, silence_stdout
from lookalike.cli.index import index
from lookalike.cli.options import verbose_option
from lookalike.cli.reindex import reindex
from lookalike.cli.remove import remove
from lookalike.cli.search import search
from lookalike.cli.serve import serve
from lookalike.cli.status import status
from lookalike.cli.train import train

__all__ = ["main", "program"]

# Without --verbose the log is silent: what matters to a user is printed.
logging.getLogger("lookalike").addHandler(logging.NullHandler())


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
@verbose_option
def program() -> None:
    """Find the same, the edited and the similar pictures among your own."""


for _command in (
    index,
    search,
    serve,
    status,
    reindex,
    remove,
    encode,
    demo,
    train,
    evaluate,
    benchmark,
    completion,
):
    program.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: without the program's name; by default those of the process.

    Returns:
        The exit code: 0, 1 for a failure, 2 for wrong use, 130 after Ctrl-C.
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
    return result if isinstance(result, int) else 0
