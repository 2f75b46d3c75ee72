"""The progress bars: of indexing, of what is counted, of downloads."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lookalike.library.reports import OnProgress, Progress

__all__ = ["byte_bar", "check_bar", "counter", "progress_bar", "share_bar", "stage_bar"]


@contextmanager
def progress_bar() -> Iterator[OnProgress]:
    """Show a bar on standard error if it is a terminal: rate, time left, skipped, failed.

    Yields:
        What a library calls after every batch.
    """
    from tqdm import tqdm
    from tqdm.contrib.logging import logging_redirect_tqdm

    with ExitStack() as stack:
        bar = stack.enter_context(
            tqdm(
                desc="indexing",
                unit=" files",
                file=sys.stderr,
                disable=None,
                leave=False,
                **_shape(),
            )
        )
        if not bar.disable:
            stack.enter_context(logging_redirect_tqdm())

        def show(progress: Progress) -> None:
            bar.total = progress.total
            bar.set_description(progress.stage, refresh=False)
            bar.set_postfix(skipped=progress.skipped, failed=progress.failed, refresh=False)
            bar.update(progress.done - bar.n)

        yield show


@contextmanager
def counter(told: str) -> Iterator[Callable[[int], object]]:
    """Count files on standard error if it is a terminal, where their number isn't known before.

    Yields:
        What is called with a number of files done.
    """
    from tqdm import tqdm

    with tqdm(
        desc=told, unit=" files", file=sys.stderr, disable=None, leave=False, **_shape()
    ) as bar:
        yield bar.update


@contextmanager
def share_bar(told: str, unit: str) -> Iterator[Callable[[int, int], object]]:
    """Show how much of something is done on standard error if it is a terminal.

    Yields:
        What is called with the number of things done, and of all.
    """
    from tqdm import tqdm

    with tqdm(
        desc=told, unit=f" {unit}", file=sys.stderr, disable=None, leave=False, **_shape()
    ) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show


@contextmanager
def stage_bar() -> Iterator[Callable[[str, int, int], None]]:
    """Show on standard error, if it is a terminal, how far each of several stages is.

    Yields:
        What is called with the stage, and with the number of things done, and of all.
    """
    from tqdm import tqdm

    with tqdm(file=sys.stderr, unit="", disable=None, leave=False, **_shape()) as bar:
        stage = ""

        def show(now: str, done: int, total: int) -> None:
            nonlocal stage
            if now != stage:  # rate and time left are of this stage
                stage = now
                bar.reset(total)
                bar.set_description(now, refresh=False)
            bar.total = total
            bar.update(done - bar.n)

        yield show


@contextmanager
def check_bar() -> Iterator[Callable[[str, int], object]]:
    """Say on standard error, if it is a terminal, what is being checked.

    Yields:
        What is called with that, and with how many steps were made.
    """
    from tqdm import tqdm

    with tqdm(unit=" steps", file=sys.stderr, disable=None, leave=False, **_shape()) as bar:

        def show(stage: str, done: int) -> None:
            bar.set_description(f"checking {stage}", refresh=False)
            bar.n = done
            bar.refresh()

        yield show


@contextmanager
def byte_bar(told: str) -> Iterator[Callable[[int, int], object]]:
    """Show the bytes of a download on standard error if it is a terminal, once there are any.

    Yields:
        What is called with the bytes that are there and the bytes in all.
    """
    from tqdm import tqdm

    with ExitStack() as stack:
        bars: list[Any] = []

        def show(there: int, total: int) -> None:
            if not bars:
                bar = tqdm(
                    desc=told,
                    total=total,
                    initial=there,
                    unit="B",
                    unit_scale=True,
                    file=sys.stderr,
                    disable=None,
                    leave=False,
                    **_shape(),
                )
                bars.append(stack.enter_context(bar))
            bars[0].update(there - bars[0].n)

        yield show


def _shape() -> dict[str, int]:
    """Of the terminal; tqdm itself shows nothing on one that doesn't tell its size."""
    columns, lines = shutil.get_terminal_size()
    return {"ncols": columns, "nrows": lines}
