"""What is said about an interrupted training before another one begins."""

from __future__ import annotations

from pathlib import Path

from lookalike.cli.output import note, show_path
from lookalike.errors import LookalikeError
from lookalike.training.checkpoint import read_checkpoint
from lookalike.training.config import Config

__all__ = ["tell_resuming"]


def tell_resuming(checkpoint: Path, config: Config, *, resume: bool) -> None:
    """Say from which epoch on a training goes, or which one is given up.

    Args:
        checkpoint: beside the model.
        config: of the training that begins.
        resume: whether it goes on from there.

    Raises:
        UsageError: there is nothing to resume.
        ModelError: what is to be resumed is damaged.
    """
    shown = show_path(str(checkpoint))
    if resume:
        begun = read_checkpoint(checkpoint)
        done = len(begun.epochs)
        note(f"resumed after epoch {done} of {config.epochs}: {shown}")
        return
    try:
        done = len(read_checkpoint(checkpoint).epochs) if checkpoint.is_file() else 0
    except LookalikeError:
        return  # whatever it is, a new training replaces it
    if 0 < done < config.epochs:
        note(
            f"{shown} holds {done} epochs of an earlier training, which is given up: to go on with "
            "it, stop this one before its first epoch ends, and add --resume"
        )
