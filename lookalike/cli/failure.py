"""What goes wrong: one line on standard error, and the exit code."""

from __future__ import annotations

import errno
import logging
import os
import sys

import click

from lookalike.cli.output import one_line, show_path
from lookalike.errors import LookalikeError, UsageError

__all__ = ["FAILED", "INTERRUPTED", "WRONG_USE", "report_failure", "silence_stdout"]

FAILED = 1
WRONG_USE = 2
INTERRUPTED = 130

_log = logging.getLogger(__name__)


def report_failure(error: BaseException) -> int:
    """Say what went wrong in one line on standard error.

    Returns:
        The exit code.
    """
    _log.debug("traceback of the failure", exc_info=error)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return WRONG_USE
    if isinstance(error, KeyboardInterrupt | click.Abort):
        # Click turns Ctrl-C into its own Abort, and so it does with a question left unanswered.
        _say(str(error.__cause__ or error) or "interrupted")
        return INTERRUPTED
    message, code = _describe(error)
    _say(message)
    return code


def silence_stdout() -> None:
    """Keep the interpreter from writing what is buffered to a pipe that nobody reads."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(message: str) -> None:
    click.echo(f"lookalike: {one_line(message)}", err=True)


def _describe(error: BaseException) -> tuple[str, int]:
    if isinstance(error, click.UsageError):
        where = error.ctx.command_path if error.ctx else "lookalike"
        message = error.format_message().strip().rstrip(".")
        return f"{message} (see {where} --help)", WRONG_USE
    if isinstance(error, click.ClickException):
        return error.format_message(), error.exit_code
    if isinstance(error, UsageError):
        return str(error), WRONG_USE
    if isinstance(error, LookalikeError):
        return str(error), FAILED
    if isinstance(error, OSError):
        return _describe_os_error(error), FAILED
    if isinstance(error, MemoryError):
        return "not enough memory", FAILED
    hint = (
        "" if _log.isEnabledFor(logging.DEBUG) else "; run again with --verbose for the traceback"
    )
    return f"unexpected {type(error).__name__}: {error}{hint}", FAILED


def _describe_os_error(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        reason = f"{reason} (free some space and run the same command again)"
    if error.filename is None:
        return reason
    return f"{show_path(os.fsdecode(error.filename))}: {reason}"
