"""The progress bar of training."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lookalike.cli.steps import Lines

if TYPE_CHECKING:
    from lookalike.training.loop import Step

__all__ = ["training_bar"]


@contextmanager
def training_bar() -> Iterator[Callable[[Step], None]]:
    """Show the steps of a training on standard error: a bar on a terminal, lines in a log.

    Yields:
        What the training calls after every step.
    """
    from tqdm import tqdm

    columns, lines = shutil.get_terminal_size()
    with tqdm(
        desc="training",
        unit=" steps",
        file=sys.stderr,
        disable=None,
        leave=False,
        ncols=columns,
        nrows=lines,
    ) as bar:
        finishing = False
        epochs, last = Lines("training", "steps"), Lines("finishing", "pictures")

        def show(step: Step) -> None:
            nonlocal finishing
            if bar.disable:
                if step.finishing:
                    last(step.step, step.steps)
                    return
                done = (step.epoch - 1) * step.steps + step.step
                more = f", epoch {step.epoch} of {step.epochs}, loss {step.loss:.3f}"
                epochs(done, step.epochs * step.steps, more)
                return
            if step.finishing:
                if not finishing:
                    finishing = True
                    bar.reset(step.steps)
                    bar.unit = " pictures"
                    bar.set_description("finishing")
                bar.update(step.step - bar.n)
                return
            bar.total = step.epochs * step.steps
            bar.set_postfix(epoch=f"{step.epoch}/{step.epochs}", loss=f"{step.loss:.3f}")
            bar.update((step.epoch - 1) * step.steps + step.step - bar.n)

        yield show
