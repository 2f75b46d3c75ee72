"""Damage pictures of every format, and see what the decoding pool makes of them.

    python scripts/fuzz_formats.py
    python scripts/fuzz_formats.py --count 500 --formats PNG HEIF --seed 7 --json out.json

Small sound files of every format are made, each damaged copy follows from (seed, number), and all
go through the pool with the usual limits, several at a time, in memory: none is written to a disk.
Whatever a decoder does, every file has to get an answer: *read*, *loss* (read with a loss), or the
cause why it isn't (file, kind, limit, time, memory, extra). For each format the answers are
counted, with the seconds that a file took. What fails the run (exit code 1): an exception out of
the pool, no answer for long, an answer that is none of these, or a line of the ledger that tells
nothing. A decoder that crashes costs its child, which is counted, and is no failure.
Errors that no format foresaw are their file's, too, and are listed: they tell people nothing.

``--show NUMBER`` says what is answered to one file. The same number is the same file with the same
seed and formats, as long as the encoders that make the sound ones are the same.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_args

import numpy as np
from fuzz_mutations import mutate
from fuzz_samples import SUFFIXES, make_samples

from lookalike.errors import Cause, PictureError
from lookalike.images.formats.registry import members_of
from lookalike.images.pool.item import Item
from lookalike.images.pool.pool import DecodePool
from lookalike.types import Decoded, InputSpec, Limits

INPUTS = {"pdq": InputSpec(512, "within"), "photo": InputSpec(224, "stretch")}
CLASSES = ("read", "loss", *(cause for cause in get_args(Cause) if cause != "access"))
# A picture may wait for another large one, and is tried again where its child died.
PATIENCE = 6.0  # times the limit on seconds
SLOWEST = 20


@dataclass
class Outcome:
    """What was answered to one file."""

    number: int
    format: str
    seconds: float
    answer: str
    told: str = ""
    members: int = 1
    faults: list[str] = field(default_factory=list)


class Replaced(logging.Handler):
    """Counts the children that were replaced since they crashed."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += "is replaced" in record.getMessage()


class Fuzzing:
    """Damaged files, and the pool that is asked for them."""

    def __init__(self, seed: int, formats: Sequence[str], workers: int) -> None:
        self._seed = seed
        self._samples = {name: made for name, made in make_samples().items() if name in formats}
        self._others = [data for made in self._samples.values() for data in made]
        self.limits = Limits()
        self._pool = DecodePool(INPUTS, limits=self.limits, workers=workers)
        self._replaced = Replaced()
        log = logging.getLogger("lookalike.images.pool.pool")
        log.setLevel(logging.INFO)
        log.addHandler(self._replaced)

    @property
    def replaced(self) -> int:
        """Children that crashed so far."""
        return self._replaced.count

    def close(self) -> None:
        """End the children."""
        self._pool.close()

    def file(self, number: int) -> tuple[str, bytes]:
        """The format that a file was of, and the file."""
        rng = random.Random(f"{self._seed} {number}")  # noqa: S311 - not for secrets
        names = list(self._samples)
        name = names[number % len(names)]
        return name, mutate(rng, rng.choice(self._samples[name]), self._others)

    def ask(self, number: int) -> Outcome:
        """What the pool says of one file, and of its second picture where it holds several."""
        name, data = self.file(number)
        item = Item(data, "", "file" + SUFFIXES[name])
        started = time.monotonic()
        outcome = self._ask(number, name, item)
        outcome.seconds = time.monotonic() - started
        return outcome

    def _ask(self, number: int, name: str, item: Item) -> Outcome:
        try:
            first = self._pool.decode(item.file, name=item.name, count=True)
        except PictureError as error:
            made = Outcome(number, name, 0.0, error.cause, f"{error.status}: {error}")
            made.faults += _check_error(error)
            return made
        made = Outcome(number, name, 0.0, "loss" if first.loss else "read", first.loss)
        made.faults += _check(first)
        members = members_of(first, 2)
        made.members = len(members)
        for member in members[1:]:
            try:
                second = self._pool.decode(item.file, name=item.name, member=member)
            except PictureError as error:
                made.faults += _check_error(error)
            else:
                made.faults += _check(second)
        return made


def _check_error(error: PictureError) -> list[str]:
    found = []
    if error.cause not in CLASSES:
        found.append(f"the cause {error.cause!r} of bytes in memory")
    text = str(error)
    if not text.strip() or "\n" in text or not text.isprintable():
        found.append(f"no line for a ledger: {text!r}")
    return found


def _check(picture: Decoded) -> list[str]:
    found = []
    for name, spec in INPUTS.items():
        made = picture.inputs.get(name)
        if made is None or made.dtype != np.uint8 or made.ndim != 3 or made.shape[2] != 3:
            found.append(f"no input for {name}")
        elif max(made.shape[:2]) > spec.size or min(made.shape[:2]) < 1:
            found.append(f"an input of {made.shape} for {name}")
    if picture.width < 1 or picture.height < 1:
        found.append(f"a picture of {picture.width} x {picture.height}")
    if "\n" in picture.loss or not picture.loss.isprintable():
        found.append(f"no line for a note: {picture.loss!r}")
    return found


def run(fuzzing: Fuzzing, count: int, in_flight: int) -> Iterator[Outcome]:
    """Ask for all files; what comes out of the pool as an exception is a fault of its file."""
    numbers = iter(range(count))
    patience = PATIENCE * fuzzing.limits.seconds
    with ThreadPoolExecutor(in_flight) as threads:
        begun: dict[Future[Outcome], int] = {}
        while True:
            while len(begun) < in_flight and (number := next(numbers, None)) is not None:
                begun[threads.submit(fuzzing.ask, number)] = number
            if not begun:
                return
            done, _ = wait(begun, timeout=patience, return_when=FIRST_COMPLETED)
            if not done:  # its thread can't be ended
                print(f"no answer: {sorted(begun.values())}", file=sys.stderr, flush=True)
                os._exit(1)
            for future in done:
                number = begun.pop(future)
                try:
                    yield future.result()
                except Exception as error:
                    what = f"{type(error).__name__}: {error}"
                    yield Outcome(number, fuzzing.file(number)[0], 0.0, "exception", faults=[what])


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Counts and seconds by format, and what is worth a look."""
    by_format: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_format[outcome.format].append(outcome)
    formats = {}
    for name, some in by_format.items():
        seconds = [outcome.seconds for outcome in some]
        p50, p99 = np.percentile(seconds, (50, 99))
        answers = Counter(outcome.answer for outcome in some)
        formats[name] = {
            "files": len(some),
            **{answer: answers[answer] for answer in (*CLASSES, "exception")},
            "seconds": {"p50": float(p50), "p99": float(p99), "max": max(seconds)},
        }
    strange = [
        o for o in outcomes if o.told.startswith(("failed: can't be decoded", "failed: the"))
    ]
    crashes = [o for o in outcomes if "crashed its decoder" in o.told]
    slowest = sorted(outcomes, key=lambda outcome: -outcome.seconds)[:SLOWEST]
    return {
        "formats": formats,
        "crashed": dict(Counter(outcome.format for outcome in crashes)),
        "unforeseen": [[o.number, o.format, o.told] for o in strange],
        "slowest": [[o.number, o.format, round(o.seconds, 3), o.answer] for o in slowest],
        "faults": [asdict(outcome) for outcome in outcomes if outcome.faults],
    }


def print_table(found: dict[str, Any]) -> None:
    names = ("files", *CLASSES)
    print("format    " + "".join(f"{name:>8}" for name in names) + "     p50     p99     max")
    for name, row in sorted(found["formats"].items()):
        counts = "".join(f"{row[key]:>8}" for key in names)
        print(
            f"{name:10}{counts}"
            + "".join(f"{row['seconds'][k]:8.3f}" for k in ("p50", "p99", "max"))
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=10_000, help="files; 10,000 by default")
    parser.add_argument("--seed", type=int, default=14)
    parser.add_argument("--formats", nargs="+", default=list(SUFFIXES), choices=list(SUFFIXES))
    parser.add_argument("--workers", type=int, default=2, help="children; 2 by default")
    parser.add_argument("--json", type=Path, help="write all that was counted there")
    parser.add_argument("--show", type=int, metavar="NUMBER", help="one file only")
    given = parser.parse_args()
    fuzzing = Fuzzing(given.seed, given.formats, given.workers)
    if given.show is not None:
        print(fuzzing.ask(given.show))
        fuzzing.close()
        return
    started = time.monotonic()
    outcomes = []
    for outcome in run(fuzzing, given.count, 4 * given.workers):
        outcomes.append(outcome)
        if len(outcomes) % 500 == 0:
            print(f"{len(outcomes):,} files, {time.monotonic() - started:.0f} s", file=sys.stderr)
    fuzzing.close()
    found = {"count": given.count, "seed": given.seed, **summary(outcomes)}
    found |= {"seconds": time.monotonic() - started, "replaced": fuzzing.replaced}
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    print_table(found)
    print(f"children that crashed: {fuzzing.replaced}")
    print(f"files that crash theirs twice: {found['crashed']}")
    print(f"errors that no format foresaw: {len(found['unforeseen'])}")
    for number, name, told in found["unforeseen"][:10]:
        print(f"  {number} ({name}): {told}")
    for fault in found["faults"]:
        print(f"fault: {fault}")
    sys.exit(1 if found["faults"] or len(outcomes) != given.count else 0)


if __name__ == "__main__":
    main()
