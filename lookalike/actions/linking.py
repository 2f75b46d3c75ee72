"""Putting a hard link or a clone of a kept file in the place of one with the same bytes."""

from __future__ import annotations

import errno
import math
import os
from contextlib import suppress
from typing import Literal

from lookalike.actions import calls
from lookalike.actions.attributes import Attributes
from lookalike.actions.copying import copy_new, swap_in
from lookalike.actions.journal import Journal
from lookalike.actions.seen import LeftAlone, Seen, status_of
from lookalike.actions.step import Step
from lookalike.images.reasons import os_reason
from lookalike.system.cloning import CannotClone

__all__ = ["check_link", "put_link", "take_back_link"]

_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP)


def check_link(seen: Seen, kept: Seen) -> None:
    """See whether a hard link can take the place of a file, as far as that shows without trying.

    Raises:
        LeftAlone: it can't, in the words that trying gives.
    """
    if seen.status.st_dev != kept.status.st_dev:
        raise LeftAlone(_elsewhere(kept))
    if kept.status.st_nlink >= _most_links(kept.path):
        raise LeftAlone(_too_many(kept))


def _elsewhere(kept: Seen) -> str:
    return f"it lies on another file system than {kept.path}: hard links can't"


def _too_many(kept: Seen) -> str:
    return f"{kept.path} has as many hard links as its file system allows"


def _most_links(path: str) -> float:
    """Names that a file may have; without a limit where the system doesn't say."""
    try:
        return os.pathconf(path, "PC_LINK_MAX")
    except (AttributeError, OSError, ValueError):  # Windows has no such question
        return math.inf


def put_link(
    journal: Journal, do: Literal["link", "clone"], file: str, seen: Seen, kept: Seen
) -> Step:
    """Replace a file by a hard link to a kept one, or by a clone of it; the journal knows before.

    The link is made beside the file, under another name, and then takes its place at once. A clone
    gets the times and rights of the file; a hard link has those of the kept one.

    Args:
        journal: of the run.
        do: which of the two.
        file: of the plan that it is done for.
        seen: the file as it was just read.
        kept: the kept file as it was just read, with the same bytes.

    Raises:
        LeftAlone: one of them was changed meanwhile, or their file systems can't do it. Nothing was
            done.
        OSError: what the system says. What was begun is taken back, if that can be.
    """
    before = Attributes.of(seen.path, seen.status)
    step = journal.begin(
        Step(
            0,
            file,
            do,
            seen.path,
            digest=seen.digest,
            kept=kept.path,
            device=seen.status.st_dev,
            inode=seen.status.st_ino,
            before=before,
        )
    )
    try:
        if do == "link":
            _link(step, kept)
        else:
            calls.clone(kept.path, step.aside)
            if Seen.at(step.aside).digest != step.digest:
                raise LeftAlone(f"{kept.path} was changed in the meantime")
            before.put(step.aside)
        swap_in(step.aside, seen)
    except (OSError, LeftAlone, CannotClone) as error:
        with suppress(OSError, LeftAlone):
            take_back_link(step)
            journal.back(step)
        if isinstance(error, CannotClone):
            raise LeftAlone(str(error)) from error
        raise
    journal.done(step)
    return step


def _link(step: Step, kept: Seen) -> None:
    if not kept.is_untouched():
        raise LeftAlone(f"{kept.path} was changed in the meantime")
    try:
        calls.link(kept.path, step.aside)
    except OSError as error:
        if error.errno == errno.EXDEV:
            why = _elsewhere(kept)
        elif error.errno in _NO_LINKS:
            why = f"no hard link to {kept.path} can be made here ({os_reason(error)})"
        elif error.errno == errno.EMLINK:
            why = _too_many(kept)
        else:
            raise
        raise LeftAlone(why) from error
    if not kept.is_still_at(step.aside):
        raise LeftAlone(f"{kept.path} was changed in the meantime")


def take_back_link(step: Step) -> None:
    """Make a file its own again, with its times and rights, however far a step had come.

    Raises:
        LeftAlone: it was changed since, or is gone.
        OSError: what the system says; it may be tried again.
    """
    here = status_of(step.path)
    aside = status_of(step.aside)
    if here is None:
        why = f"is not there any more; its bytes are in {step.kept}, too"
        if aside is not None and _is_former(step, aside):
            why += f"; what was there before is {step.aside}"
        elif aside is not None:
            calls.remove(step.aside)  # which never took its place
        raise LeftAlone(why)
    seen = Seen.at(step.path)
    if seen.digest != step.digest:
        if aside is not None and not _is_former(step, aside):
            calls.remove(step.aside)  # which never took its place
        elif not _is_former(step, seen.status):
            why = "was changed since: it stays as it is"
            if aside is not None:
                why += f"; what was there before is {step.aside}"
            raise LeftAlone(why)
        return
    if not _is_former(step, seen.status):
        if aside is not None and _is_former(step, aside):
            # The exchange was done, and the file itself not removed yet.
            swap_in(step.aside, seen)
        else:
            with suppress(FileNotFoundError):
                calls.remove(step.back)
            copy_new(step.path, step.back, step.digest, step.before)
            swap_in(step.back, seen)
            calls.sync_folder(os.path.dirname(step.path))
    for name in (step.aside, step.back):
        with suppress(FileNotFoundError):
            calls.remove(name)


def _is_former(step: Step, status: os.stat_result) -> bool:
    """Whether this is the file itself that was there before."""
    return (status.st_dev, status.st_ino) == (step.device, step.inode)
