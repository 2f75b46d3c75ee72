"""The progress bar of indexing."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lookalike.library.reports import OnProgress, Progress

__all__ = ["counter", "progress_bar"]


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


def _shape() -> dict[str, int]:
    """Of the terminal; tqdm itself shows nothing on one that doesn't tell its size."""
    columns, lines = shutil.get_terminal_size()
    return {"ncols": columns, "nrows": lines}
