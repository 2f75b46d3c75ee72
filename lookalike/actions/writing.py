"""Writing a sidecar, a new one or in the place of one whose bytes are kept."""

from __future__ import annotations

import errno
import hashlib
import os
from contextlib import suppress
from pathlib import Path

from lookalike.actions import calls
from lookalike.actions.attributes import Attributes
from lookalike.actions.copying import copy_new, swap_in, write_new
from lookalike.actions.journal import Journal
from lookalike.actions.seen import LeftAlone, Seen, status_of
from lookalike.actions.step import Step

__all__ = ["take_back_sidecar", "write_sidecar"]


def write_sidecar(journal: Journal, file: str, path: str, data: bytes, former: bytes) -> Step:
    """Write a sidecar; the journal knows of it before, and keeps what it held.

    Args:
        journal: of the run.
        file: of the plan that it is done for.
        path: of the sidecar.
        data: that it gets.
        former: that it holds now; empty if it isn't there.

    Raises:
        LeftAlone: it holds something else than ``former``. Nothing was done.
        OSError: what the system says. What was begun is taken back, if that can be.
    """
    made = hashlib.sha256(data).hexdigest()
    seen: Seen | None = None
    if status_of(path) is not None:
        seen = Seen.at(path)
    if former and (seen is None or seen.digest != hashlib.sha256(former).hexdigest()):
        raise LeftAlone("was changed in the meantime")
    if not former and seen is not None:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
    kept = journal.keep(former) if seen is not None else ""
    before = None if seen is None else Attributes.of(path, seen.status)
    digest = "" if seen is None else seen.digest
    step = journal.begin(
        Step(0, file, "write", path, digest=digest, made=made, kept=kept, before=before)
    )
    try:
        write_new(step.aside, data, None)
        if before is not None:
            calls.set_rights(step.aside, before.mode)
        if seen is None:
            calls.rename_new(step.aside, path)
        else:
            swap_in(step.aside, seen)
        calls.sync_folder(os.path.dirname(path))
    except (OSError, LeftAlone):
        with suppress(OSError, LeftAlone):
            take_back_sidecar(step)
            journal.back(step)
        raise
    journal.done(step)
    return step


def take_back_sidecar(step: Step) -> None:
    """Remove a sidecar that was written, or give it back what it held.

    Raises:
        LeftAlone: it was changed since, or is gone, or what it held is gone.
        OSError: what the system says; it may be tried again.
    """
    here = status_of(step.path)
    if here is None:
        if step.digest:
            raise LeftAlone(f"is not there any more; what it held before is {step.kept}")
    else:
        seen = Seen.at(step.path)
        if seen.digest == step.made:
            if not step.digest:
                calls.remove(step.path)
            else:
                if not Path(step.kept).is_file():
                    raise LeftAlone(f"what it held before was kept in {step.kept}, which is gone")
                with suppress(FileNotFoundError):
                    calls.remove(step.back)
                copy_new(step.kept, step.back, step.digest, step.before)
                swap_in(step.back, seen)
        elif seen.digest != step.digest:
            with suppress(FileNotFoundError):
                calls.remove(step.aside)
            why = f"; what it held before is {step.kept}" if step.digest else ""
            raise LeftAlone(f"was changed since: it stays as it is{why}")
    for name in (step.aside, step.back):
        with suppress(FileNotFoundError):
            calls.remove(name)
