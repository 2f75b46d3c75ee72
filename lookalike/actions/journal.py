"""The journal of a run: what is about to be done, written before it is done.

One file a run, one JSON object a line, each on the disk before the work goes on. A line that was
cut off is one that was never written: its step was not begun.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from lookalike.actions import calls
from lookalike.actions.runs import ended_lines, file_of_run, numbers_of
from lookalike.actions.step import Step
from lookalike.errors import ActionError, UsageError
from lookalike.images.reasons import os_reason
from lookalike.library.opening import Location, beside
from lookalike.system.locks import locked

__all__ = ["Journal", "acting", "journal_folder"]

_LOCK = "lock"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def journal_folder(location: Location) -> Path:
    """Where the journals of a library lie: beside its file, by its name.

    Those of a library on a server lie in the user's data folder: they are about the files that this
    machine acted on. They are no part of the library, and stay when that is deleted.

    Raises:
        UsageError: the library is in memory.
    """
    path = beside(location, lasting=True, make=True)
    if path is None:
        raise UsageError(f"{os.fspath(location)} has no file, and so no place for a journal")
    return path.with_name(f"{path.name}-actions")


@contextmanager
def acting(folder: Path) -> Iterator[None]:
    """Be the only one that acts on files, or undoes that, with the journals of a folder.

    Raises:
        ActionError: another one is at it, or the folder can't be written to.
    """
    # Here, not above: a list of runs takes no lock.
    from filelock import Timeout

    with ExitStack() as held:
        try:
            folder.mkdir(exist_ok=True)
            held.enter_context(locked(folder / _LOCK, seconds=0))
        except Timeout as error:
            raise ActionError(
                f"{folder}: another lookalike acts on files, or undoes that: wait until it is done"
            ) from error
        except OSError as error:
            raise ActionError(
                f"no journal can be kept in {folder} ({os_reason(error)}), and without one no file"
                " is touched"
            ) from error
        yield


class Journal:
    """The journal of one run, open for writing.

    Args:
        path: of its file, which is there.
        number: of the run.
        token: by which the run's temporary names are told from others.
        steps: that it has already.

    Attributes:
        steps: how many there are.
    """

    def __init__(self, path: Path, number: int, token: str, steps: int = 0) -> None:
        self.path, self.number, self._token, self.steps = path, number, token, steps
        self._open: dict[int, Step] = {}
        try:
            self._file = calls.open_end(str(path))
            self._cut()
        except OSError as error:
            raise self._unwritten(error) from error

    @classmethod
    def create(cls, folder: Path, action: str, to: str | None) -> Self:
        """Begin the journal of a new run; :func:`acting` is held.

        Raises:
            ActionError: it can't be written.
        """
        number = max(numbers_of(folder), default=0) + 1
        path, token = file_of_run(folder, number), secrets.token_hex(4)
        try:
            os.close(calls.open_new(str(path)))
            calls.sync_folder(str(folder))
        except OSError as error:
            raise cls._unable(path, error) from error
        journal = cls(path, number, token)
        journal._add({"journal": 1, "token": token, "made": _now(), "action": action, "to": to})
        return journal

    def open_since(self, number: int) -> list[Step]:
        """The steps after one that were begun here and not taken back, the last one first."""
        return [step for n, step in reversed(self._open.items()) if n > number]

    def close(self) -> None:
        """Let go of the file."""
        with suppress(OSError):
            os.close(self._file)

    def begin(self, step: Step) -> Step:
        """Write down what is about to be done.

        Args:
            step: whose number and temporary names are still to come.

        Returns:
            The step with them, once it is on the disk.
        """
        self.steps += 1
        name = f".lookalike-{self._token}-{self.steps}"
        where = os.path.dirname(step.to or step.path)
        numbered = replace(
            step,
            number=self.steps,
            aside=os.path.join(where, name),
            back=os.path.join(os.path.dirname(step.path), f"{name}-back"),
        )
        self._add({"begin": numbered.pack()})
        self._open[numbered.number] = numbered
        return numbered

    def keep(self, data: bytes) -> str:
        """Keep the bytes of a sidecar that is about to be changed; gives the path of the copy."""
        folder = self.path.with_suffix("")
        path = folder / str(self.steps + 1)
        try:
            if not folder.is_dir():
                calls.make_folder(str(folder), 0o700)
            # Of a step that was never begun something may be left.
            with suppress(FileNotFoundError):
                calls.remove(str(path))
            file = calls.open_new(str(path))
            try:
                calls.write(file, data)
                calls.sync(file)
            finally:
                os.close(file)
            calls.sync_folder(str(folder))
        except OSError as error:
            raise self._unwritten(error) from error
        return str(path)

    def done(self, step: Step) -> None:
        """A step was done."""
        self._add({"done": step.number})

    def back(self, step: Step) -> None:
        """A step was undone, or had never happened: all is as before it."""
        self._add({"back": step.number})
        self._open.pop(step.number, None)

    def left(self, step: Step, why: str) -> None:
        """A step can't be undone now."""
        self._add({"left": step.number, "why": why})

    def end(self, why: str) -> None:
        """The run is at its end; ``why`` is empty where nothing stopped it."""
        self._add({"end": why, "at": _now()})

    def undo(self) -> None:
        """The run is about to be undone."""
        self._add({"undo": _now()})

    def _add(self, line: Mapping[str, Any]) -> None:
        # ASCII: a line that was cut off is no line of another meaning.
        data = json.dumps(line).encode("ascii") + b"\n"
        try:
            size = os.fstat(self._file).st_size
            try:
                calls.write(self._file, data)
            except OSError:
                with suppress(OSError):
                    calls.shorten(self._file, size)
                raise
            calls.sync(self._file)
        except OSError as error:
            raise self._unwritten(error) from error

    def _cut(self) -> None:
        """Take off a last line that was cut off."""
        with open(self._file, "rb", closefd=False) as file:
            data = file.read()
        whole = len(ended_lines(data))
        if whole < len(data):
            calls.shorten(self._file, whole)

    def _unwritten(self, error: OSError) -> ActionError:
        return self._unable(self.path, error)

    @staticmethod
    def _unable(path: Path, error: OSError) -> ActionError:
        return ActionError(
            f"the journal {path} can't be written ({os_reason(error)}): nothing more was done"
        )
