"""Moving a file to a name that nobody has, and back."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from dataclasses import replace

from lookalike.actions import calls
from lookalike.actions.attributes import Attributes
from lookalike.actions.copying import copy_new, write_new
from lookalike.actions.journal import Journal
from lookalike.actions.seen import LeftAlone, Seen, is_same_file, status_of
from lookalike.actions.step import Step

__all__ = ["make_folders", "move", "take_back_move"]

_CHANGED = "was changed in the meantime"


def move(
    journal: Journal, file: str, seen: Seen, target: str, *, info: str = "", told: str = ""
) -> Step:
    """Move a file; the journal knows of it before.

    On one file system it gets another name. To another one it is copied, the copy is read back, and
    only then the file is removed. Its times and rights go with it.

    Args:
        journal: of the run.
        file: of the plan that it is done for.
        seen: the file as it was just read.
        target: where nothing stands; its folder is there.
        info: the file of the trash that says where it came from, which is made first. With it the
            file stays on its file system.
        told: what that file holds.

    Raises:
        FileExistsError: something stands at ``target``, or at ``info``. Nothing was done.
        LeftAlone: the file was changed meanwhile. Nothing was done.
        OSError: what the system says. What was begun is taken back, if that can be.
    """
    if status_of(target) is not None:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target)
    step = Step(
        0,
        file,
        "rename",
        seen.path,
        target,
        info=info,
        told=told,
        digest=seen.digest,
        device=seen.status.st_dev,
        inode=seen.status.st_ino,
        before=Attributes.of(seen.path, seen.status),
    )
    try:
        return _do(journal, step, seen)
    except OSError as error:
        # There is a trash on each disk: who asked for this one asks for another.
        if error.errno != errno.EXDEV or info:
            raise
    return _do(journal, replace(step, do="copy"), seen)


def _do(journal: Journal, step: Step, seen: Seen) -> Step:
    step = journal.begin(step)
    ours: list[str] = []
    try:
        if not seen.is_untouched():
            raise LeftAlone(_CHANGED)
        if step.info:
            write_new(step.info, step.told.encode("ascii"), None)
            ours.append(step.info)
        if step.do == "rename":
            _rename(step, seen)
        else:
            ours.append(step.aside)
            _copy(step, seen)
    except FileExistsError:
        # What stands there is another's: only what is ours goes.
        for name in ours:
            _remove(name)
        journal.back(step)
        raise
    except (OSError, LeftAlone):
        with suppress(OSError, LeftAlone):
            take_back_move(step, done=False)
            journal.back(step)
        raise
    journal.done(step)
    return step


def _rename(step: Step, seen: Seen) -> None:
    calls.rename_new(step.path, step.to)
    if not seen.is_still_at(step.to):
        # Another program put a file in its place in the last moment: that one was moved.
        calls.rename_new(step.to, step.path)
        raise LeftAlone(_CHANGED)


def _copy(step: Step, seen: Seen) -> None:
    copy_new(step.path, step.aside, step.digest, step.before)
    calls.rename_new(step.aside, step.to)
    calls.sync_folder(os.path.dirname(step.to))
    if not seen.is_untouched():
        raise LeftAlone(_CHANGED)
    calls.remove(step.path)


def take_back_move(step: Step, *, done: bool) -> None:
    """Bring a file back from where a step moved it, however far that had come.

    Args:
        step: as the journal has it.
        done: whether the journal says that it was done.

    Raises:
        LeftAlone: something else stands at its place now, or it isn't where it was moved to.
        OSError: what the system says; it may be tried again.
    """
    here, there = status_of(step.path), status_of(step.to)
    if here is None:
        if there is None:
            raise LeftAlone(f"{step.to} is not there any more")
        seen = Seen.at(step.to)
        if seen.digest != step.digest:
            raise LeftAlone(f"{step.to} was changed since: move it by hand if you want it back")
        _bring_back(step, seen)
    elif there is not None and is_same_file(here, there):
        calls.remove(step.to)  # of a rename in two steps the first one was done
    elif _holds(step.path, step.digest):
        if step.do == "copy" and step.before is not None and done:
            step.before.put(step.path)  # for which there was no time before
        if step.do == "copy" and there is not None and _holds(step.to, step.digest):
            calls.remove(step.to)
    elif there is not None:
        raise LeftAlone(f"something else stands there now; what was there is {step.to}")
    elif done:
        raise LeftAlone(f"something else stands there now, and {step.to} is gone")
    _remove(step.aside)
    _remove(step.back)
    if step.info and status_of(step.to) is None:
        with suppress(FileNotFoundError), open(step.info, "rb") as file:
            # Of a process that was killed while it wrote it, the first part is there, or nothing.
            if step.told.encode("ascii").startswith(file.read()):
                calls.remove(step.info)


def _bring_back(step: Step, seen: Seen) -> None:
    for folder in missing_folders(os.path.dirname(step.path)):
        calls.make_folder(folder)
    try:
        calls.rename_new(step.to, step.path)
    except FileExistsError as error:
        raise LeftAlone(f"something stands there now; what was there is {step.to}") from error
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _remove(step.back)
        copy_new(step.to, step.back, step.digest, step.before)
        calls.rename_new(step.back, step.path)
        calls.sync_folder(os.path.dirname(step.path))
        if seen.is_untouched():
            calls.remove(step.to)
        return
    if step.do == "copy" and step.before is not None:
        step.before.put(step.path)


def make_folders(journal: Journal, folder: str) -> None:
    """Make a folder with those above it that are missing; undoing it removes those again.

    Raises:
        OSError: what the system says, such as that there is a file of this name.
    """
    for missing in missing_folders(folder):
        step = journal.begin(Step(0, "", "folder", missing))
        with suppress(FileExistsError):
            calls.make_folder(missing)
        journal.done(step)
    if not os.path.isdir(folder):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), folder)


def missing_folders(folder: str) -> list[str]:
    """Those of a folder and the ones above it that aren't there, the outermost first."""
    found: list[str] = []
    while not os.path.lexists(folder):
        found.append(folder)
        above = os.path.dirname(folder)
        if above == folder:
            break
        folder = above
    return found[::-1]


def _holds(path: str, digest: str) -> bool:
    try:
        return Seen.at(path).digest == digest
    except LeftAlone:
        return False


def _remove(path: str) -> None:
    """Remove what a step made for the while, if it is there."""
    with suppress(FileNotFoundError):
        calls.remove(path)
