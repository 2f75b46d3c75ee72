"""How fast several folders are indexed, side by side: the same pictures in two formats, say."""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lookalike.errors import UsageError
from lookalike.library import Library
from lookalike.sources.walk import Found, walk

__all__ = ["FolderRate", "compare_indexing"]


@dataclass(frozen=True, slots=True)
class FolderRate:
    """How fast one folder was indexed, both codes, each time from an empty library.

    Attributes:
        folder: its path.
        pictures: that were indexed.
        failed: that couldn't be read.
        rates: pictures a second, of each round.
        cpu_seconds: processor time a picture, of all processes together, of each round. Where
            others use the machine it is the steadier figure.
    """

    folder: str
    pictures: int
    failed: int
    rates: tuple[float, ...]
    cpu_seconds: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Pictures a second, median of the rounds."""
        return statistics.median(self.rates)

    @property
    def cpu(self) -> float:
        """Processor seconds a picture, median of the rounds."""
        return statistics.median(self.cpu_seconds)


def compare_indexing(
    folders: Sequence[str | os.PathLike[str]],
    *,
    rounds: int = 3,
    photo: str = "photo-256",
    say: Callable[[str], None] = lambda _: None,
) -> list[FolderRate]:
    """Index folders in turn, so that all of them meet the same machine.

    A first round fills caches and isn't counted. Who goes first changes from round to round.

    Args:
        folders: of pictures.
        rounds: that count, one at least.
        photo: the photo encoder.
        say: told what is measured now.

    Raises:
        UsageError: a folder holds no pictures, or ``rounds`` is below 1.
    """
    if rounds < 1:
        raise UsageError(f"at least 1 round has to be measured, not {rounds}")
    names = [os.fspath(folder) for folder in folders]
    for name in names:
        if not any(isinstance(found, Found) for found in walk(name)):
            raise UsageError(f"{name} holds no pictures")
    rates: dict[str, list[float]] = {name: [] for name in names}
    cpu: dict[str, list[float]] = {name: [] for name in names}
    counts: dict[str, tuple[int, int]] = {}
    for turn in range(rounds + 1):
        for name in names if turn % 2 else names[::-1]:
            say(f"round {turn} of {rounds}: {name}" if turn else f"warming up: {name}")
            before = sum(os.times()[:4])
            with tempfile.TemporaryDirectory() as temporary:
                file = Path(temporary) / "benchmark.lookalike"
                with Library.open(file, photo=photo) as library:
                    report = library.index(name)
            if not report.added:
                raise UsageError(f"{name} holds no pictures that can be read")
            if turn:
                rates[name].append(report.pictures_per_second)
                cpu[name].append((sum(os.times()[:4]) - before) / report.added)
            counts[name] = report.added, report.failed
    return [FolderRate(name, *counts[name], tuple(rates[name]), tuple(cpu[name])) for name in names]
